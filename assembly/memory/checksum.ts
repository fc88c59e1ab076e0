// read RFC 1071 first
import { SIMD } from "./config";

// Sums are kept unfolded in 64 bits and in memory order; only `fold` makes 16 bits of them. Words of 32 bits into
// 64-bit accumulators need no carry for 2^32 words.

/** Adds `length` octets at `address` to a running sum. A part that is not the last must have an even length. */
export function sum(address: usize, length: u32, start: u64): u64 {
  let a: u64 = start;
  let b: u64 = 0;
  let at = address;
  let left = length;
  if (SIMD && left >= 64) {
    a += sumOfVectors(at, left & ~63);
    at += left & ~63;
    left &= 63;
  }
  while (left >= 32) {
    a += <u64>load<u32>(at) + <u64>load<u32>(at, 8) + <u64>load<u32>(at, 16) + <u64>load<u32>(at, 24);
    b += <u64>load<u32>(at, 4) + <u64>load<u32>(at, 12) + <u64>load<u32>(at, 20) + <u64>load<u32>(at, 28);
    at += 32;
    left -= 32;
  }
  while (left >= 4) {
    a += <u64>load<u32>(at);
    at += 4;
    left -= 4;
  }
  if (left >= 2) {
    b += <u64>load<u16>(at);
    at += 2;
    left -= 2;
  }
  if (left) b += <u64>load<u8>(at);
  return a + b;
}

/** The same of words of 16 bits, eight at a time: each lane holds the pairs of 2^15 vectors, which is 512 KiB. `length`: a multiple of 64. */
function sumOfVectors(address: usize, length: u32): u64 {
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  const end = address + length;
  for (let at = address; at < end; at += 64) {
    a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
    b = i32x4.add(b, i32x4.extadd_pairwise_i16x8_u(v128.load(at, 16)));
    a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_u(v128.load(at, 32)));
    b = i32x4.add(b, i32x4.extadd_pairwise_i16x8_u(v128.load(at, 48)));
  }
  const all = i64x2.add(
    i64x2.add(i64x2.extend_low_i32x4_u(a), i64x2.extend_high_i32x4_u(a)),
    i64x2.add(i64x2.extend_low_i32x4_u(b), i64x2.extend_high_i32x4_u(b)),
  );
  return i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1);
}

/** The sum of a header of 20 octets. */
export function sumOfHeader(at: usize): u64 {
  return <u64>load<u32>(at) + <u64>load<u32>(at, 4) + <u64>load<u32>(at, 8) + <u64>load<u32>(at, 12) + <u64>load<u32>(at, 16);
}

/** Folds a sum to the 16 bits of a checksum field, in memory order, complemented. 0 when a received sum is right. */
export function fold(total: u64): u32 {
  let s = (total & 0xffffffff) + (total >> 32);
  s = (s & 0xffff) + ((s >> 16) & 0xffff) + (s >> 32);
  s = (s & 0xffff) + (s >> 16);
  s = (s & 0xffff) + (s >> 16);
  return <u32>~s & 0xffff;
}

/** The pseudo header of UDP and TCP. Addresses and length in host order. RFC 9293 §3.1, RFC 768. */
export function pseudo(source: u32, destination: u32, protocol: u32, length: u32): u64 {
  return <u64>bswap<u32>(source) + <u64>bswap<u32>(destination) + ((<u64>protocol) << 8) + <u64>bswap<u16>(<u16>length);
}

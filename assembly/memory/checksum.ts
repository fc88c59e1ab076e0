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

/**
 * The same of words of 16 bits, eight at a time. Processors add neighbours in one step only where they have signs: with the highest bit turned over a
 * word is less by 2^15, which is given back at the end. Each lane holds the pairs of 2^15 vectors, 512 KiB. `length`: a multiple of 64.
 */
function sumOfVectors(address: usize, length: u32): u64 {
  const highest = i16x8.splat(-0x8000);
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  const end = address + length;
  for (let at = address; at < end; at += 64) {
    a = i32x4.add(a, pairs(v128.load(at), highest));
    b = i32x4.add(b, pairs(v128.load(at, 16), highest));
    a = i32x4.add(a, pairs(v128.load(at, 32), highest));
    b = i32x4.add(b, pairs(v128.load(at, 48), highest));
  }
  const all = i64x2.add(
    i64x2.add(i64x2.extend_low_i32x4_s(a), i64x2.extend_high_i32x4_s(a)),
    i64x2.add(i64x2.extend_low_i32x4_s(b), i64x2.extend_high_i32x4_s(b)),
  );
  return i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1) + ((<u64>length >> 1) << 15);
}
function pairs(words: v128, highest: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(v128.xor(words, highest));
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

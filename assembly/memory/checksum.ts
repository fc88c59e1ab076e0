// read RFC 1071 first
import { SIMD, TRAINS } from "./config";

// Sums are kept unfolded in 64 bits and in memory order; only `fold` makes 16 bits of them. Words of 32 bits into
// 64 bits need no carry for 2^32 words.

/** Adds `length` octets at `address` to a running sum. A part that is not the last must have an even length. */
export function sum(address: usize, length: u32, start: u64): u64 {
  let a: u64 = start;
  let b: u64 = 0;
  let at = address;
  let left = length;
  if ((TRAINS || SIMD) && left >= 64) {
    a += SIMD ? sumOfVectors(at, left & ~63) : sumOfPairs(at, left & ~63);
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

// Long runs are added in pairs of words: the upper words once more by themselves, so that what they have carried out of `all`, or put into
// it, can be taken back. `length` is a multiple of 64.

function sumOfPairs(address: usize, length: u32): u64 {
  const end = address + length;
  let all: u64 = 0;
  let upper: u64 = 0;
  for (let at = address; at < end; at += 64) {
    let pair = load<u64>(at);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 8);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 16);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 24);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 32);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 40);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 48);
    all += pair;
    upper += pair >> 32;
    pair = load<u64>(at, 56);
    all += pair;
    upper += pair >> 32;
  }
  return all - (upper << 32) + upper;
}
function sumOfVectors(address: usize, length: u32): u64 {
  return throughVectors(address, address, length, false);
}
function copyVectors(to: usize, from: usize, length: u32): u64 {
  return throughVectors(to, from, length, true);
}
/** `copies` is known in both places, where this is inlined. */
function throughVectors(to: usize, from: usize, length: u32, copies: bool): u64 {
  const end = from + length;
  const further = to - from;
  let all = i64x2.splat(0);
  let upper = i64x2.splat(0);
  for (let at = from; at < end; at += 64) {
    let pairs = v128.load(at);
    if (copies) v128.store(at + further, pairs);
    all = i64x2.add(all, pairs);
    upper = i64x2.add(upper, i64x2.shr_u(pairs, 32));
    pairs = v128.load(at, 16);
    if (copies) v128.store(at + further, pairs, 16);
    all = i64x2.add(all, pairs);
    upper = i64x2.add(upper, i64x2.shr_u(pairs, 32));
    pairs = v128.load(at, 32);
    if (copies) v128.store(at + further, pairs, 32);
    all = i64x2.add(all, pairs);
    upper = i64x2.add(upper, i64x2.shr_u(pairs, 32));
    pairs = v128.load(at, 48);
    if (copies) v128.store(at + further, pairs, 48);
    all = i64x2.add(all, pairs);
    upper = i64x2.add(upper, i64x2.shr_u(pairs, 32));
  }
  const high = i64x2.extract_lane(upper, 0) + i64x2.extract_lane(upper, 1);
  return i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1) - (high << 32) + high;
}

/** Copies octets that do not overlap and answers their sum: in one go with vectors, where the sum costs nothing; without, copying first is faster. */
export function copyAndSum(to: usize, from: usize, length: u32): u64 {
  const done: u32 = SIMD ? length & ~63 : 0;
  const start: u64 = done ? copyVectors(to, from, done) : 0;
  memory.copy(to + done, from + done, length - done);
  return sum(to + done, length - done, start);
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

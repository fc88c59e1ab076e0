// The host's seed is read once, by `init`; everything that must not be guessed is SipHash-2-4 under a key derived from it.
import { root, state } from "./root";

/** SipHash-2-4 of the sixteen octets (a, b) under the key (k0, k1). */
export function keyed(k0: u64, k1: u64, a: u64, b: u64): u64 {
  let v0 = k0 ^ 0x736f6d6570736575;
  let v1 = k1 ^ 0x646f72616e646f6d;
  let v2 = k0 ^ 0x6c7967656e657261;
  let v3 = k1 ^ 0x7465646279746573;
  // Two rounds for each of the words a, b and the length, then four to finish.
  for (let round: u32 = 0; round < 10; round++) {
    const word: u64 = round < 2 ? a : round < 4 ? b : (<u64>16) << 56;
    const takesIn = !(round & 1) && round < 6;
    if (takesIn) v3 ^= word;
    v0 += v1;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v0 = rotl<u64>(v0, 32);
    v2 += v3;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v2 = rotl<u64>(v2, 32);
    if (round & 1 && round < 6) v0 ^= word;
    if (round == 5) v2 ^= 0xff;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Derives all keys. */
export function start(): void {
  state.keyIsn0 = derive(1);
  state.keyIsn1 = derive(2);
  state.keySecret0 = derive(3);
  state.keySecret1 = derive(4);
  state.keyHash0 = derive(5);
  state.keyHash1 = derive(6) | 1;
  state.jitter = <u32>derive(7) | 1;
  state.secrets = 0;
}
function derive(purpose: u64): u64 {
  return keyed(root.seed0, root.seed1, purpose, 0) ^ keyed(root.seed2, root.seed3, purpose, 1);
}

/** Thirty-two bits that nobody outside can guess: ports, identifiers. */
export function secret(): u32 {
  return <u32>keyed(state.keySecret0, state.keySecret1, state.secrets++, 0);
}

/** A cheap number below `bound`, for jitter only. */
export function jitter(bound: u32): u32 {
  let x = state.jitter;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  state.jitter = x;
  return bound ? <u32>((<u64>x * <u64>bound) >> 32) : 0;
}

/** Whether the seed was really given: not all octets equal. */
export function seedIsPlausible(): bool {
  const octet: u64 = root.seed0 & 0xff;
  const same = octet * 0x0101010101010101;
  return !(root.seed0 == same && root.seed1 == same && root.seed2 == same && root.seed3 == same);
}

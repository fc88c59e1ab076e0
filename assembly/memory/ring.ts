// A ring of octets whose cell is a sequence number `& mask`: no counters of its own.
import { copyAndSum, sum } from "./checksum";

/** Copies `length` octets into the ring at sequence number `seq`. At most mask + 1. */
export function place(base: usize, mask: u32, seq: u32, from: usize, length: u32): void {
  const cell = seq & mask;
  const first = min(length, mask + 1 - cell);
  memory.copy(base + cell, from, first);
  if (first < length) memory.copy(base, from + first, length - first);
}

/** Copies `length` octets out of the ring from sequence number `seq`. */
export function peek(base: usize, mask: u32, seq: u32, to: usize, length: u32): void {
  const cell = seq & mask;
  const first = min(length, mask + 1 - cell);
  memory.copy(to, base + cell, first);
  if (first < length) memory.copy(to + first, base, length - first);
}

/** The same, and answers the sum of what was copied, as checksums need it. */
export function peekAndSum(base: usize, mask: u32, seq: u32, to: usize, length: u32): u64 {
  const cell = seq & mask;
  if (length <= mask + 1 - cell) return copyAndSum(to, base + cell, length);
  peek(base, mask, seq, to, length);
  return sum(to, length, 0);
}

/** How many of `length` octets from `seq` lie in one piece. */
export function contiguous(mask: u32, seq: u32, length: u32): u32 {
  return min(length, mask + 1 - (seq & mask));
}

/** The ring's size for a limit: the next power of two, at least 4; 0 for 0. */
export function sizeFor(limit: u32): u32 {
  if (!limit) return 0;
  return limit <= 4 ? 4 : (<u32>1) << (32 - clz<u32>(limit - 1));
}

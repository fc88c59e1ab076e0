// read RFC 9293 §3.2, RFC 7323 §2, RFC 2018 §2-3 first
import { get16, get32, put16, put32, put8 } from "../memory/bytes";

export enum OptionKind {
  END = 0,
  NOP = 1,
  MSS = 2,
  WINDOW_SCALE = 3,
  SACK_PERMITTED = 4,
  SACK = 5,
  TIMESTAMPS = 8,
}
/** Largest shift of a window. RFC 7323 §2.3. */
export const WINDOW_SHIFT_MAX: u32 = 14;

/** Steps through the option area `[at, end)`: the address of the next option at or after `at` that has a length, 0 at the end or where the area is malformed. MUST-7. */
export function nextOption(from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    const kind = load<u8>(at);
    if (kind == <u8>OptionKind.END) return 0;
    if (kind != <u8>OptionKind.NOP) {
      if (at + 1 >= end) return 0;
      const length = <u32>load<u8>(at, 1);
      return length < 2 || at + length > end ? 0 : at;
    }
    at++;
  }
  return 0;
}
export function optionKind(at: usize): u32 {
  return load<u8>(at);
}
export function optionLength(at: usize): u32 {
  return load<u8>(at, 1);
}
export function option16(at: usize): u32 {
  return get16(at, 2);
}
export function option8(at: usize): u32 {
  return load<u8>(at, 2);
}
/** Word `i` of the option's data. */
export function option32(at: usize, i: u32): u32 {
  return get32(at, 2 + i * 4);
}

/** Writes the MSS option; answers the address behind. */
export function writeMss(at: usize, mss: u32): usize {
  put8(at, 0, OptionKind.MSS);
  put8(at, 1, 4);
  put16(at, 2, mss);
  return at + 4;
}
/** Writes NOP and the window scale. */
export function writeWindowScale(at: usize, shift: u32): usize {
  put8(at, 0, OptionKind.NOP);
  put8(at, 1, OptionKind.WINDOW_SCALE);
  put8(at, 2, 3);
  put8(at, 3, shift);
  return at + 4;
}
/** Writes two NOPs and SACK-permitted. */
export function writeSackPermitted(at: usize): usize {
  put16(at, 0, (OptionKind.NOP << 8) | OptionKind.NOP);
  put8(at, 2, OptionKind.SACK_PERMITTED);
  put8(at, 3, 2);
  return at + 4;
}
/** Octets of timestamps with their two NOPs. */
export const TIMESTAMPS_OCTETS: u32 = 12;
/** Writes two NOPs and the timestamps. RFC 7323 §3.2, appendix A. */
export function writeTimestamps(at: usize, value: u32, echo: u32): usize {
  put16(at, 0, (OptionKind.NOP << 8) | OptionKind.NOP);
  put8(at, 2, OptionKind.TIMESTAMPS);
  put8(at, 3, 10);
  put32(at, 4, value);
  put32(at, 8, echo);
  return at + TIMESTAMPS_OCTETS;
}
/** Writes two NOPs and the head of a SACK option of `blocks` blocks. */
export function writeSackHead(at: usize, blocks: u32): usize {
  put16(at, 0, (OptionKind.NOP << 8) | OptionKind.NOP);
  put8(at, 2, OptionKind.SACK);
  put8(at, 3, 2 + blocks * 8);
  return at + 4;
}
export function writeSackBlock(at: usize, left: u32, right: u32): usize {
  put32(at, 0, left);
  put32(at, 4, right);
  return at + 8;
}

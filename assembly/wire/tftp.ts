// read RFC 1350, RFC 2347, RFC 2348 and RFC 2349 first
import { get16, get8 } from "../memory/bytes";

export enum TftpOp {
  READ = 1,
  WRITE = 2,
  DATA = 3,
  ACK = 4,
  ERROR = 5,
  OACK = 6,
}
/** Codes of an error packet. */
export enum TftpError {
  UNDEFINED = 0,
  ILLEGAL = 4,
  UNKNOWN_ID = 5,
  OPTIONS = 8,
}
/** Octets in front of a block. */
export const TFTP_HEADER: u32 = 4;
/** Octets of a block where no option says otherwise. */
export const TFTP_BLOCK: u32 = 512;

// Names as the eight octets that lie in memory, in lower case, zeros behind.
export const BLKSIZE: u64 = 0x00657a69736b6c62;
export const TIMEOUT: u64 = 0x0074756f656d6974;
export const TSIZE: u64 = 0x000000657a697374;
export const OCTET: u64 = 0x000000746574636f;

/** Where the zero that ends a string lies, 0 when none comes before `end`. */
export function endOf(at: usize, end: usize): usize {
  for (let to = at; to < end; to++) if (!load<u8>(to)) return to;
  return 0;
}
/** A string of up to eight octets as a number, letters in lower case; longer ones are 0. */
export function word(at: usize, end: usize): u64 {
  if (end - at > 8) return 0;
  let value: u64 = 0;
  for (let to = end; to > at; to--) value = (value << 8) | (get8(to - 1, 0) | (get8(to - 1, 0) - 65 < 26 ? 32 : 0));
  return value;
}
/** A decimal number, 0xffffffff for what is none or too large. */
export function number(at: usize, end: usize): u32 {
  if (at == end || end - at > 9) return 0xffffffff;
  let value: u32 = 0;
  for (let to = at; to < end; to++) {
    const digit = get8(to, 0) - 48;
    if (digit > 9) return 0xffffffff;
    value = value * 10 + digit;
  }
  return value;
}

/** A list of options as it lies in a packet; `next` goes from one to the other. */
@unmanaged
@final
export class Options {
  at: u32;
  end: u32;
  /** Name (see BLKSIZE and the others) and value of the option in hand. */
  name: u64;
  value: u32;

  /** The next option; false at the end, and at what is cut off. */
  next(): bool {
    const first = endOf(this.at, this.end);
    const second = first ? endOf(first + 1, this.end) : 0;
    if (!second) return false;
    this.name = word(this.at, first);
    this.value = number(first + 1, second);
    this.at = <u32>second + 1;
    return true;
  }
}
/** The operation of a packet of at least two octets. */
export function operation(at: usize): u32 {
  return get16(at, 0);
}

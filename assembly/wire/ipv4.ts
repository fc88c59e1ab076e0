// read RFC 791 first
import { fold, sum, sumOfHeader } from "../memory/checksum";
import { FAST } from "../memory/config";
import { get16, get32, get8, put16, put32, put8 } from "../memory/bytes";

/** Octets of an IPv4 header without options. */
export const IPV4_HEADER: u32 = 20;
/** Octets of the longest datagram. */
export const DATAGRAM_MAX: u32 = 65535;
/** ECN code points, in the low bits of the TOS octet: the sender does not know of ECN; this packet may be marked instead of dropped; congestion was met. RFC 3168 §5. */
export const NOT_ECT: u32 = 0;
export const ECT0: u32 = 2;
export const CE: u32 = 3;
export enum Protocol {
  ICMP = 1,
  IGMP = 2,
  TCP = 6,
  UDP = 17,
}

/** An IPv4 header in place. RFC 791 §3.1. */
@unmanaged
@final
export class Ipv4Header {
  static at(address: usize): Ipv4Header {
    return changetype<Ipv4Header>(address);
  }
  get version(): u32 {
    return get8(this, 0) >> 4;
  }
  /** Octets, options included. */
  get headerLength(): u32 {
    return (get8(this, 0) & 15) << 2;
  }
  get tos(): u32 {
    return get8(this, 1);
  }
  set tos(v: u32) {
    put8(this, 1, v);
  }
  get totalLength(): u32 {
    return get16(this, 2);
  }
  set totalLength(v: u32) {
    put16(this, 2, v);
  }
  get ident(): u32 {
    return get16(this, 4);
  }
  set ident(v: u32) {
    put16(this, 4, v);
  }
  /** The word of flags and offset. */
  get fragment(): u32 {
    return get16(this, 6);
  }
  set fragment(v: u32) {
    put16(this, 6, v);
  }
  /** Whether this is a part of a datagram: MF set, or an offset. */
  get isFragment(): bool {
    return (get16(this, 6) & 0x3fff) != 0;
  }
  /** Where this part begins in its datagram, in units of 8 octets. */
  get offset(): u32 {
    return get16(this, 6) & 0x1fff;
  }
  get ttl(): u32 {
    return get8(this, 8);
  }
  /** One hop less to go; the checksum follows. RFC 1624 §3. */
  age(): void {
    const old = get16(this, 8);
    const checksum = (~get16(this, 10) & 0xffff) + (~old & 0xffff) + old - 0x100;
    put16(this, 8, old - 0x100);
    put16(this, 10, ~((checksum & 0xffff) + (checksum >> 16)));
  }
  get protocol(): u32 {
    return get8(this, 9);
  }
  get source(): u32 {
    return get32(this, 12);
  }
  set source(v: u32) {
    put32(this, 12, v);
  }
  get destination(): u32 {
    return get32(this, 16);
  }
  get checksumIsRight(): bool {
    return fold(sumOf(this, this.headerLength)) == 0;
  }
  /** Writes the checksum of the header as it is. */
  seal(): void {
    put16(this, 10, 0);
    store<u16>(changetype<usize>(this) + 10, <u16>fold(sum(changetype<usize>(this), this.headerLength, 0)));
  }

  /** Writes a header without options. `flags` is the 16-bit word of flags and offset. */
  write(tos: u32, totalLength: u32, ident: u32, flags: u32, ttl: u32, protocol: u32, source: u32, destination: u32): void {
    const first = bswap<u32>(0x45000000 | (tos << 16) | totalLength);
    const second = bswap<u32>((ident << 16) | flags);
    const third = bswap<u32>((ttl << 24) | (protocol << 16));
    const from = bswap<u32>(source);
    const to = bswap<u32>(destination);
    const checksum = fold(<u64>first + <u64>second + <u64>third + <u64>from + <u64>to);
    const at = changetype<usize>(this);
    store<u32>(at, first);
    store<u32>(at, second, 4);
    store<u32>(at, third | (checksum << 16), 8);
    store<u32>(at, from, 12);
    store<u32>(at, to, 16);
  }
  /** Makes a header without options one with a single option of four octets. */
  set option(v: u32) {
    put8(this, 0, 0x46);
    put32(this, IPV4_HEADER, v);
    put16(this, 10, 0);
    store<u16>(changetype<usize>(this) + 10, <u16>fold(sum(changetype<usize>(this), IPV4_HEADER + 4, 0)));
  }
}
function sumOf(header: Ipv4Header, length: u32): u64 {
  const at = changetype<usize>(header);
  return FAST && length == IPV4_HEADER ? sumOfHeader(at) : sum(at, length, 0);
}
/** Don't Fragment, as Ipv4Header.write takes it. */
export const IPV4_DF: u32 = 0x4000;
/** More Fragments, and the bits of the offset, in Ipv4Header.fragment. */
export const IPV4_MF: u32 = 0x2000;
export const IPV4_OFFSET: u32 = 0x1fff;

/** Whether the options hold a source route that is not at its end. Malformed options end the search. RFC 1122 §3.2.1.8. */
export function hasUnfinishedSourceRoute(header: Ipv4Header): bool {
  const end = changetype<usize>(header) + header.headerLength;
  let at = changetype<usize>(header) + IPV4_HEADER;
  while (at < end) {
    const kind = load<u8>(at);
    if (kind == 0) return false;
    if (kind == 1) {
      at++;
      continue;
    }
    if (at + 1 >= end) return false;
    const length = <u32>load<u8>(at, 1);
    if (length < 2 || at + length > end) return false;
    if ((kind == 131 || kind == 137) && length >= 3 && load<u8>(at, 2) <= length) return true;
    at += length;
  }
  return false;
}

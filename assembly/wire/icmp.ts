// read RFC 792 first
import { get16, get32, get8, put16, put32, put8 } from "../memory/bytes";

/** Octets of an ICMP header. */
export const ICMP_HEADER: u32 = 8;
export enum IcmpType {
  ECHO_REPLY = 0,
  UNREACHABLE = 3,
  SOURCE_QUENCH = 4,
  REDIRECT = 5,
  ECHO = 8,
  TIME_EXCEEDED = 11,
  PARAMETER_PROBLEM = 12,
}
/** Codes of destination unreachable. */
export enum Unreachable {
  NET = 0,
  HOST = 1,
  PROTOCOL = 2,
  PORT = 3,
  FRAGMENTATION_NEEDED = 4,
  SOURCE_ROUTE_FAILED = 5,
}

/** An ICMP message in place. */
@unmanaged
@final
export class IcmpHeader {
  static at(address: usize): IcmpHeader {
    return changetype<IcmpHeader>(address);
  }
  get type(): u32 {
    return get8(this, 0);
  }
  set type(v: u32) {
    put8(this, 0, v);
  }
  get code(): u32 {
    return get8(this, 1);
  }
  set code(v: u32) {
    put8(this, 1, v);
  }
  /** Memory order, as checksums are computed. */
  set checksum(v: u32) {
    store<u16>(changetype<usize>(this) + 2, <u16>v);
  }
  /** Identifier of an echo. */
  get ident(): u32 {
    return get16(this, 4);
  }
  set ident(v: u32) {
    put16(this, 4, v);
  }
  get sequence(): u32 {
    return get16(this, 6);
  }
  set sequence(v: u32) {
    put16(this, 6, v);
  }
  /** The second word as a whole. */
  get rest(): u32 {
    return get32(this, 4);
  }
  set rest(v: u32) {
    put32(this, 4, v);
  }
  /** MTU of the next hop, with "fragmentation needed". RFC 1191 §4. */
  get nextHopMtu(): u32 {
    return get16(this, 6);
  }
  get data(): usize {
    return changetype<usize>(this) + ICMP_HEADER;
  }
}

// read RFC 2131 §2, RFC 2132 and RFC 3396 first
import { get16, get32, get8, put16, put32, put8 } from "../memory/bytes";

/** Octets in front of the options: the message of BOOTP and the magic cookie. */
export const DHCP_FIXED: u32 = 240;
/** Octets every message is filled up to, for old relays. RFC 951 §3, RFC 1542 §2.1. */
export const DHCP_LEAST: u32 = 300;
/** Octets every host takes: a datagram of 576 without its headers. RFC 2131 §2. */
export const DHCP_MESSAGE: u32 = 548;
export const DHCP_SERVER: u32 = 67;
export const DHCP_CLIENT: u32 = 68;
/** The bit of `flags` that asks for answers by broadcast. */
export const BROADCAST: u32 = 0x8000;
const COOKIE: u32 = 0x63825363;
const ETHERNET_AND_SIX: u32 = 0x0106;

/** `op`. */
export enum DhcpOp {
  REQUEST = 1,
  REPLY = 2,
}
/** Option 53. RFC 2132 §9.6. */
export enum DhcpType {
  DISCOVER = 1,
  OFFER = 2,
  REQUEST = 3,
  DECLINE = 4,
  ACK = 5,
  NAK = 6,
  RELEASE = 7,
  INFORM = 8,
}
/** Options that are read or written. */
export enum DhcpOption {
  PAD = 0,
  MASK = 1,
  ROUTER = 3,
  DNS = 6,
  HOST_NAME = 12,
  MTU = 26,
  NTP = 42,
  REQUESTED = 50,
  LEASE = 51,
  OVERLOAD = 52,
  TYPE = 53,
  SERVER = 54,
  LIST = 55,
  MOST = 57,
  T1 = 58,
  T2 = 59,
  CLIENT = 61,
  ROUTES = 121,
  END = 255,
}

/** A DHCP message in place. RFC 2131 §2. */
@unmanaged
@final
export class DhcpMessage {
  static at(address: usize): DhcpMessage {
    return changetype<DhcpMessage>(address);
  }
  /** Whether it is a message for Ethernet whose every field may be read. */
  fits(length: u32): bool {
    return length >= DHCP_FIXED && get32(this, 236) == COOKIE && get16(this, 1) == ETHERNET_AND_SIX;
  }
  /** Writes the fixed part as all messages have it, the rest zero up to DHCP_LEAST. Answers where options begin. */
  begin(op: DhcpOp, type: DhcpType): usize {
    memory.fill(changetype<usize>(this), 0, DHCP_LEAST);
    put8(this, 0, op);
    put16(this, 1, ETHERNET_AND_SIX);
    put32(this, 236, COOKIE);
    return write8(changetype<usize>(this) + DHCP_FIXED, DhcpOption.TYPE, type);
  }
  /** Ends the options at `at`; answers the octets of the message. */
  end(at: usize): u32 {
    store<u8>(at, <u8>DhcpOption.END);
    return max<u32>(<u32>(at - changetype<usize>(this)) + 1, DHCP_LEAST);
  }
  get op(): u32 {
    return get8(this, 0);
  }
  get xid(): u32 {
    return get32(this, 4);
  }
  set xid(v: u32) {
    put32(this, 4, v);
  }
  get secs(): u32 {
    return get16(this, 8);
  }
  set secs(v: u32) {
    put16(this, 8, v);
  }
  get flags(): u32 {
    return get16(this, 10);
  }
  set flags(v: u32) {
    put16(this, 10, v);
  }
  get ciaddr(): u32 {
    return get32(this, 12);
  }
  set ciaddr(v: u32) {
    put32(this, 12, v);
  }
  get yiaddr(): u32 {
    return get32(this, 16);
  }
  set yiaddr(v: u32) {
    put32(this, 16, v);
  }
  get giaddr(): u32 {
    return get32(this, 24);
  }
  set giaddr(v: u32) {
    put32(this, 24, v);
  }
  get chaddr(): usize {
    return changetype<usize>(this) + 28;
  }
  /** 64 octets. */
  get sname(): usize {
    return changetype<usize>(this) + 44;
  }
  /** 128 octets. */
  get file(): usize {
    return changetype<usize>(this) + 108;
  }
}

/** Writes an option of one octet; answers where the next goes. */
export function write8(at: usize, code: u32, value: u32): usize {
  put16(at, 0, (code << 8) | 1);
  put8(at, 2, value);
  return at + 3;
}
/** Writes an option of four octets; one that is 0 is left out. */
export function write32(at: usize, code: u32, value: u32): usize {
  if (!value) return at;
  put16(at, 0, (code << 8) | 4);
  put32(at, 2, value);
  return at + 6;
}
/** Writes an option with these octets, up to 255; an empty one is left out. */
export function writeOctets(at: usize, code: u32, from: usize, octets: u32): usize {
  if (!octets) return at;
  put16(at, 0, (code << 8) | octets);
  memory.copy(at + 2, from, octets);
  return at + 2 + octets;
}

/** Octets of one option that are kept; what is longer is cut there. */
const VALUE_MAX: i32 = 256;
/** What a walk answers where an option goes beyond its place. */
const MALFORMED: i32 = -1;

/** The options of one message, with room for the value of one. 264 octets. */
@unmanaged
@final
export class DhcpOptions {
  message: u32;
  length: u32;

  static at(address: usize): DhcpOptions {
    return changetype<DhcpOptions>(address);
  }
  /** The octets that `gather` found. */
  get value(): usize {
    return changetype<usize>(this) + offsetof<DhcpOptions>();
  }
  /** Takes a message in hand; false: it is none, or an option in it goes beyond its place. */
  open(at: usize, length: u32): bool {
    this.message = <u32>at;
    this.length = length;
    return DhcpMessage.at(at).fits(length) && this.gather(DhcpOption.PAD) >= 0;
  }
  /** Puts together what all options with this code carry; answers the octets, 0 when there are none. Overload is followed once: an overload option in `sname` or `file` means nothing. RFC 3396. */
  gather(code: u32): i32 {
    const message = DhcpMessage.at(this.message);
    let found = this.walk(this.message + DHCP_FIXED, this.message + this.length, DhcpOption.OVERLOAD, 0);
    const overload: u32 = found == 1 ? load<u8>(this.value) : 0;
    if (found >= 0) found = this.walk(this.message + DHCP_FIXED, this.message + this.length, code, 0);
    if (overload & 1 && found >= 0) found = this.walk(message.file, message.file + 128, code, found);
    if (overload & 2 && found >= 0) found = this.walk(message.sname, message.sname + 64, code, found);
    return found;
  }
  private walk(from: usize, end: usize, code: u32, have: i32): i32 {
    let found = have;
    let at = from;
    while (at < end) {
      const kind: u32 = load<u8>(at++);
      if (kind == DhcpOption.PAD) continue;
      if (kind == DhcpOption.END) break;
      if (at == end) return MALFORMED;
      const octets: u32 = load<u8>(at++);
      if (octets > <u32>(end - at)) return MALFORMED;
      if (kind == code) {
        const taken = min(<i32>octets, VALUE_MAX - found);
        memory.copy(this.value + found, at, taken);
        found += taken;
      }
      at += octets;
    }
    return found;
  }
  /** An option that is a number of four octets, or the first of several; 0 when there is none. */
  number(code: u32): u32 {
    return this.gather(code) >= 4 ? get32(this.value, 0) : 0;
  }
  /** The type of the message, 0: none. */
  get type(): u32 {
    return this.gather(DhcpOption.TYPE) == 1 ? get8(this.value, 0) : 0;
  }
}

// read RFC 1035 §3 and §4, RFC 2181 §8 and RFC 4343 first
// Messages and names of the DNS. A name in memory is its labels, each behind its length, and the empty one: never compressed.
import { get16, get32, get8, put16, put32, put8 } from "../memory/bytes";
import { Err } from "../memory/errors";

/** Octets in front of the question. */
export const DNS_HEADER: u32 = 12;
/** Octets of the longest name with all its lengths, and of the longest label. RFC 1035 §2.3.4. */
export const NAME_MAX: u32 = 255;
export const LABEL_MAX: u32 = 63;

/** Where names are asked for on the link: 224.0.0.251. RFC 6762 §3. */
export const MDNS_GROUP: u32 = 0xe00000fb;
export const MDNS_PORT: u32 = 5353;

/** Types of records. */
export enum DnsType {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  MX = 15,
  TXT = 16,
  AAAA = 28,
  SRV = 33,
  NSEC = 47,
  ANY = 255,
}
/** The class of all records here; above it mDNS has a bit of its own. */
export const CLASS_IN: u32 = 1;

/** Bits of the flags. */
export enum DnsFlag {
  RESPONSE = 0x8000,
  OPCODE = 0x7800,
  AUTHORITATIVE = 0x0400,
  TRUNCATED = 0x0200,
  RECURSION = 0x0100,
  RCODE = 0x000f,
}
/** The code that says that there is no such name. */
export const NX_DOMAIN: u32 = 3;

/** A view of a message in place. RFC 1035 §4.1.1. */
@unmanaged
@final
export class DnsHeader {
  static at(address: usize): DnsHeader {
    return changetype<DnsHeader>(address);
  }
  get id(): u32 {
    return get16(this, 0);
  }
  get flags(): u32 {
    return get16(this, 2);
  }
  get questions(): u32 {
    return get16(this, 4);
  }
  get answers(): u32 {
    return get16(this, 6);
  }
  get authorities(): u32 {
    return get16(this, 8);
  }
  get additionals(): u32 {
    return get16(this, 10);
  }
  set answers(n: u32) {
    put16(this, 6, n);
  }
  /** A message with one question, or none, and no records. */
  begin(id: u32, flags: u32, questions: u32): void {
    put16(this, 0, id);
    put16(this, 2, flags);
    put16(this, 4, questions);
    put16(this, 6, 0);
    put32(this, 8, 0);
  }
}

/** A record, or a question, that was read from a message. */
@unmanaged
@final
export class DnsRecord {
  type: u32;
  class: u32;
  /** Seconds; what is negative counts as 0. RFC 2181 §8. */
  ttl: u32;
  /** Where its data lie in the message, and how long they are. */
  data: u32;
  length: u32;
  // Its name follows, 256 octets.
  get name(): usize {
    return changetype<usize>(this) + offsetof<DnsRecord>();
  }
}
export const RECORD_OCTETS: usize = offsetof<DnsRecord>() + 256;

/** Reads a name at `at`, compressed or not, into 255 octets at `to`. Answers the address behind it; 0: malformed. A pointer leads back, before all that was read of this name. RFC 1035 §4.1.4. */
export function readName(to: usize, message: usize, at: usize, end: usize): usize {
  let next: usize = 0;
  let lowest = at;
  let from = at;
  let length: u32 = 0;
  while (from < end) {
    const size = get8(from, 0);
    if (size > LABEL_MAX) {
      if (size < 0xc0 || from + 2 > end) return 0;
      const target = message + (get16(from, 0) & 0x3fff);
      if (target >= lowest) return 0;
      if (!next) next = from + 2;
      lowest = target;
      from = target;
      continue;
    }
    if (from + 1 + size > end || length + 1 + size > NAME_MAX) return 0;
    memory.copy(to + length, from, size + 1);
    length += size + 1;
    from += size + 1;
    if (!size) return next ? next : from;
  }
  return 0;
}
/** Reads name, type and class at `at`. Answers the address behind them; 0: malformed. */
export function readQuestion(it: DnsRecord, message: usize, at: usize, end: usize): usize {
  const next = readName(it.name, message, at, end);
  if (!next || next + 4 > end) return 0;
  it.type = get16(next, 0);
  it.class = get16(next, 2);
  return next + 4;
}
/** Reads a record at `at`. Answers the address behind it; 0: malformed. */
export function readRecord(it: DnsRecord, message: usize, at: usize, end: usize): usize {
  const next = readQuestion(it, message, at, end);
  if (!next || next + 6 > end) return 0;
  it.ttl = get32(next, 0);
  if (<i32>it.ttl < 0) it.ttl = 0;
  it.length = get16(next, 4);
  it.data = <u32>next + 6;
  return it.data + it.length > <u32>end ? 0 : it.data + it.length;
}

/** Octets of a name, with its last, empty label. */
export function lengthOf(name: usize): u32 {
  let length: u32 = 1;
  for (let size = get8(name, 0); size; size = get8(name, length - 1)) length += size + 1;
  return length;
}
/** Copies a name; answers the address behind the copy. */
export function putName(to: usize, name: usize): usize {
  const length = lengthOf(name);
  memory.copy(to, name, length);
  return to + length;
}
/** ASCII letters in lower case. */
function folded(octet: u32): u32 {
  return octet - 65 < 26 ? octet | 32 : octet;
}
/** Whether two pieces of names are the same but for the case of ASCII letters; lengths of labels are no letters. RFC 4343 §3. */
export function same(a: usize, b: usize, octets: u32): bool {
  for (let i: u32 = 0; i < octets; i++) if (folded(get8(a, i)) != folded(get8(b, i))) return false;
  return true;
}
/** Whether two names are the same. */
export function sameName(a: usize, b: usize): bool {
  const length = lengthOf(a);
  return length == lengthOf(b) && same(a, b, length);
}

/** Names that no server is asked for. */
export enum Zone {
  GLOBAL = 0,
  /** Ends in `local`: asked on the link. RFC 6762 §3. */
  LINK = 1,
  /** Is `localhost` or ends in it. RFC 6761 §6.3. */
  HOST = 2,
}
/** Where a name is answered. */
export function zoneOf(name: usize): Zone {
  let last = name;
  for (let at = name; get8(at, 0); at += get8(at, 0) + 1) last = at;
  const size = get8(last, 0);
  if ((load<u32>(last, 1) | 0x20202020) != 0x61636f6c) return Zone.GLOBAL; // loca
  if (size == 5) return folded(get8(last, 5)) == 0x6c ? Zone.LINK : Zone.GLOBAL;
  const isHost = size == 9 && (load<u32>(last, 5) | 0x20202020) == 0x736f686c && folded(get8(last, 9)) == 0x74; // lhos t
  return isHost ? Zone.HOST : Zone.GLOBAL;
}

const DOT: u32 = 0x2e;
const ESCAPE: u32 = 0x5c;
/** Reads a text as `www.example.com`, its last dot not needed, `\` before a dot or a `\` that belongs to a label. Answers the octets of the name in 255 at `to`. Errors: BAD_ARGUMENT: a label is empty; TOO_LONG: a label or the name. */
export function fromText(to: usize, text: usize, octets: u32): i32 {
  let label = to;
  let length: u32 = 0;
  let at: u32 = 0;
  for (;;) {
    const isEnd = at >= octets;
    let octet: u32 = isEnd ? DOT : get8(text, at++);
    if (octet == DOT) {
      if (!length && isEnd && label != to) break;
      if (!length) return Err.BAD_ARGUMENT;
      put8(label, 0, length);
      label += length + 1;
      length = 0;
      if (isEnd) break;
      continue;
    }
    if (octet == ESCAPE) {
      if (at == octets) return Err.BAD_ARGUMENT;
      octet = get8(text, at++);
    }
    if (++length > LABEL_MAX || <u32>(label - to) + length + 2 > NAME_MAX) return Err.TOO_LONG;
    put8(label, length, octet);
  }
  put8(label, 0, 0);
  return <i32>(label - to) + 1;
}
/** Writes a name as `fromText` reads it, without the last dot; answers how many octets, at most 508. */
export function toText(to: usize, name: usize): u32 {
  let out = to;
  let at = name;
  for (let size = get8(at, 0); size; size = get8(at, 0)) {
    if (at != name) put8(out++, 0, DOT);
    for (let i: u32 = 1; i <= size; i++) {
      const octet = get8(at, i);
      if (octet == DOT || octet == ESCAPE) put8(out++, 0, ESCAPE);
      put8(out++, 0, octet);
    }
    at += size + 1;
  }
  return <u32>(out - to);
}

/** The address that a text `A.B.C.D` names, with bit 32 set; 0: it is none. */
export function fromLiteral(text: usize, octets: u32): u64 {
  let ip: u32 = 0;
  let value: u32 = 0;
  let digits: u32 = 0;
  let dots: u32 = 0;
  for (let i: u32 = 0; i <= octets; i++) {
    const octet = i < octets ? get8(text, i) : DOT;
    if (octet - 48 < 10) {
      value = value * 10 + octet - 48;
      if (++digits > 3 || value > 255) return 0;
      continue;
    }
    if (octet != DOT || !digits || dots++ > 3) return 0;
    ip = (ip << 8) | value;
    value = 0;
    digits = 0;
  }
  return dots == 4 ? ((<u64>1) << 32) | ip : 0;
}
/** Writes the name under which the PTR record of an address lies. RFC 1035 §3.5. */
export function fromAddress(to: usize, ip: u32): void {
  let at = to;
  let rest = ip;
  for (let i = 0; i < 4; i++) {
    const octet = rest & 255;
    rest >>= 8;
    const digits: u32 = octet > 99 ? 3 : octet > 9 ? 2 : 1;
    put8(at, 0, digits);
    let left = octet;
    for (let k = digits; k; k--) {
      put8(at, k, 48 + (left % 10));
      left /= 10;
    }
    at += digits + 1;
  }
  store<u64>(at, 0x726464612d6e6907); // in-addr, then arpa
  store<u32>(at, 0x70726104, 8);
  store<u16>(at, 0x61, 12);
}

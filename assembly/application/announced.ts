// read RFC 6762 §10 and RFC 6763 §4-§7 first
// What is announced on the link: the host, and services; and how their records look on the wire.
import { put16, put32, put8 } from "../memory/bytes";
import { Address, ADDRESSES_MAX, AddressState, Interface } from "../memory/control";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";
import { CLASS_IN, DnsRecord, DnsType, lengthOf, putName, readName, sameName } from "../wire/dns";
import { on } from "../internet/address";

/** Records of an announced thing, a bit each. */
export enum Has {
  /** The host's addresses. */
  A = 1,
  /** From the type of a service to its name: the one that others have too. */
  PTR = 2,
  SRV = 4,
  TXT = 8,
  /** From the name of all types to this type. RFC 6763 §9. */
  META = 16,
  /** That there is nothing else. RFC 6762 §6.1. */
  NSEC = 32,
  /** Of what is owed: somebody probes for it. */
  URGENT = 64,
}
/** Those of which others may have one with the same name. */
export const SHARED: u32 = Has.PTR | Has.META;

/** How far a thing is; 0 to 2 probes were sent. */
export enum Phase {
  PROBED = 3,
  ANNOUNCED = 4,
  RUNNING = 5,
  /** It must still take its leave. */
  LEAVING = 6,
}

/** How records are written. */
export enum Mode {
  NORMAL = 0,
  /** To who speaks plain DNS: at most 10 seconds, and no cache-flush bit. RFC 6762 §6.7. */
  LEGACY = 1,
  GOODBYE = 2,
  /** Not yet ours: no cache-flush bit. */
  PROBE = 3,
}
/** The bit of a class that says that there are no other records of this name and type. RFC 6762 §10.2. */
export const FLUSH: u32 = 0x8000;

/** The host, or a service. */
@unmanaged
@final
export class Thing {
  taken: u8;
  phase: u8;
  /** Names that others had. */
  conflicts: u8;
  /** How what the message in hand proposes for its name stands to its own records: Rival bits. */
  rival: u8;
  port: u16;
  txtOctets: u16;
  due: Instant;
  /** Has bits: asked for by the message in hand, to be sent to all, to be written now. */
  asked: u32;
  owed: u32;
  bits: u32;
  // When each kind of record was last sent to all, an odd number; 0: never.
  sent0: Instant;
  sent1: Instant;
  sent2: Instant;
  sent3: Instant;
  sent4: Instant;
  sent5: Instant;
  /** Addresses of the interface that whoever asks knows, a bit each. */
  known: u32;

  /** The wanted name: a label, 64 octets. */
  get label(): usize {
    return changetype<usize>(this) + offsetof<Thing>();
  }
  /** Type of a service: two labels and the empty one, 64 octets; empty: this is the host. */
  get type(): usize {
    return this.label + 64;
  }
  get txt(): usize {
    return this.label + 128;
  }
  get isHost(): bool {
    return this == thingAt(0);
  }
  /** Whether its name is ours. */
  get isOurs(): bool {
    return this.taken && this.phase >= <u8>Phase.PROBED && this.phase < <u8>Phase.LEAVING;
  }
  /** Has bits of all its records. */
  get all(): u32 {
    return this.isHost ? Has.A : Has.PTR | Has.SRV | Has.TXT | Has.META;
  }
  /** Where it stands when the records of a kind were last sent to all. */
  sentAt(kind: u32): usize {
    return changetype<usize>(this) + offsetof<Thing>("sent0") + (ctz(kind) << 2);
  }
}
/** Octets of the data of a TXT record, at most. */
export const TXT_MAX: u32 = 256;
export const THING_OCTETS: u32 = <u32>offsetof<Thing>() + 128 + TXT_MAX;
/** Octets for a record under construction and for the data of another one, behind the table. */
export const SCRATCH_OCTETS: u32 = 1024;

/** The host (0), or a service. */
export function thingAt(i: u32): Thing {
  return changetype<Thing>(<usize>(state.things + i * THING_OCTETS));
}
/** Where a record is written before it is known to fit. */
export function scratch(): usize {
  return state.things + (root.extra.services + 1) * THING_OCTETS;
}

/** `local`, and the end of a name. */
function putLocal(to: usize): usize {
  store<u64>(to, 0x006c61636f6c05);
  return to + 7;
}
/** The label, with a number where others had the name before. */
function putLabel(to: usize, it: Thing): usize {
  const size: u32 = load<u8>(it.label);
  memory.copy(to, it.label, size + 1);
  if (!it.conflicts) return to + size + 1;
  let at = to + size + 1;
  const number: u32 = it.conflicts + 1;
  put8(at++, 0, 0x2d);
  if (number > 9) put8(at++, 0, 48 + number / 10);
  put8(at++, 0, 48 + (number % 10));
  put8(to, 0, <u32>(at - to) - 1);
  return at;
}
/** The name that is the thing's alone. */
export function putUnique(to: usize, it: Thing): usize {
  const at = putLabel(to, it);
  return it.isHost ? putLocal(at) : putType(at, it);
}
export function putType(to: usize, it: Thing): usize {
  return putLocal(putName(to, it.type) - 1);
}
/** The name of all types: _services._dns-sd._udp.local. */
export function putMeta(to: usize): usize {
  store<u64>(to, 0x6369767265735f09); // _services
  store<u64>(to + 8, 0x2d736e645f077365); // es _dns-
  store<u32>(to + 16, 0x5f046473); // sd _
  store<u32>(to + 20, 0x706475); // udp
  return putLocal(to + 23);
}

/** Writes the records of one kind, those of the host for this interface, into the scratch. Answers their end; `record.length` is their number. */
export function putRecords(record: DnsRecord, it: Thing, kind: Has, via: Interface, mode: Mode): usize {
  let at = scratch();
  record.length = 1;
  if (kind != Has.A) return putOne(at, it, kind, mode, 0);
  record.length = 0;
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    const address: Address = via.address(i);
    if (address.state != <u8>AddressState.VALID) continue;
    at = putOne(at, it, kind, mode, address.ip);
    record.length++;
  }
  return at;
}
function putOne(to: usize, it: Thing, kind: Has, mode: Mode, ip: u32): usize {
  const isShared = (kind & SHARED) != 0;
  const at = kind == Has.META ? putMeta(to) : isShared ? putType(to, it) : putUnique(to, it);
  put16(at, 0, typeOf(kind));
  put16(at, 2, isShared || mode & 1 ? CLASS_IN : CLASS_IN | FLUSH);
  put32(at, 4, mode == Mode.GOODBYE ? 0 : mode == Mode.LEGACY ? 10 : ttlOf(kind));
  const data = at + 10;
  const end = putData(data, it, kind, ip);
  put16(at, 8, <u32>(end - data));
  return end;
}
function putData(to: usize, it: Thing, kind: Has, ip: u32): usize {
  switch (kind) {
    case Has.A:
      store<u32>(to, ip);
      return to + 4;
    case Has.PTR:
      return putUnique(to, it);
    case Has.META:
      return putType(to, it);
    case Has.SRV:
      put32(to, 0, 0);
      put16(to, 4, it.port);
      return putUnique(to + 6, thingAt(0));
    case Has.TXT:
      memory.copy(to, it.txt, it.txtOctets);
      return to + it.txtOctets;
    default: {
      // A bit for each type that there is: A, or TXT and SRV. RFC 4034 §4.1.2.
      const at = putUnique(to, it);
      store<u64>(at, it.isHost ? 0x400100 : 0x40008000000500);
      return at + (it.isHost ? 3 : 7);
    }
  }
}
export function typeOf(kind: Has): u32 {
  switch (kind) {
    case Has.A:
      return DnsType.A;
    case Has.SRV:
      return DnsType.SRV;
    case Has.TXT:
      return DnsType.TXT;
    case Has.NSEC:
      return DnsType.NSEC;
    default:
      return DnsType.PTR;
  }
}
/** Seconds: records that hold the host's name are good for two minutes, others for 75. RFC 6762 §10. */
export function ttlOf(kind: Has): u32 {
  return kind & (Has.A | Has.SRV | Has.NSEC) ? 120 : 4500;
}

/** Whether a record that somebody sent has the name of one of ours. */
export function isNamed(it: Thing, kind: Has, record: DnsRecord): bool {
  const to = scratch();
  if (kind == Has.META) putMeta(to);
  else if (kind & SHARED) putType(to, it);
  else putUnique(to, it);
  return sameName(to, record.name);
}
/** Whether the data of a record are before (negative), like (0) or after those of ours. RFC 6762 §8.2. */
export function compare(it: Thing, kind: Has, via: Interface, record: DnsRecord, message: usize, end: usize): i32 {
  let ip: u32 = 0;
  if (kind == Has.A && record.length == 4) {
    ip = bswap<u32>(load<u32>(record.data));
    if (on(via, ip)) return 0;
  }
  const ours = scratch();
  const length = <u32>(putData(ours, it, kind, via.address(0).ip) - ours);
  const theirs = ours + 512;
  const prefix: u32 = kind == Has.SRV ? 6 : 0;
  let octets = min(record.length, 512);
  memory.copy(theirs, record.data, octets);
  if (kind & (Has.SRV | SHARED)) {
    if (record.length <= prefix || !readName(theirs + prefix, message, record.data + prefix, end)) return -1;
    octets = prefix + lengthOf(theirs + prefix);
  }
  const differs = memory.compare(theirs, ours, min(length, octets));
  return differs ? differs : <i32>(octets - length);
}

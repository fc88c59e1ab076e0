// The table of names: what is asked for now, and what is remembered of earlier answers until it expires or makes room.
import { EXCHANGE_OCTETS } from "../memory/control";
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";
import { DnsType, lengthOf, putName, sameName, toText } from "../wire/dns";

/** Octets for an answer: the canonical name, then each record behind its length. */
const DATA: u32 = 512;
/** How long an answer that nobody has fetched is kept from eviction. */
const UNREAD: u32 = 30000;

/** Seconds an answer is remembered, at most. */
const TTL_MAX: u32 = 86400;

/** A question, and its answer. */
@unmanaged
@final
export class Name {
  /** Of records; 0: this place is free. */
  type: u16;
  /** Raised when the place gets another question. */
  generation: u16;
  /** WOULD_BLOCK while it is asked for; then 0 or why there is no answer. */
  error: i32;
  /** Who have asked and not yet fetched the answer. */
  askers: u32;
  /** When it was asked for; then, when it was answered. */
  since: Instant;
  /** When the answer is too old, if it is kept. */
  expires: Instant;
  /** When something is to be done: the next try, or the end of this one. */
  due: Instant;
  /** The socket of the try, or its connection. */
  socket: u32;
  stream: u32;
  server: u32;
  /** What became of the last try. */
  last: i32;
  /** Seconds: the least in the answer. */
  ttl: u32;
  id: u16;
  mismatches: u8;
  hops: u8;
  /** Place of the server in the list, and how often the whole list was tried. */
  index: u8;
  round: u8;
  /** 1: in this round a question left; and a server was silent. */
  isSent: u8;
  isSilent: u8;
  /** 1: the answer may serve others. */
  isKept: u8;
  /** 1: asked on the link. */
  isLocal: u8;
  /** Records in the answer, and octets of `data` in use. */
  count: u16;
  octets: u32;

  get name(): usize {
    return changetype<usize>(this) + offsetof<Name>();
  }
  /** The canonical name, which is the one that is asked for now, and behind it the records. */
  get data(): usize {
    return this.name + 256;
  }
  get isPending(): bool {
    return this.type != 0 && this.error == Err.WOULD_BLOCK;
  }
  /** The answer is empty again, for a name. */
  clear(name: usize): void {
    this.octets = <u32>(putName(this.data, name) - this.data);
    this.count = 0;
  }
  /** Adds a record whose data begin with `prefix` octets that are copied and go on with `rest`. Beyond the room there is, or twice the same: not added. */
  add(from: usize, prefix: u32, rest: usize, octets: u32): void {
    const at = this.data + this.octets;
    const length = prefix + octets;
    if (this.octets + 2 + length > DATA) return;
    store<u16>(at, <u16>length);
    memory.copy(at + 2, from, prefix);
    memory.copy(at + 2 + prefix, rest, octets);
    for (let it = this.data + lengthOf(this.data); it < at; it += 2 + load<u16>(it)) {
      if (!memory.compare(it, at, 2 + length)) return;
    }
    this.octets += 2 + length;
    this.count++;
  }
}
/** Octets of a place in the table. */
export const NAME_OCTETS: u32 = <u32>offsetof<Name>() + 256 + DATA;
if (offsetof<Name>() & 3) ERROR("Name is not padded");

/** Octets in front of a name in the data of a record of this type; -1: there is none. 255: a type nobody may ask for. */
export function prefixOf(type: u32): i32 {
  switch (type) {
    case DnsType.A:
    case DnsType.AAAA:
    case DnsType.TXT:
      return -1;
    case DnsType.NS:
    case DnsType.CNAME:
    case DnsType.PTR:
      return 0;
    case DnsType.MX:
      return 2;
    case DnsType.SRV:
      return 6;
    default:
      return 255;
  }
}

/** Place `i` of the table. */
export function nameAt(i: u32): Name {
  return changetype<Name>(<usize>(state.names + i * NAME_OCTETS));
}
/** The question with this name and type that is asked or remembered; null when there is none. */
export function find(type: u32, name: usize): Name | null {
  for (let i: u32 = 0; i < root.extra.names; i++) {
    const it = nameAt(i);
    if (it.type == type && (it.isPending || it.isKept) && sameName(it.name, name)) return it;
  }
  return null;
}
/** A place for a question: a free one, or that of the oldest answer. Null: all are in use. */
export function take(type: u32, name: usize, now: Instant): Name | null {
  let best: Name | null = null;
  for (let i: u32 = 0; i < root.extra.names; i++) {
    const it = nameAt(i);
    const age = now - it.since;
    if (!it.type) {
      best = it;
      break;
    }
    if (it.isPending || (it.askers && age < UNREAD)) continue;
    if (!best || age > now - best.since) best = it;
  }
  if (!best) return null;
  const generation = best.generation + 1;
  memory.fill(changetype<usize>(best), 0, offsetof<Name>());
  best.generation = generation;
  best.type = <u16>type;
  best.error = Err.WOULD_BLOCK;
  best.since = now;
  best.ttl = TTL_MAX;
  putName(best.name, name);
  best.clear(name);
  return best;
}

const INDEX_BITS: u32 = 16;
const GENERATIONS: u32 = 0x7fff;
/** The number by which a question is known, from 1 on. */
export function numberOf(it: Name): i32 {
  const index = (<u32>changetype<usize>(it) - state.names) / NAME_OCTETS;
  return (((<u32>it.generation & GENERATIONS) << INDEX_BITS) | index) + 1;
}
/** The question with this number, null when its place has another one. */
export function ofNumber(number: i32): Name | null {
  const index = <u32>(number - 1) & ((1 << INDEX_BITS) - 1);
  if (number <= 0 || index >= root.extra.names) return null;
  const it = nameAt(index);
  return it.type && numberOf(it) == number ? it : null;
}

/** Writes the answer into the exchange: u32 `seconds`, u16 type, then canonical name and records, each behind a u16 with its octets. Names are texts. Answers how many records. */
export function tell(it: Name, seconds: u32): i32 {
  const end = root.exchange + EXCHANGE_OCTETS;
  store<u32>(root.exchange, seconds);
  store<u16>(root.exchange, it.type, 4);
  let to = root.exchange + 6;
  to += put(to, it.data, 0, 0);
  let from = it.data + lengthOf(it.data);
  const prefix = prefixOf(it.type);
  for (let i: u32 = 0; i < it.count; i++) {
    const length: u32 = load<u16>(from);
    if (to + 2 + 2 * length > end) return i;
    to += put(to, from + 2, prefix, length);
    from += 2 + length;
  }
  return it.count;
}
/** One record, or a name. Answers the octets written. */
function put(to: u32, from: usize, prefix: i32, length: u32): u32 {
  const copied = prefix < 0 ? length : prefix;
  memory.copy(to + 2, from, copied);
  const octets = copied + (prefix < 0 ? 0 : toText(to + 2 + copied, from + copied));
  store<u16>(to, <u16>octets);
  return 2 + octets;
}

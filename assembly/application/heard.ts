// read RFC 6762 §5-§9 first
// What others say on the link: questions, what they know, what they probe for, what there is.
import { ADDRESSES_MAX, AddressState, Interface } from "../memory/control";
import { jitter } from "../memory/random";
import { root, state } from "../memory/root";
import { after, earlier, Instant } from "../memory/time";
import { CLASS_IN, DnsFlag, DnsHeader, DnsRecord, DNS_HEADER, DnsType, MDNS_PORT, readQuestion, readRecord } from "../wire/dns";
import { covering } from "../internet/address";
import { compare, FLUSH, Has, isNamed, Mode, Phase, SHARED, Thing, thingAt, ttlOf, typeOf } from "./announced";
import { ANNOUNCE, rename, Responder, restart, send } from "./responder";

/** Milliseconds by which answers that others may give, too, are spread; and how long more known answers may take to come. RFC 6762 §6, §7.2. */
const SPREAD: u32 = 20;
const SPREAD_MORE: u32 = 100;
const MORE_COMES: u32 = 400;

/** A record of somebody who probes for a name of ours: before our first one, after it, the same; likewise to our second; behind both. */
enum Rival {
  BEFORE = 1,
  LATER = 2,
  SAME = 4,
  BEFORE2 = 8,
  LATER2 = 16,
  SAME2 = 32,
  BEHIND = 64,
}

/** A message. False: malformed, or from another link. RFC 6762 §11, §18. */
export function input(it: Responder, message: usize, octets: u32): bool {
  const socket = it.datagrams;
  const from = socket.from;
  const port = socket.fromPort;
  const via = root.interface(socket.via - 1);
  const header = DnsHeader.at(message);
  if (octets < DNS_HEADER || !covering(via, from) || header.flags & (DnsFlag.OPCODE | DnsFlag.RCODE)) return false;
  const isAnswer = (header.flags & DnsFlag.RESPONSE) != 0;
  if (isAnswer && port != MDNS_PORT) return false;
  const end = message + octets;
  let at = message + DNS_HEADER;
  let first: u32 = 0;
  let isQu = true;
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    thingAt(i).asked = 0;
    thingAt(i).known = 0;
    thingAt(i).rival = 0;
  }
  for (let left = header.questions; left; left--) {
    at = readQuestion(it.record, message, at, end);
    if (!at) return false;
    if (!first) first = <u32>(at - message) - DNS_HEADER;
    if (isAnswer || !asks(it.record)) continue;
    if (!(it.record.class & FLUSH)) isQu = false;
  }
  const known = header.answers;
  const tentative = known + header.authorities;
  const all = tentative + header.additionals;
  for (let i: u32 = 0; i < all; i++) {
    at = readRecord(it.record, message, at, end);
    if (!at) return false;
    if ((it.record.class & ~FLUSH) != CLASS_IN) continue;
    if (isAnswer) heed(it.record, via, message, end);
    else if (i < known) suppress(it.record, via, message, end);
    else if (i < tentative) contend(it.record, via, message, end);
  }
  yieldToRivals();
  if (isAnswer || !header.questions) return true;
  const isLegacy = port != MDNS_PORT;
  if (isLegacy || isQu) reply(it, via, isLegacy, header.id, message + DNS_HEADER, first, from, port);
  owe(it, (header.flags & DnsFlag.TRUNCATED) != 0, header.authorities != 0);
  return true;
}
/** Notes what a question asks for; false: nothing of ours. */
function asks(record: DnsRecord): bool {
  const class_ = record.class & ~FLUSH;
  let found: u32 = 0;
  if (class_ != CLASS_IN && class_ != DnsType.ANY) return false;
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    if (!thing.isOurs) continue;
    let mine: u32 = 0;
    let others: u32 = 0;
    for (let kind: u32 = 1; kind <= <u32>Has.META; kind <<= 1) {
      if (!(thing.all & kind) || !isNamed(thing, kind, record)) continue;
      if (record.type == DnsType.ANY || record.type == typeOf(kind)) mine |= kind;
      else others |= kind & ~SHARED;
    }
    if (others && !mine) mine = Has.NSEC;
    thing.asked |= mine;
    found |= mine;
  }
  return found != 0;
}
/** Answers to the one who asked: plain DNS always, others when all have heard it not long ago. RFC 6762 §5.4, §6.7. */
function reply(it: Responder, via: Interface, isLegacy: bool, id: u32, question: usize, octets: u32, from: u32, port: u32): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    thing.bits = 0;
    for (let kind: u32 = 1; kind <= <u32>Has.NSEC; kind <<= 1) {
      if (!(thing.asked & kind)) continue;
      const sent = load<Instant>(thing.sentAt(kind));
      if (isLegacy || (sent && state.now - sent < ttlOf(kind) * 250)) thing.bits |= kind;
    }
    thing.asked &= ~thing.bits;
  }
  if (isLegacy) send(it, via, Mode.LEGACY, from, port, id, question, octets);
  else send(it, via, Mode.NORMAL, from, port, 0, 0, 0);
  for (let i: u32 = 0; i <= root.extra.services; i++) thingAt(i).bits = 0;
}
/** What is still asked for is sent to all: at once, or, when others may answer too or known answers are to come, later. */
function owe(it: Responder, isCut: bool, isProbe: bool): void {
  let all: u32 = 0;
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    thingAt(i).owed |= thingAt(i).asked | (isProbe && thingAt(i).asked ? Has.URGENT : 0);
    all |= thingAt(i).asked;
  }
  if (!all) return;
  const wait = isCut ? MORE_COMES + jitter(SPREAD_MORE) : all & SHARED ? SPREAD + jitter(SPREAD_MORE) : 0;
  it.answerAt = earlier(it.answerAt, after(state.now, wait));
  it.due = earlier(it.due, it.answerAt);
}

/** Who asks knows this record: it is not sent. RFC 6762 §7.1. */
function suppress(record: DnsRecord, via: Interface, message: usize, end: usize): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    for (let kind: u32 = 1; kind <= <u32>Has.META; kind <<= 1) {
      if (!((thing.asked | thing.owed) & kind) || record.type != typeOf(kind) || record.ttl < ttlOf(kind) >> 1) continue;
      if (!isNamed(thing, kind, record) || compare(thing, kind, via, record, message, end)) continue;
      if (kind == Has.A && !knowsAll(thing, via, record)) continue;
      thing.asked &= ~kind;
      if (!DnsHeader.at(message).questions) thing.owed &= ~kind;
    }
  }
}
/** Somebody says what there is: of a name that is to be ours alone nobody else may. RFC 6762 §8.1, §9. */
function heed(record: DnsRecord, via: Interface, message: usize, end: usize): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    if (!thing.taken || thing.phase == <u8>Phase.LEAVING || !isNamed(thing, thing.isHost ? Has.A : Has.SRV, record)) continue;
    const kind: u32 = thing.isHost ? Has.A : record.type == DnsType.TXT ? Has.TXT : Has.SRV;
    const isKind = record.type == typeOf(kind);
    if (isKind && !compare(thing, kind, via, record, message, end)) continue;
    if (!thing.isOurs) rename(thing);
    else if (isKind) restart(thing);
  }
}
/** Whether with this record whoever asks knows all our addresses here: the cache-flush bit lets none be told without the others. RFC 6762 §7.1, §10.2. */
function knowsAll(thing: Thing, via: Interface, record: DnsRecord): bool {
  let isAll = true;
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    const address = via.address(i);
    if (address.state != <u8>AddressState.VALID) continue;
    if (address.ip == load<u32>(record.data)) thing.known |= 1 << i;
    isAll = isAll && ((thing.known >> i) & 1) != 0;
  }
  return isAll;
}
/** Somebody else probes for the name: what he proposes is compared with what we do, in the order of types, then of data. RFC 6762 §8.2.1. */
function contend(record: DnsRecord, via: Interface, message: usize, end: usize): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    if (!thing.taken || thing.phase >= <u8>Phase.PROBED || !isNamed(thing, thing.isHost ? Has.A : Has.SRV, record)) continue;
    const first: u32 = thing.isHost ? Has.A : Has.TXT;
    if (record.type <= typeOf(first)) thing.rival |= <u8>(record.type < typeOf(first) ? Rival.BEFORE : side(thing, first, via, record, message, end));
    else if (thing.isHost || record.type > <u32>DnsType.SRV) thing.rival |= <u8>Rival.BEHIND;
    else thing.rival |= <u8>(record.type < <u32>DnsType.SRV ? Rival.BEFORE2 : side(thing, Has.SRV, via, record, message, end) << 3);
  }
}
/** Where one of his records stands to ours of the same type. */
function side(thing: Thing, kind: Has, via: Interface, record: DnsRecord, message: usize, end: usize): u32 {
  const differs = compare(thing, kind, via, record, message, end);
  return differs < 0 ? Rival.BEFORE : differs ? Rival.LATER : Rival.SAME;
}
/** The later list of records wins, and the longer of two that begin alike: where that is not ours, we wait and probe anew. */
function yieldToRivals(): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    const rival: u32 = thing.rival;
    if (!rival || rival & Rival.BEFORE) continue;
    if (rival & Rival.SAME) {
      if (!thing.isHost && rival & (Rival.LATER | Rival.BEFORE2)) continue;
      if (!(rival & (thing.isHost ? Rival.LATER | Rival.BEHIND : Rival.LATER2 | Rival.BEHIND))) continue;
    }
    thing.phase = 0;
    thing.due = after(state.now, ANNOUNCE);
  }
}

// read RFC 6762 §5-§9 first
// What others say on the link: questions, what they know, what they probe for, what there is.
import { Interface } from "../memory/control";
import { jitter } from "../memory/random";
import { root, state } from "../memory/root";
import { after, earlier, Instant } from "../memory/time";
import { CLASS_IN, DnsFlag, DnsHeader, DnsRecord, DNS_HEADER, DnsType, MDNS_PORT, readQuestion, readRecord } from "../wire/dns";
import { covering } from "../internet/address";
import { compare, FLUSH, Has, isNamed, Mode, Phase, SHARED, thingAt, ttlOf, typeOf } from "./announced";
import { ANNOUNCE, rename, Responder, restart, send } from "./responder";

/** Milliseconds by which answers that others may give, too, are spread; and how long more known answers may take to come. RFC 6762 §6, §7.2. */
const SPREAD: u32 = 20;
const SPREAD_MORE: u32 = 100;
const MORE_COMES: u32 = 400;

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
  for (let i: u32 = 0; i <= root.extra.services; i++) thingAt(i).asked = 0;
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
    if (isAnswer) heed(it.record, via, message, end);
    else if (i < known) suppress(it.record, via, message, end);
    else if (i < tentative) contend(it.record, via, message, end);
  }
  if (isAnswer || !header.questions) return true;
  const isLegacy = port != MDNS_PORT;
  if (isLegacy || isQu) reply(it, via, isLegacy, header.id, message + DNS_HEADER, first, from, port);
  owe(it, (header.flags & DnsFlag.TRUNCATED) != 0);
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
function owe(it: Responder, isCut: bool): void {
  let all: u32 = 0;
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    thingAt(i).owed |= thingAt(i).asked;
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
/** Somebody else probes for the name: the data that are later win. RFC 6762 §8.2. */
function contend(record: DnsRecord, via: Interface, message: usize, end: usize): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    const kind: u32 = thing.isHost ? Has.A : Has.SRV;
    if (!thing.taken || thing.phase >= <u8>Phase.PROBED || !isNamed(thing, kind, record)) continue;
    const later = record.type - typeOf(kind);
    if (<i32>(later ? later : compare(thing, kind, via, record, message, end)) <= 0) continue;
    thing.phase = 0;
    thing.due = after(state.now, ANNOUNCE);
  }
}

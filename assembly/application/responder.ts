// read RFC 6762 §6 and §10 first
// What the responder is doing, and the messages it sends.
import { put16 } from "../memory/bytes";
import { Interface } from "../memory/control";
import { jitter } from "../memory/random";
import { root, state } from "../memory/root";
import { after, earlier, Instant, NEVER } from "../memory/time";
import { CLASS_IN, DnsFlag, DnsHeader, DnsRecord, DNS_HEADER, DnsType, MDNS_GROUP, MDNS_PORT } from "../wire/dns";
import { IPV4_HEADER } from "../wire/ipv4";
import { UDP_HEADER } from "../wire/udp";
import { numberOf } from "../link/interfaces";
import { recordOf, Service } from "../transport/service";
import { Datagrams } from "../udp";
import { FLUSH, Has, Mode, Phase, putRecords, putUnique, scratch, Thing, thingAt } from "./announced";

/** Milliseconds between probes, and between announcements, which is also the least between two answers to all. RFC 6762 §8, §6. */
export const PROBE: u32 = 250;
export const ANNOUNCE: u32 = 1000;
/** Milliseconds until the next try, after many names were taken. RFC 6762 §8.1. */
const MANY: u8 = 15;
const LATER: u32 = 5000;

/** State of the responder. */
@unmanaged
@final
export class Responder {
  socket: u32;
  /** When there is something to do. */
  due: Instant;
  /** When what is owed is sent. */
  answerAt: Instant;
  /** Interfaces that were up, and the generation of their addresses. */
  up: u32;
  generation: u32;
  /** Kinds of records that were in earlier messages of the same answer. */
  skip: u32;

  get record(): DnsRecord {
    return changetype<DnsRecord>(changetype<usize>(this) + 32);
  }
  get datagrams(): Datagrams {
    return changetype<Datagrams>(<usize>this.socket);
  }
}
export function responder(): Responder {
  return recordOf<Responder>(Service.MDNS);
}

/** Probes from the beginning. RFC 6762 §8.1. */
export function restart(thing: Thing): void {
  thing.phase = 0;
  thing.owed = 0;
  memory.fill(thing.sentAt(Has.A), 0, 24);
  thing.due = after(state.now, thing.conflicts > MANY ? LATER : jitter(PROBE));
  responder().due = state.now;
}
/** Others have the name: the next one. RFC 6762 §9. What names the host is announced anew. */
export function rename(thing: Thing): void {
  if (++thing.conflicts == 99) thing.conflicts = 1;
  restart(thing);
  if (thing.isHost) announceAgain();
}
/** All say again who they are. */
export function announceAgain(): void {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    if (!thing.isOurs) continue;
    thing.phase = <u8>Phase.PROBED;
    thing.due = state.now;
  }
}

/** Sends what is owed by every interface, but nothing that was sent less than a second ago. RFC 6762 §6. */
export function answerAll(it: Responder): void {
  it.answerAt = after(state.now, NEVER);
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    // Who probes for it does not wait for a second. RFC 6762 §6.
    const least: u32 = thing.owed & Has.URGENT ? PROBE : ANNOUNCE;
    thing.bits = thing.isOurs ? thing.owed & ~(<u32>Has.URGENT) : 0;
    thing.owed = 0;
    for (let kind: u32 = 1; kind <= <u32>Has.NSEC; kind <<= 1) {
      if (!(thing.bits & kind)) continue;
      const sent = load<Instant>(thing.sentAt(kind));
      if (sent && state.now - sent < least) {
        thing.bits &= ~kind;
        if (least == ANNOUNCE) continue;
        thing.owed |= kind | Has.URGENT;
        it.answerAt = earlier(it.answerAt, after(sent, least));
      } else store<Instant>(thing.sentAt(kind), (state.now - 1) | 1);
    }
  }
  sendAll(it, Mode.NORMAL);
}
/** Sends the records that `bits` name to all, by every interface that is up, in as many messages as it takes. */
export function sendAll(it: Responder, mode: Mode): void {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    if (it.up & (1 << i)) send(it, root.interface(i), mode, MDNS_GROUP, MDNS_PORT, 0, 0, 0);
  }
  for (let i: u32 = 0; i <= root.extra.services; i++) thingAt(i).bits = 0;
}
/** Sends the records that `bits` name, behind a question's octets, in as many messages as it takes and there is room for. */
export function send(it: Responder, via: Interface, mode: Mode, ip: u32, port: u32, id: u32, question: usize, questionOctets: u32): void {
  it.skip = 0;
  do {
    const octets = write(it, via, mode, id, question, questionOctets);
    if (octets) it.datagrams.send(octets, ip, port, numberOf(via));
  } while (it.skip);
}
/** Writes one message. Answers its octets, 0: there is nothing to say, or no room; `skip` is where the next one begins. */
function write(it: Responder, via: Interface, mode: Mode, id: u32, question: usize, questionOctets: u32): u32 {
  const socket = it.datagrams;
  const room = socket.space;
  const skip = it.skip;
  it.skip = 0;
  if (room <= 0) return 0;
  const at = socket.output;
  const isProbe = mode == Mode.PROBE;
  DnsHeader.at(at).begin(id, isProbe ? 0 : DnsFlag.RESPONSE | DnsFlag.AUTHORITATIVE, isProbe || questionOctets ? 1 : 0);
  let to = at + DNS_HEADER;
  memory.copy(to, question, questionOctets);
  to += questionOctets;
  if (isProbe) to = putQuestion(to);
  const behind = putBits(it, skip, at, to, at + min<u32>(room, via.mtu - IPV4_HEADER - UDP_HEADER), via, mode);
  return behind == to ? 0 : <u32>(behind - at);
}
/** The question of a probe: is there anything of this name, and may the answer come to us alone? */
function putQuestion(to: usize): usize {
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    if (!thingAt(i).bits) continue;
    const at = putUnique(to, thingAt(i));
    put16(at, 0, DnsType.ANY);
    put16(at, 2, CLASS_IN | FLUSH);
    return at + 4;
  }
  return to;
}
/** Writes records and their numbers: answers (a probe's: authorities), then what whoever asked will want next. RFC 6763 §12. */
function putBits(it: Responder, skip: u32, message: usize, from: usize, end: usize, via: Interface, mode: Mode): usize {
  let to = from;
  let all: u32 = 0;
  for (let pass: u32 = 0; pass < (mode & 2 || it.skip ? 1 : 2); pass++) {
    let records: u32 = 0;
    let place: u32 = 0;
    for (let i = root.extra.services + 1; i; i--) {
      const thing = thingAt(i - 1);
      const bits = pass ? following(thing, all) : thing.bits;
      all |= thing.bits;
      for (let kind: u32 = 1; kind <= <u32>Has.NSEC; kind <<= 1) {
        if (!(bits & kind) || (!pass && (it.skip || place++ < skip))) continue;
        const octets = <u32>(putRecords(it.record, thing, kind, via, mode) - scratch());
        if (to + octets > end) {
          if (!pass && records) it.skip = place - 1;
          continue;
        }
        memory.copy(to, scratch(), octets);
        to += octets;
        records += it.record.length;
      }
    }
    put16(message, pass ? 10 : mode == Mode.PROBE ? 8 : 6, records);
  }
  return to;
}
function following(thing: Thing, all: u32): u32 {
  const more: u32 = thing.isHost ? (all & (Has.PTR | Has.SRV) ? Has.A : 0) : thing.bits & Has.PTR ? Has.SRV | Has.TXT : 0;
  return thing.isOurs ? more & ~thing.bits : 0;
}

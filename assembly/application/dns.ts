// read RFC 1035 §7, RFC 1123 §6.1.3 and RFC 5452 first
// The resolver: names to addresses and back, by asking one server after the other. Each try has a socket, so a port, and an id of its own.
import { put16 } from "../memory/bytes";
import { MDNS } from "../memory/config";
import { EXCHANGE_OCTETS } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { Err } from "../memory/errors";
import { secret } from "../memory/random";
import { root, state } from "../memory/root";
import { after, before, earlier, Instant, NEVER, until } from "../memory/time";
import {
  CLASS_IN,
  DnsFlag,
  DnsHeader,
  DnsRecord,
  DNS_HEADER,
  DnsType,
  fromAddress,
  fromLiteral,
  fromText,
  MDNS_GROUP,
  MDNS_PORT,
  NAME_MAX,
  putName,
  Zone,
  zoneOf,
} from "../wire/dns";
import { covering } from "../internet/address";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as tcp from "../tcp";
import { Socket } from "../tcp";
import * as udp from "../udp";
import { Datagrams } from "../udp";
import { Outcome, read } from "./answer";
import { find, Name, nameAt, NAME_OCTETS, numberOf, ofNumber, prefixOf, take, tell } from "./names";
import { serverAt, serverCount, Servers } from "./servers";

const PORT: u32 = 53;
/** Milliseconds the first try waits for an answer, the next ones twice as long each; how often each server is asked; and when all ends. RFC 1123 §6.1.3.3. */
const RETRY: u32 = 2000;
const ROUNDS: u32 = 3;
const LIFE: u32 = 30000;
/** Milliseconds until it is looked again for a server, a way to it, or a socket. */
/** On the link, where a name that nobody has is soon known: milliseconds, tries; and how long more is awaited where many may answer. RFC 6762 §5. */
const LOCAL_RETRY: u32 = 1000;
const LOCAL_ROUNDS: u32 = 2;
const GATHER: u32 = 1000;
const PAUSE: u32 = 1000;
/** Milliseconds an answer over TCP may take, and the octets of it that are read. */
const STREAM: u32 = 5000;
export const STREAM_OCTETS: u32 = 2048;
/** Questions on their way at the same time; the others wait. */
const FLIGHTS: u32 = 3;
/** Messages that are not the answer, after which it is asked anew, with another port and id. RFC 5452 §9.2. */
const MISMATCHES: u8 = 32;
const LOCALHOST: u32 = 0x7f000001;

/** State of the resolver, behind the list of servers. */
@unmanaged
class Resolver extends Servers {
  /** When there is something to do, if `isArmed`. */
  due: Instant;
  /** Questions not yet answered, and those of them that are on their way. */
  pending: u32;
  flights: u32;
  /** The question that is asked over TCP; octets of it that must still be written, and how far writing or reading has come. */
  stream: u32;
  unsent: u32;
  at: u32;
  isArmed: u32;

  /** The record in hand. */
  get record(): DnsRecord {
    return changetype<DnsRecord>(changetype<usize>(this) + 64);
  }
  /** Where a message over TCP lies: behind the table of names. */
  get buffer(): usize {
    return state.names + root.extra.names * NAME_OCTETS;
  }
}
if (offsetof<Resolver>() > 64) ERROR("Resolver outgrew its place");
function resolver(): Resolver {
  return recordOf<Resolver>(Service.DNS);
}
function arm(it: Resolver, due: Instant): void {
  it.due = it.isArmed ? earlier(it.due, due) : due;
  it.isArmed = 1;
}

/** Asks for records of a type of the name whose `octets` of text lie in the exchange. Answers the number of the question. Errors: BAD_ARGUMENT: no such type, an empty label; TOO_LONG: a label or the name, NO_ROOM: too many questions. */
export function query(type: u32, octets: u32): i32 {
  if (prefixOf(type) == 255 || octets > EXCHANGE_OCTETS) return Err.BAD_ARGUMENT;
  const it = resolver();
  const name = it.record.name;
  const literal = fromLiteral(root.exchange, octets);
  const isReverse = literal != 0 && type == DnsType.PTR;
  const length = fromText(name, root.exchange, octets);
  if (length < 0) return length;
  if (isReverse) fromAddress(name, <u32>literal);
  if (DNS_HEADER + NAME_MAX + 5 > root.udpOctets) return Err.TOO_LONG;
  const known = find(type, name);
  if (known) {
    known.askers++;
    return numberOf(known);
  }
  const asked = take(type, name, state.now);
  if (!asked) return Err.NO_ROOM;
  asked.askers = 1;
  asked.due = state.now;
  asked.last = Err.TIMED_OUT;
  const zone = zoneOf(name);
  asked.isLocal = zone == Zone.LINK ? 1 : 0;
  it.pending++;
  arm(it, state.now);
  if (zone == Zone.HOST || (literal && !isReverse)) {
    const ip = bswap<u32>(zone == Zone.HOST ? LOCALHOST : <u32>literal);
    store<u32>(it.record.name, ip);
    if (type == DnsType.A) asked.add(it.record.name, 4, 0, 0);
    asked.ttl = 0;
    end(asked, 0);
  }
  return numberOf(asked);
}
/** Leaves the answer in the exchange: u32 seconds it is good for, u16 type, then the canonical name and the records, each behind a u16 with its octets. Answers how many records. Errors: BAD_HANDLE: forgotten; WOULD_BLOCK; NO_NAME; TIMED_OUT, REFUSED, NO_ROUTE, UNREACHABLE: what became of the last server. */
export function result(number: i32): i32 {
  const it = ofNumber(number);
  if (!it) return Err.BAD_HANDLE;
  if (it.isPending) return Err.WOULD_BLOCK;
  it.askers -= it.askers ? 1 : 0;
  return it.error ? it.error : tell(it, it.isKept ? until(it.expires, state.now) / 1000 : 0);
}
/** Nobody waits for this answer any more; asking ends with the last who did. Errors: BAD_HANDLE. */
export function cancel(number: i32): i32 {
  const it = ofNumber(number);
  if (!it) return Err.BAD_HANDLE;
  it.askers -= it.askers ? 1 : 0;
  if (!it.askers && it.isPending) end(it, Err.ABORTED);
  return 0;
}

/** Reads answers, asks what is due. */
export function serve(): void {
  const it = resolver();
  udp.forget(ownerOf(Service.DNS));
  if (!it.pending && (!it.isArmed || before(state.now, it.due))) return;
  it.isArmed = 0;
  for (let i: u32 = 0; i < root.extra.names; i++) {
    const name = nameAt(i);
    if (name.isPending) turn(it, name);
    if (name.isPending) {
      if (name.socket || name.stream || before(state.now, name.due)) arm(it, name.due);
    } else if (name.isKept) {
      if (before(state.now, name.expires)) arm(it, name.expires);
      else name.isKept = 0;
    }
  }
}
/** Milliseconds until there is something to do. */
export function within(): u32 {
  const it = resolver();
  return it.isArmed ? until(it.due, state.now) : NEVER;
}

/** What there is to do for a question: to read, to wait longer, to try again. */
function turn(it: Resolver, name: Name): void {
  if (name.socket) listen(it, name);
  else if (name.stream) converse(it, name);
  if (!name.isPending || before(state.now, name.due)) return;
  if (name.isLocal && name.count) return end(name, 0);
  if (name.socket || name.stream) return fail(name, Err.TIMED_OUT, true);
  ask(it, name);
}
/** Asks the server whose turn it is, when there is a socket for it. */
function ask(it: Resolver, name: Name): void {
  if (state.now - name.since > LIFE) return end(name, name.last);
  if (it.flights == FLIGHTS) return;
  name.server = name.isLocal ? MDNS_GROUP : serverAt(name.index);
  if (!name.server) return fail(name, Err.NO_ROUTE, false);
  const socket = udp.open(0, ownerOf(Service.DNS), 0);
  if (!socket) {
    name.due = after(state.now, PAUSE);
    return;
  }
  it.flights++;
  name.socket = <u32>changetype<usize>(socket);
  name.mismatches = 0;
  if (MDNS && name.isLocal) socket.setMulticast(255, false);
  let wrong = name.isLocal ? 0 : socket.connect(name.server, PORT);
  if (!wrong && socket.space) wrong = socket.send(write(name, socket.output), MDNS_GROUP, MDNS_PORT, 0);
  if (wrong < 0) return fail(name, wrong, false);
  name.isSent = 1;
  name.due = after(state.now, (name.isLocal ? LOCAL_RETRY : RETRY) << name.round);
}
/** Writes the question. Answers its octets. */
function write(name: Name, at: usize): u32 {
  name.id = <u16>secret();
  DnsHeader.at(at).begin(name.id, DnsFlag.RECURSION, 1);
  const behind = putName(at + DNS_HEADER, name.data);
  put16(behind, 0, name.type);
  put16(behind, 2, CLASS_IN);
  return <u32>(behind - at) + 4;
}

/** Reads what came to the question's socket. */
function listen(it: Resolver, name: Name): void {
  const socket = changetype<Datagrams>(<usize>name.socket);
  for (let octets = socket.next; octets != Err.WOULD_BLOCK; octets = socket.next) {
    if (octets < 0) return fail(name, octets, true);
    const length = min<u32>(octets, root.udpOctets);
    if (!name.isLocal || (socket.fromPort == MDNS_PORT && covering(root.interface(socket.via - 1), socket.from)))
      heed(it, name, read(name, it.record, socket.input, length, false));
    if (!name.socket) return;
    socket.release();
  }
}
/** Does what follows from a message. */
function heed(it: Resolver, name: Name, outcome: Outcome): void {
  switch (outcome) {
    case Outcome.OTHER:
      count(Counter.DNS_MISMATCHED);
      if (++name.mismatches == MISMATCHES) fail(name, Err.REFUSED, true);
      return;
    case Outcome.CUT:
      return name.stream ? fail(name, Err.REFUSED, false) : dial(it, name);
    case Outcome.FAILED:
      name.clear(name.data);
      return fail(name, Err.REFUSED, false);
    case Outcome.MOVED:
      release(name);
      name.due = state.now;
      return;
    case Outcome.NONE:
      return end(name, Err.NO_NAME);
    case Outcome.FOUND:
      if (!name.isLocal || name.type != DnsType.PTR) return end(name, 0);
      name.due = earlier(name.due, after(state.now, GATHER));
      return;
  }
}

/** Asks the same server over TCP; one question at a time. RFC 7766 §5. */
function dial(it: Resolver, name: Name): void {
  release(name);
  name.due = after(state.now, PAUSE);
  if (it.stream) return;
  const socket = tcp.connect(name.server, PORT, ownerOf(Service.DNS));
  if (!socket) return fail(name, Err.NO_SOCKET, true);
  it.flights++;
  name.stream = <u32>changetype<usize>(socket);
  it.stream = name.stream;
  it.at = 0;
  it.unsent = 2 + write(name, it.buffer + 2);
  put16(it.buffer, 0, it.unsent - 2);
  name.due = after(state.now, STREAM);
}
/** Writes the question, then reads the answer, as far as the connection lets it. */
function converse(it: Resolver, name: Name): void {
  const socket = changetype<Socket>(<usize>name.stream);
  for (let room = min(socket.writable, it.unsent); room; room = min(socket.writable, it.unsent)) {
    memory.copy(socket.output, it.buffer + it.at, room);
    socket.send(room);
    it.unsent -= room;
    it.at = it.unsent ? it.at + room : 0;
  }
  for (let octets = socket.readable; octets; octets = socket.readable) {
    const taken = min(octets, STREAM_OCTETS - it.at);
    memory.copy(it.buffer + it.at, socket.input, taken);
    it.at += taken;
    socket.release(octets);
  }
  const length: u32 = bswap<u16>(load<u16>(it.buffer));
  const isWhole = !it.unsent && it.at >= 2 && it.at - 2 >= length;
  if (isWhole || it.at == STREAM_OCTETS) {
    const outcome = read(name, it.record, it.buffer + 2, isWhole ? length : STREAM_OCTETS - 2, !isWhole);
    heed(it, name, outcome == Outcome.OTHER ? Outcome.FAILED : outcome);
  } else if (socket.isGone || socket.isFinished) fail(name, Err.UNREACHABLE, true);
}

/** A try is over without an answer: the next server, or a new round, or the end. `isPassing`: a later try may fare better. */
function fail(name: Name, error: i32, isPassing: bool): void {
  release(name);
  name.last = error;
  if (isPassing) name.isSilent = 1;
  name.due = state.now;
  if (++name.index < <u8>serverCount() && !name.isLocal) return;
  name.index = 0;
  if (name.isSent) {
    const wait = RETRY << name.round++;
    if (name.isLocal && name.round == LOCAL_ROUNDS) return end(name, Err.NO_NAME);
    if (!name.isSilent || name.round == ROUNDS) return end(name, error);
    if (error != Err.TIMED_OUT) name.due = after(state.now, wait);
  } else name.due = after(state.now, PAUSE);
  name.isSent = 0;
  name.isSilent = 0;
}
/** Lets go of socket and connection; another question may have them. */
function release(name: Name): void {
  const it = resolver();
  if (name.socket) changetype<Datagrams>(<usize>name.socket).close();
  if (name.stream) {
    changetype<Socket>(<usize>name.stream).close();
    it.stream = 0;
  }
  if (name.socket || name.stream) it.flights--;
  name.socket = 0;
  name.stream = 0;
  arm(it, state.now);
}
/** The question is answered, or never will be. What nobody may remember is kept for those who asked. */
function end(name: Name, error: i32): void {
  release(name);
  resolver().pending--;
  name.error = error;
  name.since = state.now;
  if (name.isLocal && error) name.ttl = 0;
  name.isKept = name.ttl && (!error || error == Err.NO_NAME) ? 1 : 0;
  name.expires = after(state.now, name.ttl * 1000);
}

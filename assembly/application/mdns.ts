// read RFC 6762 and RFC 6763 first
// The responder: the host and its services have names on the link, which are probed for, announced, defended, and changed when others have them.
import { EXCHANGE_OCTETS } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { Err, Option } from "../memory/errors";
import { root, state } from "../memory/root";
import { after, before, earlier, NEVER, until } from "../memory/time";
import { fromText, LABEL_MAX, MDNS_GROUP, MDNS_PORT, toText } from "../wire/dns";
import { deviceOf } from "../link/interfaces";
import { primary } from "../internet/address";
import { ownerOf, Service } from "../transport/service";
import * as udp from "../udp";
import { Has, Mode, Phase, putUnique, scratch, Thing, thingAt, TXT_MAX } from "./announced";
import { input } from "./heard";
import { ANNOUNCE, announceAgain, answerAll, PROBE, Responder, responder, restart, sendAll } from "./responder";

/** Octets of a name that is wanted, so that a number fits behind it. */
const WANTED_MAX: u32 = LABEL_MAX - 3;

/** Wants the name whose label lies in the exchange for this host: `label.local`. Errors: BAD_ARGUMENT, BAD_STATE: it runs, NO_SOCKET, NO_ROOM: for the group, on every interface. */
export function start(octets: u32): i32 {
  const it = responder();
  if (it.socket) return Err.BAD_STATE;
  if (!octets || octets > WANTED_MAX) return Err.BAD_ARGUMENT;
  const socket = udp.open(MDNS_PORT, ownerOf(Service.MDNS), 0);
  if (!socket) return Err.NO_SOCKET;
  socket.set(Option.TTL, 255);
  socket.setMulticast(255, false);
  for (let i: u32 = 1; i <= root.interfaces; i++) {
    const wrong = socket.join(MDNS_GROUP, i);
    if (!wrong) continue;
    socket.close();
    return wrong;
  }
  it.socket = <u32>changetype<usize>(socket);
  it.up = upMask();
  it.generation = state.pathGeneration;
  it.answerAt = after(state.now, NEVER);
  begin(thingAt(0), root.exchange, octets);
  return 0;
}
function begin(thing: Thing, label: usize, octets: u32): void {
  memory.fill(changetype<usize>(thing), 0, offsetof<Thing>());
  thing.taken = 1;
  store<u8>(thing.label, <u8>octets);
  memory.copy(thing.label + 1, label, octets);
  restart(thing);
}
/** Takes leave of all; the next poll says so. Answers 0. */
export function stop(): i32 {
  if (!responder().socket) return 0;
  for (let i: u32 = 0; i <= root.extra.services; i++) depart(thingAt(i));
  return 0;
}
function depart(thing: Thing): void {
  if (!thing.isOurs) thing.taken = 0;
  thing.phase = <u8>Phase.LEAVING;
  thing.due = state.now;
  responder().due = state.now;
}

/** Announces a service at `port`. The exchange holds its name and its type, as `_http._tcp`, each behind a u8 with its octets, and the data of its TXT record. Answers its number, from 1. Errors: BAD_STATE: not started, BAD_ARGUMENT, NO_ROOM. */
export function advertise(port: u32, octets: u32): i32 {
  if (!responder().socket) return Err.BAD_STATE;
  const name = root.exchange;
  const nameOctets: u32 = load<u8>(name);
  const type = name + 1 + nameOctets;
  const typeOctets: u32 = load<u8>(type);
  const txt = type + 1 + typeOctets;
  const used = <u32>txt - name;
  if (octets > EXCHANGE_OCTETS || used > octets || octets - used > TXT_MAX || !nameOctets || nameOctets > WANTED_MAX)
    return Err.BAD_ARGUMENT;
  const to = scratch();
  const typeName = fromText(to, type + 1, typeOctets);
  if (typeName < 0 || typeName > 64 || port - 1 > 65534) return Err.BAD_ARGUMENT;
  for (let i: u32 = 1; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    if (thing.taken) continue;
    begin(thing, name + 1, nameOctets);
    memory.copy(thing.type, to, typeName);
    thing.port = <u16>port;
    memory.copy(thing.txt, txt, octets - used);
    store<u8>(thing.txt, octets == used ? 0 : load<u8>(thing.txt));
    thing.txtOctets = <u16>max(octets - used, 1);
    return i;
  }
  return Err.NO_ROOM;
}
/** The service with this number, or the host (0); null when there is none. */
function thingOf(number: u32): Thing | null {
  const thing = number <= root.extra.services && responder().socket ? thingAt(number) : null;
  return thing && thing.taken && thing.phase != <u8>Phase.LEAVING ? thing : null;
}
/** Takes leave of a service. Errors: BAD_ARGUMENT. */
export function withdraw(number: u32): i32 {
  const thing = number ? thingOf(number) : null;
  if (!thing) return Err.BAD_ARGUMENT;
  depart(thing);
  return 0;
}
/** Leaves the name of a service, or of the host (0), in the exchange; answers its octets. Errors: BAD_ARGUMENT: there is none; WOULD_BLOCK: it is not ours yet. */
export function nameOf(number: u32): i32 {
  const thing = thingOf(number);
  if (!thing) return Err.BAD_ARGUMENT;
  if (!thing.isOurs) return Err.WOULD_BLOCK;
  putUnique(scratch(), thing);
  return toText(root.exchange, scratch());
}

/** Interfaces that can send. */
function upMask(): u32 {
  let mask: u32 = 0;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const via = root.interface(i);
    if (primary(via) && !deviceOf(via).linkDown) mask |= 1 << i;
  }
  return mask;
}

/** Reads what has come, and sends what is due. */
export function serve(): void {
  const it = responder();
  udp.forget(ownerOf(Service.MDNS));
  if (!it.socket) return;
  const socket = it.datagrams;
  for (let octets = socket.next; octets != Err.WOULD_BLOCK; octets = socket.next) {
    if (octets < 0) continue;
    if (!input(it, socket.input, min<u32>(octets, root.udpOctets))) count(Counter.MDNS_DROPPED);
    socket.release();
  }
  const up = upMask();
  if (up & ~it.up) for (let i: u32 = 0; i <= root.extra.services; i++) if (thingAt(i).phase < <u8>Phase.LEAVING) restart(thingAt(i));
  it.up = up;
  if (it.generation != state.pathGeneration) announceAgain();
  else if (before(state.now, it.due)) return;
  it.generation = state.pathGeneration;
  advance(it);
}
/** Milliseconds until there is something to do. */
export function within(): u32 {
  const it = responder();
  return it.socket ? until(it.due, state.now) : NEVER;
}
/** Each thing goes on as it is due; then what is owed leaves. */
function advance(it: Responder): void {
  let left: u32 = 0;
  it.due = after(state.now, NEVER);
  for (let i: u32 = 0; i <= root.extra.services; i++) {
    const thing = thingAt(i);
    if (thing.taken && !before(state.now, thing.due)) step(it, thing);
    if (!thing.taken) continue;
    left++;
    it.due = earlier(it.due, thing.due);
  }
  if (!before(state.now, it.answerAt)) answerAll(it);
  it.due = earlier(it.due, it.answerAt);
  if (left) return;
  it.datagrams.close();
  it.socket = 0;
}
function step(it: Responder, thing: Thing): void {
  const phase = thing.phase;
  if (phase == <u8>Phase.RUNNING) {
    thing.due = after(state.now, NEVER);
  } else if (phase == <u8>Phase.LEAVING) {
    thing.bits = thing.all & ~(<u32>Has.META);
    sendAll(it, Mode.GOODBYE);
    thing.taken = 0;
  } else if (phase < <u8>Phase.PROBED) {
    thing.bits = thing.isHost ? Has.A : Has.SRV | Has.TXT;
    sendAll(it, Mode.PROBE);
    thing.phase++;
    thing.due = after(state.now, PROBE);
  } else {
    thing.owed = thing.all;
    it.answerAt = state.now;
    thing.phase++;
    thing.due = after(state.now, ANNOUNCE);
  }
}

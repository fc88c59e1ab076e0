// read RFC 9293 §3.9.1 and §3.10.1-3.10.6 first
// The user's calls. They take no time: they change state and mark; the next poll sends.
import { CLASSES, Endpoint, Family } from "../../memory/control";
import { count, Counter } from "../../memory/counters";
import { Err, Event } from "../../memory/errors";
import { Link } from "../../memory/list";
import { Kind, PoolIndex } from "../../memory/pool";
import * as ring from "../../memory/ring";
import { root } from "../../memory/root";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { TCP_HEADER } from "../../wire/tcp";
import { isPeer, ours } from "../../internet/address";
import * as path from "../../internet/path";
import * as ports from "../ports";
import * as ready from "../ready";
import { isOwner } from "../service";
import { recordOf } from "../socket";
import * as decide from "./decide";
import * as isn from "./isn";
import * as life from "./life";
import { HalfOpen } from "./halfopen";
import { forget as forgetHalfOpen } from "./listener";
import { Listener } from "./listening";
import * as rtt from "./rtt";
import { become, isSynchronized, mayQueue, State } from "./state";
import { enter, find, leave, mark, Owes, take, Tcb, Timer } from "./tcb";
import * as timers from "./timers";
import { offsetFor } from "./timestamps";
import { isWorthTelling } from "./window";

/** Largest backlog. */
const BACKLOG_MAX: i32 = 65535;

/** The connection of a handle, null when stale or let go. */
export function connectionOf(handle: i32): Tcb | null {
  const tcb = changetype<Tcb | null>(recordOf(handle, Kind.TCP));
  return tcb && tcb.held ? tcb : null;
}
export function listenerOf(handle: i32): Listener | null {
  return changetype<Listener | null>(recordOf(handle, Kind.LISTENER));
}

/** Passive OPEN on `local`. Errors: BAD_ARGUMENT, BAD_ADDRESS, IN_USE, NO_SOCKET. */
export function listen(bufferClass: i32, backlog: i32, owner: i32): i32 {
  const at = root.local;
  if (<u32>bufferClass >= CLASSES || backlog < 1 || backlog > BACKLOG_MAX || !isOwner(owner)) return Err.BAD_ARGUMENT;
  if (at.interface > root.interfaces || (!at.port && !decide.takesAll(at))) return Err.BAD_ARGUMENT;
  if (at.a0 && !ours(at.ip)) return Err.BAD_ADDRESS;
  if (find(at.ip, 0, (<u32>at.port) << 16) || ports.isReserved(Protocol.TCP, at.port)) return Err.IN_USE;
  const address = root.pool(PoolIndex.LISTENER).take();
  if (!address) return Err.NO_SOCKET;
  const it = changetype<Listener>(address);
  it.local = at.ip;
  it.ports = (<u32>at.port) << 16;
  it.only = <u8>at.interface;
  it.class = <u8>bufferClass;
  it.backlog = backlog;
  it.owner = <u8>owner;
  it.resetOptions();
  it.queue.clear();
  it.opening.clear();
  enter(it);
  return it.handle;
}

/** The oldest established connection of a listener; `remote` and `local` hold its ends. Errors: BAD_HANDLE, WOULD_BLOCK. */
export function accept(handle: i32): i32 {
  const listener = listenerOf(handle);
  if (!listener) return Err.BAD_HANDLE;
  if (listener.queue.isEmpty) return Err.WOULD_BLOCK;
  const tcb = Tcb.ofAccept(Link.at(listener.queue.next));
  life.dequeue(tcb);
  tcb.tellLocal(root.local);
  tcb.tellRemote(root.remote);
  const missed = tcb.events & ~(<u16>Event.CONNECTED);
  tcb.events = 0;
  if (missed) ready.raise(tcb, missed);
  return tcb.handle;
}

/** Active OPEN to `remote`. Errors: BAD_ARGUMENT, BAD_ADDRESS, NO_ROUTE, IN_USE, NO_SOCKET. */
export function connect(bufferClass: i32, owner: i32): i32 {
  const to = root.remote;
  const from = root.local;
  if (<u32>bufferClass >= CLASSES || !isOwner(owner) || to.interface > root.interfaces) return Err.BAD_ARGUMENT;
  if (to.family != <u16>Family.IPV4 || !to.port || !isPeer(to.ip)) return Err.BAD_ADDRESS;
  const isBound = from.family == <u16>Family.IPV4;
  if (isBound && from.a0 && !ours(from.ip)) return Err.BAD_ADDRESS;
  const tcb = take(bufferClass);
  if (!tcb) return Err.NO_SOCKET;
  tcb.owner = <u8>owner;
  tcb.only = <u8>to.interface;
  tcb.remote = to.ip;
  const wrong = choose(tcb, to, isBound ? from : null);
  if (wrong) {
    life.retire(tcb);
    return wrong;
  }
  initiate(tcb);
  return tcb.handle;
}
/** Chooses way, source and port. */
function choose(tcb: Tcb, to: Endpoint, from: Endpoint | null): i32 {
  if (!path.find(tcb.path, tcb.remote, tcb.only)) return Err.NO_ROUTE;
  tcb.local = from && from.a0 ? from.ip : tcb.path.source;
  if (from && from.port) {
    tcb.ports = ((<u32>from.port) << 16) | <u32>to.port;
    return find(tcb.local, tcb.remote, tcb.ports) || ports.isReserved(Protocol.TCP, from.port) ? Err.IN_USE : 0;
  }
  let port = ports.begin();
  for (let left = ports.tries(); left; left--) {
    tcb.ports = (port << 16) | <u32>to.port;
    if (!find(tcb.local, tcb.remote, tcb.ports) && !ports.isReserved(Protocol.TCP, port)) return 0;
    port = ports.next(port);
  }
  return Err.IN_USE;
}
function initiate(tcb: Tcb): void {
  const snd = tcb.snd;
  const rcv = tcb.rcv;
  snd.iss = isn.choose(tcb.local, tcb.remote, tcb.ports);
  snd.una = snd.iss;
  snd.nxt = snd.iss;
  snd.cursor = snd.iss;
  snd.end = snd.iss.plus(1);
  snd.push = snd.end;
  rcv.mss = tcb.path.via.mtu - IPV4_HEADER - TCP_HEADER;
  tcb.tsOffset = offsetFor(tcb.local, tcb.remote, tcb.ports);
  rtt.start(tcb.rtt);
  tcb.held = 1;
  become(tcb, State.SYN_SENT);
  life.attach(tcb);
  count(Counter.TCP_ACTIVE_OPENS);
  mark(tcb);
}

/** Free octets of the send ring in one piece, at `span`; 0: none now. Errors: BAD_HANDLE, BAD_STATE, or why the connection is gone. */
export function sendSpace(handle: i32): i32 {
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  return spaceOf(tcb);
}
export function spaceOf(tcb: Tcb): i32 {
  if (tcb.closing || !mayQueue(tcb.state)) return life.why(tcb);
  const snd = tcb.snd;
  const free = tcb.writable;
  if (!free) tcb.wants = 1;
  root.span = snd.ring + (snd.end.u32 & snd.mask);
  return free ? ring.contiguous(snd.mask, snd.end.u32, free) : 0;
}
/** SEND: the first `octets` of the span. Errors: as for the span, and BAD_ARGUMENT for more than it had. */
export function sendCommit(handle: i32, octets: i32, push: i32): i32 {
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  return commit(tcb, octets, push != 0);
}
export function commit(tcb: Tcb, octets: i32, push: bool): i32 {
  if (tcb.closing || !mayQueue(tcb.state)) return life.why(tcb);
  if (<u32>octets > tcb.writable) return Err.BAD_ARGUMENT;
  const snd = tcb.snd;
  snd.end = snd.end.plus(octets);
  if (push) snd.push = snd.end;
  if (octets) mark(tcb);
  return octets;
}

/** RECEIVE: octets in one piece, at `span`; 0: none yet. Errors: BAD_HANDLE, END, or why the connection is gone. */
export function receiveReady(handle: i32): i32 {
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  const rcv = tcb.rcv;
  const ready = tcb.readable;
  root.span = rcv.ring + (rcv.read.u32 & rcv.mask);
  if (ready) return ring.contiguous(rcv.mask, rcv.read.u32, ready);
  if (tcb.error) return tcb.error;
  if (tcb.isFinished) return Err.END;
  return tcb.attached ? 0 : Err.BAD_STATE;
}
/** The first `octets` of the span were read. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function receiveRelease(handle: i32, octets: i32): i32 {
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  return release(tcb, octets);
}
export function release(tcb: Tcb, octets: i32): i32 {
  if (<u32>octets > tcb.readable) return Err.BAD_ARGUMENT;
  tcb.rcv.read = tcb.rcv.read.plus(octets);
  if (!tcb.attached || !isSynchronized(tcb.state) || tcb.rcv.hasFin || !isWorthTelling(tcb)) return 0;
  tcb.owes |= Owes.ACK;
  mark(tcb);
  return 0;
}

/** CLOSE. `how` 1: half close; 0: the application lets go. Takes listeners too. Errors: BAD_HANDLE, BAD_ARGUMENT, BAD_STATE. */
export function close(handle: i32, how: i32): i32 {
  if (how < 0 || how > 1) return Err.BAD_ARGUMENT;
  const listener = listenerOf(handle);
  if (listener) return closeListener(listener);
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  if (how) return tcb.attached ? halfClose(tcb) : life.why(tcb);
  drop(tcb);
  return 0;
}
/** No more to send: a FIN follows what is queued. RFC 9293 §3.10.4. */
export function halfClose(tcb: Tcb): i32 {
  if (tcb.closing) return 0;
  if (tcb.state == State.SYN_SENT) {
    life.end(tcb, Err.ABORTED);
    return 0;
  }
  tcb.closing = 1;
  if (tcb.state == State.SYN_RECEIVED) return 0;
  become(tcb, tcb.state == State.CLOSE_WAIT ? State.LAST_ACK : State.FIN_WAIT_1);
  mark(tcb);
  return 0;
}
/** The application lets go. Octets left unread are a reason for a RST. SHLD-3 */
export function drop(tcb: Tcb): void {
  if (tcb.attached) {
    if (tcb.readable || (tcb.ahead.count && isSynchronized(tcb.state))) life.abort(tcb, Err.ABORTED);
    else halfClose(tcb);
  }
  if (tcb.attached && tcb.state == State.FIN_WAIT_2) timers.want(tcb, Timer.CLOSE);
  life.letGo(tcb);
}
/** ABORT: RST, and the handle is stale. Takes listeners too. Errors: BAD_HANDLE. */
export function abort(handle: i32): i32 {
  const listener = listenerOf(handle);
  if (listener) return closeListener(listener);
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  if (tcb.attached) life.abort(tcb, Err.ABORTED);
  life.letGo(tcb);
  return 0;
}
/** What is half open is forgotten, what waits to be accepted is reset. */
function closeListener(listener: Listener): i32 {
  while (!listener.opening.isEmpty) forgetHalfOpen(HalfOpen.ofSibling(Link.at(listener.opening.next)));
  while (!listener.queue.isEmpty) {
    const tcb = Tcb.ofAccept(Link.at(listener.queue.next));
    life.dequeue(tcb);
    if (tcb.attached) life.abort(tcb, Err.ABORTED);
    life.letGo(tcb);
  }
  leave(listener);
  ready.forget(listener);
  root.pool(PoolIndex.LISTENER).give(changetype<usize>(listener));
  return 0;
}

/** Queues the socket again if there is anything to do, room included; else the next room is an event. Errors: BAD_HANDLE. */
export function rearm(handle: i32): i32 {
  const listener = listenerOf(handle);
  if (listener) {
    if (!listener.queue.isEmpty) ready.raise(listener, Event.ACCEPTABLE);
    return 0;
  }
  const tcb = connectionOf(handle);
  if (!tcb) return Err.BAD_HANDLE;
  let events: u32 = 0;
  if (tcb.readable) events |= Event.READABLE;
  if (tcb.isFinished) events |= Event.FINISHED;
  if (!tcb.attached) events |= Event.CLOSED;
  if (!tcb.closing && mayQueue(tcb.state) && tcb.writable) events |= Event.WRITABLE;
  else tcb.wants = 1;
  if (events) ready.raise(tcb, events);
  return 0;
}

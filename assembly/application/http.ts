// read RFC 9112 and RFC 9110 first
// An HTTP/1.1 server: one request of each connection at a time, answered in order by the application. Clients that are slow, or in error, cost
// it nothing: they are refused, timed out and closed here.
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { after, before, NEVER, until } from "../memory/time";
import * as calls from "../transport/tcp/calls";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as tcp from "../tcp";
import { BACKLOG } from "../tcp";
import * as head from "./head";
import * as reply from "./reply";
import { begin, leave, placed, Request, RequestState, take } from "./request";
import { UNKNOWN } from "./words";

/** Octets that must move, either way, in each `httpTimeout`. */
const PACE: u32 = 512;
/** Milliseconds a client has to close after the last answer; what it sends meanwhile is thrown away, so that no reset takes the answer from it. RFC 9112 §9.6. */
const LINGER: u32 = 2000;

/** The listener, 0: none. */
@unmanaged
class Server {
  listener: i32;
}

// ---- What an application calls ----

/** Listens on a port of all addresses; connections are of a buffer class. Port 0: listens no more; who is connected is still served. Errors: those of tcp_listen. */
export function listen(port: u32, bufferClass: i32): i32 {
  const it = recordOf<Server>(Service.HTTP);
  if (it.listener) calls.abort(it.listener);
  it.listener = 0;
  if (!port) return 0;
  root.local.set(0, port, 0);
  root.local.family = 0;
  const handle = calls.listen(bufferClass, BACKLOG, ownerOf(Service.HTTP));
  if (handle < 0) return handle;
  it.listener = handle;
  return 0;
}
/** The next request whose head is whole, told once; null: none. */
export function asked(): Request | null {
  for (let i: u32 = 0; i < root.extra.requests; i++) {
    const it = placed(i);
    if (it.state != RequestState.ASKED) continue;
    it.state = RequestState.OPEN;
    return it;
  }
  return null;
}
/** The next request that is new, or to which something happened: octets came, or there is room; null: none. For applications inside the module, in place of `asked`. */
export function ready(): Request | null {
  for (let i: u32 = 0; i < root.extra.requests; i++) {
    const it = placed(i);
    if (!it.news || it.state < RequestState.ASKED || it.state > RequestState.ANSWER) continue;
    it.news = 0;
    // Of what is answered, by us perhaps, only the client is to take it.
    if (it.state == RequestState.ANSWER && !it.owed) continue;
    if (it.state == RequestState.ASKED) it.state = RequestState.OPEN;
    return it;
  }
  return null;
}
/** Octets of the body in one piece, at the connection's `input`; WOULD_BLOCK: not here yet; END: all was read; BAD_ARGUMENT: the client broke the rules, and the request is over. */
export function readable(it: Request): i32 {
  it.waits = 1;
  if (!reply.flush(it)) return Err.WOULD_BLOCK;
  const octets = head.body(it);
  if (octets > 0 || octets == Err.END) {
    it.waits = 0;
    return octets;
  }
  if (octets || it.stream.isFinished) {
    refuse(it, octets ? -octets : 400);
    return Err.BAD_ARGUMENT;
  }
  if (it.expects) reply.goOn(it);
  it.expects = 0;
  step(it);
  return Err.WOULD_BLOCK;
}
/** The first `octets` of what is readable were read. */
export function release(it: Request, octets: u32): void {
  it.stream.release(octets);
  it.left -= octets;
}
/** Answers with a status, fields (lines that end in CRLF, or none) and a body of `length` octets, UNKNOWN: until `end`. `first` and `owed` then say which of them are to be written: those of the range that the client wants, none for HEAD. Errors: BAD_STATE, BAD_ARGUMENT, WOULD_BLOCK while 100 Continue has not left. */
export function answer(it: Request, status: u32, fields: usize, octets: u32, length: u64): i32 {
  if (it.state != RequestState.OPEN) return Err.BAD_STATE;
  if (status - 200 > 399 || octets > root.extra.requestOctets - reply.FRAME_OCTETS || !reply.areLines(fields, octets))
    return Err.BAD_ARGUMENT;
  if (!reply.flush(it)) return Err.WOULD_BLOCK;
  // A body that was not read to its end is not mistaken for the next request.
  if (head.body(it) != Err.END) it.closes = 1;
  reply.compose(it, status, fields, octets, length);
  it.state = RequestState.ANSWER;
  return 0;
}
/** Octets of the answer that can be written now, at `span`; 0: no room, and room is news. Errors: BAD_STATE when nothing is owed. */
export function writable(it: Request): i32 {
  if (it.state != RequestState.ANSWER || !it.owed) return Err.BAD_STATE;
  const octets = reply.space(it);
  it.waits = octets ? 0 : 1;
  return octets;
}
/** The first `octets` of the span are the next of the answer; with the last that is owed the request is over. Error: BAD_ARGUMENT for more than there was room for. */
export function write(it: Request, octets: u32): i32 {
  const room = writable(it);
  if (room < 0) return room;
  if (octets > <u32>room) return Err.BAD_ARGUMENT;
  reply.write(it, octets);
  step(it);
  return 0;
}
/** The answer is whole; one that lacks octets, or was not begun, ends with the connection, so that the client sees it. Error: WOULD_BLOCK. */
export function end(it: Request): i32 {
  if (it.state == RequestState.ANSWER && (!it.owed || it.owed == UNKNOWN)) {
    if (it.owed && !reply.last(it)) return Err.WOULD_BLOCK;
    step(it);
  } else leave(it);
  return 0;
}

// ---- What happens ----

/** Reads what has come, sends on, and ends what has taken too long. */
export function serve(): void {
  while (true) {
    const socket = tcp.ready(ownerOf(Service.HTTP));
    if (!socket) break;
    const it = take(socket);
    if (!it) {
      socket.close();
      continue;
    }
    if (it.state == RequestState.FREE) {
      it.tcb.nodelay = 1;
      next(it);
    }
    it.news = 1;
    step(it);
  }
  for (let i: u32 = 0; i < root.extra.requests; i++) {
    const it = placed(i);
    if (it.state != RequestState.FREE && !before(state.now, it.due)) expire(it);
  }
}
/** Milliseconds until a client has taken too long. */
export function within(): u32 {
  let least: u32 = NEVER;
  for (let i: u32 = 0; i < root.extra.requests; i++)
    if (placed(i).state != RequestState.FREE) least = min(least, until(placed(i).due, state.now));
  return least;
}
/** Waits for the next request, from now on. */
function next(it: Request): void {
  begin(it);
  wait(it, root.extra.httpTimeout);
}
function wait(it: Request, ms: u32): void {
  it.due = after(state.now, ms);
  it.mark = moved(it);
}
/** Counts octets that the client has taken or brought; those that are thrown away do not count. */
function moved(it: Request): u32 {
  return it.tcb.snd.una.u32 + (it.state == RequestState.LAST ? 0 : it.tcb.rcv.read.u32);
}

/** Goes on as far as it can without the application. */
export function step(it: Request): void {
  const socket = it.stream;
  while (true) {
    if (socket.isGone) return leave(it);
    if (!reply.flush(it)) return;
    if (it.state == RequestState.ANSWER && !it.owed) {
      if (it.closes) close(it);
      else next(it);
    }
    if (it.state == RequestState.LAST) return drain(it);
    if (it.state != RequestState.HEAD) return;
    if (it.isIdle && socket.readable) {
      it.isIdle = 0;
      wait(it, root.extra.httpTimeout);
    }
    const status = head.read(it);
    if (status > 1) return refuse(it, status);
    if (status) {
      it.state = RequestState.ASKED;
      it.news = 1;
    } else if (socket.isFinished) leaveInPeace(it);
    return;
  }
}
/** No more answers after this one. */
function close(it: Request): void {
  calls.halfClose(it.tcb);
  it.generation++;
  it.state = RequestState.LAST;
  it.waits = 0;
  wait(it, LINGER);
}
function drain(it: Request): void {
  const socket = it.stream;
  socket.release(it.tcb.readable);
  if (socket.isFinished) leaveInPeace(it);
}
/** What was sent still arrives. */
function leaveInPeace(it: Request): void {
  it.stream.close();
  it.socket = 0;
  it.state = RequestState.FREE;
}
/** An answer of our own, without a body; the connection ends. In the middle of another one there is only the end. */
function refuse(it: Request, status: u32): void {
  if (it.state == RequestState.ANSWER || !reply.flush(it)) return leave(it);
  it.closes = 1;
  it.generation++;
  reply.compose(it, status, 0, 0, 0);
  it.state = RequestState.ANSWER;
  wait(it, root.extra.httpTimeout);
  step(it);
}
/** Time is up. Who takes or brings enough, and whose application is slow, has more of it. */
function expire(it: Request): void {
  const snd = it.tcb.snd;
  const owes = snd.una < snd.end;
  const isOurs = it.state >= RequestState.ASKED && it.state <= RequestState.ANSWER;
  const isHead = it.state == RequestState.HEAD && !it.isIdle;
  const isExcused = isOurs ? !it.waits && it.out == it.outEnd : owes && it.state == RequestState.LAST && !it.waits;
  if (isExcused || (!isHead && (owes || isOurs) && moved(it) - it.mark >= PACE)) {
    if (!isOurs) it.waits = 1;
    return wait(it, root.extra.httpTimeout);
  }
  if (isHead || it.state == RequestState.OPEN) refuse(it, 408);
  else if (owes || it.state != RequestState.HEAD) leave(it);
  else leaveInPeace(it);
}

// read RFC 9293 §3.7, §3.8 and RFC 1122 §4.2.3 first
// Output alone sends. What is due is decided in one place, from state; state that depends on sending changes after the
// slot was taken.
import { CONFIGURE, OFFLOAD, RACK, TRAINS } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Err } from "../../memory/errors";
import { root, state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { claim, Reserve } from "../../link/device";
import { deviceOf, isEthernet } from "../../link/interfaces";
import { isLocal } from "../../internet/address";
import * as path from "../../internet/path";
import { PathState } from "../../internet/path";
import { Ctl } from "../../wire/tcp";
import * as congestion from "./congestion";
import { emit } from "./emit";
import * as isn from "./isn";
import * as life from "./life";
import * as pace from "./pace";
import * as pmtu from "./pmtu";
import * as probe from "./probe";
import * as recovery from "./recovery";
import * as rtt from "./rtt";
import { Sent } from "./sent";
import { Seq, sooner } from "./seq";
import { isSynchronized, State, transmits } from "./state";
import { Owes, Tcb, Timer } from "./tcb";
import * as timers from "./timers";
import * as together from "./together";
import * as train from "./train";
import * as undo from "./undo";

/** What leaves next. */
export enum Due {
  NOTHING = 0,
  RESET = 1,
  SYN = 2,
  ACK = 3,
  RETRANSMIT = 4,
  TEXT = 5,
  PROBE = 6,
  KEEPALIVE = 7,
  LOSS_PROBE = 8,
}
/** How a turn of output ended. */
export enum Turn {
  IDLE = 0,
  MORE = 1,
  BLOCKED = 2,
  WAITING = 3,
}

/** Segments a connection sends before it is the next one's turn. */
const QUANTUM: u32 = 8;
/** Full segments one ACK speaks for at most, so that peers that count ACKs are not starved; or all that once came in one frame, which a NIC had put together or the peer never cut. */
const STRETCH: u32 = 8;
/** How long a silly window is waited for. RFC 9293 §3.8.6.2.1. */
const OVERRIDE_WAIT: u32 = 200;
/** How long to wait before a path is looked for again. */
const PATH_WAIT: u32 = 1000;

/** The one answer to "is something due?". */
export function due(tcb: Tcb): Due {
  const owes = tcb.owes;
  if (owes & Owes.RESET) return Due.RESET;
  if (!tcb.attached) return Due.NOTHING;
  if (!isSynchronized(tcb.state)) {
    if (tcb.snd.cursor == tcb.snd.iss) return Due.SYN;
    return owes & Owes.ACK && tcb.state == State.SYN_RECEIVED ? Due.ACK : Due.NOTHING;
  }
  if (owes & Owes.ACK && (tcb.ahead.count || tcb.dsackLeft != tcb.dsackRight)) return Due.ACK;
  if (recovery.isResendDue(tcb)) return Due.RETRANSMIT;
  if (RACK && owes & Owes.LOSS_PROBE && tcb.board.count && tcb.snd.wnd) return Due.LOSS_PROBE;
  if (textDue(tcb) >= 0) return Due.TEXT;
  if (owes & Owes.PROBE) return Due.PROBE;
  if (owes & Owes.KEEPALIVE) return Due.KEEPALIVE;
  return owes & Owes.ACK ? Due.ACK : Due.NOTHING;
}

/** Octets from the cursor that the peer's window leaves room for. */
function offered(tcb: Tcb): u32 {
  const edge = tcb.snd.una.plus(tcb.snd.wnd);
  return edge > tcb.snd.cursor ? edge.since(tcb.snd.cursor) : 0;
}
/** Octets from the cursor that both windows leave room for. */
function room(tcb: Tcb): u32 {
  return min(offered(tcb), recovery.allowance(tcb));
}
/** Text octets of the segment at the cursor that may leave now, 0 for a FIN alone, -1 for nothing. Nagle and silly-window avoidance: RFC 9293 §3.7.4, §3.8.6.2.1. */
function textDue(tcb: Tcb): i32 {
  const snd = tcb.snd;
  if (!transmits(tcb.state) || snd.cursor >= tcb.last) return -1;
  const free = room(tcb);
  if (!free) return -1;
  const queued: u32 = snd.cursor < snd.end ? snd.end.since(snd.cursor) : 0;
  const isRetransmission = snd.cursor < snd.nxt;
  if (!isRetransmission && pace.isHeld(tcb)) return -1;
  const length = min(queued, min(isRetransmission ? snd.mss : pmtu.segmentSize(tcb), free));
  if (length >= snd.mss || isRetransmission) return length;
  if (length == queued) {
    if (tcb.closing && free > length) return length;
    if (length && (tcb.nodelay || snd.nxt == snd.una)) return length;
  }
  if (length && (length << 1 >= snd.maxWnd || tcb.owes & Owes.OVERRIDE)) return length;
  return -1;
}
/** Whether the segment at `from` with `length` octets of text carries the FIN. */
function carriesFin(tcb: Tcb, from: Seq, length: u32): bool {
  return tcb.closing != 0 && from.plus(length) == tcb.snd.end;
}

/** Sends what a connection owes, up to a quantum. */
export function output(tcb: Tcb, now: Instant): Turn {
  if (tcb.wanted) startWanted(tcb, now);
  for (let i: u32 = 0; i < QUANTUM; i++) {
    const what = due(tcb);
    if (what == Due.NOTHING) {
      rest(tcb, now);
      return Turn.IDLE;
    }
    if (CONFIGURE && tcb.path.generation != state.pathGeneration && !isLocal(tcb.local, tcb.only)) return lose(tcb);
    const way = path.ready(tcb.path, tcb.remote, tcb.only, now);
    if (way != PathState.READY) return wait(tcb, what, now);
    if (tcb.mssMax > tcb.path.via.mtu - tcb.headers) {
      tcb.mssMax = tcb.path.via.mtu - tcb.headers;
      tcb.snd.mss = min(tcb.snd.mss, tcb.mssMax);
      continue;
    }
    const slot = claim(deviceOf(tcb.path.via), isText(what) ? Reserve.DATA : Reserve.REPLY);
    if (!slot) return Turn.BLOCKED;
    const before = tcb.snd.nxt;
    send(tcb, slot, what, now);
    if (what == Due.RESET) return Turn.IDLE;
    if (TRAINS && what == Due.TEXT && train.isPossible(tcb, slot, before)) i += train.follow(tcb, slot, room(tcb), QUANTUM - 1 - i, now);
  }
  return Turn.MORE;
}
/** The address to send from is gone. A RST is never sent then, and a connection without one ends. */
function lose(tcb: Tcb): Turn {
  if (tcb.attached) life.end(tcb, Err.UNREACHABLE);
  else life.resetIsDone(tcb);
  return Turn.IDLE;
}
/** Starts the timers that calls have asked for. */
function startWanted(tcb: Tcb, now: Instant): void {
  const wanted = tcb.wanted;
  tcb.wanted = 0;
  if (!tcb.attached) return;
  if (wanted & (1 << Timer.KEEP)) life.keepAlive(tcb, now);
  if (wanted & (1 << Timer.CLOSE)) timers.set(tcb, Timer.CLOSE, now, root.finWait2);
  if (wanted & (1 << Timer.USER)) timers.set(tcb, Timer.USER, now, patience(tcb));
}
/** R2: how long the peer may be silent. */
function patience(tcb: Tcb): u32 {
  return isSynchronized(tcb.state) ? tcb.userTimeout : tcb.synTimeout;
}
function isText(what: Due): bool {
  return what == Due.TEXT || what == Due.RETRANSMIT || what == Due.PROBE || what == Due.LOSS_PROBE;
}
/** The next hop is not known: the connection joins those that wait for it; nothing counts as sent, but octets do not wait for ever. */
function wait(tcb: Tcb, what: Due, now: Instant): Turn {
  const neighbour = isEthernet(tcb.path.via) ? tcb.path.to : null;
  tcb.owed.unlink();
  if (tcb.attached && (isText(what) || what == Due.SYN)) timers.start(tcb, Timer.USER, now, patience(tcb));
  if (neighbour) neighbour.waiters.push(tcb.owed);
  else if (tcb.attached) timers.start(tcb, Timer.PATH, now, PATH_WAIT);
  else life.resetIsDone(tcb);
  return Turn.WAITING;
}

function send(tcb: Tcb, slot: usize, what: Due, now: Instant): void {
  switch (what) {
    case Due.RESET:
      count(Counter.TCP_RST_OUT);
      emit(tcb, slot, sendSeq(tcb), Ctl.RST | Ctl.ACK, 0, 0);
      return life.resetIsDone(tcb);
    case Due.SYN:
      return sendSyn(tcb, slot, now);
    case Due.RETRANSMIT:
      return sendAgain(tcb, slot, now);
    case Due.TEXT:
      return sendText(tcb, slot, textDue(tcb), now);
    case Due.PROBE:
      return sendProbe(tcb, slot, now);
    case Due.LOSS_PROBE:
      if (RACK) sendLossProbe(tcb, slot, now);
      return;
    case Due.KEEPALIVE:
      tcb.owes &= ~Owes.KEEPALIVE;
      count(Counter.TCP_KEEPALIVES);
      return emit(tcb, slot, tcb.snd.nxt.minus(1), Ctl.ACK, tcb.keepalive > 1 ? 1 : 0, 0);
    case Due.ACK:
      return sendAck(tcb, slot);
    case Due.NOTHING:
      return;
  }
}

/** Where a segment without text stands: SND.NXT, or the window's edge when that lies before it, so that a peer whose ring is full still takes the ACK. */
function sendSeq(tcb: Tcb): Seq {
  if (!isSynchronized(tcb.state)) return tcb.snd.nxt;
  return sooner(tcb.snd.nxt, tcb.snd.una.plus(tcb.snd.wnd));
}
/** An ACK; when more than a stretch is unacknowledged, for the first part of it only. Duplicates owed are segments of their own. */
function sendAck(tcb: Tcb, slot: usize): void {
  const rcv = tcb.rcv;
  const segments = STRETCH * fullSegment(tcb);
  const stretch = OFFLOAD ? max(segments, rcv.longest) : segments;
  let short: u32 = 0;
  if (rcv.nxt.since(rcv.acked) > stretch && !tcb.ahead.count) short = rcv.nxt.since(rcv.acked) - stretch;
  emit(tcb, slot, sendSeq(tcb), Ctl.ACK, 0, short);
  if (tcb.duplicates || short) tcb.owes |= Owes.ACK;
  if (tcb.duplicates) tcb.duplicates--;
}
/** Octets of what counts as a full segment of the peer. */
export function fullSegment(tcb: Tcb): u32 {
  return min(max<u32>(tcb.rcv.longest, 536), max<u32>(tcb.rcv.mss, 536));
}

function sendSyn(tcb: Tcb, slot: usize, now: Instant): void {
  const snd = tcb.snd;
  const isAgain = snd.nxt > snd.iss;
  if (!isAgain) renew(tcb);
  emit(tcb, slot, snd.iss, tcb.state == State.SYN_SENT ? Ctl.SYN : Ctl.SYN | Ctl.ACK, 0, 0);
  snd.cursor = snd.iss.plus(1);
  snd.nxt = snd.cursor;
  if (isAgain) again(tcb);
  else rtt.time(tcb.rtt, snd.nxt);
  timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
  timers.start(tcb, Timer.USER, now, patience(tcb));
}
/** The call did not know the time: the ISN catches up with its clock, in whole turns of the ring, in which text may lie already. MUST-8 */
function renew(tcb: Tcb): void {
  const snd = tcb.snd;
  const late = isn.choose(tcb.local, tcb.remote, tcb.ports).since(snd.iss) & ~snd.mask;
  snd.iss = snd.iss.plus(late);
  snd.una = snd.iss;
  snd.end = snd.end.plus(late);
  snd.push = snd.push.plus(late);
}
function again(tcb: Tcb): void {
  undo.sentAgain(tcb);
  rtt.forget(tcb.rtt);
  tcb.retransmissions++;
  count(Counter.TCP_RETRANSMITTED);
}

/** Text (and FIN) at the cursor: new, or again after a timeout. A NIC that cuts takes more segments like the first one in the same frame; each is remembered by itself, so that loss is seen and mended as if it had left alone. */
function sendText(tcb: Tcb, slot: usize, first: u32, now: Instant): void {
  const snd = tcb.snd;
  const from = snd.cursor;
  congestion.beforeSending(tcb, now);
  const length = together.isPossible(tcb, first) ? together.segments(tcb, room(tcb)) * first : first;
  const fin: u32 = carriesFin(tcb, from, length) && offered(tcb) > length ? 1 : 0;
  emit(tcb, slot, from, textCtl(tcb, from, length, fin != 0), length, 0);
  tcb.owes &= ~(Owes.OVERRIDE | Owes.KEEPALIVE); // this asks for an answer too
  timers.clear(tcb, Timer.OVERRIDE);
  snd.cursor = from.plus(length + fin);
  if (from < snd.nxt) again(tcb);
  else rtt.time(tcb.rtt, snd.cursor);
  pmtu.sent(tcb, length, snd.cursor);
  if (from == snd.nxt) pace.sent(tcb, length, now);
  let start = from;
  for (let left = length - first; OFFLOAD && left; left -= first) {
    recovery.sent(tcb, start, start.plus(first));
    start = start.plus(first);
  }
  recovery.sent(tcb, start, snd.cursor);
  if (snd.cursor > snd.nxt) snd.nxt = snd.cursor;
  congestion.sent(tcb);
  guard(tcb, now);
  recovery.watch(tcb, now);
}
function textCtl(tcb: Tcb, from: Seq, length: u32, fin: bool): u32 {
  const end = from.plus(length);
  const push = length && (end == tcb.snd.end || (from < tcb.snd.push && end >= tcb.snd.push));
  return Ctl.ACK | (push ? Ctl.PSH : 0) | (fin ? Ctl.FIN : 0);
}
/** Whatever is unacknowledged has a timer that watches it. RFC 6298 §5.1. */
function guard(tcb: Tcb, now: Instant): void {
  timers.clear(tcb, Timer.PERSIST);
  timers.start(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
  timers.start(tcb, Timer.USER, now, tcb.userTimeout);
}

/** A segment once more, as loss recovery wants: the first that is lost. */
function sendAgain(tcb: Tcb, slot: usize, now: Instant): void {
  const snd = tcb.snd;
  tcb.owes &= ~Owes.RETRANSMIT;
  if (recovery.hasRecords(tcb)) sendRecord(tcb, slot, tcb.board.firstLost);
  else repeat(tcb, slot, snd.una, sooner(snd.nxt, snd.una.plus(snd.mss)));
  timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
}
function sendRecord(tcb: Tcb, slot: usize, it: Sent): void {
  repeat(tcb, slot, it.start, it.end);
  recovery.sentAgain(tcb, it);
}
/** What was sent from `from` to `to`, FIN included, once more. */
function repeat(tcb: Tcb, slot: usize, from: Seq, to: Seq): void {
  const text = sooner(to, tcb.snd.end);
  const length: u32 = text > from ? text.since(from) : 0;
  const fin = carriesFin(tcb, from, length) && tcb.snd.nxt > tcb.snd.end;
  emit(tcb, slot, from, textCtl(tcb, from, length, fin), length, 0);
  again(tcb);
}
/** A tail loss probe: new text where there is some and the peer has room for it, else the last segment once more. RFC 8985 §7.3. */
function sendLossProbe(tcb: Tcb, slot: usize, now: Instant): void {
  const snd = tcb.snd;
  const board = tcb.board;
  tcb.owes &= ~Owes.LOSS_PROBE;
  count(Counter.TCP_LOSS_PROBES);
  const fresh = min(min(offered(tcb), snd.mss), snd.cursor < snd.end ? snd.end.since(snd.cursor) : 0);
  const isFresh = fresh && recovery.room(tcb) && snd.cursor == snd.nxt;
  if (isFresh) sendText(tcb, slot, fresh, now);
  else sendRecord(tcb, slot, board.at(board.lastMissing));
  probe.sent(tcb, !isFresh);
  timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
}

/** One octet, or the FIN, into a closed window. RFC 9293 §3.8.6.1. The octet counts as sent. */
function sendProbe(tcb: Tcb, slot: usize, now: Instant): void {
  const snd = tcb.snd;
  const length: u32 = snd.una < snd.end ? 1 : 0;
  const fin = !length && tcb.closing != 0;
  tcb.owes &= ~(Owes.PROBE | Owes.KEEPALIVE);
  count(Counter.TCP_PROBES);
  emit(tcb, slot, snd.una, textCtl(tcb, snd.una, length, fin), length, 0);
  const end = snd.una.plus(length + (fin ? 1 : 0));
  recovery.probed(tcb, end);
  if (end <= snd.nxt) rtt.doubt(tcb);
  else {
    rtt.forget(tcb.rtt);
    snd.nxt = end;
    snd.cursor = end;
  }
  if (tcb.probes < 16) tcb.probes++;
  timers.clear(tcb, Timer.RETRANSMIT);
  timers.set(tcb, Timer.PERSIST, now, probeWait(tcb));
  timers.start(tcb, Timer.USER, now, tcb.userTimeout);
}

/** Milliseconds to the next probe: the RTO, doubled for each that opened nothing. RFC 9293 §3.8.6.1. */
function probeWait(tcb: Tcb): u32 {
  return <u32>min<u64>((<u64>tcb.rtt.rto) << tcb.probes, rtt.MAX_RTO);
}

/** Nothing can leave now: what is held back gets a timer that looks again. */
function rest(tcb: Tcb, now: Instant): void {
  const snd = tcb.snd;
  if (!tcb.attached || !transmits(tcb.state) || snd.una != snd.nxt || snd.nxt >= tcb.last || pace.isHeld(tcb)) return;
  if (!snd.wnd) timers.start(tcb, Timer.PERSIST, now, probeWait(tcb));
  else timers.start(tcb, Timer.OVERRIDE, now, OVERRIDE_WAIT);
}

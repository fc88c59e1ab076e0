// read RFC 9293 §3.10.7.4, its seventh and eighth check, first
import { TRAINS } from "../../memory/config";
import { bump, count, Counter } from "../../memory/counters";
import { Err, Event } from "../../memory/errors";
import * as ring from "../../memory/ring";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import { Ctl } from "../../wire/tcp";
import * as life from "./life";
import { fullSegment } from "./output";
import { oweAck } from "./owe";
import { Segment } from "./segment";
import { later, Seq, sooner } from "./seq";
import { become, receives, State } from "./state";
import { Owes, Tcb, Timer } from "./tcb";
import { tell } from "./tell";
import * as timers from "./timers";
import * as timewait from "./timewait";

/** Seventh: the text. What is old or beyond the window is cut off; what is ahead is kept in its place in the ring. False: done with. */
export function textArrives(tcb: Tcb, seg: Segment, now: Instant): bool {
  const rcv = tcb.rcv;
  if (!receives(tcb.state)) {
    count(Counter.TCP_AFTER_FIN);
    oweAck(tcb);
    return true;
  }
  if (seg.has(Ctl.FIN)) noteFin(tcb, seg);
  const from = later(seg.seq, rcv.nxt);
  noteDuplicate(tcb, seg.seq, sooner(from, seg.seq.plus(seg.textLength)));
  let to = seg.seq.plus(seg.textLength);
  if (to > rcv.edge) {
    count(Counter.TCP_BEYOND_WINDOW);
    to = rcv.edge;
  }
  if (rcv.hasFin) to = sooner(to, rcv.fin);
  if (to <= from) {
    count(Counter.TCP_DUPLICATE);
    oweAck(tcb);
    return true;
  }
  if (!tcb.held) {
    count(Counter.TCP_ORPHANS_RESET);
    life.abort(tcb, Err.ABORTED);
    return false;
  }
  rcv.longest = max(rcv.longest, seg.textLength);
  if (from == rcv.nxt) textInOrder(tcb, seg, to, now);
  else textAhead(tcb, seg, from, to);
  return true;
}
/** Text that begins at RCV.NXT. */
export function textInOrder(tcb: Tcb, seg: Segment, to: Seq, now: Instant): void {
  const rcv = tcb.rcv;
  const hadHoles = tcb.ahead.count != 0;
  if (!TRAINS || hadHoles) keep(tcb, seg, rcv.nxt, to);
  else ring.place(rcv.ring, rcv.mask, rcv.nxt.u32, seg.text + rcv.nxt.since(seg.seq), to.since(rcv.nxt));
  const reached = hadHoles ? tcb.ahead.advance(to) : to;
  bump(Counter.OCTETS_IN, reached.since(rcv.nxt));
  rcv.nxt = reached;
  tcb.duplicates = 0; // they spoke of the hole that is filled
  tell(tcb, Event.READABLE);
  if (rcv.hasFin && rcv.nxt == rcv.fin) finIsReached(tcb, now);
  else if (hadHoles) oweAck(tcb);
  else ackLater(tcb, now);
}
function textAhead(tcb: Tcb, seg: Segment, from: Seq, to: Seq): void {
  count(Counter.TCP_OUT_OF_ORDER);
  if (tcb.owes & Owes.ACK && !tcb.sack) tcb.duplicates++;
  oweAck(tcb);
  keep(tcb, seg, from, to);
  if (!tcb.ahead.add(from, to)) count(Counter.TCP_RANGES_FULL);
}
/** Octets that arrived twice are told of in the next ACK. RFC 2883 §4. */
export function noteDuplicate(tcb: Tcb, from: Seq, to: Seq): void {
  if (!tcb.sack || to <= from) return;
  tcb.dsackLeft = from;
  tcb.dsackRight = to;
}
/** Copies text into the ring, but not over octets that are there already: the first copy counts. */
function keep(tcb: Tcb, seg: Segment, from: Seq, to: Seq): void {
  let at = from;
  while (at < to) {
    let end = to;
    let covered = at;
    for (let i: u32 = 0; i < tcb.ahead.count; i++) {
      const left = tcb.ahead.left(i);
      const right = tcb.ahead.right(i);
      if (left <= at && right > covered) covered = right;
      if (left > at) end = sooner(end, left);
    }
    if (covered > at) {
      noteDuplicate(tcb, at, sooner(covered, to));
      at = covered;
      continue;
    }
    ring.place(tcb.rcv.ring, tcb.rcv.mask, at.u32, seg.text + at.since(seg.seq), end.since(at));
    at = end;
  }
}
/** In-order text: an ACK at once from the second full segment on, and while the connection is new; else a little later. RFC 9293 §3.8.6.3. */
function ackLater(tcb: Tcb, now: Instant): void {
  if (tcb.quick) {
    tcb.quick--;
    return oweAck(tcb);
  }
  if (tcb.rcv.nxt.since(tcb.rcv.acked) >= fullSegment(tcb) << 1) return oweAck(tcb);
  timers.start(tcb, Timer.ACK, now, root.delayedAck);
}

/** Eighth: the FIN. */
export function finArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  oweAck(tcb);
  noteFin(tcb, seg);
  if (tcb.rcv.hasFin && tcb.rcv.nxt == tcb.rcv.fin) finIsReached(tcb, now);
}
/** Remembers where the FIN stands, also before its turn; nothing is kept beyond it. */
function noteFin(tcb: Tcb, seg: Segment): void {
  const rcv = tcb.rcv;
  const at = seg.seq.plus(seg.textLength);
  if (rcv.hasFin || !receives(tcb.state) || at < rcv.nxt || at > rcv.edge) return;
  rcv.hasFin = 1;
  rcv.fin = at;
  tcb.ahead.truncate(at);
}
/** Everything before the FIN has been taken in. */
function finIsReached(tcb: Tcb, now: Instant): void {
  tcb.rcv.nxt = tcb.rcv.fin.plus(1);
  oweAck(tcb);
  tell(tcb, Event.FINISHED);
  switch (tcb.state) {
    case State.ESTABLISHED:
      return become(tcb, State.CLOSE_WAIT);
    case State.FIN_WAIT_1:
      return become(tcb, State.CLOSING);
    case State.FIN_WAIT_2:
      return timewait.enter(tcb, now);
    default:
      return;
  }
}

// read RFC 9293 §3.10.7 first
// Which record a segment belongs to, whose turn it is to send, whose time has come.
import { GATEWAYS, RACK } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Err, Event } from "../../memory/errors";
import { Link } from "../../memory/list";
import { Kind } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IcmpType, Unreachable } from "../../wire/icmp";
import { Ctl } from "../../wire/tcp";
import { Packet } from "../../link/packet";
import { Neighbour } from "../../internet/neighbour";
import { Quote } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import * as route from "../../internet/route";
import { Tuple } from "../socket";
import { segmentArrives } from "./input";
import * as life from "./life";
import { HalfOpen } from "./halfopen";
import { listenerFor, output as sendSynAck, segmentForHalfOpen, segmentForListener, forget as forgetHalfOpen } from "./listener";
import { segmentArrives as segmentForSynSent } from "./open";
import { output as sendFrom, Turn } from "./output";
import * as pmtu from "./pmtu";
import * as reset from "./reset";
import { read, segment } from "./segment";
import { Seq } from "./seq";
import { State } from "./state";
import { find, mark, Owes, Phase, Tcb } from "./tcb";
import { tell } from "./tell";
import * as timewait from "./timewait";
import { TimeWait } from "./timewait";

/** A segment arrived. */
export function input(packet: Packet, now: Instant): void {
  count(Counter.TCP_IN);
  if (!ipv4.isUnicast(packet)) return count(Counter.TCP_NOT_UNICAST); // MUST-57
  if (!read(packet)) return;
  const seg = segment();
  const record = find(seg.local, seg.remote, seg.ports);
  let floor = Seq.of(0);
  if (record) {
    switch (record.kind) {
      case <u8>Kind.TCP: {
        const tcb = changetype<Tcb>(record);
        if (tcb.state == State.SYN_SENT) return segmentForSynSent(tcb, seg, now);
        segmentArrives(tcb, seg, now);
        if (RACK && tcb.board.sacked) limitedTransmit(tcb, now);
        return;
      }
      case <u8>Kind.HALF_OPEN:
        return segmentForHalfOpen(changetype<HalfOpen>(record), seg, now);
      default:
        floor = changetype<TimeWait>(record).sndNxt;
        if (!timewait.arrives(changetype<TimeWait>(record), seg, seg.has(Ctl.SYN) ? listenerFor(seg) : null, now)) return;
    }
  }
  const listener = listenerFor(seg);
  if (listener) return segmentForListener(listener, seg, floor, now);
  count(Counter.TCP_NO_CONNECTION);
  reset.answer(seg, now);
}

/** The first two SACKed segments let a new one out each before the third is looked at, however many came in one batch: only new text, and only while nothing is to be repaired. Without SACK the third gives the window back what the first two let go. RFC 3042. */
function limitedTransmit(tcb: Tcb, now: Instant): void {
  const isOrderly = tcb.congestion.phase == Phase.OPEN && !tcb.board.lost && tcb.snd.cursor == tcb.snd.nxt;
  if (isOrderly && tcb.owed.linked && !(tcb.owes & (Owes.LOSS_PROBE | Owes.PROBE))) sendFrom(tcb, now);
}

/** A segment that the filter rejects gets a RST, from where it was to go. */
export function refuse(packet: Packet, now: Instant): void {
  if (read(packet)) reset.answer(segment(), now);
}

/** Sends what is owed, a quantum for each in turn, while slots are free. True: more can be sent now. */
export function output(now: Instant): bool {
  let firstBlocked: u32 = 0;
  let hasMoved = false;
  for (let budget = root.frameBudget; budget; budget--) {
    if (state.owed.isEmpty) return false;
    const it = Tuple.ofOwed(Link.at(state.owed.next));
    if (it.address == firstBlocked) return false;
    const turn = it.kind == <u8>Kind.TCP ? sendFrom(changetype<Tcb>(it), now) : sendSynAck(changetype<HalfOpen>(it), now);
    if (turn != Turn.BLOCKED) hasMoved = true;
    if (turn == Turn.WAITING) continue;
    it.owed.unlink();
    if (turn == Turn.IDLE) {
      if (it.kind == <u8>Kind.TCP && it.taken) life.retire(changetype<Tcb>(it)); // what ended while it owed something
      continue;
    }
    state.owed.push(it.owed);
    if (turn == Turn.BLOCKED && !firstBlocked) firstBlocked = it.address;
  }
  return hasMoved && !state.owed.isEmpty;
}

/** ICMP reported trouble with a segment of ours. One gate: an open connection, and a sequence number in flight. RFC 5927 §4. */
export function errorArrives(quote: Quote): void {
  const record = find(quote.local, quote.remote, (quote.localPort << 16) | quote.remotePort);
  if (!record || record.kind != <u8>Kind.TCP) return count(Counter.ICMP_ERROR_UNMATCHED);
  const tcb = changetype<Tcb>(record);
  const seq = Seq.of(quote.seq);
  if (seq < tcb.snd.una || seq >= tcb.snd.nxt) return count(Counter.ICMP_ERROR_UNMATCHED);
  const isUnreachable = quote.type == IcmpType.UNREACHABLE;
  if (isUnreachable && quote.code == Unreachable.FRAGMENTATION_NEEDED) return pmtu.isTold(tcb, quote.mtu, state.now);
  const isHard = isUnreachable && (quote.code == Unreachable.PORT || quote.code == Unreachable.PROTOCOL);
  if (isHard && tcb.state == State.SYN_SENT) return life.end(tcb, Err.REFUSED);
  report(tcb, (quote.type << 8) | quote.code);
}
/** A neighbour did not answer: its waiters learn it. A connection that is only opening ends; the others try again. */
export function nextHopFailed(neighbour: Neighbour): void {
  while (!neighbour.waiters.isEmpty) {
    const it = Tuple.ofOwed(Link.at(neighbour.waiters.next));
    it.owed.unlink();
    if (GATEWAYS && route.avoids(neighbour, it.remote)) {
      state.owed.push(it.owed);
      continue;
    }
    if (it.kind == <u8>Kind.HALF_OPEN) {
      forgetHalfOpen(changetype<HalfOpen>(it));
      continue;
    }
    const tcb = changetype<Tcb>(it);
    if (tcb.owes & Owes.RESET) life.resetIsDone(tcb);
    else if (tcb.state == State.SYN_SENT) life.end(tcb, Err.UNREACHABLE);
    else unreachable(tcb);
  }
}
/** The address that a connection sends from is ours no more: it ends, and no RST leaves from there. */
export function addressIsGone(tcb: Tcb): void {
  if (tcb.owes & Owes.RESET) life.resetIsDone(tcb);
  else if (tcb.attached) life.end(tcb, Err.UNREACHABLE);
}
/** The link towards the peer has no carrier: a soft error. What is due waits for it. */
export function carrierIsGone(tcb: Tcb): void {
  report(tcb, (IcmpType.UNREACHABLE << 8) | Unreachable.NET);
}
function unreachable(tcb: Tcb): void {
  report(tcb, (IcmpType.UNREACHABLE << 8) | Unreachable.HOST);
  mark(tcb);
}
/** A soft error; the application may have said that it does not want to hear of any. SHLD-20 */
function report(tcb: Tcb, error: u32): void {
  tcb.softError = error;
  if (tcb.reports) tell(tcb, Event.SOFT_ERROR);
}

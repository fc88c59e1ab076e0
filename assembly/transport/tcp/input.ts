// read RFC 9293 §3.10.7.4 and RFC 5961 first
// SEGMENT ARRIVES in SYN-RECEIVED and the synchronized states: one function per check, in the RFC's order. Input changes
// state and marks what is owed; it never sends.
import { FAST, PREDICTION } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Err, Event } from "../../memory/errors";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import { Ctl } from "../../wire/tcp";
import * as arp from "../../internet/arp";
import * as congestion from "./congestion";
import * as ecn from "./ecn";
import * as life from "./life";
import { oweAck } from "./owe";
import * as pace from "./pace";
import * as pmtu from "./pmtu";
import * as recovery from "./recovery";
import * as reset from "./reset";
import * as rtt from "./rtt";
import { Segment } from "./segment";
import { later, Seq, sooner } from "./seq";
import { become, receives, State } from "./state";
import { mark, Owes, Phase, Tcb, Timer } from "./tcb";
import { tell } from "./tell";
import { finArrives, noteDuplicate, textArrives, textInOrder } from "./text";
import * as timers from "./timers";
import * as timestamps from "./timestamps";
import * as timewait from "./timewait";

/** Challenge ACKs, and answers to empty unacceptable segments, a second and connection. RFC 5961 §7. */
const LIMIT: u8 = 10;

export function segmentArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  if (PREDICTION && isPredicted(tcb, seg, now)) {
    count(Counter.TCP_PREDICTED);
    if (FAST) return predictedArrives(tcb, seg, now);
  }
  if (!stampIsAcceptable(tcb, seg, now)) return; // RFC 7323 §5.3, before the first
  if (!sequenceIsAcceptable(tcb, seg)) return unacceptableArrives(tcb, seg, now); // first
  if (seg.has(Ctl.RST)) return resetArrives(tcb, seg, now); // second
  // third, security and compartment: not implemented, see docs/conformance.md
  if (seg.has(Ctl.SYN)) return challenge(tcb, now); // fourth, RFC 5961 §4
  if (!ackArrives(tcb, seg, now)) return; // fifth
  if (tcb.stamped) keepStamp(tcb, seg, now);
  ecn.segmentArrives(tcb, seg);
  afterAcknowledgement(tcb, seg, now);
}
/** Header prediction: most segments of an open connection bring the text that comes next, acknowledge something or open the window, and nothing about them is unusual. All eight checks would let them pass. RFC 1323 appendix C of old, Jacobson 1990. */
function isPredicted(tcb: Tcb, seg: Segment, now: Instant): bool {
  const snd = tcb.snd;
  const rcv = tcb.rcv;
  if (tcb.state != State.ESTABLISHED || (seg.ctl & ~Ctl.PSH) != Ctl.ACK || seg.seq != rcv.nxt) return false;
  if (seg.ack < snd.una || seg.ack > snd.nxt || seg.sackBlocks || tcb.ecn) return false;
  if (seg.stamped != tcb.stamped || (tcb.stamped && timestamps.isOld(seg.tsVal, tcb.tsRecent, tcb.tsRecentAt, now))) return false;
  if (seg.ack == snd.una && (tcb.rack.isProbing || (!seg.textLength && seg.wnd << snd.shift == snd.wnd))) return false;
  if (!seg.textLength) return true;
  return seg.end <= rcv.edge && !tcb.ahead.count && !rcv.hasFin && tcb.held != 0;
}
/** What the checks do for such a segment. */
function predictedArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  hears(tcb, seg, now);
  const isNews = seg.ack > tcb.snd.una;
  if (isNews) acknowledged(tcb, seg, now);
  else mark(tcb);
  updateWindow(tcb, seg, isNews, now);
  if (tcb.stamped) keepStamp(tcb, seg, now);
  if (!seg.textLength) return;
  tcb.rcv.longest = max(tcb.rcv.longest, seg.textLength);
  textInOrder(tcb, seg, seg.end, now);
}
/** The peer has shown that it is there. */
function hears(tcb: Tcb, seg: Segment, now: Instant): void {
  tcb.heard = now;
  tcb.receivedTos = seg.tos;
  tcb.keepTries = 0;
}
/** The sixth check and those behind it; SYN-SENT comes here too. */
export function afterAcknowledgement(tcb: Tcb, seg: Segment, now: Instant): void {
  if (seg.has(Ctl.URG)) urgentArrives(tcb, seg); // sixth
  if (seg.textLength && !textArrives(tcb, seg, now)) return; // seventh
  if (seg.has(Ctl.FIN) && tcb.attached) finArrives(tcb, seg, now); // eighth; the text may have reached the FIN already
}

/** PAWS: an old duplicate whose sequence number has come round again is acknowledged and dropped. RST and SYN have checks of their own. RFC 7323 §5.3. */
function stampIsAcceptable(tcb: Tcb, seg: Segment, now: Instant): bool {
  if (!tcb.stamped || seg.has(Ctl.RST | Ctl.SYN)) return true;
  if (!seg.stamped) return refuse(Counter.TCP_NO_TIMESTAMP);
  if (!timestamps.isOld(seg.tsVal, tcb.tsRecent, tcb.tsRecentAt, now)) return true;
  if (seg.len || mayAnswer(tcb, now)) oweAck(tcb);
  return refuse(Counter.TCP_PAWS);
}
/** TS.Recent: the stamp of the segment that the next ACK speaks for. RFC 7323 §4.3 (2). */
function keepStamp(tcb: Tcb, seg: Segment, now: Instant): void {
  if (!seg.stamped || seg.seq > tcb.rcv.acked) return;
  tcb.tsRecent = seg.tsVal;
  tcb.tsRecentAt = now;
}

/** First: the four cases of the acceptability test. RFC 9293 table 6. */
function sequenceIsAcceptable(tcb: Tcb, seg: Segment): bool {
  const nxt = tcb.rcv.nxt;
  const wnd = tcb.window;
  if (!seg.len) return wnd ? isWithin(seg.seq, nxt, wnd) : seg.seq == nxt;
  return wnd != 0 && (isWithin(seg.seq, nxt, wnd) || isWithin(seg.end.minus(1), nxt, wnd));
}
function isWithin(seq: Seq, from: Seq, octets: u32): bool {
  return seq.since(from) < octets;
}

/** Unacceptable: an ACK, unless it is a RST. Where our window is closed, or the segment stands at its very edge, what it acknowledges still counts. MUST-66 */
function unacceptableArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  if (crossesOurs(tcb, seg)) {
    const isUnanswered = tcb.snd.cursor == tcb.snd.iss; // our own SYN-ACK has not left yet, and now never will
    if (ackArrives(tcb, seg, now) && isUnanswered) oweAck(tcb);
    return;
  }
  count(Counter.TCP_UNACCEPTABLE);
  if (standsAtEdge(tcb, seg)) {
    if (seg.has(Ctl.RST)) return resetArrives(tcb, seg, now);
    if (!seg.has(Ctl.SYN)) {
      if (!ackArrives(tcb, seg, now)) return;
      if (seg.has(Ctl.URG)) urgentArrives(tcb, seg);
      if (!seg.len) return;
      if (seg.has(Ctl.FIN) && !seg.textLength && seg.seq == tcb.rcv.nxt) return finArrives(tcb, seg, now); // needs no room
    }
  }
  if (seg.has(Ctl.RST)) return;
  if (seg.has(Ctl.SYN)) return challenge(tcb, now);
  if (seg.textLength) noteDuplicate(tcb, seg.seq, sooner(seg.seq.plus(seg.textLength), tcb.rcv.nxt));
  if (!seg.len && !mayAnswer(tcb, now)) return;
  oweAck(tcb);
}
/** The SYN-ACK of a simultaneous open: its SYN was taken before, its ACK was not. RFC 9293 figure 7. */
function crossesOurs(tcb: Tcb, seg: Segment): bool {
  return tcb.state == State.SYN_RECEIVED && seg.has(Ctl.SYN) && seg.has(Ctl.ACK) && seg.seq == tcb.rcv.irs && seg.len == 1;
}
function standsAtEdge(tcb: Tcb, seg: Segment): bool {
  const nxt = tcb.rcv.nxt;
  if (!tcb.window) return seg.seq == nxt || (!seg.len && seg.seq == nxt.plus(1));
  return !seg.len && !seg.has(Ctl.RST) && seg.seq == tcb.rcv.edge;
}

/** A challenge ACK, within its limit. RFC 5961 §3.2, §4.2, §5.2. */
function challenge(tcb: Tcb, now: Instant): void {
  renewLimits(tcb, now);
  if (tcb.challenges >= LIMIT) return count(Counter.TCP_CHALLENGE_LIMITED);
  tcb.challenges++;
  count(Counter.TCP_CHALLENGE_ACKS);
  oweAck(tcb);
}
/** Whether an empty unacceptable segment is answered: two confused peers must not answer each other for ever. */
function mayAnswer(tcb: Tcb, now: Instant): bool {
  renewLimits(tcb, now);
  if (tcb.answers >= LIMIT) return false;
  tcb.answers++;
  return true;
}
function renewLimits(tcb: Tcb, now: Instant): void {
  if (now - tcb.limitStamp < 1000) return;
  tcb.limitStamp = now;
  tcb.challenges = 0;
  tcb.answers = 0;
}

/** Second: a RST ends the connection only exactly at RCV.NXT. RFC 5961 §3.2. */
function resetArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  count(Counter.TCP_RST_IN);
  if (seg.seq != tcb.rcv.nxt) return challenge(tcb, now);
  switch (tcb.state) {
    case State.SYN_RECEIVED:
      return life.end(tcb, Err.REFUSED);
    case State.CLOSING:
    case State.LAST_ACK:
      return life.end(tcb, 0);
    default:
      return life.end(tcb, Err.RESET);
  }
}

/** Fifth: the ACK field. False: the segment is done with. */
function ackArrives(tcb: Tcb, seg: Segment, now: Instant): bool {
  if (!seg.has(Ctl.ACK)) return refuse(Counter.TCP_NO_ACK);
  const snd = tcb.snd;
  if (tcb.state == State.SYN_RECEIVED && !opensConnection(tcb, seg, now)) return false;
  if (seg.ack > snd.nxt) {
    if (mayAnswer(tcb, now)) oweAck(tcb);
    return refuse(Counter.TCP_ACK_UNSENT);
  }
  if (seg.ack < snd.una.minus(snd.maxWnd)) {
    challenge(tcb, now);
    return refuse(Counter.TCP_ACK_OLD);
  }
  hears(tcb, seg, now);
  const isNews = seg.ack > snd.una;
  if (isNews) {
    if (!acknowledged(tcb, seg, now)) return false;
  } else {
    if (seg.ack == tcb.snd.una && tcb.snd.una != tcb.snd.nxt) ecn.acknowledged(tcb, seg, congestion.flight(tcb));
    recovery.acknowledged(tcb, seg, 0, congestion.flight(tcb), now);
    pmtu.acknowledged(tcb, false, now);
    mark(tcb);
  }
  if (seg.ack >= snd.una) updateWindow(tcb, seg, isNews, now);
  return true;
}
function refuse(why: Counter): bool {
  count(why);
  return false;
}
/** SYN-RECEIVED, after a simultaneous open: the ACK of our SYN establishes; any other draws a RST. */
function opensConnection(tcb: Tcb, seg: Segment, now: Instant): bool {
  const snd = tcb.snd;
  if (seg.ack <= snd.una || seg.ack > snd.nxt) {
    reset.answer(seg, now);
    return false;
  }
  snd.wnd = seg.windowFor(snd.shift);
  snd.maxWnd = max(snd.maxWnd, snd.wnd);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  life.establish(tcb, tcb.rtt.backoff != 0, now);
  return true;
}

/** SND.UNA < SEG.ACK =< SND.NXT. False: that was the connection's end. */
function acknowledged(tcb: Tcb, seg: Segment, now: Instant): bool {
  const snd = tcb.snd;
  const before = congestion.flight(tcb);
  const octets = seg.ack.since(snd.una);
  snd.una = seg.ack;
  snd.cursor = later(snd.cursor, snd.una);
  rtt.settle(tcb.rtt);
  rtt.acknowledge(tcb, seg);
  if (seg.wnd) tcb.probes = 0; // that a probe's octet was taken opens no window
  tcb.owes &= ~Owes.LOSS_PROBE;
  const wasInRecovery = tcb.congestion.phase == Phase.RECOVERY;
  const neighbour = tcb.path.to;
  if (neighbour) arp.heard(neighbour, now);
  ecn.acknowledged(tcb, seg, before);
  watch(tcb, now, wasInRecovery && snd.una < tcb.congestion.recover && !recovery.hasRecords(tcb));
  recovery.acknowledged(tcb, seg, octets, before, now);
  pmtu.acknowledged(tcb, wasInRecovery, now);
  pace.acknowledged(tcb, octets);
  if (tcb.wants && tcb.writable) {
    tcb.wants = 0;
    tell(tcb, Event.WRITABLE);
  }
  mark(tcb);
  return !tcb.closing || snd.una < tcb.last || finIsAcknowledged(tcb, now);
}
/** The retransmission and user timers start anew for what is still unacknowledged. RFC 6298 §5.2, §5.3. */
function watch(tcb: Tcb, now: Instant, isPartial: bool): void {
  if (tcb.snd.una == tcb.snd.nxt) {
    timers.clear(tcb, Timer.RETRANSMIT);
    timers.clear(tcb, Timer.USER);
    timers.clear(tcb, Timer.PERSIST); // output starts it anew where something is left to send
    tcb.owes &= ~Owes.PROBE;
    return;
  }
  if (tcb.held || tcb.snd.wnd) timers.set(tcb, Timer.USER, now, tcb.userTimeout); // an orphan does not live on probes, RFC 6429
  if (!isPartial) timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
}
/** The send window, from the newest segment only; one that acknowledges more than all before is that, whatever its sequence number: SND.UNA has moved, and an old window would reach too far beyond it. RFC 9293 §3.10.7.4. */
function updateWindow(tcb: Tcb, seg: Segment, isNews: bool, now: Instant): void {
  const snd = tcb.snd;
  if (!isNews && (snd.wl1 > seg.seq || (snd.wl1 == seg.seq && snd.wl2 > seg.ack))) return;
  const had = snd.wnd;
  snd.wnd = seg.windowFor(snd.shift);
  snd.maxWnd = max(snd.maxWnd, snd.wnd);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  // A peer that answers keeps the connection open, however long its window stays closed, unless nobody holds it any more. MUST-37, SHLD-17
  if (!snd.wnd && tcb.held) timers.clear(tcb, Timer.USER);
  else if (snd.una.plus(snd.wnd) < snd.nxt && tcb.held && timers.isArmed(tcb, Timer.USER))
    timers.set(tcb, Timer.USER, now, tcb.userTimeout);
  if (snd.wnd == had) return;
  mark(tcb);
  if (had || !snd.wnd) return;
  timers.clear(tcb, Timer.PERSIST);
  tcb.owes &= ~Owes.PROBE;
  tcb.probes = 0;
  if (snd.una == snd.nxt) return;
  recovery.sendAllAgain(tcb);
  timers.set(tcb, Timer.USER, now, tcb.userTimeout);
  timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
}

/** Our FIN is acknowledged. False: that was the connection's end. */
function finIsAcknowledged(tcb: Tcb, now: Instant): bool {
  switch (tcb.state) {
    case State.FIN_WAIT_1:
      become(tcb, State.FIN_WAIT_2);
      if (!tcb.held) timers.set(tcb, Timer.CLOSE, now, root.finWait2);
      return true;
    case State.CLOSING:
      timewait.enter(tcb, now);
      return false;
    case State.LAST_ACK:
      life.end(tcb, 0);
      return false;
    default:
      return true;
  }
}

/** Sixth: RCV.UP moves forward, and the application learns of it while octets before it are unread. The octets stay in the stream. RFC 9293 §3.8.5, RFC 6093. */
function urgentArrives(tcb: Tcb, seg: Segment): void {
  const up = seg.seq.plus(seg.up);
  if (!receives(tcb.state) || up <= tcb.rcv.up) return;
  tcb.rcv.up = up;
  if (tcb.urgent) tell(tcb, Event.URGENT); // MUST-32
}

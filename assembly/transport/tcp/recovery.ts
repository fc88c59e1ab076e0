// read RFC 8985 §6-§7, RFC 9937 and RFC 6675 first
// What to do about loss: which octets may leave, and what is sent again. With records of what was sent RACK judges; without, NewReno.
import { count, Counter } from "../../memory/counters";
import { MTU_PROBING, RACK, UNDO } from "../../memory/config";
import { Instant } from "../../memory/time";
import * as congestion from "./congestion";
import * as newreno from "./newreno";
import * as probe from "./probe";
import * as rack from "./rack";
import * as sack from "./sack";
import { Segment } from "./segment";
import { Mark, Sent } from "./sent";
import { Seq, sooner } from "./seq";
import { mark, Owes, Phase, Tcb, Timer } from "./tcb";
import * as timers from "./timers";
import * as undo from "./undo";

/** Whether what was sent is remembered. */
export function hasRecords(tcb: Tcb): bool {
  return RACK != 0 && tcb.board.capacity != 0;
}

/** An acceptable acknowledgement arrived, of `octets` new octets; `before` is FlightSize before that. */
export function acknowledged(tcb: Tcb, seg: Segment, octets: u32, before: u32, now: Instant): void {
  if (hasRecords(tcb)) return judge(tcb, seg, octets, before, now);
  if (octets) newreno.acknowledged(tcb, seg, octets, now);
  else if (isDuplicate(tcb, seg)) newreno.duplicate(tcb, seg);
}
/** RFC 5681 §2: no text, nothing new acknowledged, the window as it was, and something outstanding. */
function isDuplicate(tcb: Tcb, seg: Segment): bool {
  const snd = tcb.snd;
  if (seg.ack != snd.una || snd.una == snd.nxt || seg.len || !snd.wnd) return false;
  return seg.wnd << snd.shift == snd.wnd || seg.sackBlocks != 0;
}

/** RFC 8985 §6.2, RFC 9937 §6. */
function judge(tcb: Tcb, seg: Segment, octets: u32, before: u32, now: Instant): void {
  const it = tcb.congestion;
  const board = tcb.board;
  if (!octets && !seg.sackBlocks) return probe.acknowledged(tcb, seg, octets, before, false);
  const had = board.delivered;
  const isDsack = sack.isDuplicate(tcb, seg);
  if (isDsack) {
    count(Counter.TCP_DSACK_IN);
    rack.wasDuplicate(tcb);
  }
  sack.take(tcb, seg);
  undo.acknowledged(tcb, seg, octets, isDsack);
  const isFound = findLost(tcb, now);
  probe.acknowledged(tcb, seg, octets, before, isDsack);
  if (it.phase != Phase.OPEN && tcb.snd.una >= it.recover) leave(tcb);
  if (it.phase == Phase.RECOVERY) reduceInProportion(tcb, board.delivered - had, octets != 0 && !isFound);
  else {
    if (it.phase == Phase.LOSS && it.frto) answersTimeout(tcb, octets);
    if (board.lost && it.phase == Phase.OPEN) enter(tcb, board.delivered - had, before);
    else if (octets) congestion.grow(tcb, board.delivered - had, now);
  }
  probe.schedule(tcb, now);
  mark(tcb);
}
/** RACK looks for losses, and the timer for what is to be looked at again. True: there are new ones. */
function findLost(tcb: Tcb, now: Instant): bool {
  const had = tcb.board.lost;
  const wait = rack.detect(tcb);
  if (wait) timers.set(tcb, Timer.REORDER, now, (wait + 999) / 1000);
  else timers.clear(tcb, Timer.REORDER);
  return tcb.board.lost > had;
}
/** What was late is still missing. RFC 8985 §6.3. */
export function lookAgain(tcb: Tcb, now: Instant): void {
  if (findLost(tcb, now) && tcb.congestion.phase == Phase.OPEN) enter(tcb, 0, congestion.flight(tcb));
  mark(tcb);
}

/** Recovery begins; the ACK in hand has delivered some octets. Its first retransmission leaves in any case. */
function enter(tcb: Tcb, delivered: u32, before: u32): void {
  const it = tcb.congestion;
  const board = tcb.board;
  congestion.loses(tcb, before, board.firstLost.start);
  it.phase = Phase.RECOVERY;
  it.prrFlight = max(congestion.flight(tcb) - board.sackedOctets + delivered, tcb.snd.mss);
  it.prrDelivered = 0;
  it.prrOut = 0;
  tcb.owes |= Owes.RETRANSMIT;
  count(Counter.TCP_FAST_RETRANSMITS);
  reduceInProportion(tcb, delivered, false);
}
/** Proportional rate reduction: as many octets leave for what arrives as bring the flight to ssthresh at the end. RFC 9937 §6. */
function reduceInProportion(tcb: Tcb, delivered: u32, isSafe: bool): void {
  const it = tcb.congestion;
  const pipe = tcb.board.pipe;
  it.prrDelivered += delivered;
  let octets: i32;
  if (pipe > it.ssthresh) {
    octets = <i32>((<u64>it.prrDelivered * it.ssthresh + it.prrFlight - 1) / it.prrFlight) - <i32>it.prrOut;
  } else {
    octets = max<i32>(<i32>it.prrDelivered - <i32>it.prrOut, <i32>delivered);
    if (isSafe) octets += <i32>tcb.snd.mss;
    octets = min<i32>(octets, <i32>(it.ssthresh - pipe));
  }
  it.cwnd = max(pipe + <u32>max<i32>(octets, 0), tcb.snd.mss);
}
/** All that was outstanding when loss was found has been acknowledged. */
function leave(tcb: Tcb): void {
  const it = tcb.congestion;
  if (it.phase == Phase.RECOVERY) it.cwnd = it.ssthresh;
  it.phase = Phase.OPEN;
  it.frto = 0;
  it.duplicates = 0;
  tcb.owes &= ~Owes.RETRANSMIT;
  rack.recovered(tcb.rack);
}

/** F-RTO with SACK: the first acknowledgement after a timeout lets new text out instead of old; if then more arrives that was sent only once, the timeout was spurious. RFC 5682 §3.1. */
function answersTimeout(tcb: Tcb, octets: u32): void {
  const it = tcb.congestion;
  const snd = tcb.snd;
  const isSecond = it.frto > 1;
  it.frto = 0;
  if (isSecond && tcb.board.originals) return undo.restore(tcb);
  if (isSecond || !octets || snd.nxt >= tcb.last) return;
  it.frto = 2;
}
/** Whether F-RTO waits for what its new text brings, or new text is about to leave; without any, what is lost leaves again as ever. RFC 5682 §3.1, step 2b. */
function waitsForNews(tcb: Tcb): bool {
  const it = tcb.congestion;
  const snd = tcb.snd;
  if (it.frto <= 1) return false;
  return snd.nxt > it.recover || (allowance(tcb) >= snd.mss && sooner(snd.end, snd.una.plus(snd.wnd)) >= snd.nxt.plus(snd.mss));
}

/** The retransmission timer ran out. Only the first time for the same octets lowers ssthresh. RFC 5681 §3.1. */
export function timedOut(tcb: Tcb): void {
  const it = tcb.congestion;
  const isFirst = tcb.rtt.backoff <= 1;
  if (isFirst) congestion.reduce(tcb, congestion.flight(tcb));
  it.frto = UNDO && isFirst && it.phase != Phase.LOSS && !tcb.stamped ? 1 : 0; // with timestamps the first acknowledgement tells
  it.recover = tcb.snd.nxt;
  it.usedTo = tcb.snd.nxt;
  it.cwnd = tcb.snd.mss;
  it.acked = 0;
  it.phase = Phase.LOSS;
  it.duplicates = 0;
  sendAllAgain(tcb);
}
/** Nothing that is unacknowledged is believed to arrive any more, except what was SACKed; a first record that was SACKed shows that the peer has thrown such octets away. RFC 2018 §8. */
export function sendAllAgain(tcb: Tcb): void {
  const board = tcb.board;
  if (!hasRecords(tcb)) {
    tcb.snd.cursor = tcb.snd.una;
    return;
  }
  tcb.snd.cursor = board.end(tcb.snd.una);
  if (!board.count) return;
  const isReneged = board.at(board.first).has(Mark.SACKED);
  if (isReneged) count(Counter.TCP_RENEGED);
  board.loseAll(isReneged);
}
/** Segments have become shorter: what is in flight and too long for the path leaves again in pieces. */
export function cutToSize(tcb: Tcb): void {
  const board = tcb.board;
  if (tcb.congestion.frto > 1) tcb.congestion.frto = 0;
  if (!hasRecords(tcb)) return sendAllAgain(tcb);
  const mss = tcb.snd.mss;
  for (let i = board.first; i != board.next; i++) {
    const it = board.at(i);
    const text: u32 = it.start < tcb.snd.end ? sooner(it.end, tcb.snd.end).since(it.start) : 0;
    if (text <= mss || it.has(Mark.SACKED)) continue;
    board.lose(i);
    if (board.split(i, it.start.plus(mss))) continue;
    board.clear();
    tcb.snd.cursor = tcb.snd.una;
    return;
  }
}

/** Records that new segments may take. A longer one on trial keeps what it needs to leave again in pieces. */
export function room(tcb: Tcb): u32 {
  const board = tcb.board;
  const kept: u32 = MTU_PROBING && tcb.isTrying ? (tcb.tryMss - 1) / tcb.snd.mss : 0;
  const taken = board.count + kept;
  return taken < board.capacity ? board.capacity - taken : 0;
}
/** Octets from the cursor that congestion control lets out. */
export function allowance(tcb: Tcb): u32 {
  const it = tcb.congestion;
  if (hasRecords(tcb)) return room(tcb) && it.cwnd > tcb.board.pipe ? it.cwnd - tcb.board.pipe : 0;
  const limit = tcb.snd.una.plus(newreno.allowed(tcb));
  return limit > tcb.snd.cursor ? limit.since(tcb.snd.cursor) : 0;
}
/** Text leaves from the cursor. */
export function sent(tcb: Tcb, from: Seq, to: Seq): void {
  if (!hasRecords(tcb)) return;
  tcb.board.add(from, to, from < tcb.snd.nxt ? Mark.AGAIN : 0);
  tcb.congestion.prrOut += to.since(from);
}
/** A segment leaves once more. */
export function sentAgain(tcb: Tcb, it: Sent): void {
  tcb.board.sendAgain(it);
  if (tcb.congestion.frto > 1) tcb.congestion.frto = 0;
  tcb.congestion.prrOut += it.octets;
}
/** What was sent is to be watched. */
export function watch(tcb: Tcb, now: Instant): void {
  if (hasRecords(tcb)) probe.schedule(tcb, now);
}
/** A probe of a closed window leaves, up to `end`. */
export function probed(tcb: Tcb, end: Seq): void {
  const board = tcb.board;
  if (!hasRecords(tcb)) return;
  if (end > tcb.snd.nxt) board.add(tcb.snd.nxt, end, 0);
  else if (board.count) board.at(board.first).marks |= Mark.AGAIN;
}
/** Whether a segment is to be sent once more now. Not into a closed window, and not while F-RTO waits. */
export function isResendDue(tcb: Tcb): bool {
  const snd = tcb.snd;
  const owed = (tcb.owes & Owes.RETRANSMIT) != 0;
  if (!hasRecords(tcb)) return owed && snd.una < snd.nxt;
  const it = tcb.congestion;
  if (!tcb.board.lost || waitsForNews(tcb)) return false;
  const first = tcb.board.firstLost;
  if (first.start >= snd.una.plus(snd.wnd)) return false;
  return owed || !tcb.board.pipe || tcb.board.pipe + first.octets <= it.cwnd; // a FIN may make a segment longer than cwnd
}

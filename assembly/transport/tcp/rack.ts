// read RFC 8985 §6 first
// RACK: a segment is lost when one that was sent after it has arrived, and a little time has passed.
import { root, state } from "../../memory/root";
import * as rtt from "./rtt";
import { Segment } from "./segment";
import { later, Seq } from "./seq";
import { Mark, Sent } from "./sent";
import { Rack, Tcb } from "./tcb";

/** SACKed segments that mean a loss while no reordering was seen. RFC 8985 §6.2.4. */
const DUPLICATE_THRESHOLD: u32 = 3;
/** Recoveries for which a longer reordering window is kept. */
const PERSIST: u8 = 16;
/** How long the smallest round-trip time is believed, microseconds. */
const MIN_RTT_BELIEVED: u32 = 300000000;

/** Whether the segment (stamp, end) left after the other. RFC 8985 §6.2 RACK_sent_after. */
function isSentAfter(stamp: u32, end: Seq, otherStamp: u32, otherEnd: Seq): bool {
  return <i32>(stamp - otherStamp) > 0 || (stamp == otherStamp && end > otherEnd);
}

/** An acknowledgement arrived. What it tells of at once has no order: only an earlier one can show that segments overtook each other. There must be a record. What arrived long ago is forgotten, before its stamp seems to lie ahead. */
export function began(tcb: Tcb): void {
  const rack = tcb.rack;
  if (state.micro - rack.stamp > rtt.LONGEST) rack.isValid = 0;
  if (!rack.isValid) rack.highest = tcb.board.at(tcb.board.first).start;
  rack.known = rack.highest;
}
/** Steps 1 to 3: the peer has got a segment, as `seg` says. */
export function delivered(tcb: Tcb, it: Sent, seg: Segment): void {
  const rack = tcb.rack;
  const took = state.micro - it.stamp;
  const isAgain = it.has(Mark.AGAIN);
  if (isAgain && isAnswerToEarlier(tcb, took, seg)) return;
  if (!isAgain) {
    notePath(rack, it, took);
    tcb.rtt.latest = took;
    if (it.start >= seg.ack) rtt.arrived(tcb.rtt, it.stamp);
  }
  if (rack.isValid && !isSentAfter(it.stamp, it.end, rack.stamp, rack.end)) return;
  rack.isValid = 1;
  rack.rtt = took;
  rack.stamp = it.stamp;
  rack.end = it.end;
}
/** Whether an acknowledgement of a segment that was sent again speaks for an earlier copy. */
function isAnswerToEarlier(tcb: Tcb, took: u32, seg: Segment): bool {
  if (tcb.stamped && seg.stamped && seg.tsEcr) return tcb.tsVal - seg.tsEcr > took / 1000 + 1;
  return took < tcb.rack.minRtt;
}
/** The smallest round-trip time, and whether segments overtake each other. */
function notePath(rack: Rack, it: Sent, took: u32): void {
  if (!rack.minRtt || took <= rack.minRtt || state.micro - rack.minRttStamp > MIN_RTT_BELIEVED) {
    rack.minRtt = max<u32>(took, 1);
    rack.minRttStamp = state.micro;
  }
  if (it.end < rack.known) rack.hasReordered = 1;
  rack.highest = later(rack.highest, it.end);
}

/** A DSACK: the reordering window was too short; it grows once a round trip. RFC 8985 §6.2.4. */
export function wasDuplicate(tcb: Tcb): void {
  const rack = tcb.rack;
  rack.persist = PERSIST;
  if (rack.inRound && tcb.snd.una < rack.round) return;
  rack.inRound = 1;
  rack.round = tcb.snd.nxt;
  if (rack.multiple < 255) rack.multiple++;
}
/** A recovery has ended. */
export function recovered(rack: Rack): void {
  if (rack.persist && --rack.persist) return;
  rack.multiple = 0;
}
/** Step 4: how long to wait for what may only be reordered, microseconds; never less than two ticks of the clock. */
function reorderingWindow(tcb: Tcb): u32 {
  const rack = tcb.rack;
  if (!rack.hasReordered && (tcb.congestion.phase || tcb.board.sacked >= DUPLICATE_THRESHOLD)) return 0;
  const wanted = <u32>min<u64>(((<u64>rack.multiple + 1) * rack.minRtt) >> 2, tcb.rtt.srtt);
  return max(wanted, root.clockGranularity << 1);
}
/** Step 5: takes for lost what was sent so long before what has arrived. Answers microseconds until this should be asked again, 0: not at all. */
export function detect(tcb: Tcb): u32 {
  const rack = tcb.rack;
  const board = tcb.board;
  if (!rack.isValid) return 0;
  const window = reorderingWindow(tcb);
  let wait: u32 = 0;
  for (let i = board.first; i != board.next; i++) {
    const it = board.at(i);
    if (it.has(Mark.SACKED | Mark.LOST)) continue;
    if (it.has(Mark.AGAIN)) {
      if (<i32>(rack.stamp - it.stamp) <= 0) continue; // in the same tick it left after every segment sent once
    } else if (!isSentAfter(rack.stamp, rack.end, it.stamp, it.end)) break; // and so did all that follow
    const remaining = <i32>(it.stamp + rack.rtt + window - state.micro);
    if (remaining <= 0) board.lose(i);
    else wait = max(wait, remaining);
  }
  return wait;
}

// read RFC 5681 §3.2, RFC 6582 and RFC 5682 first
// Loss recovery without records of what was sent: duplicate acknowledgements are counted. SACK blocks, where there are any, only help counting.
import { UNDO } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Instant } from "../../memory/time";
import * as congestion from "./congestion";
import { Segment } from "./segment";
import { sooner } from "./seq";
import { Owes, Phase, Tcb } from "./tcb";
import * as undo from "./undo";

/** Duplicate acknowledgements that mean a loss. RFC 5681 §3.2. */
const DUPLICATE_THRESHOLD: u32 = 3;

/** Octets from UNA that may be in the network; two duplicates allow a segment each (limited transmit, RFC 3042), F-RTO two new ones. */
export function allowed(tcb: Tcb): u32 {
  const it = tcb.congestion;
  const mss = tcb.snd.mss;
  if (UNDO && it.frto > 1) return it.recover.since(tcb.snd.una) + (mss << 1);
  const isNewTextNext = it.phase == Phase.OPEN && tcb.snd.cursor == tcb.snd.nxt;
  return isNewTextNext ? it.cwnd + min<u32>(it.duplicates, DUPLICATE_THRESHOLD - 1) * mss : it.cwnd;
}

/** `octets` new octets were acknowledged. */
export function acknowledged(tcb: Tcb, seg: Segment, octets: u32, now: Instant): void {
  const it = tcb.congestion;
  undo.acknowledged(tcb, seg, octets, false);
  if (UNDO && it.frto && answersTimeout(tcb, seg)) return;
  if (it.phase == Phase.RECOVERY) return repair(tcb, octets);
  it.duplicates = 0;
  if (it.phase == Phase.LOSS && tcb.snd.una >= it.recover) it.phase = Phase.OPEN;
  congestion.grow(tcb, octets, now);
}
/** F-RTO, steps 2b and 3b: the first acknowledgement lets new text out instead of old, where a full segment of it can leave; the second says that the timeout was spurious. RFC 5682 §2.1. */
function answersTimeout(tcb: Tcb, seg: Segment): bool {
  const it = tcb.congestion;
  const snd = tcb.snd;
  const isSecond = it.frto > 1;
  it.frto = 0;
  if (isSecond) {
    undo.restore(tcb);
    return true;
  }
  const edge = sooner(snd.end, seg.ack.plus(seg.windowFor(snd.shift)));
  if (snd.una >= it.recover || edge < snd.nxt.plus(snd.mss)) return false;
  it.frto = 2;
  snd.cursor = snd.nxt;
  return true;
}
/** A partial acknowledgement shows the next hole; a full one ends the recovery. RFC 6582 §3.2. */
function repair(tcb: Tcb, octets: u32): void {
  const it = tcb.congestion;
  const mss = tcb.snd.mss;
  if (tcb.snd.una >= it.recover) {
    it.phase = Phase.OPEN;
    it.duplicates = 0;
    it.cwnd = min(it.ssthresh, max(congestion.flight(tcb), mss) + mss);
    return;
  }
  tcb.owes |= Owes.RETRANSMIT;
  const left: u32 = it.cwnd > octets ? it.cwnd - octets : 0;
  it.cwnd = max(left + (octets >= mss ? mss : 0), mss);
}

/** A duplicate acknowledgement arrived. RFC 5681 §3.2. */
export function duplicate(tcb: Tcb, seg: Segment): void {
  const it = tcb.congestion;
  if (UNDO && it.frto) stopFrto(tcb);
  const had = it.duplicates;
  it.duplicates = max(had + 1, min<u32>(sackedSegments(tcb, seg), 0xffff));
  if (it.phase == Phase.RECOVERY) {
    it.cwnd = min(it.cwnd + tcb.snd.mss, congestion.CWND_MAX);
    return;
  }
  if (it.duplicates < DUPLICATE_THRESHOLD || had >= DUPLICATE_THRESHOLD) return;
  // Acknowledgements of what was sent again after a timeout mean nothing new. RFC 6582 §4.
  if (tcb.snd.una <= it.recover) return;
  congestion.loses(tcb, congestion.flight(tcb), tcb.snd.una);
  it.phase = Phase.RECOVERY;
  it.cwnd = it.ssthresh + DUPLICATE_THRESHOLD * tcb.snd.mss;
  tcb.owes |= Owes.RETRANSMIT;
  count(Counter.TCP_FAST_RETRANSMITS);
}
/** F-RTO, steps 2a and 3a: the timeout was right; what is unacknowledged is sent again. */
function stopFrto(tcb: Tcb): void {
  const isSecond = tcb.congestion.frto > 1;
  tcb.congestion.frto = 0;
  if (!isSecond) return;
  tcb.snd.cursor = tcb.snd.una;
  tcb.congestion.cwnd = 3 * tcb.snd.mss;
}
/** Full segments that the blocks of this segment say have arrived. */
function sackedSegments(tcb: Tcb, seg: Segment): u32 {
  let octets: u32 = 0;
  for (let i: u32 = 0; i < seg.sackBlocks; i++) {
    const left = seg.sackLeft(i);
    const right = seg.sackRight(i);
    if (left >= seg.ack && right > left && right <= tcb.snd.nxt) octets += right.since(left);
  }
  return octets / tcb.snd.mss;
}

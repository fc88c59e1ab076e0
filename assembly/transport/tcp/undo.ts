// read RFC 3522 (Eifel detection), RFC 5682 (F-RTO) and RFC 3708 (DSACK) first
// The window is given back when it turns out that nothing was lost.
import { count, Counter } from "../../memory/counters";
import { RACK, UNDO } from "../../memory/config";
import { Segment } from "./segment";
import { Owes, Phase, Tcb } from "./tcb";

/** The window is about to be reduced. */
export function remember(tcb: Tcb): void {
  if (!UNDO) return;
  const it = tcb.undo;
  it.cwnd = tcb.congestion.cwnd;
  it.ssthresh = tcb.congestion.ssthresh;
  it.wMax = tcb.congestion.wMax;
  it.isOpen = 1;
  it.waits = 1;
  it.copies = 0;
  it.from = tcb.snd.una;
  it.to = tcb.snd.nxt;
}
/** A segment leaves once more. */
export function sentAgain(tcb: Tcb): void {
  const it = tcb.undo;
  if (!UNDO || !it.isOpen || tcb.congestion.phase == Phase.OPEN) return;
  if (!it.copies) it.tsVal = tcb.tsVal;
  it.copies++;
}
/** Looks for signs that all was in vain: an echo of a stamp older than the first retransmission, or a DSACK for each. */
export function acknowledged(tcb: Tcb, seg: Segment, octets: u32, isDsack: bool): void {
  const it = tcb.undo;
  if (!UNDO || !it.isOpen || !it.copies) return;
  if (isDsack && isMeant(tcb, seg) && !--it.copies) return restore(tcb);
  if (!octets || !it.waits) return;
  it.waits = 0;
  if (tcb.stamped && seg.stamped && seg.tsEcr && <i32>(seg.tsEcr - it.tsVal) < 0) restore(tcb);
}
/** Whether the DSACK is about what was in the network at the reduction, and not about a probe. */
function isMeant(tcb: Tcb, seg: Segment): bool {
  const isProbe = RACK && tcb.rack.isProbing && tcb.rack.probeIsAgain && seg.sackRight(0) == tcb.rack.probeEnd;
  return !isProbe && seg.sackLeft(0) >= tcb.undo.from && seg.sackRight(0) <= tcb.undo.to;
}
/** Everything is as it was before the reduction. */
export function restore(tcb: Tcb): void {
  const it = tcb.congestion;
  it.cwnd = max(it.cwnd, tcb.undo.cwnd);
  it.ssthresh = max(it.ssthresh, tcb.undo.ssthresh);
  it.wMax = tcb.undo.wMax;
  if (RACK && it.phase == Phase.RECOVERY) tcb.rack.hasReordered = 1;
  it.phase = Phase.OPEN;
  it.recover = tcb.snd.una.minus(1);
  it.frto = 0;
  it.duplicates = 0;
  tcb.owes &= ~Owes.RETRANSMIT;
  tcb.undo.isOpen = 0;
  tcb.rtt.backoff = 0;
  if (RACK && tcb.board.capacity) tcb.board.findAll();
  else tcb.snd.cursor = tcb.snd.nxt;
  tcb.undone++;
  count(Counter.TCP_UNDONE);
}

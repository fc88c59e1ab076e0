// Bursts are spread over the round trip: what acknowledgements do not call for leaves at a rate a little above a window in
// a round-trip time.
import { PACING } from "../../memory/config";
import { state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { Tcb, Timer } from "./tcb";
import * as timers from "./timers";

/** A shorter round trip needs no pacing, microseconds. */
const SHORT: u32 = 2000;
/** Full segments that may always leave in a row: what queues on the way are made for. */
const BURST: u32 = 64;

/** Whether new text has to wait. */
export function isHeld(tcb: Tcb): bool {
  return PACING != 0 && timers.isArmed(tcb, Timer.PACE);
}
/** Octets of new text that may leave at once. */
export function allowance(tcb: Tcb): u32 {
  return PACING && tcb.rtt.srtt >= SHORT ? <u32>max<i32>(tcb.congestion.paceCredit, 0) : ~0;
}
/** New text has left: what was earned since the last is spent, and when it is used up the next waits. */
export function sent(tcb: Tcb, octets: u32, now: Instant): void {
  const it = tcb.congestion;
  const srtt = tcb.rtt.srtt;
  if (!PACING || srtt < SHORT) return;
  const passed = min<u32>(state.micro - it.paceStamp, srtt);
  it.paceStamp = state.micro;
  const most = <i32>(BURST * tcb.snd.mss);
  const rate = it.cwnd < it.ssthresh ? <u64>it.cwnd * 2 : <u64>it.cwnd + (it.cwnd >> 2); // octets in srtt
  const earned = <i32>((rate * passed) / srtt);
  if (it.paceCredit < most) it.paceCredit = min<i32>(it.paceCredit + earned, most);
  it.paceCredit -= <i32>octets;
  if (it.paceCredit >= <i32>tcb.snd.mss) return;
  const missing = <u64>(<i32>(tcb.snd.mss << 1) - it.paceCredit);
  timers.set(tcb, Timer.PACE, now, max<u32>(<u32>((missing * srtt) / rate / 1000), 1));
}
/** For each octet acknowledged two may leave at once; what is not used does not add up beyond a burst. */
export function acknowledged(tcb: Tcb, octets: u32): void {
  const it = tcb.congestion;
  if (!PACING) return;
  it.paceCredit = min<i32>(it.paceCredit + <i32>(octets << 1), <i32>max(octets << 1, BURST * tcb.snd.mss));
  if (it.paceCredit >= <i32>tcb.snd.mss) timers.clear(tcb, Timer.PACE);
}
/** A connection may begin with a burst. */
export function start(tcb: Tcb): void {
  tcb.congestion.paceStamp = state.micro;
  tcb.congestion.paceCredit = <i32>(BURST * tcb.snd.mss);
}

// read RFC 6298 first
import { root, state } from "../../memory/root";
import { Segment } from "./segment";
import { Seq } from "./seq";
import { Rtt, Tcb } from "./tcb";

/** RTO before anything was measured. RFC 6298 §2.1. */
const INITIAL_RTO: u32 = 1000;
/** RTO after a SYN had to be sent again. RFC 6298 §5.7. */
const RTO_AFTER_LOST_SYN: u32 = 3000;
/** Largest RTO. RFC 6298 §2.5. */
export const MAX_RTO: u32 = 120000;

/** Longer than 30 minutes is no measurement, microseconds. */
export const LONGEST: u32 = 1800000000;

export function start(rtt: Rtt): void {
  rtt.rto = INITIAL_RTO;
}
export function synWasLost(rtt: Rtt): void {
  if (!rtt.srtt) rtt.rto = RTO_AFTER_LOST_SYN;
}
/** Begins to measure with the segment that ends at `until`, unless a measurement runs. */
export function time(rtt: Rtt, until: Seq): void {
  if (rtt.timing) return;
  rtt.timing = 1;
  rtt.until = until;
  rtt.stamp = state.micro;
}
/** Something was sent again: its acknowledgement would be ambiguous (Karn). RFC 6298 §3. */
export function forget(rtt: Rtt): void {
  rtt.timing = 0;
}
/** The retransmission timer ran out. RFC 6298 §5.5. */
export function timedOut(tcb: Tcb): void {
  const rtt = tcb.rtt;
  rtt.backoff++;
  rtt.doubts++;
  doubt(tcb);
}
/** A timer ran out and the same leaves again. What left before says nothing more: its acknowledgement may have been lost, and one that comes may
 * answer the copy; the age of its echo would be that of the timer, and the RTO would feed itself. */
export function doubt(tcb: Tcb): void {
  const rtt = tcb.rtt;
  rtt.timing = 0;
  rtt.doubts = max<u32>(rtt.doubts, 1);
  rtt.doubtedMicro = state.micro;
  rtt.doubtedStamp = tcb.tsVal;
}
/** A segment that was sent only once, at `stamp`, has arrived. RFC 6298 §3. */
export function arrived(rtt: Rtt, stamp: u32): void {
  if (rtt.doubts ? <i32>(stamp - rtt.doubtedMicro) < 0 : rtt.timing) return;
  rtt.doubts = 0;
  sample(rtt, state.micro - stamp);
}
/** New octets were acknowledged: the backed-off RTO holds until something is measured. RFC 6298 §5, Karn. */
export function settle(rtt: Rtt): void {
  rtt.rto = timeout(rtt);
  rtt.backoff = 0;
}
/** An acknowledgement of new octets arrived. What was sent again is measured by its timestamp, if at all. RFC 7323 §4.1. */
export function acknowledge(tcb: Tcb, seg: Segment): void {
  const rtt = tcb.rtt;
  const age = tcb.tsVal - seg.tsEcr;
  const isEchoed = tcb.stamped && seg.stamped && seg.tsEcr && age <= LONGEST / 1000;
  rtt.latest = isEchoed ? age * 1000 : 0;
  if (!rtt.timing) {
    if (!isEchoed || (rtt.doubts && <i32>(seg.tsEcr - rtt.doubtedStamp) < 0)) return;
    rtt.doubts = 0;
    sample(rtt, age * 1000);
    return;
  }
  if (seg.ack < rtt.until) return;
  rtt.timing = 0;
  rtt.doubts = 0;
  sample(rtt, state.micro - rtt.stamp);
}
/** Takes a measurement of `r` microseconds. RFC 6298 §2.2, §2.3. */
export function sample(rtt: Rtt, r: u32): void {
  if (r > LONGEST) return;
  const measured = max<u32>(r, 1);
  if (!rtt.srtt) {
    rtt.srtt = measured;
    rtt.rttvar = measured >> 1;
  } else {
    const error = rtt.srtt > measured ? rtt.srtt - measured : measured - rtt.srtt;
    rtt.rttvar = <u32>((<u64>rtt.rttvar * 3 + error) >> 2);
    rtt.srtt = <u32>((<u64>rtt.srtt * 7 + measured) >> 3);
  }
  const margin = max<u64>((<u64>rtt.rttvar) << 2, root.clockGranularity);
  const rto = <u32>min<u64>((<u64>rtt.srtt + margin + 999) / 1000, MAX_RTO);
  rtt.rto = max(rto, root.minRto);
}
/** RTO with its backoff, milliseconds. RFC 6298 §5.5. */
export function timeout(rtt: Rtt): u32 {
  return <u32>min<u64>((<u64>rtt.rto) << min<u32>(rtt.backoff, 16), MAX_RTO);
}

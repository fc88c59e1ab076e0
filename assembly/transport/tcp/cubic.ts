// read RFC 9438 §4 first
// CUBIC in integers: octets and milliseconds.
import { Instant } from "../../memory/time";
import { CWND_MAX } from "./congestion";
import { Congestion, Phase, Tcb } from "./tcb";

/** Whole cube root of `n`. */
export function cubeRoot(n: u64): u32 {
  let root: u64 = 0;
  for (let bit: i32 = 20; bit >= 0; bit--) {
    const tried = root | ((<u64>1) << bit);
    if (tried * tried * tried <= n) root = tried;
  }
  return <u32>root;
}
/** K: milliseconds until the window reaches `octets` more, C being 0.4 segments a second cubed. RFC 9438 §4.2. */
export function timeToGrow(octets: u32, mss: u32): u32 {
  return cubeRoot((<u64>octets * 2500000000) / mss);
}
/** C(t - K)^3 in octets, for a distance from K in milliseconds. RFC 9438 §4.2. */
export function cubed(distance: i64, mss: u32): i64 {
  const t = min<i64>(max<i64>(distance, -100000), 100000);
  return (((t * t * t) / 1000) * <i64>mss * 4) / 10000000;
}

/** A loss: seven tenths remain; a window that did not reach the last maximum gives way to others. RFC 9438 §4.6, §4.7. Answers the new ssthresh. */
export function reduced(tcb: Tcb, flight: u32): u32 {
  const it = tcb.congestion;
  const window = it.phase == Phase.RECOVERY ? min(it.cwnd, it.ssthresh) : it.cwnd; // in recovery duplicates inflate it
  it.wMax = window < it.wMax ? <u32>((<u64>window * 17) / 20) : window;
  it.prior = window;
  it.hasEpoch = 0;
  return max(<u32>((<u64>flight * 7) / 10), tcb.snd.mss << 1);
}
/** Congestion avoidance for `octets` acknowledged. RFC 9438 §4.3-4.5. */
export function grow(tcb: Tcb, octets: u32, now: Instant): void {
  const it = tcb.congestion;
  const mss = tcb.snd.mss;
  if (!it.hasEpoch) begin(it, mss, now);
  it.lastGrown = now;
  it.wEst = min(it.wEst + friendly(it, octets, mss), CWND_MAX);
  const t = <i64>(now - it.epoch + tcb.rtt.srtt / 1000) - <i64>it.k;
  const wanted = min<i64>(max<i64>(<i64>it.origin + cubed(t, mss), it.cwnd), <i64>it.cwnd + (it.cwnd >> 1));
  const before = it.cwnd;
  it.cwnd = min(approach(it, <u32>wanted, octets), CWND_MAX);
  if (it.wEst > it.cwnd) it.cwnd = max(before, it.wEst);
}
/** While the window was not used no time passes. RFC 9438 §5.8. */
export function wasNotUsed(it: Congestion, now: Instant): void {
  if (!it.hasEpoch) return;
  it.epoch += now - it.lastGrown;
  it.lastGrown = now;
}
function begin(it: Congestion, mss: u32, now: Instant): void {
  it.hasEpoch = 1;
  it.epoch = now;
  it.acked = 0;
  it.wEst = it.cwnd;
  it.origin = max(it.wMax, it.cwnd);
  it.k = timeToGrow(it.origin - it.cwnd, mss);
}
/** What Reno with the same share would gain: 9/17 of a segment a round trip, a whole one once it is back where it was. RFC 9438 §4.3. */
function friendly(it: Congestion, octets: u32, mss: u32): u32 {
  const gained = (<u64>octets * mss) / it.cwnd;
  return <u32>(it.wEst < it.prior ? (gained * 9) / 17 : gained);
}
/** cwnd + (target - cwnd) / cwnd for each octet; what is less than an octet is kept. RFC 9438 §4.4. */
function approach(it: Congestion, wanted: u32, octets: u32): u32 {
  const share = (<u64>(wanted - it.cwnd) * octets * 256) / it.cwnd + it.acked;
  it.acked = <u32>(share & 255);
  return it.cwnd + <u32>(share >> 8);
}

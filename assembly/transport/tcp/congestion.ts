// read RFC 5681 §3.1, RFC 6928 and RFC 7661 first
import { CUBIC } from "../../memory/config";
import { Instant } from "../../memory/time";
import * as cubic from "./cubic";
import * as hystart from "./hystart";
import * as pace from "./pace";
import * as rtt from "./rtt";
import { later, Seq } from "./seq";
import { Phase, Tcb } from "./tcb";
import * as undo from "./undo";

/** Values of the option CONGESTION. */
export enum Control {
  NEWRENO = 0,
  CUBIC = 1,
}
/** Largest cwnd. */
export const CWND_MAX: u32 = 1 << 30;

/** Initial window. RFC 6928 §2. */
function initialWindow(mss: u32): u32 {
  return min<u32>(10 * mss, max<u32>(2 * mss, 14600));
}
/** Starts when the connection is established. A lost SYN makes the first window one segment. RFC 5681 §3.1. */
export function start(tcb: Tcb, synWasLost: bool): void {
  const it = tcb.congestion;
  it.cwnd = synWasLost ? tcb.snd.mss : initialWindow(tcb.snd.mss);
  it.ssthresh = CWND_MAX;
  it.recover = tcb.snd.iss;
  it.echoed = tcb.snd.iss;
  it.usedTo = tcb.snd.iss;
  if (CUBIC) hystart.start(tcb);
  pace.start(tcb);
}
/** Octets sent and not acknowledged: FlightSize. */
export function flight(tcb: Tcb): u32 {
  return tcb.snd.nxt.since(tcb.snd.una);
}
/** Text leaves after a silence: the window restarts. RFC 5681 §4.1. */
export function beforeSending(tcb: Tcb, now: Instant): void {
  const it = tcb.congestion;
  const hasSent = tcb.snd.nxt > tcb.snd.iss.plus(1);
  if (!flight(tcb) && hasSent && now - it.lastSent > rtt.timeout(tcb.rtt)) it.cwnd = min(it.cwnd, initialWindow(tcb.snd.mss));
  it.lastSent = now;
}

/** Text has left. Where it uses the window, in slow start half of it, the window may grow for all that is acknowledged up to there. RFC 7661 §4.3. */
export function sent(tcb: Tcb): void {
  const it = tcb.congestion;
  const used = flight(tcb);
  if (it.cwnd < it.ssthresh ? used << 1 >= it.cwnd : used + tcb.snd.mss >= it.cwnd) it.usedTo = tcb.snd.nxt;
}

/** `octets` were acknowledged: slow start or congestion avoidance; neither for what left while the window was not used. RFC 5681 §3.1, RFC 7661. */
export function grow(tcb: Tcb, octets: u32, now: Instant): void {
  const it = tcb.congestion;
  // What lies far behind must not come to lie ahead when the space wraps.
  it.usedTo = later(it.usedTo, tcb.snd.una.minus(1));
  it.recover = later(it.recover, tcb.snd.una.minus(1));
  it.echoed = later(it.echoed, tcb.snd.una.minus(1));
  if (it.phase == Phase.OPEN && tcb.snd.una < it.echoed) return; // reduced for an echo or a probe, less than a round trip ago
  const isCubic = CUBIC && tcb.congestionControl == Control.CUBIC;
  if (it.cwnd < it.ssthresh) {
    if (it.usedTo < tcb.snd.una) return;
    if (it.phase == Phase.LOSS) it.cwnd += min(octets, tcb.snd.mss);
    else if (CUBIC) hystart.grow(tcb, octets, tcb.rtt.latest);
    else it.cwnd = min(it.cwnd + min(octets, tcb.snd.mss << 1), CWND_MAX);
    return;
  }
  if (it.usedTo < tcb.snd.una) {
    if (isCubic) cubic.wasNotUsed(it, now);
    return;
  }
  if (isCubic) cubic.grow(tcb, octets, now);
  else growLinearly(tcb, octets);
}
/** A segment more for each window acknowledged, the window being whole segments: what is left over never leaves. RFC 5681 §3.1, RFC 3465. */
function growLinearly(tcb: Tcb, octets: u32): void {
  const it = tcb.congestion;
  const full = max(it.cwnd - (it.cwnd % tcb.snd.mss), tcb.snd.mss);
  it.acked += octets;
  if (it.acked < full) return;
  it.acked -= full;
  it.cwnd = min(it.cwnd + tcb.snd.mss, CWND_MAX);
}
/** Word of congestion, but nothing is to be sent again: the window is reduced at once. */
export function yields(tcb: Tcb, before: u32): void {
  const it = tcb.congestion;
  const recover = it.recover;
  reduce(tcb, before);
  it.cwnd = it.ssthresh;
  it.echoed = it.recover;
  it.recover = recover;
}
/** What left at `from` is lost: a reduction, unless one for an echo or a probe was for that window already. RFC 3168 §6.1.2. */
export function loses(tcb: Tcb, before: u32, from: Seq): void {
  if (from >= tcb.congestion.echoed) return reduce(tcb, before);
  undo.remember(tcb);
  tcb.congestion.recover = tcb.snd.nxt;
}
/** A loss, or word of congestion: part of what is in the network (`before`: FlightSize, before the ACK that tells of it) remains, and there is no new reduction before all that is outstanding now has been acknowledged. RFC 5681 §3.1 (4), RFC 3168 §6.1.2. */
export function reduce(tcb: Tcb, before: u32): void {
  const it = tcb.congestion;
  const used = min(before, it.cwnd);
  undo.remember(tcb);
  if (CUBIC && tcb.congestionControl == Control.CUBIC) it.ssthresh = cubic.reduced(tcb, used);
  else it.ssthresh = max(used >> 1, tcb.snd.mss << 1);
  it.recover = tcb.snd.nxt;
  tcb.cwr = <u8>tcb.ecn;
}

// read RFC 5681 §3.1, RFC 6928 and RFC 7661 first
import { Instant } from "../../memory/time";
import * as rtt from "./rtt";
import { Tcb } from "./tcb";
import * as undo from "./undo";

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
}
/** Octets sent and not acknowledged: FlightSize. */
export function flight(tcb: Tcb): u32 {
  return tcb.snd.nxt.since(tcb.snd.una);
}
/** Text leaves after a silence: the window restarts. RFC 5681 §4.1. */
export function beforeSending(tcb: Tcb, now: Instant): void {
  const it = tcb.congestion;
  if (!flight(tcb) && it.lastSent && now - it.lastSent > rtt.timeout(tcb.rtt)) it.cwnd = min(it.cwnd, initialWindow(tcb.snd.mss));
  it.lastSent = now;
}

/** Slow start and congestion avoidance, counting octets; none while the window was not used. RFC 5681 §3.1, RFC 7661. */
export function grow(tcb: Tcb, octets: u32, before: u32): void {
  const it = tcb.congestion;
  const mss = tcb.snd.mss;
  if (it.cwnd < it.ssthresh) {
    if (before << 1 < it.cwnd) return;
    it.cwnd = min(it.cwnd + min(octets, mss << 1), CWND_MAX);
    return;
  }
  if (before + mss < it.cwnd) return;
  it.acked += octets;
  if (it.acked < it.cwnd) return;
  it.acked -= it.cwnd;
  it.cwnd = min(it.cwnd + mss, CWND_MAX);
}
/** A loss: half of what is in the network, and no new reduction before all that is outstanding now has been acknowledged. RFC 5681 §3.1 (4). */
export function reduce(tcb: Tcb): void {
  const it = tcb.congestion;
  undo.remember(tcb);
  it.ssthresh = max(min(flight(tcb), it.cwnd) >> 1, tcb.snd.mss << 1);
  it.recover = tcb.snd.nxt;
}

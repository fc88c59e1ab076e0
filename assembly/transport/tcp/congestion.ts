// read RFC 5681, RFC 6582 and RFC 6928 first
import { Instant } from "../../memory/time";
import { count, Counter } from "../../memory/counters";
import { Owes, Tcb } from "./tcb";
import * as rtt from "./rtt";
import { later } from "./seq";

/** Duplicate acknowledgements that mean a loss. RFC 5681 §3.2. */
const DUPLICATE_THRESHOLD: u32 = 3;
const CWND_MAX: u32 = 1 << 30;

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
/** Octets from UNA that congestion control allows in the network; two duplicates allow a segment each (limited transmit, RFC 3042). */
export function allowed(tcb: Tcb): u32 {
  const it = tcb.congestion;
  return it.inRecovery ? it.cwnd : it.cwnd + min<u32>(it.duplicates, DUPLICATE_THRESHOLD - 1) * tcb.snd.mss;
}
/** Text leaves after a silence: the window restarts. RFC 5681 §4.1. */
export function beforeSending(tcb: Tcb, now: Instant): void {
  const it = tcb.congestion;
  if (!flight(tcb) && it.lastSent && now - it.lastSent > rtt.timeout(tcb.rtt)) it.cwnd = min(it.cwnd, initialWindow(tcb.snd.mss));
  it.lastSent = now;
}

/** New octets were acknowledged; `before` is FlightSize before that. */
export function acknowledged(tcb: Tcb, octets: u32, before: u32): void {
  const it = tcb.congestion;
  if (it.inRecovery) return inRecovery(tcb, octets);
  it.duplicates = 0;
  // What lies far behind must not come to lie ahead when the space wraps.
  it.recover = later(it.recover, tcb.snd.una.minus(1));
  grow(tcb, octets, before);
}
/** Slow start and congestion avoidance, counting octets; none while the window was not used. RFC 5681 §3.1, RFC 7661. */
function grow(tcb: Tcb, octets: u32, before: u32): void {
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
/** A partial acknowledgement shows the next hole; a full one ends the recovery. RFC 6582 §3.2. */
function inRecovery(tcb: Tcb, octets: u32): void {
  const it = tcb.congestion;
  const mss = tcb.snd.mss;
  if (tcb.snd.una >= it.recover) {
    it.inRecovery = 0;
    it.duplicates = 0;
    it.cwnd = min(it.ssthresh, max(flight(tcb), mss) + mss);
    return;
  }
  tcb.owes |= Owes.RETRANSMIT;
  const left: u32 = it.cwnd > octets ? it.cwnd - octets : 0;
  it.cwnd = max(left + (octets >= mss ? mss : 0), mss);
}

/** A duplicate acknowledgement arrived, for at least `segments` segments that arrived out of order. RFC 5681 §3.2. */
export function duplicate(tcb: Tcb, segments: u32): void {
  const it = tcb.congestion;
  const had = it.duplicates;
  it.duplicates = max(had + 1, min<u32>(segments, 0xffff));
  if (it.inRecovery) {
    it.cwnd = min(it.cwnd + tcb.snd.mss, CWND_MAX);
    return;
  }
  if (it.duplicates < DUPLICATE_THRESHOLD || had >= DUPLICATE_THRESHOLD) return;
  // Acknowledgements of what was sent again after a timeout mean nothing new. RFC 6582 §4.
  if (tcb.snd.una <= it.recover) return;
  halve(tcb);
  it.inRecovery = 1;
  it.cwnd = it.ssthresh + DUPLICATE_THRESHOLD * tcb.snd.mss;
  tcb.owes |= Owes.RETRANSMIT;
  count(Counter.TCP_FAST_RETRANSMITS);
}
function halve(tcb: Tcb): void {
  const it = tcb.congestion;
  it.ssthresh = max(flight(tcb) >> 1, tcb.snd.mss << 1);
  it.recover = tcb.snd.nxt;
}
/** The retransmission timer ran out. Only the first time for the same octets lowers ssthresh. RFC 5681 §3.1. */
export function timedOut(tcb: Tcb): void {
  const it = tcb.congestion;
  if (tcb.rtt.backoff <= 1) halve(tcb);
  it.recover = tcb.snd.nxt;
  it.cwnd = tcb.snd.mss;
  it.acked = 0;
  it.inRecovery = 0;
  it.duplicates = 0;
}

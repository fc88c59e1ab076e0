// read RFC 9406 first
// HyStart++: slow start ends when the round trip grows longer, before anything is lost.
import { CWND_MAX } from "./congestion";
import { Congestion, Tcb } from "./tcb";

/** Round-trip times a round must have. */
const SAMPLES: u32 = 8;
/** Limits of the growth that counts, microseconds. */
const THRESHOLD_MIN: u32 = 4000;
const THRESHOLD_MAX: u32 = 16000;
/** What conservative slow start divides growth by, and its rounds. */
const DIVISOR: u32 = 4;
const ROUNDS: u32 = 5;
/** Full segments an acknowledgement counts for at most, without pacing: L. */
const LIMIT: u32 = 8;
const NONE: u32 = 0xffffffff;

/** Slow start for `octets` acknowledged; `took` is the round-trip time this acknowledgement tells, 0: none. RFC 9406 §4.2. */
export function grow(tcb: Tcb, octets: u32, took: u32): void {
  const it = tcb.congestion;
  if (tcb.snd.una > it.roundEnd) beginRound(tcb);
  if (took) {
    it.roundMin = min(it.roundMin, took);
    it.samples++;
  }
  const gained = min(octets, LIMIT * tcb.snd.mss);
  it.cwnd = min(it.cwnd + (it.cautious ? gained / DIVISOR : gained), CWND_MAX);
  if (it.samples < SAMPLES) return;
  if (!it.cautious) watchDelay(it);
  else if (it.roundMin < it.baseline) it.cautious = 0; // it was no queue
}
/** Slow start begins. */
export function start(tcb: Tcb): void {
  const it = tcb.congestion;
  it.roundEnd = tcb.snd.nxt;
  it.roundMin = NONE;
  it.lastMin = NONE;
  it.samples = 0;
  it.cautious = 0;
}
function beginRound(tcb: Tcb): void {
  const it = tcb.congestion;
  it.lastMin = it.roundMin;
  it.roundMin = NONE;
  it.samples = 0;
  it.roundEnd = tcb.snd.nxt;
  if (it.cautious && ++it.cautious > ROUNDS) it.ssthresh = it.cwnd;
}
function watchDelay(it: Congestion): void {
  if (it.lastMin == NONE || it.roundMin == NONE) return;
  const threshold = max(THRESHOLD_MIN, min(it.lastMin >> 3, THRESHOLD_MAX));
  if (it.roundMin < it.lastMin + threshold) return;
  it.baseline = it.roundMin;
  it.cautious = 1;
}

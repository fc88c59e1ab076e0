// read RFC 1191 §3, §6 and RFC 4821 §7 first
// Path MTU: taken down by what routers say, or, where they say nothing, by timeouts; looked for upwards by one longer segment.
import { MTU_PROBING } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Instant } from "../../memory/time";
import * as recovery from "./recovery";
import { Seq } from "./seq";
import { mark, Tcb, Timer } from "./tcb";
import * as timers from "./timers";

/** Smallest MTU we go down to with DF set; below it routers may cut. differs: RFC 1191 §3 would go down to 68 */
const SMALLEST_MTU: u32 = 552;
/** MTU that is tried when longer segments vanish. RFC 4821 §7.2. */
const BASE_MTU: u32 = 1024;
/** Timeouts in a row that make a long segment suspect. */
const SUSPECT: u32 = 4;
/** How long a shorter MTU is kept before a longer one is tried. RFC 1191 §6.3. */
const KEPT: u32 = 600000;
/** How long the first time when no router said so: it may only have been an outage. */
const SUSPECTED: u32 = 60000;

/** A router says that the path takes no packets longer than `mtu`. RFC 1191 §3. */
export function isTold(tcb: Tcb, mtu: u32, now: Instant): void {
  if (mtu < SMALLEST_MTU) tcb.fragmentable = 1;
  const mss = max<u32>(mtu, SMALLEST_MTU) - tcb.headers;
  if (MTU_PROBING && tcb.isTrying && mss < tcb.tryMss) {
    // A bound from above: where longer segments have vanished, this length is tried next.
    if (mss > tcb.snd.mss) tcb.mayTry = 1;
    tcb.tryMss = mss;
    recovery.cutToSize(tcb);
    giveUp(tcb, now);
    return mark(tcb);
  }
  if (mss < tcb.snd.mss) shorten(tcb, mss, now, KEPT);
}
/** Segments become shorter; those in flight that are too long leave again in pieces. */
function shorten(tcb: Tcb, mss: u32, now: Instant, kept: u32): void {
  tcb.snd.mss = mss;
  tcb.isTrying = 0;
  recovery.cutToSize(tcb);
  timers.set(tcb, Timer.RAISE, now, kept);
  mark(tcb);
}
/** The retransmission timer ran out once more: a path may swallow long packets in silence. RFC 4821 §7.7. */
export function timedOut(tcb: Tcb, now: Instant): void {
  if (!MTU_PROBING) return;
  if (tcb.isTrying) giveUp(tcb, now);
  // What is shorter already is suspect until something that left since the timeouts has been measured.
  if (tcb.rtt.backoff < SUSPECT && (tcb.snd.mss == tcb.mssMax || tcb.rtt.doubts <= SUSPECT)) return;
  const longest = min(tcb.snd.mss, tcb.snd.nxt.since(tcb.snd.una));
  const mtu: u32 = longest + tcb.headers > BASE_MTU ? BASE_MTU : SMALLEST_MTU;
  const mss = mtu - tcb.headers;
  if (longest <= mss) return;
  count(Counter.TCP_BLACK_HOLES);
  shorten(tcb, mss, now, SUSPECTED);
}

/** It is time to try longer segments. */
export function raise(tcb: Tcb): void {
  tcb.mayTry = 1;
  tcb.tryMss = tcb.mssMax;
  mark(tcb);
}
/** Octets of the next new segment at most: the send MSS, or more when a longer one is to be tried; not while a loss is mended, which would tell nothing. RFC 4821 §7.4. */
export function segmentSize(tcb: Tcb): u32 {
  const snd = tcb.snd;
  if (!MTU_PROBING || !tcb.mayTry || tcb.congestion.phase) return snd.mss;
  const longer = tried(tcb);
  return longer > snd.mss && snd.end >= snd.cursor.plus(longer) ? longer : snd.mss;
}
/** What is tried still fits the link, and, should it be lost, the records in pieces. */
function tried(tcb: Tcb): u32 {
  const most = min(tcb.tryMss, tcb.mssMax);
  return recovery.hasRecords(tcb) ? min(most, tcb.snd.mss * recovery.room(tcb)) : most;
}
/** New text has left, up to `end`. */
export function sent(tcb: Tcb, length: u32, end: Seq): void {
  if (!MTU_PROBING || !tcb.mayTry || length <= tcb.snd.mss) return;
  tcb.mayTry = 0;
  tcb.isTrying = 1;
  tcb.tryMss = length;
  tcb.tryEnd = end;
}
/** What has been acknowledged, or was found lost, says whether the long segment got through; not so when this ACK has ended a repair. RFC 4821 §7.6. */
export function acknowledged(tcb: Tcb, wasInRecovery: bool, now: Instant): void {
  if (!MTU_PROBING || !tcb.isTrying) return;
  if (wasInRecovery || tcb.congestion.phase) return giveUp(tcb, now);
  if (tcb.snd.una < tcb.tryEnd) return;
  tcb.isTrying = 0;
  tcb.snd.mss = min(tcb.tryMss, tcb.mssMax);
  if (tcb.snd.mss < tcb.mssMax) timers.set(tcb, Timer.RAISE, now, KEPT);
}
function giveUp(tcb: Tcb, now: Instant): void {
  tcb.isTrying = 0;
  if (recovery.hasRecords(tcb)) recovery.cutToSize(tcb);
  timers.set(tcb, Timer.RAISE, now, KEPT);
}

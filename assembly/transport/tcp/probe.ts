// read RFC 8985 §7 first
// Tail loss probe: when acknowledgements stay away, one segment more brings them, so that a loss at the end needs no timeout.
import { Instant } from "../../memory/time";
import * as congestion from "./congestion";
import { Segment } from "./segment";
import { later } from "./seq";
import { Phase, Tcb, Timer } from "./tcb";
import * as timers from "./timers";

/** How long a peer may delay the acknowledgement of a single segment, milliseconds. RFC 8985 §7.2. */
const PEER_DELAY: u32 = 200;

/** No probe leaves earlier, milliseconds: on a short path two round trips are less than a tick of the clock, and a peer may wait for a processor. */
const SHORTEST: u32 = 3;

/** Starts the timer of the next probe where one would help. */
export function schedule(tcb: Tcb, now: Instant): void {
  const snd = tcb.snd;
  timers.clear(tcb, Timer.LOSS_PROBE);
  if (!tcb.board.capacity || tcb.congestion.phase != Phase.OPEN || tcb.board.sacked || tcb.rack.isProbing) return;
  if (snd.una == snd.nxt || !snd.wnd || !tcb.rtt.srtt || !timers.isArmed(tcb, Timer.RETRANSMIT)) return;
  const wait = max((tcb.rtt.srtt + 499) / 500, SHORTEST) + (tcb.board.count == 1 ? PEER_DELAY : 0);
  timers.set(tcb, Timer.LOSS_PROBE, now, min(wait, timers.remaining(tcb, Timer.RETRANSMIT, now)));
}
/** A probe has left. `isAgain`: it was no new text. */
export function sent(tcb: Tcb, isAgain: bool): void {
  const rack = tcb.rack;
  rack.isProbing = 1;
  rack.probeIsAgain = isAgain ? 1 : 0;
  rack.probeEnd = tcb.snd.nxt;
  timers.clear(tcb, Timer.LOSS_PROBE);
}
/** What an acknowledgement says about the probe: when it has repaired a loss, the window is reduced as for any other. RFC 8985 §7.4. */
export function acknowledged(tcb: Tcb, seg: Segment, octets: u32, before: u32, isDsack: bool): void {
  const rack = tcb.rack;
  if (!rack.isProbing || seg.ack < rack.probeEnd) return;
  const isTwice = isDsack && seg.sackRight(0) == rack.probeEnd;
  const isRepair = rack.probeIsAgain && !isTwice && seg.ack > rack.probeEnd;
  if (rack.probeIsAgain && !isTwice && !isRepair && (octets || seg.sackBlocks)) return;
  rack.isProbing = 0;
  const it = tcb.congestion;
  if (isRepair && later(it.recover, it.echoed) < rack.probeEnd) congestion.yields(tcb, before); // else it was reduced for that flight since. RFC 3168 §6.1.2
}

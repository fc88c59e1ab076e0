// read RFC 9293 §3.8.1-3.8.4, §3.10.8 and RFC 6298 §5 first
import { RACK } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import * as deadlines from "../../memory/deadlines";
import { Err, Event } from "../../memory/errors";
import { Instant, NEVER } from "../../memory/time";
import * as arp from "../../internet/arp";
import * as life from "./life";
import * as pmtu from "./pmtu";
import * as recovery from "./recovery";
import * as rtt from "./rtt";
import { isSynchronized } from "./state";
import { mark, Owes, Tcb, Timer } from "./tcb";
import { tell } from "./tell";
import * as timers from "./timers";

/** Retransmissions after which the next hop is doubted: R1. RFC 9293 §3.8.3. */
const R1: u32 = 3;

/** Runs the timers of a connection that are due. */
export function expire(tcb: Tcb, now: Instant): void {
  if (timers.fires(tcb, Timer.USER, now)) return giveUp(tcb);
  if (timers.fires(tcb, Timer.CLOSE, now)) return life.end(tcb, Err.TIMED_OUT);
  if (timers.fires(tcb, Timer.KEEP, now) && !keep(tcb, now)) return giveUp(tcb);
  if (RACK && timers.fires(tcb, Timer.LOSS_PROBE, now)) probe(tcb, now);
  if (RACK && timers.fires(tcb, Timer.REORDER, now)) {
    recovery.lookAgain(tcb, now);
    pmtu.acknowledged(tcb, false, now);
  }
  if (timers.fires(tcb, Timer.RETRANSMIT, now)) retransmit(tcb, now);
  if (timers.fires(tcb, Timer.PERSIST, now)) owe(tcb, Owes.PROBE);
  if (timers.fires(tcb, Timer.ACK, now)) owe(tcb, Owes.ACK);
  if (timers.fires(tcb, Timer.OVERRIDE, now)) owe(tcb, Owes.OVERRIDE);
  if (timers.fires(tcb, Timer.PATH, now) || timers.fires(tcb, Timer.PACE, now)) mark(tcb);
  if (timers.fires(tcb, Timer.RAISE, now)) pmtu.raise(tcb);
  const wait = timers.within(tcb, now);
  if (wait < NEVER) deadlines.arm(tcb, now + wait);
}
function owe(tcb: Tcb, what: Owes): void {
  tcb.owes |= <u8>what;
  mark(tcb);
}
/** R2 has passed, or the keepalives stayed unanswered. */
function giveUp(tcb: Tcb): void {
  count(Counter.TCP_GIVEN_UP);
  life.end(tcb, Err.TIMED_OUT);
}

/** No acknowledgement came in time for two round trips: a probe, and the retransmission timer starts anew behind it. RFC 8985 §7.3. */
function probe(tcb: Tcb, now: Instant): void {
  owe(tcb, Owes.LOSS_PROBE);
  timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
}
/** Nothing was acknowledged for an RTO. Into a closed window goes a probe instead. RFC 6298 §5.4-5.6. */
function retransmit(tcb: Tcb, now: Instant): void {
  const snd = tcb.snd;
  if (snd.una == snd.nxt) return;
  if (isSynchronized(tcb.state) && !snd.wnd) return owe(tcb, Owes.PROBE);
  count(Counter.TCP_TIMEOUTS);
  tcb.timeouts++;
  rtt.timedOut(tcb);
  if (isSynchronized(tcb.state)) {
    recovery.timedOut(tcb);
    pmtu.timedOut(tcb, now);
  } else snd.cursor = snd.una;
  timers.set(tcb, Timer.RETRANSMIT, now, rtt.timeout(tcb.rtt));
  const neighbour = tcb.path.to;
  if (tcb.rtt.backoff == R1 && tcb.reports) tell(tcb, Event.STALLED); // SHLD-9
  if (neighbour && tcb.rtt.backoff >= R1) arp.doubt(neighbour, now);
  mark(tcb);
}

/** The connection was silent for a while: a keepalive, unless something is outstanding. False: too many stayed unanswered. RFC 9293 §3.8.4. */
function keep(tcb: Tcb, now: Instant): bool {
  if (!tcb.keepalive) return true;
  const idle = now - tcb.heard;
  if (idle < tcb.keepIdle || tcb.snd.una != tcb.snd.nxt) {
    timers.set(tcb, Timer.KEEP, now, idle < tcb.keepIdle ? tcb.keepIdle - idle : tcb.keepInterval);
    return true;
  }
  if (tcb.keepTries >= tcb.keepCount) return false;
  tcb.keepTries++;
  owe(tcb, Owes.KEEPALIVE);
  timers.set(tcb, Timer.KEEP, now, tcb.keepInterval);
  return true;
}

// How a connection begins and ends.
import { RACK } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Err, Event } from "../../memory/errors";
import { PoolIndex } from "../../memory/pool";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import * as path from "../../internet/path";
import * as ready from "../ready";
import * as congestion from "./congestion";
import { Listener } from "./listening";
import * as rtt from "./rtt";
import { become, State } from "./state";
import { enter, leave, mark, Owes, takeRecords, Tcb, Timer } from "./tcb";
import { tell } from "./tell";
import * as timers from "./timers";

/** In-order segments acknowledged at once when a connection is new. */
const QUICK: u8 = 16;

/** The connection is in the table from now on. */
export function attach(tcb: Tcb): void {
  tcb.attached = 1;
  enter(tcb);
}

/** Both SYNs are through. */
export function establish(tcb: Tcb, synWasLost: bool, now: Instant): void {
  become(tcb, tcb.closing ? State.FIN_WAIT_1 : State.ESTABLISHED);
  tcb.quick = QUICK;
  tcb.heard = now;
  if (synWasLost) rtt.synWasLost(tcb.rtt);
  tcb.rtt.backoff = 0;
  congestion.start(tcb, synWasLost);
  if (RACK && tcb.sack) takeRecords(tcb);
  timers.clear(tcb, Timer.RETRANSMIT);
  timers.clear(tcb, Timer.USER);
  keepAlive(tcb, now);
  tell(tcb, Event.CONNECTED | (tcb.wants ? Event.WRITABLE : 0));
  tcb.wants = 0;
}
/** Starts the keepalive timer where it is wanted. */
export function keepAlive(tcb: Tcb, now: Instant): void {
  if (tcb.keepalive) timers.set(tcb, Timer.KEEP, now, tcb.keepIdle);
  else timers.clear(tcb, Timer.KEEP);
  tcb.keepTries = 0;
}

/** The connection is over: nothing of it is on the wire any more but, perhaps, a RST still owed. The application learns why. */
export function end(tcb: Tcb, error: i32): void {
  detach(tcb);
  if (tcb.state != State.TIME_WAIT) become(tcb, State.CLOSED);
  if (error) tcb.error = error;
  if (error && tcb.accept.linked) {
    dequeue(tcb);
    tcb.held = 0;
  }
  if (tcb.held) tell(tcb, Event.CLOSED);
  retire(tcb);
}
/** Takes the connection out of table, timers and lists. */
export function detach(tcb: Tcb): void {
  if (tcb.attached) leave(tcb);
  tcb.attached = 0;
  timers.stop(tcb);
  if (tcb.owes & Owes.RESET) return;
  tcb.owed.unlink();
  tcb.owes = 0;
  path.release(tcb.path);
}
/** Aborts: a RST is owed where the peer knows of the connection. RFC 9293 §3.10.5. */
export function abort(tcb: Tcb, error: i32): void {
  if (tcb.attached && tcb.state != State.SYN_SENT) {
    tcb.owes = Owes.RESET;
    count(Counter.TCP_ABORTED);
    mark(tcb);
  }
  end(tcb, error);
}
/** The RST has left, or never will. */
export function resetIsDone(tcb: Tcb): void {
  tcb.owes = 0;
  tcb.owed.unlink();
  path.release(tcb.path);
  retire(tcb);
}

/** The application (or the accept queue) lets go. */
export function letGo(tcb: Tcb): void {
  tcb.held = 0;
  ready.forget(tcb);
  retire(tcb);
}
/** Frees the block when table, lists, timers and the application's hand have all let go. */
export function retire(tcb: Tcb): void {
  if (tcb.held || tcb.attached || tcb.owed.linked) return;
  dequeue(tcb);
  ready.forget(tcb);
  timers.stop(tcb);
  path.release(tcb.path);
  root.pool(PoolIndex.TCP0 + tcb.class).give(changetype<usize>(tcb));
}
/** Takes a connection out of the accept queue, if it is there. */
export function dequeue(tcb: Tcb): void {
  if (!tcb.accept.linked) return;
  tcb.accept.unlink();
  changetype<Listener>(<usize>tcb.listener).pending--;
}
/** Why calls on a connection fail: the error it ended with, or that its state does not allow them. */
export function why(tcb: Tcb): i32 {
  return tcb.error ? tcb.error : Err.BAD_STATE;
}

// read RFC 9293 §3.8.6 and RFC 7323 §2 first
import { WINDOW_SHIFT_MAX } from "../../wire/options";
import { later, Seq, sooner } from "./seq";
import { Receive, Tcb } from "./tcb";

/** Shift with which a window of `limit` octets fits sixteen bits. RFC 7323 §2.3. */
export function shiftFor(limit: u32): u32 {
  let shift: u32 = 0;
  while (limit >> shift > 65535 && shift < WINDOW_SHIFT_MAX) shift++;
  return shift;
}
/** Octets that rounding a scaled window up may add; the ring keeps them in reserve. RFC 7323 §2.4. */
function reserve(rcv: Receive): u32 {
  return (1 << rcv.shift) - 1;
}
/** The right edge if all free room were offered. */
function furthest(rcv: Receive): Seq {
  const spare = min(reserve(rcv), rcv.limit);
  return sooner(rcv.read.plus(rcv.limit - spare), rcv.nxt.plus((<u32>65535) << rcv.shift));
}
/** Smallest step of the edge: silly-window avoidance. RFC 9293 §3.8.6.2.2. */
function step(rcv: Receive): u32 {
  return max<u32>(min(rcv.limit >> 1, rcv.mss), 1);
}

/** Moves the right edge as far as it may go and answers the window field that says so beside the acknowledgement `ack`. The edge never moves left. */
export function offer(tcb: Tcb, ack: Seq): u32 {
  const rcv = tcb.rcv;
  const target = furthest(rcv);
  if (target > rcv.edge && target.since(rcv.edge) >= step(rcv)) rcv.edge = target;
  if (rcv.edge <= ack) return 0;
  const field = min<u32>((rcv.edge.since(ack) + reserve(rcv)) >> rcv.shift, 65535);
  const offered = ack.plus(field << rcv.shift);
  if (offered > later(rcv.read.plus(rcv.limit), rcv.edge)) return field - 1;
  rcv.edge = later(rcv.edge, offered);
  return field;
}
/** The window field of a SYN: never scaled. */
export function offerInSyn(limit: u32): u32 {
  return min<u32>(limit, 65535);
}
/** Whether reading has made so much room that the peer must hear of it at once. */
export function isWorthTelling(tcb: Tcb): bool {
  const rcv = tcb.rcv;
  const target = furthest(rcv);
  if (target <= rcv.edge) return false;
  const room = target.since(rcv.edge);
  if (room < step(rcv)) return false;
  return tcb.window < step(rcv) || room >= max(rcv.mss << 1, rcv.limit >> 2);
}

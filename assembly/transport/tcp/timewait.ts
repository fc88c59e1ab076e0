// read RFC 9293 §3.6.1, RFC 1337 and RFC 6191 first
// TIME-WAIT is a small record: socket and rings are free for others. All wait equally long, so that a list in order of
// their ends serves as their clock.
import { count, Counter } from "../../memory/counters";
import { Link } from "../../memory/list";
import { PoolIndex } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { before, Instant, NEVER, until } from "../../memory/time";
import { Ctl } from "../../wire/tcp";
import { TIMESTAMPS } from "../../memory/config";
import { Event, Offer } from "../../memory/errors";
import * as life from "./life";
import { Listener } from "./listening";
import * as reset from "./reset";
import { Brief, scratch, SCRATCH_OCTETS } from "./reset";
import { Segment, segment } from "./segment";
import { Seq } from "./seq";
import { become, State } from "./state";
import { enter as enterTable, leave, Owes, Tcb } from "./tcb";
import { tell } from "./tell";

/** What is left of a connection that both sides have closed, for 2 MSL. */
@unmanaged
@final
export class TimeWait extends Brief {
  sndNxt: Seq;
  rcvNxt: Seq;
  /** Last window field. */
  wnd: u32;
  tos: u32;
  ttl: u32;
  ends: Instant;
  orderNext: u32;
  orderPrevious: u32;

  get order(): Link {
    return Link.at(changetype<usize>(this) + offsetof<TimeWait>("orderNext"));
  }
  static ofOrder(link: Link): TimeWait {
    return changetype<TimeWait>(changetype<usize>(link) - offsetof<TimeWait>("orderNext"));
  }
}

/** Octets of a record. */
export const TIME_WAIT_OCTETS: u32 = offsetof<TimeWait>();
if (offsetof<TimeWait>() > SCRATCH_OCTETS) ERROR("TimeWait outgrew its scratch place");

/** The connection goes to TIME-WAIT; when the segment in hand is the peer's FIN it is acknowledged. When all records are taken the oldest is given up. */
export function enter(tcb: Tcb, now: Instant): void {
  const kept = take();
  const record = kept ? kept : changetype<TimeWait>(scratch());
  const owesAck = (tcb.owes & Owes.ACK) != 0;
  fill(record, tcb);
  become(tcb, State.TIME_WAIT);
  tell(tcb, Event.CLOSED);
  life.detach(tcb);
  if (kept) {
    restart(kept, now);
    enterTable(kept);
  }
  if (owesAck) acknowledge(record, segment(), now);
  life.retire(tcb);
}
function fill(record: TimeWait, tcb: Tcb): void {
  record.local = tcb.local;
  record.remote = tcb.remote;
  record.ports = tcb.ports;
  record.sndNxt = tcb.snd.nxt;
  record.rcvNxt = tcb.rcv.nxt;
  record.wnd = min<u32>(tcb.window >> tcb.rcv.shift, 65535);
  record.tos = tcb.tos;
  record.ttl = tcb.ttl;
  record.only = tcb.only;
  record.hasStamps = <u8>tcb.stamped;
  record.tsRecent = tcb.tsRecent;
  record.tsRecentAt = tcb.tsRecentAt;
  record.tsOffset = tcb.tsOffset;
}
function take(): TimeWait | null {
  const pool = root.pool(PoolIndex.TIME_WAIT);
  let address = pool.take();
  if (!address && !state.timeWaits.isEmpty) {
    count(Counter.TCP_TIME_WAIT_CUT);
    forget(TimeWait.ofOrder(Link.at(state.timeWaits.next)));
    address = pool.take();
  }
  return changetype<TimeWait | null>(address);
}
/** 2 MSL from now. */
function restart(record: TimeWait, now: Instant): void {
  record.ends = now + (root.msl << 1);
  record.order.unlink();
  state.timeWaits.push(record.order);
}
/** The record is no more. */
export function forget(record: TimeWait): void {
  leave(record);
  record.order.unlink();
  root.pool(PoolIndex.TIME_WAIT).give(changetype<usize>(record));
}

/** A segment for a connection in TIME-WAIT. True: it is a SYN that begins a new incarnation, and somebody listens for it; the record is gone. */
export function arrives(record: TimeWait, seg: Segment, listener: Listener | null, now: Instant): bool {
  if (seg.has(Ctl.RST)) {
    count(Counter.TCP_RST_IN);
    return false;
  }
  if (listener && seg.has(Ctl.SYN) && !seg.has(Ctl.ACK) && beginsAnew(record, seg, listener.offer)) {
    forget(record);
    return true;
  }
  if (reset.lacksStamp(record, seg)) return false;
  if (seg.has(Ctl.SYN) || reset.isOldDuplicate(record, seg, now)) {
    acknowledge(record, seg, now);
    return false;
  }
  if (!seg.has(Ctl.ACK)) {
    count(Counter.TCP_NO_ACK);
    return false;
  }
  if (seg.has(Ctl.FIN) && seg.end == record.rcvNxt) restart(record, now);
  if (seg.len || seg.seq != record.rcvNxt) acknowledge(record, seg, now);
  return false;
}
/** Whether a SYN is surely no old duplicate: its stamp lies behind the last one, or its sequence number does. RFC 6191 §2. */
function beginsAnew(record: TimeWait, seg: Segment, offer: u32): bool {
  if (TIMESTAMPS && !record.stamped && seg.stamped && offer & Offer.TIMESTAMPS) return true; // stamps keep old segments out
  const step = record.stamped && seg.stamped ? <i32>(seg.tsVal - record.tsRecent) : 0;
  return step > 0 || (!step && seg.seq > record.rcvNxt);
}
function acknowledge(record: TimeWait, seg: Segment, now: Instant): void {
  reset.acknowledge(record, seg, record.sndNxt, record.rcvNxt, record.wnd, record.tos, record.ttl, now);
}

/** Ends what has waited for 2 MSL. */
export function expire(now: Instant): void {
  while (!state.timeWaits.isEmpty) {
    const oldest = TimeWait.ofOrder(Link.at(state.timeWaits.next));
    if (before(now, oldest.ends)) return;
    forget(oldest);
  }
}
/** Milliseconds until the next one ends. */
export function within(now: Instant): u32 {
  return state.timeWaits.isEmpty ? NEVER : until(TimeWait.ofOrder(Link.at(state.timeWaits.next)).ends, now);
}

// read RFC 9293 §3.10.7.2, §3.10.7.4 (SYN-RECEIVED) and RFC 4987 first
// A SYN to a listener makes a small record; socket and rings are bound by the ACK that completes the handshake.
import { COOKIES, TRANSPARENT } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import * as deadlines from "../../memory/deadlines";
import { Event, Offer } from "../../memory/errors";
import { PoolIndex } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { before, Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { Ctl, TCP_HEADER } from "../../wire/tcp";
import { claim, Reserve, SLOT_IP } from "../../link/device";
import { deviceOf, isEthernet, numberOf } from "../../link/interfaces";
import { packet } from "../../link/packet";
import * as arp from "../../internet/arp";
import { scratchHop } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import * as ready from "../ready";
import { ours } from "../../internet/address";
import * as cookie from "./cookie";
import * as decide from "./decide";
import { HalfOpen, takeSyn, writeSynAck } from "./halfopen";
import { segmentArrives } from "./input";
import * as isn from "./isn";
import * as life from "./life";
import { Listener } from "./listening";
import { agree, agreeOnTimestamps } from "./open";
import { Turn } from "./output";
import * as reset from "./reset";
import * as rtt from "./rtt";
import { Segment } from "./segment";
import { Seq } from "./seq";
import { enter, find, leave, mark, take, Tcb } from "./tcb";

/** SYN-ACKs sent for one SYN at most, so that a forged SYN is not amplified; the peer's own repeated SYN begins anew. differs: RFC 9293 §3.8.3 would repeat it for three minutes. */
const TRIES: u8 = 5;
/** Wait after the first; then it doubles. RFC 6298 §2.1. */
const FIRST_WAIT: u32 = 1000;

/** The listener for a segment that arrived; null when none. */
export function listenerFor(seg: Segment): Listener | null {
  const via = packet().via;
  const port = seg.ports & 0xffff0000;
  const exact = find(seg.local, 0, port);
  const any = changetype<Listener | null>(exact ? exact : find(0, 0, port));
  const found = TRANSPARENT && via.flags && !ours(seg.local) ? decide.listenerAt(any) : any;
  return found && (!found.only || found.only == <u8>numberOf(via)) ? found : null;
}

/** SEGMENT ARRIVES in LISTEN. `floor`: where the sequence numbers of an earlier incarnation ended, 0: none. */
export function segmentForListener(listener: Listener, seg: Segment, floor: Seq, now: Instant): void {
  if (seg.has(Ctl.RST)) return count(Counter.TCP_RST_IN);
  if (seg.has(Ctl.ACK)) return acknowledgementArrives(listener, seg, now);
  if (!seg.has(Ctl.SYN)) return count(Counter.TCP_NO_ACK);
  if (listener.owner == 0 && listener.pending >= listener.backlog) return count(Counter.TCP_ACCEPT_FULL);
  const address = listener.halfOpen < listener.backlog ? root.pool(PoolIndex.HALF_OPEN).take() : 0;
  if (!address) return queueIsFull(listener, seg, now);
  const it = changetype<HalfOpen>(address);
  takeSyn(it, listener, seg, now);
  it.iss = isn.choose(seg.local, seg.remote, seg.ports);
  if (floor.u32 && it.iss <= floor) it.iss = floor.plus(1);
  it.due = 1;
  enter(it);
  listener.halfOpen++;
  listener.opening.push(it.siblings);
  if (TRANSPARENT && listener.special) decide.ask(it, now);
  else mark(it);
}

/** No record is free: the SYN is answered with a cookie where the listener wants that, else dropped. RFC 4987 §3.6. */
function queueIsFull(listener: Listener, seg: Segment, now: Instant): void {
  count(Counter.TCP_SYN_QUEUE_FULL);
  if (COOKIES && listener.offer & Offer.COOKIES && !listener.special) cookie.answer(listener, seg, now);
}
/** An ACK without a connection: it may bring a cookie back. */
function acknowledgementArrives(listener: Listener, seg: Segment, now: Instant): void {
  if (!COOKIES || listener.special || seg.has(Ctl.SYN)) return reset.answer(seg, now);
  const it = cookie.take(listener, seg, now);
  if (!it) return reset.answer(seg, now);
  const tcb = establish(it, seg, now);
  if (tcb) segmentArrives(tcb, seg, now);
}

/** Forgets a half-open connection. */
export function forget(it: HalfOpen): void {
  leave(it);
  deadlines.disarm(it);
  it.owed.unlink();
  it.siblings.unlink();
  it.parent.halfOpen--;
  root.pool(PoolIndex.HALF_OPEN).give(changetype<usize>(it));
}

/** SEGMENT ARRIVES in SYN-RECEIVED, passive: the checks in the RFC's order. */
export function segmentForHalfOpen(it: HalfOpen, seg: Segment, now: Instant): void {
  const nxt = it.irs.plus(1);
  if (TRANSPARENT && it.ask) return decide.segmentArrives(it, seg);
  if (reset.lacksStamp(it, seg)) return;
  if (reset.isOldDuplicate(it, seg, now)) return acknowledge(it, seg, nxt, now);
  if (!isAcceptable(it, seg, nxt)) return unacceptable(it, seg, nxt, now);
  if (seg.has(Ctl.RST)) {
    count(Counter.TCP_RST_IN);
    if (seg.seq == nxt) forget(it);
    else acknowledge(it, seg, nxt, now);
    return;
  }
  if (seg.has(Ctl.SYN)) return forget(it); // back to LISTEN
  if (!seg.has(Ctl.ACK)) return count(Counter.TCP_NO_ACK);
  if (seg.ack != it.iss.plus(1)) return reset.answer(seg, now);
  const tcb = establish(it, seg, now);
  if (tcb) segmentArrives(tcb, seg, now);
}
function isAcceptable(it: HalfOpen, seg: Segment, nxt: Seq): bool {
  const wnd = it.window;
  if (!seg.len) return seg.seq == nxt || seg.seq.since(nxt) < wnd;
  if (!wnd) return false;
  return seg.seq.since(nxt) < wnd || seg.end.minus(1).since(nxt) < wnd;
}
/** A repeated SYN is answered like the first; anything else unacceptable with an ACK, but a RST. */
function unacceptable(it: HalfOpen, seg: Segment, nxt: Seq, now: Instant): void {
  count(Counter.TCP_UNACCEPTABLE);
  if (seg.has(Ctl.RST)) return;
  if (seg.has(Ctl.SYN) && !seg.has(Ctl.ACK) && seg.seq == it.irs) {
    if (it.tries >= TRIES) return;
    it.due = 1;
    return mark(it);
  }
  acknowledge(it, seg, nxt, now);
}
function acknowledge(it: HalfOpen, seg: Segment, nxt: Seq, now: Instant): void {
  reset.acknowledge(it, seg, it.iss.plus(1), nxt, it.window >> it.ourShift, it.parent.tos, it.parent.ttl, now);
}

/** The handshake is complete: the connection gets a socket and its rings. Null: no room now; the record stays and the peer tries again. */
function establish(it: HalfOpen, seg: Segment, now: Instant): Tcb | null {
  const listener = it.parent;
  if (listener.owner == 0 && listener.pending >= listener.backlog) return refuse(Counter.TCP_ACCEPT_FULL);
  const tcb = take(listener.class);
  if (!tcb) return refuse(Counter.TCP_NO_SOCKET);
  tcb.local = it.local;
  tcb.remote = it.remote;
  tcb.ports = it.ports;
  tcb.only = it.only;
  tcb.held = 1;
  tcb.owner = listener.owner;
  tcb.inherit(listener);
  synchronize(tcb, it, seg);
  rtt.start(tcb.rtt);
  if (it.tries == 1) rtt.sample(tcb.rtt, state.micro - it.stamp);
  const wasLost = it.tries > 1;
  if (it.taken) forget(it);
  count(Counter.TCP_PASSIVE_OPENS);
  if (listener.owner == 0) {
    listener.pending++;
    listener.queue.push(tcb.accept);
    tcb.listener = listener.address;
  }
  life.attach(tcb);
  life.establish(tcb, wasLost, now);
  if (listener.owner == 0) ready.raise(listener, Event.ACCEPTABLE);
  return tcb;
}
function refuse(why: Counter): Tcb | null {
  count(why);
  return null;
}
/** Sequence variables as both SYNs left them. */
function synchronize(tcb: Tcb, it: HalfOpen, seg: Segment): void {
  const snd = tcb.snd;
  const rcv = tcb.rcv;
  snd.iss = it.iss;
  snd.una = it.iss.plus(1);
  snd.nxt = snd.una;
  snd.cursor = snd.una;
  snd.end = snd.una;
  snd.push = snd.una;
  rcv.irs = it.irs;
  rcv.nxt = it.irs.plus(1);
  rcv.read = rcv.nxt;
  rcv.up = rcv.nxt;
  rcv.acked = rcv.nxt;
  rcv.edge = rcv.nxt.plus(it.window);
  const via = packet().via;
  rcv.mss = via.mtu - IPV4_HEADER - TCP_HEADER;
  agree(tcb, it.mss, it.shift, it.sack);
  agreeOnTimestamps(tcb, it.stamped, it.tsRecent, it.tsRecentAt);
  tcb.tsOffset = it.tsOffset;
  tcb.hasEcn = it.ecn;
  snd.wnd = seg.wnd << snd.shift;
  snd.maxWnd = snd.wnd;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
}

/** Sends the SYN-ACK that is due. */
export function output(it: HalfOpen, now: Instant): Turn {
  if (!it.due) return Turn.IDLE;
  const hop = scratchHop();
  if (!ipv4.way(hop, it.remote, it.only)) {
    forget(it);
    return Turn.WAITING;
  }
  const via = hop.via;
  let mac: usize = changetype<usize>(hop);
  if (isEthernet(via)) {
    const neighbour = arp.want(via, hop.nextHop, true, now);
    if (!neighbour) return retryLater(it, now);
    if (!arp.isUsable(neighbour, now)) {
      it.owed.unlink();
      neighbour.waiters.push(it.owed);
      return Turn.WAITING;
    }
    mac = neighbour.mac;
  }
  const slot = claim(deviceOf(via), Reserve.REPLY);
  if (!slot) return Turn.BLOCKED;
  if (TRANSPARENT && it.ask) {
    decide.refuse(it, via, slot, mac);
    forget(it);
    return Turn.WAITING;
  }
  const length = writeSynAck(slot + SLOT_IP + IPV4_HEADER, it, via.mtu - IPV4_HEADER - TCP_HEADER, state.now + it.tsOffset);
  ipv4.close(via, slot, mac, it.local, it.remote, Protocol.TCP, length, it.parent.tos, it.parent.ttl, true);
  count(Counter.TCP_OUT);
  if (it.tries) count(Counter.TCP_RETRANSMITTED);
  else it.stamp = state.micro;
  it.due = 0;
  it.tries++;
  it.next = now + (FIRST_WAIT << (it.tries - 1));
  deadlines.arm(it, it.next);
  return Turn.IDLE;
}
/** The neighbour table is full: again in a while. */
function retryLater(it: HalfOpen, now: Instant): Turn {
  it.owed.unlink();
  it.waits++;
  it.next = now + FIRST_WAIT;
  deadlines.arm(it, it.next);
  return Turn.WAITING;
}
/** No answer to a SYN-ACK: another one, or the end. */
export function expire(it: HalfOpen, now: Instant): void {
  if (before(now, it.next)) return deadlines.arm(it, it.next);
  if (it.tries >= TRIES || it.waits >= TRIES || (TRANSPARENT && it.ask)) {
    count(Counter.TCP_SYN_EXPIRED);
    return forget(it);
  }
  it.due = 1;
  mark(it);
}

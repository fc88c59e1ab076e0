// read RFC 9293 §3.10.7.3 first
import { ECN } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Err, Offer } from "../../memory/errors";
import { Instant } from "../../memory/time";
import { TIMESTAMPS_OCTETS } from "../../wire/options";
import { Ctl } from "../../wire/tcp";
import * as ecn from "./ecn";
import { afterAcknowledgement } from "./input";
import * as life from "./life";
import { oweAck } from "./owe";
import * as reset from "./reset";
import * as rtt from "./rtt";
import { Segment } from "./segment";
import { later } from "./seq";
import { become, State } from "./state";
import { mark, Tcb } from "./tcb";
import { shiftFor } from "./window";

/** Send MSS when the peer names none. RFC 9293 §3.7.1, MUST-15. */
const DEFAULT_MSS: u32 = 536;
/** Smallest send MSS we are talked down to. */
const SMALLEST_MSS: u32 = 64;

/** SEGMENT ARRIVES in SYN-SENT. */
export function segmentArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  const snd = tcb.snd;
  const hasAck = seg.has(Ctl.ACK);
  const isUnacceptable = hasAck && (seg.ack <= snd.iss || seg.ack > snd.nxt);
  if (isUnacceptable && !seg.has(Ctl.RST)) return reset.answer(seg, now); // first
  if (seg.has(Ctl.RST)) {
    count(Counter.TCP_RST_IN);
    if (hasAck && !isUnacceptable) life.end(tcb, Err.REFUSED); // second
    return;
  }
  if (!seg.has(Ctl.SYN)) return count(Counter.TCP_UNACCEPTABLE); // fifth
  synArrives(tcb, seg, now); // fourth
  if (!hasAck) {
    // Simultaneous open: our SYN goes out again, with the ACK.
    become(tcb, State.SYN_RECEIVED);
    snd.cursor = snd.iss;
    return mark(tcb);
  }
  snd.una = seg.ack;
  snd.cursor = later(snd.cursor, snd.una); // a SYN that was to be sent again is not
  rtt.acknowledge(tcb, seg);
  life.establish(tcb, tcb.rtt.backoff != 0, now);
  oweAck(tcb);
  seg.stripSyn();
  afterAcknowledgement(tcb, seg, now);
}

/** Takes what the peer's SYN says. */
function synArrives(tcb: Tcb, seg: Segment, now: Instant): void {
  const snd = tcb.snd;
  const rcv = tcb.rcv;
  rcv.irs = seg.seq;
  rcv.nxt = seg.seq.plus(1);
  rcv.read = rcv.nxt;
  rcv.up = rcv.nxt;
  rcv.acked = rcv.nxt;
  rcv.edge = rcv.nxt.plus(min<u32>(rcv.limit, 65535));
  agree(tcb, seg.mss, tcb.offer & Offer.SCALE ? seg.shift : -1, tcb.offer & Offer.SACK ? seg.sackPermitted : 0);
  if (ECN) tcb.hasEcn = seg.has(Ctl.ACK) ? (tcb.offer & Offer.ECN && ecn.isAgreed(seg) ? 1 : 0) : ecn.isAsked(seg) ? 1 : 0;
  agreeOnTimestamps(tcb, tcb.offer & Offer.TIMESTAMPS ? seg.stamped : 0, seg.tsVal, now);
  snd.wnd = seg.wnd;
  snd.maxWnd = max(snd.maxWnd, seg.wnd);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
}
/** Takes the options of the peer's SYN: MSS (0: none), shift (-1: none), SACK (1: permitted). */
export function agree(tcb: Tcb, mss: u32, shift: i32, sack: u32): void {
  const snd = tcb.snd;
  const rcv = tcb.rcv;
  snd.mss = min(max(mss ? mss : DEFAULT_MSS, SMALLEST_MSS), rcv.mss);
  tcb.scaled = shift >= 0 ? 1 : 0;
  snd.shift = shift >= 0 ? shift : 0;
  rcv.shift = shift >= 0 ? shiftFor(rcv.limit) : 0;
  tcb.sack = <u8>sack;
}
/** Both sides offered timestamps (`stamped` 1), or not: they take room from every segment. */
export function agreeOnTimestamps(tcb: Tcb, stamped: u32, recent: u32, now: Instant): void {
  tcb.hasStamps = <u8>stamped;
  if (stamped) tcb.snd.mss -= TIMESTAMPS_OCTETS;
  tcb.mssMax = tcb.snd.mss;
  tcb.tsRecent = recent;
  tcb.tsRecentAt = now;
}

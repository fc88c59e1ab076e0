import { Link } from "../../memory/list";
import { ECN } from "../../memory/config";
import { Offer } from "../../memory/errors";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import { writeMss, writeSackPermitted, writeTimestamps, writeWindowScale } from "../../wire/options";
import { Ctl, TcpHeader } from "../../wire/tcp";
import * as ecn from "./ecn";
import { Listener } from "./listening";
import { Brief } from "./reset";
import { Segment } from "./segment";
import { Seq } from "./seq";
import * as timestamps from "./timestamps";
import { offerInSyn, shiftFor } from "./window";

/** What is to be decided on a SYN. */
export enum Ask {
  /** Nothing. */
  NONE = 0,
  /** Everything, and the application has not looked yet. */
  NEW = 1,
  TOLD = 2,
  /** It is refused: a RST is due. */
  REFUSED = 3,
}
/** A connection in SYN-RECEIVED that a listener opened. */
@unmanaged
@final
export class HalfOpen extends Brief {
  listener: u32;
  iss: Seq;
  irs: Seq;
  mss: u32;
  /** Peer's shift, -1: none. */
  shift: i32;
  sack: u8;
  ecn: u8;
  /** SYN-ACKs sent. */
  tries: u8;
  /** 1: a SYN-ACK is due. */
  due: u8;
  /** Whether the application is still to decide on it: an Ask. */
  ask: u8;
  /** How often there was no place for its neighbour. */
  waits: u8;
  /** When the first SYN-ACK left, microseconds. */
  stamp: u32;
  next: Instant;
  openNext: u32;
  openPrevious: u32;

  get parent(): Listener {
    return changetype<Listener>(<usize>this.listener);
  }
  get siblings(): Link {
    return Link.at(changetype<usize>(this) + offsetof<HalfOpen>("openNext"));
  }
  static ofSibling(link: Link): HalfOpen {
    return changetype<HalfOpen>(changetype<usize>(link) - offsetof<HalfOpen>("openNext"));
  }
  /** RCV.WND. */
  get window(): u32 {
    return offerInSyn(this.receiveLimit);
  }
  get receiveLimit(): u32 {
    return root.rings(this.parent.class).receiveLimit;
  }
  /** Shift of our windows, behind the SYN. */
  get ourShift(): u32 {
    return this.shift >= 0 ? shiftFor(this.receiveLimit) : 0;
  }
}
/** Octets of a record. */
export const HALF_OPEN_OCTETS: u32 = offsetof<HalfOpen>();

/** Takes a SYN for a listener: addresses, ports, IRS and what of its options the listener wants. */
export function takeSyn(it: HalfOpen, listener: Listener, seg: Segment, now: Instant): void {
  const offer = listener.offer;
  it.local = seg.local;
  it.remote = seg.remote;
  it.ports = seg.ports;
  it.listener = listener.address;
  it.only = listener.only;
  it.irs = seg.seq;
  it.mss = seg.mss;
  it.shift = offer & Offer.SCALE ? seg.shift : -1;
  it.sack = offer & Offer.SACK ? <u8>seg.sackPermitted : 0;
  it.ecn = ECN && ecn.isAsked(seg) ? 1 : 0;
  it.hasStamps = offer & Offer.TIMESTAMPS ? <u8>seg.stamped : 0;
  it.tsRecent = seg.tsVal;
  it.tsRecentAt = now;
  it.tsOffset = timestamps.offsetFor(seg.local, seg.remote, seg.ports);
}
/** Writes the SYN-ACK, with `tsVal` where there are timestamps; answers its octets. */
export function writeSynAck(at: usize, it: HalfOpen, mss: u32, tsVal: u32): u32 {
  const header = TcpHeader.at(at);
  let end = writeMss(header.options, mss);
  if (it.shift >= 0) end = writeWindowScale(end, it.ourShift);
  if (it.sack) end = writeSackPermitted(end);
  if (it.stamped) end = writeTimestamps(end, tsVal, it.tsRecent);
  const length = <u32>(end - at);
  header.write(it.ports, it.iss.u32, it.irs.plus(1).u32, length, Ctl.SYN | Ctl.ACK | (it.ecn ? Ctl.ECE : 0), it.window);
  header.seal(it.local, it.remote, length);
  return length;
}

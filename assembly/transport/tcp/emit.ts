// One segment, written straight into a TX slot.
import { ECN, TIMESTAMPS } from "../../memory/config";
import { bump, count, Counter } from "../../memory/counters";
import { Offer } from "../../memory/errors";
import * as ring from "../../memory/ring";
import { IPV4_HEADER, Protocol, ECT0 } from "../../wire/ipv4";
import { writeMss, writeSackBlock, writeSackHead, writeSackPermitted, writeTimestamps, writeWindowScale } from "../../wire/options";
import { Ctl, TcpHeader } from "../../wire/tcp";
import { SLOT_IP } from "../../link/device";
import { isEthernet } from "../../link/interfaces";
import * as ipv4 from "../../internet/ipv4";
import * as together from "./together";
import { Seq } from "./seq";
import { State } from "./state";
import { Owes, Tcb, Timer } from "./tcb";
import * as timers from "./timers";
import { offer, offerInSyn, shiftFor } from "./window";

/** SACK blocks that fit beside nothing else; beside timestamps one less. RFC 2018 §3. */
const BLOCKS_MAX: u32 = 4;

/** Offer bits that this build can keep. */
const OFFERED: u32 = Offer.SCALE | Offer.SACK | (TIMESTAMPS ? Offer.TIMESTAMPS : 0) | (ECN ? Offer.ECN : 0);
/** SYNs that ask for ECN before one goes without, in case the asking is what is dropped. RFC 3168 §6.1.1.1. */
const ECN_TRIES: u32 = 2;

/** Writes the segment at `seq` with `length` octets of the send ring and hands it to the device. It acknowledges RCV.NXT - `short`. */
export function emit(tcb: Tcb, slot: usize, seq: Seq, ctl: u32, length: u32, short: u32): void {
  const at = slot + SLOT_IP + IPV4_HEADER;
  const header = TcpHeader.at(at);
  const end = optionsFor(tcb, header.options, ctl, length);
  const headerLength = <u32>(end - at);
  const isNew = tcb.ecn != 0 && length != 0 && seq >= tcb.snd.nxt && tcb.snd.wnd != 0;
  const isAck = (ctl & Ctl.ACK) != 0;
  const ack = tcb.rcv.nxt.minus(short);
  const window = isAck ? acknowledge(tcb, ack, ctl) : offerInSyn(tcb.rcv.limit);
  header.write(tcb.ports, seq.u32, isAck ? ack.u32 : 0, headerLength, ctl | ecnBits(tcb, ctl, isNew), window);
  if (length) ring.peek(tcb.snd.ring, tcb.snd.mask, seq.u32, end, length);
  const total = headerLength + length;
  if (length && together.isLeft(tcb)) together.leave(tcb, slot, header, length, total);
  else header.seal(tcb.local, tcb.remote, total);
  const it = tcb.path.via;
  const neighbour = tcb.path.to;
  ipv4.close(
    it,
    slot,
    neighbour && isEthernet(it) ? neighbour.mac : slot,
    tcb.local,
    tcb.remote,
    Protocol.TCP,
    total,
    tcb.tos | (isNew ? ECT0 : 0),
    tcb.ttl,
    !tcb.fragmentable,
  );
  count(Counter.TCP_OUT);
  bump(Counter.OCTETS_OUT, length);
}

/** Settles what was owed by acknowledging up to `ack`; answers the window field. */
function acknowledge(tcb: Tcb, ack: Seq, ctl: u32): u32 {
  tcb.rcv.acked = ack;
  if (!(ctl & Ctl.RST)) {
    tcb.owes &= ~Owes.ACK;
    timers.clear(tcb, Timer.ACK);
  }
  return ctl & Ctl.SYN ? offerInSyn(tcb.rcv.limit) : offer(tcb, ack);
}

/** ECE and CWR: in a SYN asking or agreeing, later echoing a mark and telling of a reduction. RFC 3168 §6.1. */
function ecnBits(tcb: Tcb, ctl: u32, isNew: bool): u32 {
  if (!ECN || ctl & Ctl.RST) return 0;
  if (ctl & Ctl.SYN) {
    if (tcb.state == State.SYN_RECEIVED) return tcb.ecn ? Ctl.ECE : 0;
    return tcb.offer & OFFERED & Offer.ECN && tcb.rtt.backoff < ECN_TRIES ? Ctl.ECE | Ctl.CWR : 0;
  }
  let bits: u32 = tcb.echoes ? Ctl.ECE : 0;
  if (isNew && tcb.cwr) {
    bits |= Ctl.CWR;
    tcb.cwr = 0;
  }
  return bits;
}
/** Writes the options of a segment; answers where its text begins. SACK blocks go with ACKs alone. RFC 7323 §3.2. */
function optionsFor(tcb: Tcb, from: usize, ctl: u32, length: u32): usize {
  let at = from;
  if (ctl & Ctl.SYN) at = synOptions(tcb, at);
  else if (tcb.stamped) at = writeTimestamps(at, tcb.tsVal, tcb.tsRecent);
  return length || ctl & Ctl.RST ? at : sackOption(tcb, at);
}
/** MSS always; the others when asking for what is offered, or when asked. MUST-14, SHLD-5. */
function synOptions(tcb: Tcb, from: usize): usize {
  const asked: u32 = tcb.state == State.SYN_SENT ? tcb.offer & OFFERED : 0;
  let at = writeMss(from, tcb.rcv.mss);
  if (asked & Offer.SCALE || tcb.scaled) at = writeWindowScale(at, shiftFor(tcb.rcv.limit));
  if (asked & Offer.SACK || tcb.sack) at = writeSackPermitted(at);
  if (asked & Offer.TIMESTAMPS || tcb.stamped) at = writeTimestamps(at, tcb.tsVal, tcb.tsRecent);
  return at;
}
/** What has arrived twice, then what has arrived ahead, the newest range first. RFC 2018 §4. */
function sackOption(tcb: Tcb, from: usize): usize {
  const ahead = tcb.ahead;
  const twice: u32 = tcb.dsackLeft != tcb.dsackRight ? 1 : 0;
  if (!tcb.sack || !(ahead.count + twice)) return from;
  const most = min<u32>(BLOCKS_MAX - tcb.stamped, (tcb.path.via.mtu - tcb.headers - 4) / 8);
  if (!most) return from;
  const blocks = min(ahead.count, most - twice);
  let at = writeSackHead(from, blocks + twice);
  if (twice) at = writeSackBlock(at, tcb.dsackLeft.u32, tcb.dsackRight.u32);
  tcb.dsackLeft = tcb.dsackRight;
  for (let i: u32 = 0; i < blocks; i++) {
    const right = ahead.right(i);
    const fin: u32 = tcb.rcv.hasFin && right == tcb.rcv.fin ? 1 : 0; // the FIN is there, too
    at = writeSackBlock(at, ahead.left(i).u32, right.plus(fin).u32);
  }
  return at;
}

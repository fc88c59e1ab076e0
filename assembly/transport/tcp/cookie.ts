// read RFC 4987 §3.6 first
// SYN cookies: while the SYN queue is full a SYN is answered without keeping anything. What must be known later comes back
// with the ACK: a keyed hash and the MSS in its sequence number, window scale, SACK and ECN in the echoed timestamp.
import { count, Counter } from "../../memory/counters";
import { keyed } from "../../memory/random";
import { state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { TCP_HEADER } from "../../wire/tcp";
import { SLOT_IP } from "../../link/device";
import { packet } from "../../link/packet";
import { scratchHop } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import { HalfOpen, takeSyn, writeSynAck } from "./halfopen";
import { Listener } from "./listening";
import { scratch, SCRATCH_OCTETS } from "./reset";
import { Segment } from "./segment";
import { Seq } from "./seq";
import * as timestamps from "./timestamps";

/** The clock of cookies: 65,536 ms a step; a cookie is good in the step it was made in and in the next. */
const STEP_SHIFT: u32 = 16;
const STEPS: u32 = 31;
/** How long after the last cookie one may come back, milliseconds. */
const BELIEVED: u32 = 2 << STEP_SHIFT;
/** The values of MSS a cookie can tell apart. */
const SIZES: usize = memory.data<u16>([64, 536, 1024, 1220, 1300, 1440, 1460, 8960]);
const SIZES_COUNT: u32 = 8;
/** Low bits of the timestamp: the shift (15: no scaling), SACK, ECN. */
const NO_SCALE: u32 = 15;
const SACK_BIT: u32 = 16;
const ECN_BIT: u32 = 32;
const BITS: u32 = 63;

function sizeAt(i: u32): u32 {
  return load<u16>(SIZES + (i << 1));
}
/** The largest size that is not more than `mss`. */
function indexFor(mss: u32): u32 {
  let i = SIZES_COUNT - 1;
  while (i && sizeAt(i) > mss) i--;
  return i;
}
/** Step (5 bits), MSS (3 bits), hash (24 bits). */
function make(it: HalfOpen, step: u32, index: u32): Seq {
  const ends = keyed(state.keySecret0, state.keySecret1, ((<u64>it.local) << 32) | it.remote, ((<u64>it.ports) << 32) | it.irs.u32);
  const hash = <u32>keyed(state.keyIsn0, state.keyIsn1, ends, ((<u64>step) << 8) | index);
  return Seq.of(((step & STEPS) << 27) | (index << 24) | (hash >> 8));
}
if (offsetof<HalfOpen>() > SCRATCH_OCTETS) ERROR("HalfOpen outgrew its scratch place");

/** Answers a SYN with a cookie. Dropped when there is no TX slot. */
export function answer(listener: Listener, seg: Segment, now: Instant): void {
  const it = changetype<HalfOpen>(scratch());
  takeSyn(it, listener, seg, now);
  if (!it.stamped) {
    it.shift = -1;
    it.sack = 0;
    it.ecn = 0;
  }
  it.iss = make(it, state.now >> STEP_SHIFT, indexFor(it.mss ? it.mss : 536));
  const hop = scratchHop();
  if (!ipv4.way(hop, seg.remote, it.only)) return;
  const slot = ipv4.openAnswer(hop);
  if (!slot) return;
  const length = writeSynAck(slot + SLOT_IP + IPV4_HEADER, it, hop.via.mtu - IPV4_HEADER - TCP_HEADER, stampFor(it));
  hop.source = seg.local;
  listener.cookieAt = now;
  listener.hasCookies = 1;
  count(Counter.TCP_OUT);
  count(Counter.TCP_COOKIES_OUT);
  ipv4.answer(hop, slot, packet(), seg.remote, Protocol.TCP, length, listener.tos, listener.ttl, true, now);
}
/** The newest timestamp, not in the future, whose low bits say what was agreed. */
function stampFor(it: HalfOpen): u32 {
  const clock = state.now + it.tsOffset;
  const bits = (it.shift < 0 ? NO_SCALE : <u32>it.shift) | (it.sack ? SACK_BIT : 0) | (it.ecn ? ECN_BIT : 0);
  const stamp = (clock & ~BITS) | bits;
  return <i32>(stamp - clock) > 0 ? stamp - BITS - 1 : stamp;
}
/** The connection that an ACK brings back; null when it bears no cookie of ours. */
export function take(listener: Listener, seg: Segment, now: Instant): HalfOpen | null {
  if (!listener.hasCookies || now - listener.cookieAt > BELIEVED) return null;
  const it = changetype<HalfOpen>(scratch());
  it.local = seg.local;
  it.remote = seg.remote;
  it.ports = seg.ports;
  it.listener = listener.address;
  it.only = listener.only;
  it.irs = seg.seq.minus(1);
  it.iss = seg.ack.minus(1);
  const step = state.now >> STEP_SHIFT;
  const age = (step - (it.iss.u32 >> 27)) & STEPS;
  const index = (it.iss.u32 >> 24) & (SIZES_COUNT - 1);
  if (age > 1 || make(it, step - age, index) != it.iss) return null;
  count(Counter.TCP_COOKIES_IN);
  it.mss = sizeAt(index);
  it.hasStamps = <u8>seg.stamped;
  it.tsRecent = seg.tsVal;
  it.tsRecentAt = now;
  it.tsOffset = timestamps.offsetFor(seg.local, seg.remote, seg.ports);
  const bits = seg.stamped ? seg.tsEcr & BITS : NO_SCALE;
  it.shift = (bits & NO_SCALE) == NO_SCALE ? -1 : bits & NO_SCALE;
  it.sack = bits & SACK_BIT ? 1 : 0;
  it.ecn = bits & ECN_BIT ? 1 : 0;
  return it;
}

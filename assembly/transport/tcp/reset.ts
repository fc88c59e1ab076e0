// Resets and acknowledgements that belong to no connection: built straight into a TX slot, limited in rate, never kept.
import { count, Counter } from "../../memory/counters";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { Ctl, TCP_HEADER, TcpHeader } from "../../wire/tcp";
import { SLOT_IP } from "../../link/device";
import { packet } from "../../link/packet";
import { scratchHop } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import * as limit from "../../internet/limit";
import { Segment } from "./segment";
import { Seq } from "./seq";

/** Answers a segment that fits no connection. Never a RST to a RST. RFC 9293 §3.10.7.1. */
export function answer(seg: Segment, now: Instant): void {
  if (seg.has(Ctl.RST)) return;
  if (!limit.mayReset(now)) return count(Counter.TCP_RST_LIMITED);
  if (seg.has(Ctl.ACK)) send(seg, seg.ack, Seq.of(0), Ctl.RST, 0, 0, root.ttl, now);
  else send(seg, Seq.of(0), seg.end, Ctl.RST | Ctl.ACK, 0, 0, root.ttl, now);
  count(Counter.TCP_RST_OUT);
}

/** Answers to empty segments and SYNs that a half-open connection, or one in TIME-WAIT, gives in its life: two of them must not answer each other for ever. */
const ANSWERS: u32 = 10;

/** An ACK from a half-open connection or one in TIME-WAIT that has given `answers` to empty segments; answers how many it has given now. */
export function acknowledge(seg: Segment, answers: u32, seq: Seq, ack: Seq, wnd: u32, tos: u32, ttl: u32, now: Instant): u32 {
  const isEmpty = !seg.textLength && !seg.has(Ctl.FIN);
  if (isEmpty && answers >= ANSWERS) {
    count(Counter.TCP_CHALLENGE_LIMITED);
    return answers;
  }
  send(seg, seq, ack, Ctl.ACK, wnd, tos, ttl, now);
  return isEmpty ? answers + 1 : answers;
}

/** Sends a segment without text back to where `seg`, the segment in hand, came from. Dropped when there is no TX slot. */
function send(seg: Segment, seq: Seq, ack: Seq, ctl: u32, wnd: u32, tos: u32, ttl: u32, now: Instant): void {
  const hop = scratchHop();
  if (!ipv4.way(hop, seg.remote, 0)) return;
  const slot = ipv4.openAnswer(hop);
  if (!slot) return;
  const header = TcpHeader.at(slot + SLOT_IP + IPV4_HEADER);
  header.write(seg.ports, seq.u32, ack.u32, TCP_HEADER, ctl, wnd);
  header.seal(seg.local, seg.remote, TCP_HEADER);
  hop.source = seg.local;
  count(Counter.TCP_OUT);
  ipv4.answer(hop, slot, packet(), seg.remote, Protocol.TCP, TCP_HEADER, tos, ttl, true, now);
}

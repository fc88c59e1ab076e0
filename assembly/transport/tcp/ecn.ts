// read RFC 3168 §6.1 first
import { count, Counter } from "../../memory/counters";
import { CE } from "../../wire/ipv4";
import { Ctl } from "../../wire/tcp";
import * as congestion from "./congestion";
import { oweAck } from "./owe";
import { Segment } from "./segment";
import { later } from "./seq";
import { Phase, Tcb } from "./tcb";

/** Whether a SYN asks for ECN. */
export function isAsked(seg: Segment): bool {
  return (seg.ctl & (Ctl.ECE | Ctl.CWR)) == (Ctl.ECE | Ctl.CWR);
}
/** Whether a SYN-ACK agrees to it. */
export function isAgreed(seg: Segment): bool {
  return (seg.ctl & (Ctl.ECE | Ctl.CWR)) == Ctl.ECE;
}
/** A mark on what came is echoed until the peer has heard; the CWR comes first, since its own segment may be marked again. */
export function segmentArrives(tcb: Tcb, seg: Segment): void {
  if (!tcb.ecn) return;
  if (seg.has(Ctl.CWR) && seg.textLength) tcb.echoes = 0;
  if ((seg.tos & CE) != CE) return;
  count(Counter.TCP_CE_IN);
  tcb.echoes = 1;
  oweAck(tcb);
}
/** The peer echoes a mark: as for a loss, but nothing is sent again; once in a round trip. */
export function acknowledged(tcb: Tcb, seg: Segment, before: u32): void {
  const it = tcb.congestion;
  if (!tcb.ecn || !seg.has(Ctl.ECE) || it.phase != Phase.OPEN || seg.ack <= later(it.recover, it.echoed)) return;
  count(Counter.TCP_ECE_IN);
  congestion.yields(tcb, before);
}

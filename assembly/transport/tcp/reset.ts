// Resets and acknowledgements that belong to no connection: built straight into a TX slot, limited in rate, never kept.
import { TIMESTAMPS } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { root, state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { TIMESTAMPS_OCTETS, writeTimestamps } from "../../wire/options";
import { Ctl, TCP_HEADER, TcpHeader } from "../../wire/tcp";
import { SLOT_IP } from "../../link/device";
import { packet } from "../../link/packet";
import { scratchHop } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import * as limit from "../../internet/limit";
import { Tuple } from "../socket";
import { Segment } from "./segment";
import { Seq } from "./seq";
import * as timestamps from "./timestamps";

/** What answers for a connection that has no TCB: half open, or in TIME-WAIT. */
@unmanaged
export class Brief extends Tuple {
  /** Answers given to empty segments and SYNs. */
  answers: u32;
  /** The interface it is bound to, 0: none. */
  only: u8;
  /** 1: segments carry timestamps; TS.Recent, when it came, and what our clock is ahead. */
  hasStamps: u8;
  tsRecent: u32;
  tsRecentAt: Instant;
  tsOffset: u32;

  get stamped(): u32 {
    return TIMESTAMPS ? this.hasStamps : 0;
  }
}

/** Octets of the place for a record that is not kept. */
export const SCRATCH_OCTETS: usize = 128;
/** A place, all zero, for a record that only lives as long as the segment in hand. */
export function scratch(): usize {
  const at = root.packetAt + 256;
  memory.fill(at, 0, SCRATCH_OCTETS);
  return at;
}

/** Answers a segment that fits no connection. Never a RST to a RST. RFC 9293 §3.10.7.1. */
export function answer(seg: Segment, now: Instant): void {
  if (seg.has(Ctl.RST)) return;
  if (!limit.mayReset(now)) return count(Counter.TCP_RST_LIMITED);
  if (seg.has(Ctl.ACK)) send(null, seg, seg.ack, Seq.of(0), Ctl.RST, 0, 0, root.ttl, now);
  else send(null, seg, Seq.of(0), seg.end, Ctl.RST | Ctl.ACK, 0, 0, root.ttl, now);
  count(Counter.TCP_RST_OUT);
}

/** Answers to empty segments and SYNs that a half-open connection, or one in TIME-WAIT, gives in its life: two of them must not answer each other for ever. */
const ANSWERS: u32 = 10;

/** An ACK from a half-open connection or one in TIME-WAIT. */
export function acknowledge(it: Brief, seg: Segment, seq: Seq, ack: Seq, wnd: u32, tos: u32, ttl: u32, now: Instant): void {
  if (!seg.textLength && !seg.has(Ctl.FIN)) {
    if (it.answers >= ANSWERS) return count(Counter.TCP_CHALLENGE_LIMITED);
    it.answers++;
  }
  send(it, seg, seq, ack, Ctl.ACK, wnd, tos, ttl, now);
}
/** Whether a segment for such a connection misses the timestamps it should have: it is dropped in silence. RFC 7323 §3.2. */
export function lacksStamp(it: Brief, seg: Segment): bool {
  if (!it.stamped || seg.stamped || seg.has(Ctl.RST | Ctl.SYN)) return false;
  count(Counter.TCP_NO_TIMESTAMP);
  return true;
}
/** Whether its timestamp is older than what has come: it is acknowledged and dropped. RFC 7323 §5.3. */
export function isOldDuplicate(it: Brief, seg: Segment, now: Instant): bool {
  if (!it.stamped || seg.has(Ctl.RST | Ctl.SYN) || !timestamps.isOld(seg.tsVal, it.tsRecent, it.tsRecentAt, now)) return false;
  count(Counter.TCP_PAWS);
  return true;
}

/** Sends a segment without text back to where `seg`, the segment in hand, came from. Dropped when there is no TX slot. */
function send(it: Brief | null, seg: Segment, seq: Seq, ack: Seq, ctl: u32, wnd: u32, tos: u32, ttl: u32, now: Instant): void {
  const hop = scratchHop();
  if (!ipv4.way(hop, seg.remote, it ? it.only : 0)) return;
  const slot = ipv4.openAnswer(hop);
  if (!slot) return;
  const header = TcpHeader.at(slot + SLOT_IP + IPV4_HEADER);
  const length: u32 = it && it.stamped ? TCP_HEADER + TIMESTAMPS_OCTETS : TCP_HEADER;
  if (it && it.stamped) writeTimestamps(header.options, state.now + it.tsOffset, it.tsRecent);
  header.write(seg.ports, seq.u32, ack.u32, length, ctl, wnd);
  header.seal(seg.local, seg.remote, length);
  hop.source = seg.local;
  count(Counter.TCP_OUT);
  ipv4.answer(hop, slot, packet(), seg.remote, Protocol.TCP, length, tos, ttl, true, now);
}

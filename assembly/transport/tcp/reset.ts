// Resets and acknowledgements that belong to no connection: built straight into a TX slot, limited in rate, never kept.
import { count, Counter } from "../../memory/counters";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { Ctl, TCP_HEADER, TcpHeader } from "../../wire/tcp";
import { Reserve, SLOT_IP } from "../../link/device";
import { isEthernet } from "../../link/interfaces";
import * as arp from "../../internet/arp";
import { scratchHop } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import * as limit from "../../internet/limit";
import { Hop } from "../../internet/route";
import { Segment } from "./segment";
import { Seq } from "./seq";

/** Answers a segment that fits no connection. Never a RST to a RST. RFC 9293 §3.10.7.1. */
export function answer(seg: Segment, now: Instant): void {
  if (seg.has(Ctl.RST)) return;
  if (!limit.mayReset(now)) return count(Counter.TCP_RST_LIMITED);
  if (seg.has(Ctl.ACK)) send(seg, seg.ack, Seq.of(0), Ctl.RST, 0, now);
  else send(seg, Seq.of(0), seg.end, Ctl.RST | Ctl.ACK, 0, now);
  count(Counter.TCP_RST_OUT);
}

/** Sends a segment without text back to where `seg` came from. Dropped when there is no TX slot or no known way. */
export function send(seg: Segment, seq: Seq, ack: Seq, ctl: u32, wnd: u32, now: Instant): bool {
  const hop = scratchHop();
  if (!ipv4.way(hop, seg.remote, 0)) return false;
  const slot = ipv4.open(hop, Reserve.REPLY, now);
  if (!slot) return false;
  const mac = macOf(hop, now);
  if (!mac) return false;
  const header = TcpHeader.at(slot + SLOT_IP + IPV4_HEADER);
  header.write(seg.ports, seq.u32, ack.u32, TCP_HEADER, ctl, wnd);
  header.seal(seg.local, seg.remote, TCP_HEADER);
  ipv4.close(hop.via, slot, mac, seg.local, seg.remote, Protocol.TCP, TCP_HEADER, 0, root.ttl, true);
  count(Counter.TCP_OUT);
  return true;
}
/** Where the next hop's MAC address lies; 0: not known. For raw IP, anywhere. */
function macOf(hop: Hop, now: Instant): usize {
  if (!isEthernet(hop.via)) return changetype<usize>(hop);
  const neighbour = arp.find(hop.via, hop.nextHop);
  return neighbour && arp.isUsable(neighbour, now) ? neighbour.mac : 0;
}

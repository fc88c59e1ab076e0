// read RFC 1812 §5 and RFC 2644 first
// What is for another host goes on, when the setting `forwarding` says so. What the filter does not let pass does not come here;
// a source is translated at the head of `output`, when the way is known and no error will be reported any more.
// Redirects are not sent; options are passed on as they came; datagrams with a source route under way are dropped in ipv4.ts.
import { count, Counter } from "../memory/counters";
import { NAPT } from "../memory/config";
import { state } from "../memory/root";
import { Instant } from "../memory/time";
import { IcmpType, Unreachable } from "../wire/icmp";
import { DATAGRAM_MAX, IPV4_DF, Ipv4Header } from "../wire/ipv4";
import { Reserve } from "../link/device";
import { isEthernet } from "../link/interfaces";
import { Cast, Packet, packet } from "../link/packet";
import { isSpecial } from "./address";
import * as arp from "./arp";
import * as hold from "./hold";
import { Hold } from "./hold";
import * as icmp from "./icmp";
import * as ipv4 from "./ipv4";
import * as napt from "./napt";
import * as pieces from "./pieces";
import { Hop } from "./route";
import * as route from "./route";

/** Addresses that never cross a router: those that mean no single host, and link-local ones. RFC 1812 §5.3.7, RFC 3927 §7. */
function staysOnLink(ip: u32): bool {
  return isSpecial(ip) || ip >> 16 == 0xa9fe;
}

/** A datagram for another host arrived, its header found right by ipv4.input. */
export function input(packet: Packet, now: Instant): void {
  if (packet.linkGroup || staysOnLink(packet.source) || staysOnLink(packet.destination)) return count(Counter.IP_NOT_OURS);
  const header = Ipv4Header.at(packet.ip);
  // Its offset would begin anew where it is cut.
  if ((header.offset << 3) + packet.ipLength > DATAGRAM_MAX) return count(Counter.IP_FRAGMENT_TOO_LONG);
  if (header.ttl <= 1) {
    count(Counter.IP_TTL);
    return icmp.report(packet, IcmpType.TIME_EXCEEDED, 0, now);
  }
  const hop = icmp.scratchHop();
  // Back into a raw IP device would go round between its two ends until the TTL is used up.
  if (!route.find(hop, packet.destination, 0) || (hop.via == packet.via && !isEthernet(hop.via))) {
    count(Counter.IP_NO_ROUTE);
    return icmp.report(packet, IcmpType.UNREACHABLE, Unreachable.NET, now);
  }
  const mtu = hop.via.mtu;
  if (packet.ipLength > mtu && header.fragment & IPV4_DF) {
    count(Counter.IP_DF);
    return icmp.reportWith(packet, IcmpType.UNREACHABLE, Unreachable.FRAGMENTATION_NEEDED, mtu, now);
  }
  header.age();
  output(hop, packet, now);
}

/** Sends it on. One that waits for its neighbour is held like a datagram of our own. */
function output(hop: Hop, packet: Packet, now: Instant): void {
  if (NAPT && state.napt && !napt.output(hop, packet)) return;
  const it = hop.via;
  let mac: usize = 0;
  if (isEthernet(it)) {
    const neighbour = arp.want(it, hop.nextHop, true, now);
    if (!neighbour) return;
    if (!arp.isUsable(neighbour, now)) {
      if (!hold.keep(neighbour, packet.ip, packet.ipLength, 0) || !NAPT || !packet.translated) return;
      const kept = Hold.at(neighbour.hold);
      kept.translated = packet.translated;
      kept.firstDestination = packet.firstDestination;
      kept.firstPort = packet.firstPort;
      return;
    }
    if (neighbour.hold && !hold.flush(neighbour, now)) return;
    mac = neighbour.mac;
  }
  if (!pieces.fit(it, packet.ip, Reserve.DATA)) return;
  count(Counter.IP_FORWARDED);
  pieces.send(it, mac, packet.ip, 0, Reserve.DATA);
}

/** The neighbour for a datagram that was held did not answer: its sender hears of it. */
export function undeliverable(kept: Hold, now: Instant): void {
  const here = packet();
  here.in = 0;
  here.frame = 0;
  here.linkGroup = 0;
  here.ip = <u32>kept.data;
  here.cast = Cast.ELSEWHERE;
  here.translated = kept.translated;
  here.firstDestination = kept.firstDestination;
  here.firstPort = kept.firstPort;
  ipv4.describe(here);
  if (NAPT && state.napt) napt.restore(here);
  icmp.report(here, IcmpType.UNREACHABLE, Unreachable.HOST, now);
}

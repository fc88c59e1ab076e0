// Datagrams that need no socket and no route: what configures an interface sends before it has an address, or to a host that has none.
import { fold, pseudo, sum } from "../../memory/checksum";
import { Interface } from "../../memory/control";
import { count, Counter } from "../../memory/counters";
import { root } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { UDP_HEADER, UdpHeader } from "../../wire/udp";
import { Reserve, SLOT_IP } from "../../link/device";
import { numberOf } from "../../link/interfaces";
import { scratchHop } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import * as route from "../../internet/route";

/** By broadcast. */
export const EVERYBODY: u32 = 0xffffffff;
/** Where the data of a datagram lie in a slot. */
const DATA: u32 = SLOT_IP + IPV4_HEADER + UDP_HEADER;

/** Where to write the data of a datagram that leaves by this interface now, by the way to `to` (all ones: by broadcast, or to the MAC address that `send` names). 0: no TX slot, or no way. */
export function open(it: Interface, to: u32, now: Instant): usize {
  const hop = scratchHop();
  hop.interface = <u32>changetype<usize>(it);
  hop.nextHop = EVERYBODY;
  if (to != EVERYBODY && !route.find(hop, to, numberOf(it))) return 0;
  const slot = ipv4.open(hop, Reserve.DATA, now);
  return slot ? slot + DATA : 0;
}
/** Sends the `octets` at `at`, where the last `open` said. `source` 0: from no address. `mac` 0: as the way goes. */
export function send(at: usize, octets: u32, source: u32, sourcePort: u32, to: u32, port: u32, mac: usize, now: Instant): void {
  const header = UdpHeader.at(at - UDP_HEADER);
  const length = UDP_HEADER + octets;
  header.sourcePort = sourcePort;
  header.destinationPort = port;
  header.length = length;
  header.checksum = 0;
  const checksum = fold(sum(at - UDP_HEADER, length, pseudo(source, to, Protocol.UDP, length)));
  header.checksum = checksum ? checksum : 0xffff;
  count(Counter.UDP_OUT);
  const hop = scratchHop();
  hop.source = source;
  if (mac) ipv4.close(hop.via, at - DATA, mac, source, to, Protocol.UDP, length, 0, root.ttl, false);
  else ipv4.send(hop, at - DATA, to, Protocol.UDP, length, 0, root.ttl, false, -1, now);
}

// read RFC 791 and RFC 1122 §3 first
import { DHCPD, IGMP, LOOPBACK } from "../memory/config";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { secret } from "../memory/random";
import { Instant } from "../memory/time";
import { DHCP_SERVER } from "../wire/dhcp";
import { EthernetHeader, EtherType } from "../wire/ethernet";
import { hasUnfinishedSourceRoute, IPV4_DF, IPV4_HEADER, Ipv4Header, Protocol } from "../wire/ipv4";
import { UDP_HEADER, UdpHeader } from "../wire/udp";
import { claim, isLoopback, publish, Reserve, SLOT_HEADER, SLOT_IP } from "../link/device";
import * as ethernet from "../link/ethernet";
import { deviceOf, isEthernet } from "../link/interfaces";
import { Cast, Packet } from "../link/packet";
import { castOf, isMulticast, isOneHost, ours } from "./address";
import * as arp from "./arp";
import { groupOn, putGroupMac } from "./group";
import { Hop } from "./route";
import * as route from "./route";

/** Examines an IP header as RFC 1122 §3.2.1 asks. True: the packet is for us and its fields are filled in. */
export function input(packet: Packet): bool {
  count(Counter.IP_IN);
  if (packet.ipLength < IPV4_HEADER) return drop(Counter.IP_SHORT);
  const header = Ipv4Header.at(packet.ip);
  if (header.version != 4) return drop(Counter.IP_VERSION);
  const headerLength = header.headerLength;
  if (headerLength < IPV4_HEADER || headerLength > packet.ipLength) return drop(Counter.IP_HEADER_LENGTH);
  const total = header.totalLength;
  if (total < headerLength || total > packet.ipLength) return drop(Counter.IP_TOTAL_LENGTH);
  if (!header.checksumIsRight) return drop(Counter.IP_CHECKSUM);
  const source = header.source;
  const isInside = isLoopback(deviceOf(packet.via));
  if (isInside ? !ours(source) : !isOneHost(source) && !mayHaveNone(header, headerLength, total)) return drop(Counter.IP_BAD_SOURCE);
  let cast = castOf(header.destination);
  if (IGMP && cast < 0 && isMember(packet.via, header.destination)) cast = Cast.MULTICAST;
  if (cast < 0 || (LOOPBACK && !isInside && header.destination >> 24 == 127)) return drop(Counter.IP_NOT_OURS);
  if (header.isFragment) return drop(Counter.IP_FRAGMENT);
  packet.ipLength = total;
  packet.payload = packet.ip + headerLength;
  packet.length = total - headerLength;
  packet.source = source;
  packet.destination = header.destination;
  packet.cast = <u32>cast;
  packet.protocol = header.protocol;
  return true;
}
/** Who has no address yet asks a DHCP server (RFC 2131 §4.1), and a switch without one asks for groups (RFC 4541 §2.1.1). */
function mayHaveNone(header: Ipv4Header, headerLength: u32, total: u32): bool {
  if (header.source) return false;
  if (IGMP && header.protocol == Protocol.IGMP) return true;
  if (!DHCPD || header.protocol != Protocol.UDP || header.destination != 0xffffffff || total < headerLength + UDP_HEADER) return false;
  return UdpHeader.at(changetype<usize>(header) + headerLength).destinationPort == DHCP_SERVER;
}
function drop(why: Counter): bool {
  count(why);
  return false;
}
/** Whether a packet for us is to go on from here by a source route, which we do not. RFC 1122 §3.3.5. */
export function isOnSourceRoute(packet: Packet): bool {
  if (packet.payload - packet.ip == IPV4_HEADER || !hasUnfinishedSourceRoute(Ipv4Header.at(packet.ip))) return false;
  count(Counter.IP_SOURCE_ROUTE);
  return true;
}
/** Whether some socket has joined a group on this interface. */
function isMember(it: Interface, ip: u32): bool {
  const group = isMulticast(ip) ? groupOn(it, ip) : null;
  return group ? group.members != 0 : false;
}
/** Whether the packet came to one host only, on the link too: only such packets are answered with errors or resets. */
export function isUnicast(packet: Packet): bool {
  return packet.cast == <u32>Cast.UNICAST && !packet.linkGroup;
}

/** The next TX slot towards a hop, or 0. An unknown neighbour is asked first, and what waited for a known one goes first, so that neither takes the slot. The IP payload begins at slot + 44. */
export function open(hop: Hop, reserve: Reserve, now: Instant): usize {
  if (isResolved(hop)) {
    const neighbour = arp.want(hop.via, hop.nextHop, false, now);
    if (neighbour && neighbour.hold && arp.isUsable(neighbour, now) && !arp.flush(neighbour, now)) return 0;
  }
  return claim(deviceOf(hop.via), reserve);
}
/** Whether the next hop has a MAC address of its own to be found. */
function isResolved(hop: Hop): bool {
  return isEthernet(hop.via) && castOf(hop.nextHop) != Cast.BROADCAST && !(IGMP && isMulticast(hop.nextHop));
}

/** Writes the IP header in front of `length` octets that lie in the slot, and hands the slot to the device. */
export function close(
  it: Interface,
  slot: usize,
  mac: usize,
  source: u32,
  destination: u32,
  protocol: Protocol,
  length: u32,
  tos: u32,
  ttl: u32,
  df: bool,
): void {
  header(slot + SLOT_IP, source, destination, protocol, length, tos, ttl, df);
  count(Counter.IP_OUT);
  if (isEthernet(it)) ethernet.output(it, slot, mac, EtherType.IPV4, IPV4_HEADER + length);
  else publish(deviceOf(it), slot, IPV4_HEADER + length);
}
/** An identifier is needed only where a router may cut the datagram. RFC 6864 §4. */
function header(at: usize, source: u32, destination: u32, protocol: Protocol, length: u32, tos: u32, ttl: u32, df: bool): void {
  Ipv4Header.at(at).write(tos, IPV4_HEADER + length, df ? 0 : secret() & 0xffff, df ? IPV4_DF : 0, ttl, protocol, source, destination);
}

/** How sending a datagram ended. */
export enum Sent {
  DONE = 0,
  DROPPED = 1,
}

/** Sends the datagram whose payload lies in the slot that `open` answered. A neighbour not yet known keeps it, one per neighbour, the newest. */
export function send(
  hop: Hop,
  slot: usize,
  destination: u32,
  protocol: Protocol,
  length: u32,
  tos: u32,
  ttl: u32,
  sender: i32,
  now: Instant,
): Sent {
  const it = hop.via;
  if (!isResolved(hop)) {
    const everybody = slot + SLOT_HEADER;
    store<u32>(everybody, 0xffffffff);
    store<u16>(everybody, 0xffff, 4);
    if (IGMP && isMulticast(destination)) putGroupMac(everybody, destination);
    close(it, slot, everybody, hop.source, destination, protocol, length, tos, ttl, false);
    return Sent.DONE;
  }
  const neighbour = arp.find(it, hop.nextHop);
  if (!neighbour) return Sent.DROPPED;
  if (arp.isUsable(neighbour, now)) {
    close(it, slot, neighbour.mac, hop.source, destination, protocol, length, tos, ttl, false);
    return Sent.DONE;
  }
  header(slot + SLOT_IP, hop.source, destination, protocol, length, tos, ttl, false);
  return arp.keep(neighbour, slot + SLOT_IP, IPV4_HEADER + length, sender) ? Sent.DONE : Sent.DROPPED;
}

/** A slot for an answer to the packet in hand, or 0. */
export function openAnswer(hop: Hop): usize {
  return claim(deviceOf(hop.via), Reserve.REPLY);
}
/** Sends an answer to the packet in hand. It takes no place in the neighbour table and never waits: to a neighbour not known it goes whence the frame came; by another interface it is dropped. */
export function answer(
  hop: Hop,
  slot: usize,
  packet: Packet,
  destination: u32,
  protocol: Protocol,
  length: u32,
  tos: u32,
  ttl: u32,
  df: bool,
  now: Instant,
): void {
  const it = hop.via;
  const neighbour = isEthernet(it) ? arp.find(it, hop.nextHop) : null;
  let mac = EthernetHeader.at(packet.frame).source;
  if (neighbour && arp.isUsable(neighbour, now)) mac = neighbour.mac;
  else if (it != packet.via) return;
  close(it, slot, mac, hop.source, destination, protocol, length, tos, ttl, df);
}

/** Finds the way for a datagram; false: no route. */
export function way(hop: Hop, destination: u32, only: u32): bool {
  if (route.find(hop, destination, only)) return true;
  count(Counter.IP_NO_ROUTE);
  return false;
}

// read RFC 791 and RFC 1122 §3 first
import { DHCPD, FAST, FILTER, FORWARDING, FRAGMENTATION, IGMP, LOOPBACK, REASSEMBLY, TRANSPARENT } from "../memory/config";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { secret } from "../memory/random";
import { recent, root, state } from "../memory/root";
import { Instant } from "../memory/time";
import { DHCP_SERVER } from "../wire/dhcp";
import { EthernetHeader, EtherType } from "../wire/ethernet";
import { hasUnfinishedSourceRoute, IPV4_DF, IPV4_HEADER, Ipv4Header, Protocol } from "../wire/ipv4";
import { UDP_HEADER, UdpHeader } from "../wire/udp";
import { claim, isLoopback, publish, Reserve, SLOT_HEADER, SLOT_IP } from "../link/device";
import * as ethernet from "../link/ethernet";
import { deviceOf, isEthernet } from "../link/interfaces";
import { Cast, Packet } from "../link/packet";
import { castOf, isMulticast, isOneHost, isSpecial, ours } from "./address";
import * as arp from "./arp";
import * as filter from "./filter";
import { groupOn, putGroupMac } from "./group";
import * as hold from "./hold";
import { identify } from "./pieces";
import { Hop } from "./route";
import * as route from "./route";

/** Examines an IP header as RFC 1122 §3.2.1 asks. True: its fields are filled in, and the packet is for us, or to be forwarded where we do that. It may be a fragment. */
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
  const cast = FAST && isKnown(packet, header) ? Cast.UNICAST : classify(packet, header, total);
  if (cast < 0) return false;
  if (!REASSEMBLY && header.isFragment) return drop(Counter.IP_FRAGMENT);
  packet.cast = <u32>cast;
  describe(packet);
  return true;
}
/** Whether the last datagram that came from one host to us was from the same to the same, and nothing has changed since. */
function isKnown(packet: Packet, header: Ipv4Header): bool {
  return (
    recent.heardFrom == header.source &&
    recent.heardTo == header.destination &&
    recent.heardBy == packet.in &&
    recent.heardGeneration == state.pathGeneration
  );
}
/** To whom a datagram speaks: a Cast, or -1 when it is dropped, for its source or because it is nothing to us. */
function classify(packet: Packet, header: Ipv4Header, total: u32): i32 {
  const it = packet.via;
  const source = header.source;
  const isInside = isLoopback(deviceOf(it));
  // A switch without an address may ask who is in which group, RFC 4541 §2.1.1, and a host without one for an address.
  const isNobody = !source && ((IGMP && header.protocol == Protocol.IGMP) || (DHCPD && asksForAddress(header, total)));
  const isFromOne = isInside ? ours(source) != null : isNobody || isOneHost(source);
  const cast = isFromOne ? castHere(it, header.destination, isInside) : -1;
  if (cast < 0) count(isFromOne ? Counter.IP_NOT_OURS : Counter.IP_BAD_SOURCE);
  if (!FAST || cast != Cast.UNICAST || isInside || isNobody || it.flags) return cast;
  recent.heardFrom = source;
  recent.heardTo = header.destination;
  recent.heardBy = packet.in;
  recent.heardGeneration = state.pathGeneration;
  return cast;
}
/** Fills in what the header at `packet.ip` says. */
export function describe(packet: Packet): void {
  const header = Ipv4Header.at(packet.ip);
  const headerLength = header.headerLength;
  packet.ipLength = header.totalLength;
  packet.payload = packet.ip + headerLength;
  packet.length = packet.ipLength - headerLength;
  packet.source = header.source;
  packet.destination = header.destination;
  packet.protocol = header.protocol;
}
/** Who has no address yet may ask everybody's DHCP server for one. RFC 1122 §3.2.1.3 (a), RFC 2131 §4.1. */
function asksForAddress(header: Ipv4Header, length: u32): bool {
  if (header.source || ~header.destination || header.protocol != Protocol.UDP || header.isFragment) return false;
  return (
    length >= header.headerLength + UDP_HEADER &&
    UdpHeader.at(changetype<usize>(header) + header.headerLength).destinationPort == DHCP_SERVER
  );
}
function drop(why: Counter): bool {
  count(why);
  return false;
}
/** To whom a destination speaks that came by this interface: a Cast, or -1 when it is nothing to us. */
function castHere(it: Interface, ip: u32, isInside: bool): i32 {
  if (LOOPBACK && !isInside && ip >> 24 == 127) return -1;
  const cast = castOf(ip);
  if (cast >= 0) return cast;
  if (IGMP && isMember(it, ip)) return Cast.MULTICAST;
  if (TRANSPARENT && it.flags && !isSpecial(ip)) return Cast.UNICAST;
  return FORWARDING && root.extra.forwarding ? Cast.ELSEWHERE : -1;
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
  if (isResolved(hop) && !(FAST && arp.isSettled(hop.via, hop.nextHop, now))) {
    const neighbour = arp.want(hop.via, hop.nextHop, false, now);
    if (neighbour && neighbour.hold && arp.isUsable(neighbour, now) && !hold.flush(neighbour, now)) return 0;
  }
  return claim(deviceOf(hop.via), reserve);
}
/** Whether the next hop has a MAC address of its own to be found. */
function isResolved(hop: Hop): bool {
  return isEthernet(hop.via) && route.isOneHop(hop.nextHop);
}

/** Writes the IP header in front of `length` octets that lie in the slot, and hands the slot to the device. */
export function close(
  it: Interface,
  slot: usize,
  mac: usize,
  source: u32,
  destination: u32,
  protocol: u32,
  length: u32,
  tos: u32,
  ttl: u32,
  df: bool,
): void {
  header(slot + SLOT_IP, source, destination, protocol, length, tos, ttl, df);
  if (FILTER && !mayLeave(it, slot + SLOT_IP)) return;
  count(Counter.IP_OUT);
  if (isEthernet(it)) ethernet.output(it, slot, mac, EtherType.IPV4, IPV4_HEADER + length);
  else publish(deviceOf(it), slot, IPV4_HEADER + length);
}
/** Whether the filter lets a datagram of ours out. */
export function mayLeave(it: Interface, ip: usize): bool {
  return !state.guard || filter.mayLeave(it, ip);
}
/** An identifier is needed only where a router may cut the datagram. RFC 6864 §4. */
function header(at: usize, source: u32, destination: u32, protocol: u32, length: u32, tos: u32, ttl: u32, df: bool): void {
  const ident = df ? 0 : FRAGMENTATION ? identify(source, destination, protocol) : secret() & 0xffff;
  Ipv4Header.at(at).write(tos, IPV4_HEADER + length, ident, df ? IPV4_DF : 0, ttl, protocol, source, destination);
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
  protocol: u32,
  length: u32,
  tos: u32,
  ttl: u32,
  df: bool,
  sender: i32,
  now: Instant,
): Sent {
  const it = hop.via;
  if (!isResolved(hop)) {
    const everybody = slot + SLOT_HEADER;
    store<u32>(everybody, 0xffffffff);
    store<u16>(everybody, 0xffff, 4);
    if (IGMP && isMulticast(destination)) putGroupMac(everybody, destination);
    close(it, slot, everybody, hop.source, destination, protocol, length, tos, ttl, df);
    return Sent.DONE;
  }
  const neighbour = arp.find(it, hop.nextHop);
  if (!neighbour) return Sent.DROPPED;
  if (arp.isUsable(neighbour, now)) {
    close(it, slot, neighbour.mac, hop.source, destination, protocol, length, tos, ttl, df);
    return Sent.DONE;
  }
  header(slot + SLOT_IP, hop.source, destination, protocol, length, tos, ttl, df);
  if (FILTER && !mayLeave(it, slot + SLOT_IP)) return Sent.DONE;
  return hold.keep(neighbour, slot + SLOT_IP, IPV4_HEADER + length, sender) ? Sent.DONE : Sent.DROPPED;
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
  protocol: u32,
  length: u32,
  tos: u32,
  ttl: u32,
  df: bool,
  now: Instant,
): void {
  const mac = macForAnswer(hop, packet, now);
  if (mac) close(hop.via, slot, mac, hop.source, destination, protocol, length, tos, ttl, df);
}
/** Where a frame with an answer to the packet in hand goes, 0: nowhere. Without a meaning on raw IP devices. */
export function macForAnswer(hop: Hop, packet: Packet, now: Instant): usize {
  const it = hop.via;
  const neighbour = isEthernet(it) ? arp.find(it, hop.nextHop) : null;
  if (neighbour && arp.isUsable(neighbour, now)) return neighbour.mac;
  return it == packet.via || !isEthernet(it) ? EthernetHeader.at(packet.frame).source : 0;
}

/** Finds the way for a datagram; false: no route. */
export function way(hop: Hop, destination: u32, only: u32): bool {
  if (route.find(hop, destination, only)) return true;
  count(Counter.IP_NO_ROUTE);
  return false;
}

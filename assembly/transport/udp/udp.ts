// read RFC 768 and RFC 1122 §4.1 first
import { fold, pseudo, sum } from "../../memory/checksum";
import { CONFIGURE, FRAGMENTATION, IGMP, RAW, TRANSPARENT } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { Err, Event } from "../../memory/errors";
import { Link } from "../../memory/list";
import { Kind } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { ICMP_HEADER, IcmpHeader, IcmpType, Unreachable } from "../../wire/icmp";
import { IPV4_HEADER, Ipv4Header, Protocol } from "../../wire/ipv4";
import { UDP_HEADER, UdpHeader } from "../../wire/udp";
import { Reserve, SLOT_IP } from "../../link/device";
import { numberOf } from "../../link/interfaces";
import { Cast, Packet, packet as inHand } from "../../link/packet";
import { isMulticast, ours } from "../../internet/address";
import { wants } from "../../internet/group";
import { Hold } from "../../internet/hold";
import * as icmp from "../../internet/icmp";
import { Quote } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import { Hop } from "../../internet/route";
import * as ready from "../ready";
import { recordOf, Tuple } from "../socket";
import * as pieces from "./pieces";
import { chain, Datagram, find, findForeign, isBindableIp, match, retire, UdpSocket } from "./socket";

/** A datagram arrived. False: no socket wants it. */
export function input(packet: Packet): bool {
  count(Counter.UDP_IN);
  if (packet.length < UDP_HEADER) return drop(Counter.UDP_SHORT);
  const header = UdpHeader.at(packet.payload);
  const length = header.length;
  if (length < UDP_HEADER || length > packet.length) return drop(Counter.UDP_LENGTH);
  const isToCheck = header.checksum != 0 && !packet.isVerified;
  if (isToCheck && fold(sum(packet.payload, length, pseudo(packet.source, packet.destination, Protocol.UDP, length))))
    return drop(Counter.UDP_CHECKSUM);
  if (IGMP && packet.cast != <u32>Cast.UNICAST) return scatter(packet, header) || nobody();
  const number = numberOf(packet.via);
  const isForeign = TRANSPARENT && packet.via.flags && packet.cast == <u32>Cast.UNICAST && !ours(packet.destination);
  const socket = isForeign
    ? findForeign(header.destinationPort, packet.source, header.sourcePort, number)
    : find(false, packet.destination, header.destinationPort, packet.source, header.sourcePort, number);
  if (!socket) return nobody();
  deliver(socket, packet, header.data, length - UDP_HEADER, header.sourcePort, header.destinationPort);
  return true;
}
function nobody(): bool {
  count(Counter.UDP_NO_SOCKET);
  return false;
}
/** A datagram to many: to every socket of its port, of a group to those that joined; whether there is any. RFC 1112 §7.2. */
function scatter(packet: Packet, header: UdpHeader): bool {
  const number = numberOf(packet.via);
  const port = header.destinationPort;
  let isTaken = false;
  for (let at = chain(port); at; at = changetype<UdpSocket>(<usize>at).link) {
    const it = changetype<UdpSocket>(<usize>at);
    if (!match(it, false, packet.destination, port, packet.source, header.sourcePort, number)) continue;
    if (packet.cast == <u32>Cast.MULTICAST && !wants(it, number, packet.destination, packet.source)) continue;
    deliver(it, packet, header.data, header.length - UDP_HEADER, header.sourcePort, port);
    isTaken = true;
  }
  return isTaken;
}
/** Dropped and done with: nothing is reported to the sender. */
function drop(why: Counter): bool {
  count(why);
  return true;
}

/** The answer to an echo request arrived. */
export function echoReplyArrives(packet: Packet): void {
  const header = IcmpHeader.at(packet.payload);
  const socket = find(true, packet.destination, header.ident, packet.source, 0, numberOf(packet.via));
  if (!socket) return count(Counter.ICMP_ECHO_UNMATCHED);
  deliver(socket, packet, header.data, packet.length - ICMP_HEADER, header.sequence, header.ident);
}

/** A datagram for a socket; of one too long for its ring the beginning. */
export function deliver(socket: UdpSocket, packet: Packet, data: usize, length: u32, remotePort: u32, localPort: u32): void {
  if (socket.unread == root.udpReceive) return count(Counter.UDP_FULL);
  if (length > root.udpOctets) count(Counter.UDP_TOO_LONG);
  const number = numberOf(packet.via);
  const slot = place(socket, 0, packet.source, remotePort, number, packet.destination, localPort, length);
  slot.length = min(length, root.udpOctets);
  slot.tos = <u8>Ipv4Header.at(packet.ip).tos;
  slot.ttl = <u8>Ipv4Header.at(packet.ip).ttl;
  memory.copy(slot.data, data, slot.length);
  ready.raise(socket, Event.READABLE);
}
/** The next place in a socket's receive ring, with both ends. */
function place(socket: UdpSocket, error: i32, remote: u32, remotePort: u32, number: u32, local: u32, localPort: u32, whole: u32): Datagram {
  const slot = socket.inSlot(socket.received++);
  slot.error = error;
  slot.remote.set(remote, remotePort, number);
  slot.local.set(local, localPort, number);
  slot.whole = whole;
  return slot;
}

/** ICMP reported trouble with something a socket sent. Only a connected socket, or a ping socket, can say that it really did, and fails once; others are only told, unless they asked for errors. RFC 1122 §4.1.3.3, RFC 5927. */
export function errorArrives(quote: Quote): void {
  const isPing = quote.protocol == Protocol.ICMP;
  const port = isPing ? quote.seq >> 16 : quote.localPort;
  const socket = find(isPing, quote.local, port, quote.remote, quote.remotePort, 0);
  if (!socket) return count(Counter.ICMP_ERROR_UNMATCHED);
  const what = (quote.type << 8) | quote.code;
  socket.softError = what;
  if (!isPing && !socket.isConnected && !socket.errors) return ready.raise(socket, Event.SOFT_ERROR);
  tell(socket, errorOf(what), quote.remote, isPing ? quote.seq & 0xffff : quote.remotePort, inHand().source, what, quote.mtu);
}
/** What an ICMP message of this type and code says of a datagram. RFC 1122 §3.2.2.1. */
function errorOf(what: u32): Err {
  switch (what) {
    case (IcmpType.UNREACHABLE << 8) | Unreachable.PROTOCOL:
    case (IcmpType.UNREACHABLE << 8) | Unreachable.PORT:
      return Err.REFUSED;
    case (IcmpType.UNREACHABLE << 8) | Unreachable.FRAGMENTATION_NEEDED:
      return Err.TOO_LONG;
    default:
      return Err.UNREACHABLE;
  }
}
/** Addresses have changed: a socket bound to one that is gone hears of it. */
export function addressChanged(socket: UdpSocket): void {
  if (!isBindableIp(socket.local)) tell(socket, Err.UNREACHABLE, 0, 0, 0, 0, 0);
}
/** The neighbour for a datagram of a socket did not answer. */
export function undeliverable(hold: Hold): void {
  count(Counter.UDP_UNREACHABLE);
  const socket = changetype<UdpSocket | null>(recordOf(hold.sender, Kind.UDP));
  if (!socket) return;
  const payload = hold.data + IPV4_HEADER;
  const port = socket.isPing ? IcmpHeader.at(payload).sequence : UdpHeader.at(payload).destinationPort;
  tell(socket, Err.UNREACHABLE, Ipv4Header.at(hold.data).destination, port, 0, 0, 0);
}
/** Puts what became of a datagram to `remote` where datagrams are read: who told, which ICMP type and code, which MTU; 0: nobody did. */
export function tell(socket: UdpSocket, error: Err, remote: u32, port: u32, by: u32, what: u32, mtu: u32): void {
  if (socket.isClosing) return;
  if (socket.unread == root.udpReceive) return count(Counter.UDP_FULL);
  place(socket, error, remote, port, 0, by, what, mtu);
  ready.raise(socket, Event.SOFT_ERROR | Event.READABLE);
}

/** Sends what sockets have queued, one datagram a turn, while slots are free. True: more can be sent now. */
export function output(now: Instant): bool {
  let firstBlocked: u32 = 0;
  let hasMoved = false;
  let isStuck = false;
  for (let budget = root.frameBudget; budget && !state.owedUdp.isEmpty; budget--) {
    const socket = changetype<UdpSocket>(Tuple.ofOwed(Link.at(state.owedUdp.next)));
    // One that waits, for a slot or for its neighbour, leaves the others their turns; a round in which all wait is the last.
    if (socket.address == firstBlocked && (isStuck || !FRAGMENTATION)) return false;
    socket.owed.unlink();
    if (!transmit(socket, socket.outSlot(socket.sent), now)) {
      state.owedUdp.push(socket.owed);
      if (!firstBlocked) firstBlocked = socket.address;
      if (socket.address == firstBlocked) isStuck = true;
      continue;
    }
    if (FRAGMENTATION && socket.address == firstBlocked) firstBlocked = 0;
    isStuck = false;
    hasMoved = true;
    socket.sent++;
    settle(socket);
  }
  return hasMoved && !state.owedUdp.isEmpty;
}
/** One datagram has left: the socket queues for the next, goes if it was closed, or hears of the room. */
function settle(socket: UdpSocket): void {
  if (socket.unsent) state.owedUdp.push(socket.owed);
  else if (socket.isClosing) return retire(socket);
  if (!socket.wants || socket.isClosing) return;
  socket.wants = 0;
  ready.raise(socket, Event.WRITABLE);
}
/** Sends one datagram. False: it waits, for a TX slot or, when it is one for pieces.ts, for its neighbour. One that cannot be sent is dropped, and the socket told. */
function transmit(socket: UdpSocket, datagram: Datagram, now: Instant): bool {
  const hop: Hop = icmp.scratchHop();
  const remote = datagram.remote;
  if (!ipv4.way(hop, remote.ip, remote.interface)) {
    tell(socket, Err.NO_ROUTE, remote.ip, remote.port, 0, 0, 0);
    return true;
  }
  const headers = socket.raw ? IPV4_HEADER : IPV4_HEADER + UDP_HEADER;
  if (RAW && datagram.ownHeader) return pieces.transmit(socket, datagram, datagram.data, now);
  const isLong = datagram.length + headers > hop.via.mtu;
  if (isLong && (!FRAGMENTATION || socket.dontFragment)) {
    tell(socket, Err.TOO_LONG, remote.ip, remote.port, 0, 0, hop.via.mtu);
    return true;
  }
  if (FRAGMENTATION && (isLong || socket.part)) return pieces.transmit(socket, datagram, datagram.data - headers, now);
  const slot = ipv4.open(hop, Reserve.DATA, now);
  if (!slot) return false;
  if (CONFIGURE && !socket.special && !isBindableIp(datagram.local.ip)) {
    count(Counter.UDP_UNREACHABLE); // addressChanged tells the socket
    return true;
  }
  if (datagram.local.a0) hop.source = datagram.local.ip;
  const length = fill(socket, datagram, hop.source, slot + SLOT_IP + IPV4_HEADER);
  const protocol = protocolOf(socket);
  if (protocol == Protocol.UDP) count(Counter.UDP_OUT);
  const df: bool = FRAGMENTATION ? socket.dontFragment != 0 : false;
  if (IGMP && protocol == Protocol.UDP && socket.loops && isMulticast(remote.ip)) {
    // A tag moves what lies in the slot, so this comes first; who reads it sees its TOS and TTL.
    const ip = Ipv4Header.at(slot + SLOT_IP);
    ip.write(datagram.tos, IPV4_HEADER + length, 0, 0, datagram.ttl, protocol, hop.source, remote.ip);
    loopBack(hop.interface, slot + SLOT_IP, hop.source, remote.ip);
  }
  const sent = ipv4.send(hop, slot, remote.ip, protocol, length, datagram.tos, datagram.ttl, df, socket.handle, now);
  if (sent == ipv4.Sent.DROPPED) count(Counter.UDP_UNREACHABLE);
  return true;
}
/** What went to a group comes to our own members on that interface too. RFC 1112 §6.1. */
export function loopBack(interface_: u32, ip: usize, source: u32, group: u32): void {
  const here = inHand();
  here.in = interface_;
  here.ip = <u32>ip;
  here.source = source;
  here.destination = group;
  here.cast = Cast.MULTICAST;
  scatter(here, UdpHeader.at(ip + IPV4_HEADER));
}
/** The protocol a socket speaks. */
export function protocolOf(socket: UdpSocket): u32 {
  return RAW && socket.raw ? socket.raw : socket.isPing ? Protocol.ICMP : Protocol.UDP;
}
/** Writes what IP carries for this datagram to `at`; answers its octets. */
export function fill(socket: UdpSocket, datagram: Datagram, source: u32, at: usize): u32 {
  if (RAW && socket.raw) {
    memory.copy(at, datagram.data, datagram.length);
    return datagram.length;
  }
  if (socket.isPing) fillEcho(at, socket, datagram);
  else fillHeader(at, source, datagram);
  return UDP_HEADER + datagram.length;
}
function fillEcho(at: usize, socket: UdpSocket, datagram: Datagram): void {
  const header = IcmpHeader.at(at);
  header.code = 0;
  header.ident = socket.localPort;
  header.sequence = datagram.remote.port;
  memory.copy(header.data, datagram.data, datagram.length);
  icmp.seal(at, IcmpType.ECHO, ICMP_HEADER + datagram.length);
}
function fillHeader(at: usize, source: u32, datagram: Datagram): void {
  const header = UdpHeader.at(at);
  const length = UDP_HEADER + datagram.length;
  header.sourcePort = datagram.local.port;
  header.destinationPort = datagram.remote.port;
  header.length = length;
  header.checksum = 0;
  memory.copy(header.data, datagram.data, datagram.length);
  const checksum = fold(sum(at, length, pseudo(source, datagram.remote.ip, Protocol.UDP, length)));
  header.checksum = checksum ? checksum : 0xffff;
}

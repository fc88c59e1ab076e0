// read RFC 768 and RFC 1122 §4.1 first
import { fold, pseudo, sum } from "../../memory/checksum";
import { CONFIGURE, FRAGMENTATION, RAW, TRANSPARENT } from "../../memory/config";
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
import { Cast, Packet } from "../../link/packet";
import { ours } from "../../internet/address";
import * as icmp from "../../internet/icmp";
import { Quote } from "../../internet/icmp";
import * as ipv4 from "../../internet/ipv4";
import { Hop } from "../../internet/route";
import * as ready from "../ready";
import { recordOf, Tuple } from "../socket";
import * as pieces from "./pieces";
import { Datagram, find, findForeign, isBindableIp, retire, UdpSocket } from "./socket";

/** A datagram arrived. False: no socket wants it. */
export function input(packet: Packet): bool {
  count(Counter.UDP_IN);
  if (packet.length < UDP_HEADER) return drop(Counter.UDP_SHORT);
  const header = UdpHeader.at(packet.payload);
  const length = header.length;
  if (length < UDP_HEADER || length > packet.length) return drop(Counter.UDP_LENGTH);
  if (header.checksum && fold(sum(packet.payload, length, pseudo(packet.source, packet.destination, Protocol.UDP, length))))
    return drop(Counter.UDP_CHECKSUM);
  const number = numberOf(packet.via);
  const isForeign = TRANSPARENT && packet.via.flags && packet.cast == <u32>Cast.UNICAST && !ours(packet.destination);
  const socket = isForeign
    ? findForeign(header.destinationPort, packet.source, header.sourcePort, number)
    : find(false, packet.destination, header.destinationPort, packet.source, header.sourcePort, number);
  if (!socket) {
    count(Counter.UDP_NO_SOCKET);
    return false;
  }
  deliver(socket, packet, header.data, length - UDP_HEADER, header.sourcePort, header.destinationPort);
  return true;
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

/** Puts a datagram into a socket's ring, where there is room. */
export function deliver(socket: UdpSocket, packet: Packet, data: usize, length: u32, remotePort: u32, localPort: u32): void {
  if (length > root.udpOctets) return count(Counter.UDP_TOO_LONG);
  if (socket.unread == root.udpReceive) return count(Counter.UDP_FULL);
  const slot = socket.inSlot(socket.received);
  slot.length = length;
  slot.tos = Ipv4Header.at(packet.ip).tos;
  const number = numberOf(packet.via);
  slot.remote.set(packet.source, remotePort, number);
  slot.local.set(packet.destination, localPort, number);
  memory.copy(slot.data, data, length);
  socket.received++;
  ready.raise(socket, Event.READABLE);
}

/** ICMP reported trouble with something a socket sent. Only a connected socket, or a ping socket, can say that it really did, and fails once; others are only told. RFC 1122 §4.1.3.3, RFC 5927. */
export function errorArrives(quote: Quote): void {
  const isPing = quote.protocol == Protocol.ICMP;
  const port = isPing ? quote.seq >> 16 : quote.localPort;
  const socket = find(isPing, quote.local, port, quote.remote, quote.remotePort, 0);
  if (!socket) return count(Counter.ICMP_ERROR_UNMATCHED);
  socket.softError = (quote.type << 8) | quote.code;
  if (!isPing && !socket.isConnected) return ready.raise(socket, Event.SOFT_ERROR);
  if (quote.type != IcmpType.UNREACHABLE) return tell(socket, Err.UNREACHABLE);
  if (quote.code == Unreachable.PORT) return tell(socket, Err.REFUSED);
  tell(socket, FRAGMENTATION && quote.code == Unreachable.FRAGMENTATION_NEEDED ? Err.TOO_LONG : Err.UNREACHABLE);
}
/** Addresses have changed: a socket bound to one that is gone hears of it. */
export function addressChanged(socket: UdpSocket): void {
  if (!isBindableIp(socket.local)) tell(socket, Err.UNREACHABLE);
}
/** The neighbour for a datagram of this socket did not answer. */
export function undeliverable(sender: i32): void {
  count(Counter.UDP_UNREACHABLE);
  const socket = changetype<UdpSocket | null>(recordOf(sender, Kind.UDP));
  if (socket) tell(socket, Err.UNREACHABLE);
}
/** What became of a datagram, told once. */
export function tell(socket: UdpSocket, error: Err): void {
  if (socket.isClosing) return;
  socket.error = error;
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
    if (socket.address == firstBlocked && isStuck) return false;
    socket.owed.unlink();
    if (!transmit(socket, socket.outSlot(socket.sent), now)) {
      state.owedUdp.push(socket.owed);
      if (!firstBlocked) firstBlocked = socket.address;
      if (socket.address == firstBlocked) isStuck = true;
      continue;
    }
    if (socket.address == firstBlocked) firstBlocked = 0;
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
    tell(socket, Err.NO_ROUTE);
    return true;
  }
  const headers = socket.raw ? IPV4_HEADER : IPV4_HEADER + UDP_HEADER;
  if (RAW && datagram.tos) return pieces.transmit(socket, datagram, datagram.data, now);
  const isLong = datagram.length + headers > hop.via.mtu;
  if (isLong && (!FRAGMENTATION || socket.dontFragment)) {
    tell(socket, Err.TOO_LONG);
    return true;
  }
  if (FRAGMENTATION && (isLong || socket.part)) return pieces.transmit(socket, datagram, datagram.data - headers, now);
  const slot = ipv4.open(hop, Reserve.DATA, now);
  if (!slot) return false;
  if (CONFIGURE && !socket.special && !isBindableIp(datagram.local.ip)) {
    tell(socket, Err.UNREACHABLE);
    return true;
  }
  if (datagram.local.a0) hop.source = datagram.local.ip;
  const length = fill(socket, datagram, hop.source, slot + SLOT_IP + IPV4_HEADER);
  const protocol = protocolOf(socket);
  if (protocol == Protocol.UDP) count(Counter.UDP_OUT);
  const df: bool = FRAGMENTATION ? socket.dontFragment != 0 : false;
  const sent = ipv4.send(hop, slot, remote.ip, protocol, length, socket.tos, socket.ttl, df, socket.handle, now);
  if (sent == ipv4.Sent.DROPPED) count(Counter.UDP_UNREACHABLE);
  return true;
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
  else fillHeader(at, socket, source, datagram);
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
function fillHeader(at: usize, socket: UdpSocket, source: u32, datagram: Datagram): void {
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

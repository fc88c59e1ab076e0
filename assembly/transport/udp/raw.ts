// read RFC 1122 §3.4 first
// Raw sockets give applications IP itself: the datagrams of one protocol, each with its header, and beside whoever else takes them.
import { Family } from "../../memory/control";
import { Err } from "../../memory/errors";
import { root, state } from "../../memory/root";
import { DATAGRAM_MAX, IPV4_DF, IPV4_HEADER, Ipv4Header } from "../../wire/ipv4";
import { numberOf } from "../../link/interfaces";
import { Packet } from "../../link/packet";
import { ours } from "../../internet/address";
import { Datagram, enter, take, UdpSocket } from "./socket";
import { deliver } from "./udp";

/** Opens a socket for all datagrams of a protocol, 1 to 255, that come to `local` (family 0 or address 0: any). Errors: BAD_ARGUMENT, BAD_ADDRESS, NO_SOCKET. */
export function open(protocol: u32, owner: u32): i32 {
  const at = root.local;
  if (!protocol || protocol > 255 || owner >= root.owners || at.interface > root.interfaces) return Err.BAD_ARGUMENT;
  if (at.a0 && (at.family != <u16>Family.IPV4 || !ours(at.ip))) return Err.BAD_ADDRESS;
  const socket = take(owner);
  if (!socket) return Err.NO_SOCKET;
  socket.local = at.ip;
  socket.only = <u8>at.interface;
  socket.owner = <u8>owner;
  socket.raw = <u8>protocol;
  enter(socket);
  return socket.handle;
}

/** A datagram arrived: every socket that asked for its like gets it, from its IP header on. False: there is none. */
export function input(packet: Packet): bool {
  let isTaken = false;
  let at = state.raws;
  while (at) {
    const socket = changetype<UdpSocket>(<usize>at);
    at = socket.link;
    if (!isFor(socket, packet)) continue;
    isTaken = true;
    deliver(socket, packet, packet.ip, packet.ipLength, 0, 0);
  }
  return isTaken;
}
function isFor(socket: UdpSocket, packet: Packet): bool {
  if (socket.raw != <u8>packet.protocol || (socket.only && socket.only != <u8>numberOf(packet.via))) return false;
  return (!socket.local || socket.local == packet.destination) && (!socket.remote || socket.remote == packet.source);
}

/** Examines the IP header that an application wrote in front of a datagram of `octets`: it must be whole, speak for us and to `remote`. Answers its total length, beyond which nothing is sent. Errors: BAD_ARGUMENT, BAD_ADDRESS, TOO_LONG: DF is set, and it is longer than the MTU. */
export function examine(slot: Datagram, octets: u32, local: u32, mtu: u32): i32 {
  const header = Ipv4Header.at(slot.data);
  if (octets < IPV4_HEADER || header.version != 4 || !header.ttl) return Err.BAD_ARGUMENT;
  const total = header.totalLength;
  if (header.headerLength < IPV4_HEADER || header.headerLength > total || total > octets) return Err.BAD_ARGUMENT;
  if ((header.offset << 3) + total > DATAGRAM_MAX) return Err.BAD_ARGUMENT;
  const source = header.source;
  if (header.destination != slot.remote.ip || (source && (local ? source != local : !ours(source)))) return Err.BAD_ADDRESS;
  return total > mtu && header.fragment & IPV4_DF ? Err.TOO_LONG : total;
}

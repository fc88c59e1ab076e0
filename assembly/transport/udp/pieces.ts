// A datagram that is longer than the MTU, or has an IP header of its own, leaves from its place in the send ring, where its
// headers are written in front of it. It goes in as many pieces as there are slots for at a time, and all of them are sent once
// the first one is. It does not wait with its neighbour as others do: it stays at the head of its socket's queue.
import { CONFIGURE, FILTER, IGMP } from "../../memory/config";
import { state } from "../../memory/root";
import { IPV4_DF, IPV4_HEADER, Ipv4Header, Protocol } from "../../wire/ipv4";
import { count, Counter } from "../../memory/counters";
import { Err } from "../../memory/errors";
import { Instant } from "../../memory/time";
import { claim, Reserve } from "../../link/device";
import { deviceOf } from "../../link/interfaces";
import { Cast } from "../../link/packet";
import { castOf, isMulticast, ours } from "../../internet/address";
import { NeighbourState } from "../../internet/neighbour";
import { mayLeave } from "../../internet/ipv4";
import * as path from "../../internet/path";
import { PathState } from "../../internet/path";
import { identify, send } from "../../internet/pieces";
import { Datagram, UdpSocket } from "./socket";
import { fill, loopBack, protocolOf, tell } from "./udp";

/** Sends what it can of the datagram whose IP header lies or will lie at `ip`. False: not all of it has left. */
export function transmit(socket: UdpSocket, datagram: Datagram, ip: usize, now: Instant): bool {
  const way = socket.path;
  const to = datagram.remote.ip;
  const known = way.to;
  if (known && known.state == <u8>NeighbourState.FAILED && way.generation == state.pathGeneration)
    return drop(socket, datagram, Err.UNREACHABLE, 0);
  // A group is no neighbour: its record lies in the table of those.
  const isToMany = castOf(to) == Cast.BROADCAST || (IGMP && isMulticast(to));
  let found = PathState.READY;
  if (!isToMany) found = path.ready(way, to, datagram.remote.interface, now);
  else if (!path.find(way, to, datagram.remote.interface)) found = PathState.UNREACHABLE;
  if (found == PathState.UNREACHABLE) return drop(socket, datagram, Err.NO_ROUTE, 0);
  const neighbour = way.to;
  if (found == PathState.WAIT) return neighbour ? false : drop(socket, datagram, Err.UNREACHABLE, 0);
  if (!claim(deviceOf(way.via), Reserve.DATA)) return false;
  if (!socket.part) prepare(socket, datagram, ip);
  const header = Ipv4Header.at(ip);
  if (CONFIGURE && !socket.special && !ours(header.source)) {
    count(Counter.UDP_UNREACHABLE); // addressChanged tells the socket
    return done(socket);
  }
  if (FILTER && !socket.part && !mayLeave(way.via, ip)) return done(socket);
  if (header.totalLength > way.via.mtu && header.fragment & IPV4_DF) return drop(socket, datagram, Err.TOO_LONG, way.via.mtu);
  if (IGMP && !socket.part && !socket.raw && !socket.isPing && socket.loops && isMulticast(to)) loopBack(way.interface, ip, header.source, to);
  socket.part = send(way.via, neighbour ? neighbour.mac : 0, ip, socket.part, Reserve.DATA);
  if (socket.part < header.totalLength - header.headerLength) return false;
  return done(socket);
}
/** Done with this datagram: the next one looks for its own way. */
function done(socket: UdpSocket): bool {
  path.release(socket.path);
  socket.path.generation = 0;
  socket.part = 0;
  return true;
}
function drop(socket: UdpSocket, datagram: Datagram, why: Err, mtu: u32): bool {
  count(Counter.UDP_UNREACHABLE);
  tell(socket, why, datagram.remote.ip, datagram.remote.port, 0, 0, mtu);
  return done(socket);
}

/** Writes what the datagram still lacks: its headers, or in one of its own what was left open. */
function prepare(socket: UdpSocket, datagram: Datagram, ip: usize): void {
  const header = Ipv4Header.at(ip);
  const to = datagram.remote.ip;
  const source = datagram.local.a0 ? datagram.local.ip : socket.path.source;
  if (datagram.ownHeader) {
    if (!header.source) header.source = source;
    if (!header.ident && !(header.fragment & IPV4_DF)) header.ident = identify(source, to, header.protocol);
    return header.seal();
  }
  const length = IPV4_HEADER + fill(socket, datagram, source, ip + IPV4_HEADER);
  const protocol = protocolOf(socket);
  if (protocol == Protocol.UDP) count(Counter.UDP_OUT);
  const df: u32 = socket.dontFragment ? IPV4_DF : 0;
  header.write(datagram.tos, length, df ? 0 : identify(source, to, protocol), df, datagram.ttl, protocol, source, to);
}

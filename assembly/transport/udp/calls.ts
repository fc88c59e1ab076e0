// read RFC 1122 §4.1.4 first
import { CONFIGURE, FRAGMENTATION, IGMP, RAW, TRANSPARENT } from "../../memory/config";
import { Endpoint, Family } from "../../memory/control";
import { Err, Event } from "../../memory/errors";
import { Kind } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { DATAGRAM_MAX, IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { UDP_HEADER } from "../../wire/udp";
import { castOf, isMulticast, isOneHost, isPeer, ours } from "../../internet/address";
import { scratchHop } from "../../internet/icmp";
import * as igmp from "../../internet/igmp";
import * as route from "../../internet/route";
import { Cast } from "../../link/packet";
import * as ports from "../ports";
import * as ready from "../ready";
import { isOwner } from "../service";
import { recordOf } from "../socket";
import { clearStatus, status } from "../status";
import * as raw from "./raw";
import { Datagram, enter, isBindableIp, isTaken, leave, retire, take, UdpSocket } from "./socket";

/** The socket of a handle that is not closed, null when stale. */
export function socketOf(handle: i32): UdpSocket | null {
  const socket = changetype<UdpSocket | null>(recordOf(handle, Kind.UDP));
  return socket && !socket.isClosing ? socket : null;
}

/** Whether an endpoint can be bound to. */
function isBindable(at: Endpoint): bool {
  if (at.family == <u16>Family.ANY) return at.a0 == 0;
  return at.family == <u16>Family.IPV4 && isBindableIp(at.ip);
}

/** Opens a socket on `local`. Errors: BAD_ADDRESS, BAD_ARGUMENT, IN_USE, NO_SOCKET. */
export function bind(owner: i32, isPing: bool): i32 {
  const at = root.local;
  if (!isOwner(owner) || at.interface > root.interfaces) return Err.BAD_ARGUMENT;
  if (!isBindable(at)) return Err.BAD_ADDRESS;
  const local = at.ip;
  let port: u32 = isPing ? 0 : at.port;
  if (port && (isTaken(isPing, local, port, IGMP != 0) || ports.isReserved(Protocol.UDP, port))) return Err.IN_USE;
  const isShared = IGMP && port && isTaken(isPing, local, port, false);
  if (!port) port = choosePort(isPing);
  if (!port) return Err.IN_USE;
  const socket = take(owner);
  if (!socket) return Err.NO_SOCKET;
  socket.local = local;
  socket.ports = port << 16;
  socket.only = <u8>at.interface;
  socket.isPing = isPing ? 1 : 0;
  if (isShared) socket.keepCount = 1;
  enter(socket);
  socket.tellLocal(at);
  return socket.handle;
}
/** A port that no socket uses on any address; 0: none is left. */
function choosePort(isPing: bool): u32 {
  let port = ports.begin();
  for (let left = ports.tries(); left; left--) {
    if (!isTaken(isPing, 0, port, false) && !ports.isReserved(Protocol.UDP, port)) return port;
    port = ports.next(port);
  }
  return 0;
}

/** Sends and receives only to and from `remote`; family 0 undoes it. Errors: BAD_HANDLE, BAD_ADDRESS, NO_ROUTE, BROADCAST_OFF. */
export function connect(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  const to = root.remote;
  if (to.family == <u16>Family.ANY) {
    socket.remote = 0;
    socket.ports = socket.localPort << 16;
    return 0;
  }
  const wrong = refuses(socket, to);
  if (wrong) return wrong;
  socket.remote = to.ip;
  socket.ports = (socket.localPort << 16) | <u32>to.port;
  return 0;
}
/** Why nothing can be sent to this endpoint; 0: it can. */
function refuses(socket: UdpSocket, to: Endpoint): i32 {
  if (to.family != <u16>Family.IPV4 || to.interface > root.interfaces || (!to.port && !socket.isPing && !(RAW && socket.raw)))
    return Err.BAD_ADDRESS;
  const ip = to.ip;
  if (castOf(ip) == Cast.BROADCAST && ip) return socket.broadcast ? 0 : Err.BROADCAST_OFF;
  if (!isPeer(ip) && !(IGMP && isMulticast(ip))) return Err.BAD_ADDRESS;
  return route.find(scratchHop(), ip, to.interface ? to.interface : socket.only) ? 0 : Err.NO_ROUTE;
}

/** Room for one datagram at `span`; 0: none now. Errors: BAD_HANDLE. */
export function sendSpace(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (socket.unsent == root.udpSend) {
    socket.wants = 1;
    return 0;
  }
  root.span = <u32>socket.outSlot(socket.queued).data;
  return root.udpOctets;
}
/** Queues the first `octets` of the span for `remote`, or the connected end. Errors: as `refuses`, TOO_LONG, WOULD_BLOCK. */
export function sendCommit(handle: i32, octets: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (socket.unsent == root.udpSend) return Err.WOULD_BLOCK;
  if (CONFIGURE && !isBindableIp(socket.local)) return Err.BAD_ADDRESS;
  const slot = socket.outSlot(socket.queued);
  if (socket.isConnected) slot.remote.set(socket.remote, socket.isPing ? root.remote.port : socket.remotePort, socket.only);
  else {
    const wrong = refuses(socket, root.remote);
    if (wrong) return wrong;
    const to = root.remote;
    slot.remote.set(to.ip, to.port, to.interface ? to.interface : socket.only);
  }
  if (!route.find(scratchHop(), slot.remote.ip, slot.remote.interface)) return Err.NO_ROUTE;
  const length = examine(socket, slot, octets, scratchHop().via.mtu);
  if (length < 0) return length;
  const from = socket.local ? socket.local : askedAt(socket, slot.remote);
  slot.local.set(ours(from) ? from : 0, socket.localPort, 0);
  if (TRANSPARENT && socket.special && root.local.a0) {
    if (!isOneHost(root.local.ip) || !root.local.port) return Err.BAD_ADDRESS;
    slot.local.set(root.local.ip, root.local.port, 0);
  }
  slot.length = length;
  slot.tos = <u8>socket.tos;
  slot.ttl = <u8>(IGMP && isMulticast(slot.remote.ip) ? socket.multicastTtl : socket.ttl);
  socket.queued++;
  if (!socket.owed.linked) state.owedUdp.push(socket.owed);
  return length;
}

/** The address of ours to which this end sent the datagram that was read last, or is read now: the answer leaves from there. 0: any. RFC 1122 §4.1.3.5. */
function askedAt(socket: UdpSocket, to: Endpoint): u32 {
  for (let i: u32 = socket.unread ? 0 : 1; i < 2 && i <= socket.read && socket.unread + i <= root.udpReceive; i++) {
    const slot = socket.inSlot(socket.read - i);
    if (!slot.error && slot.remote.ip == to.ip && slot.remote.port == to.port) return slot.local.ip;
  }
  return 0;
}

/** Octets of a datagram that may be sent with this MTU, or an error. */
function examine(socket: UdpSocket, slot: Datagram, octets: u32, mtu: u32): i32 {
  if (octets > root.udpOctets) return Err.TOO_LONG;
  slot.ownHeader = RAW ? <u16>socket.header : 0;
  if (RAW && socket.header) return raw.examine(slot, octets, socket.local, mtu);
  const total = octets + IPV4_HEADER + (RAW && socket.raw ? 0 : UDP_HEADER);
  const most: u32 = FRAGMENTATION && !socket.dontFragment ? DATAGRAM_MAX : mtu;
  return total > most ? Err.TOO_LONG : <i32>octets;
}

/** The oldest datagram; or, once, what became of one that was sent. Errors: BAD_HANDLE, WOULD_BLOCK, REFUSED, UNREACHABLE, NO_ROUTE, TOO_LONG. */
export function receiveReady(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (!socket.unread) return Err.WOULD_BLOCK;
  const slot = socket.inSlot(socket.read);
  root.remote.take(slot.remote);
  root.local.take(slot.local);
  if (slot.error) {
    root.span = slot.whole;
    socket.read++;
    return slot.error;
  }
  root.span = <u32>slot.data;
  return slot.length;
}
/** Drops the oldest datagram. Errors: BAD_HANDLE, WOULD_BLOCK. */
export function receiveRelease(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (!socket.unread || socket.inSlot(socket.read).error) return Err.WOULD_BLOCK;
  socket.read++;
  return 0;
}

/** Closes; what is queued is still sent. Errors: BAD_HANDLE. */
export function close(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  leave(socket);
  if (IGMP) igmp.forget(socket);
  ready.forget(socket);
  socket.isClosing = 1;
  if (!socket.unsent) retire(socket);
  return 0;
}

/** Queues the socket again if it can be read; the next room is an event. Errors: BAD_HANDLE. */
export function rearm(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (socket.unread) ready.raise(socket, Event.READABLE);
  if (socket.unsent < root.udpSend) ready.raise(socket, Event.WRITABLE);
  else socket.wants = 1;
  return 0;
}

/** Fills the status record. Errors: BAD_HANDLE. */
export function tellStatus(handle: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  const it = clearStatus();
  it.readable = socket.unread;
  it.writable = root.udpSend - socket.unsent;
  it.softError = socket.softError;
  it.owner = socket.owner;
  socket.tellLocal(status().local);
  socket.tellRemote(status().remote);
  it.handle = socket.handle;
  if (!socket.unread) return 0;
  const slot = socket.inSlot(socket.read);
  it.receivedTos = slot.tos;
  it.receivedTtl = slot.ttl;
  it.receivedOctets = slot.whole;
  return 0;
}

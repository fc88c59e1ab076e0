import { FRAGMENTATION, IGMP, RAW, SERVICE_SOCKETS, TRANSPARENT } from "../../memory/config";
import { Endpoint } from "../../memory/control";
import { PoolIndex } from "../../memory/pool";
import { root, State, state } from "../../memory/root";
import { bucketOf, insert, remove } from "../../memory/table";
import { isService } from "../service";
import { isMulticast, isSubnetBroadcast, ours } from "../../internet/address";
import { Path } from "../../internet/path";
import { Socket } from "../socket";

/** What lies in front of a datagram in a socket's ring. 64 octets. */
@unmanaged
@final
export class Datagram {
  /** Octets that are here. */
  length: u32;
  tos: u8;
  ttl: u8;
  /** Of one to be sent, 1: it has an IP header of its own. */
  ownHeader: u16;
  remote0: u64;
  remote1: u64;
  remote2: u64;
  local0: u64;
  local1: u64;
  local2: u64;
  /** Octets that arrived. */
  whole: u32;
  /** Err: not a datagram, but what became of one sent to `remote`, as `local` told. */
  error: i32;

  get remote(): Endpoint {
    return changetype<Endpoint>(changetype<usize>(this) + offsetof<Datagram>("remote0"));
  }
  get local(): Endpoint {
    return changetype<Endpoint>(changetype<usize>(this) + offsetof<Datagram>("local0"));
  }
  get data(): usize {
    return changetype<usize>(this) + DATAGRAM_HEADER;
  }
}
/** Octets in front of the data: the record, and room for headers of IP and UDP where datagrams leave in pieces. */
export const DATAGRAM_HEADER: u32 = FRAGMENTATION ? 96 : 64;
/** Octets of the record that say something. */
export const DATAGRAM_FIELDS: u32 = 64;
if (offsetof<Datagram>() != 64) ERROR("layout of Datagram changed");

/** A UDP or ping socket. Its rings hold datagrams in slots of one size; counters run freely. */
@unmanaged
@final
export class UdpSocket extends Socket {
  receiveRing: u32;
  sendRing: u32;
  received: u32;
  read: u32;
  queued: u32;
  sent: u32;
  /** 1: closed by its owner; it goes when what is queued has left. */
  isClosing: u32;
  /** Octets of the datagram to be sent next that have left in pieces, and the way they go: a Path. */
  part: u32;
  pathInterface: u32;
  pathNextHop: u32;
  pathSource: u32;
  pathNeighbour: u32;
  pathGeneration: u32;

  get path(): Path {
    return changetype<Path>(changetype<usize>(this) + offsetof<UdpSocket>("pathInterface"));
  }

  get isConnected(): bool {
    return this.remote != 0;
  }
  // Options that TCP has not, in the places of those that UDP has not: Socket.keepIdle and on.
  get multicastTtl(): u32 {
    return this.keepIdle;
  }
  set multicastTtl(value: u32) {
    this.keepIdle = value;
  }
  get loops(): bool {
    return this.keepInterval != 0;
  }
  set loops(value: bool) {
    this.keepInterval = value ? 1 : 0;
  }
  get reuse(): u32 {
    return this.keepCount;
  }
  get errors(): bool {
    return this.userTimeout != 0;
  }
  set errors(value: bool) {
    this.userTimeout = value ? 1 : 0;
  }
  get unread(): u32 {
    return this.received - this.read;
  }
  get unsent(): u32 {
    return this.queued - this.sent;
  }
  /** Slot of the datagram with this number in the receive ring. */
  inSlot(n: u32): Datagram {
    return changetype<Datagram>(<usize>(this.receiveRing + (n & (root.udpReceive - 1)) * slotOctets()));
  }
  outSlot(n: u32): Datagram {
    return changetype<Datagram>(<usize>(this.sendRing + (n & (root.udpSend - 1)) * slotOctets()));
  }
}

/** Octets from one datagram slot to the next. */
export function slotOctets(): u32 {
  return DATAGRAM_HEADER + ((root.udpOctets + 7) & ~7);
}

// UDP ports and ping identifiers are told apart by the second word of the key.
function bucket(port: u32, isPing: bool): usize {
  return bucketOf(state.udpBuckets, state.udpBucketMask, port, isPing ? 1 : 0);
}
/** Sockets that may be bound to a port: the first of them, each knows the next as `link`. */
export function chain(port: u32): u32 {
  return load<u32>(bucket(port, false));
}
/** The chain a socket is found in: raw sockets have one of their own. */
function chainOf(socket: UdpSocket): usize {
  if (RAW && socket.raw) return changetype<usize>(state) + offsetof<State>("raws");
  return bucket(socket.localPort, socket.isPing != 0);
}
export function enter(socket: UdpSocket): void {
  insert(chainOf(socket), socket);
}
export function leave(socket: UdpSocket): void {
  remove(chainOf(socket), socket);
  if (TRANSPARENT && state.catcher == socket.address) state.catcher = 0;
}

/** The socket for a datagram: the one connected to its sender, else bound to its address, else to any; of several alike the one bound last. Null when none. */
export function find(isPing: bool, local: u32, localPort: u32, remote: u32, remotePort: u32, only: u32): UdpSocket | null {
  let best: UdpSocket | null = null;
  let bestScore: u32 = 0;
  let at = load<u32>(bucket(localPort, isPing));
  while (at) {
    const it = changetype<UdpSocket>(<usize>at);
    const score = match(it, isPing, local, localPort, remote, remotePort, only);
    if (score > bestScore) {
      best = it;
      bestScore = score;
    }
    at = it.link;
  }
  return best;
}
/** The socket for a datagram to another host's address, by interface `number`: one bound to that port there, else the one with ANY_PORT. */
export function findForeign(localPort: u32, remote: u32, remotePort: u32, number: u32): UdpSocket | null {
  const it = find(false, 0, localPort, remote, remotePort, number);
  if (it && <u32>it.only == number) return it;
  const catcher = changetype<UdpSocket | null>(<usize>state.catcher);
  return catcher && <u32>catcher.only == number ? catcher : null;
}
/** 0: not for this socket; else the more the better it fits. */
export function match(it: UdpSocket, isPing: bool, local: u32, localPort: u32, remote: u32, remotePort: u32, only: u32): u32 {
  if (it.localPort != localPort || (it.isPing != 0) != isPing) return 0;
  if (it.local && it.local != local) return 0;
  if (it.only && only && <u32>it.only != only) return 0;
  if (it.remote && (it.remote != remote || (!isPing && it.remotePort != remotePort))) return 0;
  return 1 + (it.local ? 1 : 0) + (it.remote ? 2 : 0);
}
/** Whether a socket may be bound to this address: any (0), one of ours, a broadcast one of a subnet of ours, or a group. */
export function isBindableIp(ip: u32): bool {
  return !ip || ours(ip) != null || ip == 0xffffffff || isSubnetBroadcast(ip) || (IGMP && isMulticast(ip));
}
/** Whether any socket uses this port on this address (0: on any); `mayShare`: and does not share it. */
export function isTaken(isPing: bool, local: u32, port: u32, mayShare: bool): bool {
  let at = load<u32>(bucket(port, isPing));
  while (at) {
    const it = changetype<UdpSocket>(<usize>at);
    const isAlike = it.localPort == port && (it.isPing != 0) == isPing && (!local || !it.local || it.local == local);
    if (isAlike && !(mayShare && it.reuse)) return true;
    at = it.link;
  }
  return false;
}
/** Takes a socket from the pool; its rings belong to its place. Null when all are taken that this owner may have: some are kept for services. */
export function take(owner: u32): UdpSocket | null {
  const pool = root.pool(PoolIndex.UDP);
  const mayTake = isService(owner) ? state.serviceSockets < <u32>SERVICE_SOCKETS : pool.used - state.serviceSockets < root.udpSockets;
  const address = mayTake ? pool.take() : 0;
  if (!address) return null;
  if (isService(owner)) state.serviceSockets++;
  const it = changetype<UdpSocket>(address);
  it.owner = <u8>owner;
  const ring = slotOctets() * (root.udpReceive + root.udpSend);
  it.receiveRing = state.udpRings + it.index * ring;
  it.sendRing = it.receiveRing + slotOctets() * root.udpReceive;
  it.resetOptions();
  it.keepIdle = 1;
  it.keepInterval = 1;
  it.keepCount = 0;
  it.userTimeout = 0;
  return it;
}
/** Gives a closed socket back. */
export function retire(socket: UdpSocket): void {
  socket.owed.unlink();
  if (isService(socket.owner)) state.serviceSockets--;
  root.pool(PoolIndex.UDP).give(changetype<usize>(socket));
}

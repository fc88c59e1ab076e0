// read RFC 2131 §3, §4.1 and §4.3 first
// A DHCP server for the subnet of one interface. Each message is answered at once or not at all; only the lease table is kept.
import { Address, Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { clock, NEVER } from "../memory/time";
import {
  BROADCAST,
  DHCP_MESSAGE,
  DHCP_CLIENT,
  DHCP_SERVER,
  DhcpMessage,
  DhcpOp,
  DhcpOption,
  DhcpOptions,
  DhcpType,
  write32,
  writeOctets,
} from "../wire/dhcp";
import { numbered } from "../link/interfaces";
import { covering, maskOf, mayBeHost, on } from "../internet/address";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as direct from "../transport/udp/direct";
import { EVERYBODY } from "../transport/udp/direct";
import * as udp from "../udp";
import { Datagrams } from "../udp";
import { LEASE_MIN, reader, refuses } from "./binding";
import { choose, find, identityOf, isOpen, Lease, LeaseState } from "./leases";

/** Octets of further options: with them the longest answer has DHCP_MESSAGE, so that every client takes it. RFC 2132 §9.10. */
const FURTHER_MAX: u32 = 250;

/** State of the server. Addresses in host order. */
@unmanaged
class Server {
  socket: u32;
  interface: u32;
  first: u32;
  count: u32;
  /** Seconds of a lease. */
  lease: u32;
  router: u32;
  /** In network byte order, as they are sent. */
  dns0: u32;
  dns1: u32;
  /** Our address in the subnet of the pool, and its mask. */
  us: u32;
  mask: u32;
  /** Octets of further options. */
  further: u32;
}
const FURTHER_AT: u32 = 64;
function server(): Server {
  return recordOf<Server>(Service.DHCPD);
}

/**
 * Leases addresses on an interface. In the exchange: first and last address, u32 seconds of a lease, router, two DNS servers (0: none),
 * and from 32 on `octets` of further options as RFC 2132 writes them. Answers how many addresses are leased: what `leases` has no room
 * for is not. Errors: BAD_ARGUMENT, BAD_ADDRESS (not hosts of one of the interface's subnets), NOT_SUPPORTED, NO_ROOM, NO_SOCKET.
 */
export function start(interface_: u32, octets: u32): i32 {
  const via = numbered(interface_);
  if (!via || octets > FURTHER_MAX) return Err.BAD_ARGUMENT;
  const wrong = refuses(via);
  if (wrong) return wrong;
  const first = bswap<u32>(load<u32>(root.exchange));
  const last = bswap<u32>(load<u32>(root.exchange, 4));
  const address = covering(via, first);
  if (!address || address != covering(via, last) || last < first) return Err.BAD_ADDRESS;
  if (!mayBeHost(first, address.prefix) || !mayBeHost(last, address.prefix)) return Err.BAD_ADDRESS;
  if (load<u32>(root.exchange, 8) < LEASE_MIN || !isWhole(root.exchange + 32, octets)) return Err.BAD_ARGUMENT;
  if (!root.extra.leases) return Err.NO_ROOM;
  stop();
  const socket = udp.open(DHCP_SERVER, ownerOf(Service.DHCPD), interface_);
  if (!socket) return Err.NO_SOCKET;
  const it = server();
  it.socket = <u32>changetype<usize>(socket);
  it.interface = interface_;
  it.first = first;
  it.count = min(last - first, root.extra.leases - 1) + 1;
  configure(it, address, octets);
  memory.fill(state.leases, 0, it.count * offsetof<Lease>());
  return it.count;
}
function configure(it: Server, address: Address, octets: u32): void {
  it.lease = load<u32>(root.exchange, 8);
  it.router = bswap<u32>(load<u32>(root.exchange, 12));
  it.dns0 = load<u32>(root.exchange, 16);
  it.dns1 = load<u32>(root.exchange, 20);
  it.us = bswap<u32>(address.ip);
  it.mask = maskOf(address.prefix);
  it.further = octets;
  memory.copy(changetype<usize>(it) + FURTHER_AT, root.exchange + 32, octets);
}
/** Whether these octets are options, the last one whole. */
function isWhole(from: usize, octets: u32): bool {
  let at = from;
  while (at + 1 < from + octets) at += 2 + load<u8>(at, 1);
  return at == from + octets;
}
/** Leases no more; what was leased can still be read. Answers 0. */
export function stop(): i32 {
  const it = server();
  if (it.socket) changetype<Datagrams>(<usize>it.socket).close();
  it.socket = 0;
  return 0;
}
/** Answers how many places the pool has; in the exchange: u32 address of the first Lease, first address as a number, u64 clock() that `until` is compared with. */
export function leases(): i32 {
  const it = server();
  store<u32>(root.exchange, state.leases);
  store<u32>(root.exchange, it.first, 4);
  store<u64>(root.exchange, clock(), 8);
  return it.count;
}
/** Forgets the lease of place `i`: who renews it is refused. Errors: BAD_ARGUMENT. */
export function forget(i: u32): i32 {
  if (i >= server().count) return Err.BAD_ARGUMENT;
  Lease.at(i).forget();
  return 0;
}

/** Answers what has come. */
export function serve(): void {
  udp.forget(ownerOf(Service.DHCPD));
  const it = server();
  if (!it.socket) return;
  const socket = changetype<Datagrams>(<usize>it.socket);
  for (let octets = socket.next; octets != Err.WOULD_BLOCK; octets = socket.next) {
    if (octets < 0) continue;
    arrives(it, socket.input, octets);
    socket.release();
  }
}
/** Nothing is due by time. */
export function within(): u32 {
  return NEVER;
}

function arrives(it: Server, at: usize, octets: u32): void {
  const options = reader();
  if (!options.open(at, octets)) return count(Counter.DHCP_MALFORMED);
  const message = DhcpMessage.at(at);
  if (!on(root.interface(it.interface - 1), it.us)) return count(Counter.DHCP_UNMATCHED);
  const isOtherSubnet = message.giaddr && (message.giaddr ^ it.us) & it.mask;
  if (message.op != DhcpOp.REQUEST || isOtherSubnet) return count(Counter.DHCP_UNMATCHED);
  const identity = identityOf(message, options);
  const place = find(identity, it.count);
  switch (options.type) {
    case DhcpType.DISCOVER:
      return offer(it, message, identity, place >= 0 ? place : wanted(it, options.number(DhcpOption.REQUESTED)));
    case DhcpType.REQUEST:
      return request(it, message, options, identity, place);
    case DhcpType.DECLINE:
      if (place < 0 || options.number(DhcpOption.REQUESTED) != it.first + place) return count(Counter.DHCP_UNMATCHED);
      Lease.at(place).decline();
      return count(Counter.DHCP_DECLINED);
    case DhcpType.RELEASE:
      if (place < 0 || message.ciaddr != it.first + place) return count(Counter.DHCP_UNMATCHED);
      Lease.at(place).until = clock();
      return;
    case DhcpType.INFORM:
      return message.ciaddr ? answer(it, message, DhcpType.ACK, 0) : count(Counter.DHCP_UNMATCHED);
    default:
      return count(Counter.DHCP_UNMATCHED);
  }
}
/** The place of an address that a newcomer asks for, when it is in the pool and open; else the best. */
function wanted(it: Server, ip: u32): i32 {
  const place = ip - it.first;
  return place < it.count && isOpen(place, it.first) ? place : choose(it.first, it.count);
}
/** Offers a place; a client that has leased it keeps its lease meanwhile. */
function offer(it: Server, message: DhcpMessage, identity: u64, place: i32): void {
  if (place < 0) return count(Counter.DHCPD_FULL);
  const lease = Lease.at(place);
  if (lease.isFree || lease.state != <u8>LeaseState.BOUND) lease.give(identity, message.chaddr, LeaseState.OFFERED, 0);
  answer(it, message, DhcpType.OFFER, it.first + place);
}
/** A request that names a server answers an offer; others are about an address from before. RFC 2131 §4.3.2. */
function request(it: Server, message: DhcpMessage, options: DhcpOptions, identity: u64, place: i32): void {
  const named = options.number(DhcpOption.SERVER);
  const asked = options.number(DhcpOption.REQUESTED);
  const ip = asked ? asked : message.ciaddr;
  if (named && !on(root.interface(it.interface - 1), named)) {
    // It has taken the offer of another server: nothing that we remember of it is true any more.
    if (place >= 0) Lease.at(place).forget();
    return;
  }
  const isIts = place >= 0 && ip == it.first + place;
  if (isIts) {
    Lease.at(place).give(identity, message.chaddr, LeaseState.BOUND, it.lease);
    return answer(it, message, DhcpType.ACK, ip);
  }
  if (!named && mustBeSilent(it, message, ip, place)) return count(Counter.DHCP_UNMATCHED);
  count(Counter.DHCP_NAKS);
  answer(it, message, DhcpType.NAK, 0);
}
/** Whether another server may know better: the address is of our subnet and not of our pool; or nobody has it, and the client only wants to know whether it may go on with it. */
function mustBeSilent(it: Server, message: DhcpMessage, ip: u32, place: i32): bool {
  if ((ip ^ it.us) & it.mask) return false;
  if (ip - it.first >= it.count) return true;
  return !message.ciaddr && place < 0 && isOpen(ip - it.first, it.first);
}

/** Answers the message in hand: through the relay, to the address that the client has, to everybody, or to the one it gets, which does not answer ARP yet. RFC 2131 §4.1. */
function answer(it: Server, request: DhcpMessage, type: DhcpType, ip: u32): void {
  const via: Interface = root.interface(it.interface - 1);
  const relay = request.giaddr;
  const isNak = type == DhcpType.NAK;
  const mac = !relay && !isNak && !request.ciaddr && !(request.flags & BROADCAST) ? request.chaddr : 0;
  const to = relay ? relay : isNak || (request.flags & BROADCAST && !request.ciaddr) ? EVERYBODY : mac ? ip : request.ciaddr;
  const at = direct.open(via, mac ? EVERYBODY : to, state.now);
  if (!at) return;
  const message = DhcpMessage.at(at);
  let next = message.begin(DhcpOp.REPLY, type);
  message.xid = request.xid;
  message.flags = relay && isNak ? BROADCAST : request.flags;
  if (!isNak) message.ciaddr = type == DhcpType.ACK ? request.ciaddr : 0;
  message.yiaddr = ip;
  message.giaddr = relay;
  memory.copy(message.chaddr, request.chaddr, 16);
  next = write32(next, DhcpOption.SERVER, it.us);
  if (!isNak) next = describe(it, next, ip);
  // Who has a name of its own gets it back. RFC 6842 §3.
  const options = reader();
  const room = DHCP_MESSAGE - 1 - <u32>(next - at);
  const octets = <u32>options.gather(DhcpOption.CLIENT);
  if (octets + 2 <= room && octets < 256) next = writeOctets(next, DhcpOption.CLIENT, options.value, octets);
  direct.send(at, message.end(next), it.us, DHCP_SERVER, to, relay ? DHCP_SERVER : DHCP_CLIENT, mac, state.now);
}
/** The options of a lease, or, where there is none, of the subnet alone. */
function describe(it: Server, at: usize, ip: u32): usize {
  let next = at;
  if (ip) {
    next = write32(next, DhcpOption.LEASE, it.lease);
    if (~it.lease) {
      next = write32(next, DhcpOption.T1, it.lease >> 1);
      next = write32(next, DhcpOption.T2, it.lease - (it.lease >> 3));
    }
  }
  next = write32(next, DhcpOption.MASK, it.mask);
  next = write32(next, DhcpOption.ROUTER, it.router);
  next = writeOctets(next, DhcpOption.DNS, changetype<usize>(it) + offsetof<Server>("dns0"), it.dns1 ? 8 : it.dns0 ? 4 : 0);
  memory.copy(next, changetype<usize>(it) + FURTHER_AT, it.further);
  return next + it.further;
}

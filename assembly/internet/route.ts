// read RFC 1122 §3.3.1 first
import { FAST, GATEWAYS, IGMP, LOOPBACK } from "../memory/config";
import { Address, Interface } from "../memory/control";
import { Err } from "../memory/errors";
import { PoolIndex, Timed } from "../memory/pool";
import { Recent, recent, root, state } from "../memory/root";
import { numberOf } from "../link/interfaces";
import { Cast } from "../link/packet";
import { castOf, covering, isLinkLocal, isMulticast, isOneHost, maskOf, ours, primary } from "./address";
import * as arp from "./arp";
import { Neighbour } from "./neighbour";

/** A route besides the connected ones and the gateways of the interface table. Addresses in host order. */
@unmanaged
@final
export class Route extends Timed {
  network: u32;
  prefix: u32;
  /** 0: on link. */
  gateway: u32;
  interface: u32;
  /** Up to 65,535; the least is taken. */
  metric: u32;
}
/** Largest metric; gateways of the interface table come after it. */
const METRIC_MAX: u32 = 65535;

/** What a route lookup found: the way a datagram goes. */
@unmanaged
@final
export class Hop {
  interface: u32;
  /** Who gets the frame. */
  nextHop: u32;
  /** Our address to send from. */
  source: u32;

  get via(): Interface {
    return changetype<Interface>(<usize>this.interface);
  }
}

/** Finds the way to a destination: the longest prefix among connected networks and routes, else a gateway of the interface table. `only` 0: any interface. False: no route. */
export function find(hop: Hop, destination: u32, only: u32): bool {
  if (!FAST) return search(hop, destination, only);
  const last = changetype<Hop>(changetype<usize>(recent) + offsetof<Recent>("wayInterface"));
  if (recent.wayTo != destination || recent.wayOnly != only || recent.wayGeneration != state.pathGeneration) {
    recent.wayTo = destination;
    recent.wayOnly = only;
    recent.wayGeneration = state.pathGeneration;
    if (!search(last, destination, only)) {
      recent.wayGeneration = 0;
      return false;
    }
    recent.wayToMany = isToMany(last.nextHop) ? 1 : 0;
  }
  hop.interface = last.interface;
  hop.nextHop = last.nextHop;
  hop.source = last.source;
  return true;
}
/** Whether a next hop is one neighbour, not all of them or a group. */
export function isOneHop(nextHop: u32): bool {
  if (FAST && recent.wayNextHop == nextHop && recent.wayGeneration == state.pathGeneration) return !recent.wayToMany;
  return !isToMany(nextHop);
}
function isToMany(nextHop: u32): bool {
  return castOf(nextHop) == Cast.BROADCAST || (IGMP && isMulticast(nextHop));
}
function search(hop: Hop, destination: u32, only: u32): bool {
  if (destination == 0xffffffff) return findLimitedBroadcast(hop, only);
  if (LOOPBACK && state.loopback) {
    const own = ours(destination);
    if (own) {
      set(hop, changetype<Interface>(<usize>state.loopback), destination, own);
      return true;
    }
  }
  let best: i32 = -1;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (only && only != i + 1) continue;
    const address = covering(it, destination);
    if (!address) continue;
    const rank = rankOf(address.prefix, 0, true);
    if (rank <= best) continue;
    best = rank;
    set(hop, it, destination, address);
  }
  const pool = root.pool(PoolIndex.ROUTE);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const route = changetype<Route>(pool.at(i));
    if (!route.taken || (only && only != route.interface)) continue;
    if ((destination ^ route.network) & maskOf(route.prefix)) continue;
    const it = root.interface(route.interface - 1);
    const rank = rankOf(route.prefix, GATEWAYS ? route.metric : 0, isAlive(it, route.gateway));
    if (rank > best && use(hop, it, route.gateway ? route.gateway : destination)) best = rank;
  }
  if (IGMP && isMulticast(destination)) return findGroup(hop, destination, only, best >= 0);
  if (isLinkLocal(destination)) {
    if (best < 0 && !findOnLink(hop, destination, only)) return false;
  } else if (GATEWAYS ? findGateway(hop, only, best) < 0 : best < 0 && findGateway(hop, only, -1) < 0) return false;
  // What has a link-local address at either end never goes by a router. RFC 3927 §2.6.2.
  return hop.nextHop == destination || !(isLinkLocal(destination) || isLinkLocal(hop.source));
}
/** The first interface that has an address: a link-local destination is on link, wherever we are. */
function findOnLink(hop: Hop, destination: u32, only: u32): bool {
  for (let i: u32 = 0; i < root.interfaces; i++) if ((!only || only == i + 1) && use(hop, root.interface(i), destination)) return true;
  return false;
}
/** A group is on link: by the interface of a route that leads there or of a gateway, else by the first with an address. RFC 1112 §6.1. */
function findGroup(hop: Hop, group: u32, only: u32, isFound: bool): bool {
  for (let i: u32 = 0; i < root.interfaces && !isFound; i++) {
    isFound = findGateway(hop, only, -1) >= 0 || ((!only || only == i + 1) && use(hop, root.interface(i), group));
  }
  hop.nextHop = group;
  return isFound;
}
/** How good a way is, the more the better: by prefix, then whether its gateway answers, then by metric. */
function rankOf(prefix: u32, metric: u32, isAlive: bool): i32 {
  return GATEWAYS ? (prefix << 20) | (isAlive ? 1 << 19 : 0) | (METRIC_MAX + 1 - metric) : prefix;
}
/** Whether a gateway is not known to be dead; 0 is none. While one is, every search asks anew. */
function isAlive(it: Interface, gateway: u32): bool {
  if (!GATEWAYS || !gateway || !arp.isDead(it, gateway, state.now)) return true;
  recent.wayGeneration = 0;
  return false;
}
/** 255.255.255.255 goes out by the interface that was named, or the first. */
function findLimitedBroadcast(hop: Hop, only: u32): bool {
  return use(hop, root.interface(only ? only - 1 : 0), 0xffffffff);
}
/** The gateways of the interface table: the first one that answers, where nothing better than `best` was found. Answers how good the way is now, below 0: there is none. */
function findGateway(hop: Hop, only: u32, best: i32): i32 {
  let found = best;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    const gateway = bswap<u32>(it.gateway);
    if (!gateway || (only && only != i + 1)) continue;
    const rank = rankOf(0, METRIC_MAX + 1, isAlive(it, gateway));
    if (rank > found && use(hop, it, gateway)) found = rank;
  }
  return found;
}
/** Whether datagrams that go by this neighbour are sent to a gateway. */
export function isGateway(neighbour: Neighbour): bool {
  const it = changetype<Interface>(<usize>neighbour.interface);
  if (bswap<u32>(it.gateway) == neighbour.ip) return true;
  const pool = root.pool(PoolIndex.ROUTE);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const route = changetype<Route>(pool.at(i));
    if (route.taken && route.gateway == neighbour.ip && route.interface == numberOf(it)) return true;
  }
  return false;
}
/** Whether there is a way to `destination` that does not go by this neighbour. */
export function avoids(neighbour: Neighbour, destination: u32): bool {
  const hop = changetype<Hop>(root.packetAt + 104);
  return find(hop, destination, 0) && (hop.nextHop != neighbour.ip || hop.interface != neighbour.interface);
}
/** Takes a next hop, with our address on its subnet or else the first one; false when the interface has none. */
function use(hop: Hop, it: Interface, nextHop: u32): bool {
  const near = covering(it, nextHop);
  const address = near ? near : primary(it);
  if (!address) return false;
  set(hop, it, nextHop, address);
  return true;
}
function set(hop: Hop, it: Interface, nextHop: u32, address: Address): void {
  hop.interface = <u32>changetype<usize>(it);
  hop.nextHop = nextHop;
  hop.source = bswap<u32>(address.ip);
}

/** Adds a route; host bits of the network are ignored. The least metric wins, of equal ones the first. Errors: NO_ROOM, BAD_ARGUMENT, IN_USE when there is one already. */
export function add(network: u32, prefix: u32, gateway: u32, interface_: u32, metric: u32): i32 {
  if (prefix > 32 || !interface_ || interface_ > root.interfaces) return Err.BAD_ARGUMENT;
  if (gateway && !isOneHost(gateway)) return Err.BAD_ADDRESS;
  if (lookUp(network, prefix, gateway, interface_, metric, !GATEWAYS)) return Err.IN_USE;
  const address = root.pool(PoolIndex.ROUTE).take();
  if (!address) return Err.NO_ROOM;
  const route = changetype<Route>(address);
  route.network = network & maskOf(prefix);
  route.prefix = prefix;
  route.gateway = gateway;
  route.interface = interface_;
  route.metric = metric;
  state.pathGeneration++;
  return 0;
}
/** Removes the routes with this network, prefix, interface and metric, whatever their gateways. Errors: BAD_ARGUMENT when there is none. */
export function remove(network: u32, prefix: u32, interface_: u32, metric: u32): i32 {
  let answer: i32 = Err.BAD_ARGUMENT;
  for (
    let route = lookUp(network, prefix, 0, interface_, metric, true);
    route;
    route = lookUp(network, prefix, 0, interface_, metric, true)
  ) {
    root.pool(PoolIndex.ROUTE).give(changetype<usize>(route));
    answer = 0;
  }
  state.pathGeneration++;
  return answer;
}
/** Removes the route with this gateway, of metric 0. */
export function removeOne(network: u32, prefix: u32, gateway: u32, interface_: u32): void {
  const route = lookUp(network, prefix, gateway, interface_, 0, false);
  if (!route) return;
  root.pool(PoolIndex.ROUTE).give(changetype<usize>(route));
  state.pathGeneration++;
}
/** A route with this network, prefix, interface and metric, and this gateway or any; null when there is none. */
function lookUp(network: u32, prefix: u32, gateway: u32, interface_: u32, metric: u32, anyGateway: bool): Route | null {
  const pool = root.pool(PoolIndex.ROUTE);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const route = changetype<Route>(pool.at(i));
    const isIt = route.taken && route.prefix == prefix && route.interface == interface_ && (!GATEWAYS || route.metric == metric);
    if (isIt && route.network == (network & maskOf(prefix)) && (anyGateway || route.gateway == gateway)) return route;
  }
  return null;
}

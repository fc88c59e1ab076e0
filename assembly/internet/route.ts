// read RFC 1122 §3.3.1 first
import { IGMP, LOOPBACK } from "../memory/config";
import { Address, Interface } from "../memory/control";
import { Err } from "../memory/errors";
import { PoolIndex, Timed } from "../memory/pool";
import { root, state } from "../memory/root";
import { covering, isLinkLocal, isMulticast, maskOf, ours, primary } from "./address";

/** A route besides the connected ones and the gateways of the interface table. Addresses in host order. */
@unmanaged
@final
export class Route extends Timed {
  network: u32;
  prefix: u32;
  /** 0: on link. */
  gateway: u32;
  interface: u32;
}

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

/** Finds the way to a destination: the longest prefix among connected networks and routes, else a gateway. `only` 0: any interface. False: no route. */
export function find(hop: Hop, destination: u32, only: u32): bool {
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
    if (address && <i32>address.prefix > best) {
      best = address.prefix;
      set(hop, it, destination, address);
    }
  }
  const pool = root.pool(PoolIndex.ROUTE);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const route = changetype<Route>(pool.at(i));
    if (!route.taken || <i32>route.prefix <= best || (only && only != route.interface)) continue;
    if ((destination ^ route.network) & maskOf(route.prefix)) continue;
    const it = root.interface(route.interface - 1);
    if (!use(hop, it, route.gateway ? route.gateway : destination)) continue;
    best = route.prefix;
  }
  if (IGMP && isMulticast(destination)) return findGroup(hop, destination, only, best >= 0);
  if (best < 0 && !(isLinkLocal(destination) ? findOnLink(hop, destination, only) : findGateway(hop, only))) return false;
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
    isFound = findGateway(hop, only) || ((!only || only == i + 1) && use(hop, root.interface(i), group));
  }
  hop.nextHop = group;
  return isFound;
}
/** 255.255.255.255 goes out by the interface that was named, or the first. */
function findLimitedBroadcast(hop: Hop, only: u32): bool {
  return use(hop, root.interface(only ? only - 1 : 0), 0xffffffff);
}
/** The first gateway of the interface table. */
function findGateway(hop: Hop, only: u32): bool {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (it.gateway && (!only || only == i + 1) && use(hop, it, bswap<u32>(it.gateway))) return true;
  }
  return false;
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

/** Adds a route; host bits of the network are ignored. Errors: NO_ROOM, BAD_ARGUMENT, IN_USE when there is one already. */
export function add(network: u32, prefix: u32, gateway: u32, interface_: u32): i32 {
  if (prefix > 32 || !interface_ || interface_ > root.interfaces) return Err.BAD_ARGUMENT;
  if (lookUp(network, prefix, interface_)) return Err.IN_USE;
  const address = root.pool(PoolIndex.ROUTE).take();
  if (!address) return Err.NO_ROOM;
  const route = changetype<Route>(address);
  route.network = network & maskOf(prefix);
  route.prefix = prefix;
  route.gateway = gateway;
  route.interface = interface_;
  state.pathGeneration++;
  return 0;
}
/** Removes the route with this network, prefix and interface. Errors: BAD_ARGUMENT when there is none. */
export function remove(network: u32, prefix: u32, interface_: u32): i32 {
  const route = lookUp(network, prefix, interface_);
  if (!route) return Err.BAD_ARGUMENT;
  root.pool(PoolIndex.ROUTE).give(changetype<usize>(route));
  state.pathGeneration++;
  return 0;
}
/** The route with this network, prefix and interface; null when there is none. */
function lookUp(network: u32, prefix: u32, interface_: u32): Route | null {
  const pool = root.pool(PoolIndex.ROUTE);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const route = changetype<Route>(pool.at(i));
    const isIt = route.taken && route.prefix == prefix && route.interface == interface_;
    if (isIt && route.network == (network & maskOf(prefix))) return route;
  }
  return null;
}

// read RFC 1122 §3.3.1 first
import { MDNS } from "../memory/config";
import { Address, Interface } from "../memory/control";
import { Err } from "../memory/errors";
import { PoolIndex, Timed } from "../memory/pool";
import { root, state } from "../memory/root";
import { MDNS_GROUP } from "../wire/dns";
import { covering, maskOf, primary } from "./address";

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
  if (destination == 0xffffffff || (MDNS && destination == MDNS_GROUP)) return findOnLink(hop, destination, only);
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
  return best >= 0 || findGateway(hop, only);
}
/** 255.255.255.255 and the group of mDNS go out by the interface that was named, or the first. */
function findOnLink(hop: Hop, destination: u32, only: u32): bool {
  return use(hop, root.interface(only ? only - 1 : 0), destination);
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

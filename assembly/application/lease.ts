// read RFC 2132, RFC 3442 and RFC 2131 §4.4.1 first
// What an offer or an acknowledgement brings: whether it makes sense, and how it comes to the interface and goes from it.
import { get16, get32 } from "../memory/bytes";
import { Interface } from "../memory/control";
import { jitter } from "../memory/random";
import { DhcpMessage, DhcpOption, DhcpOptions } from "../wire/dhcp";
import { isOneHost, maskOf, mayBeHost } from "../internet/address";
import * as claim from "../internet/claim";
import * as configure from "../internet/configure";
import * as route from "../internet/route";
import { Binding, LEASE_MIN, ROUTES_MAX } from "./binding";
import * as servers from "./servers";

const T1_MIN: u32 = 4;
const FOR_EVER: u32 = 0xffffffff;
/** Never comes. */
export const NO_TIME: u64 = 0xffffffffffffffff;
/** A smaller MTU than every host takes is not believed. */
const MTU_LEAST: u32 = 576;
/** T1 and T2 are moved by up to this many milliseconds, and never by more than a sixteenth. */
const FUZZ_MAX: u64 = 60000;

/** The prefix length that a message gives, 33: it makes no sense. Without a mask it is that of the address's class. */
function prefixOf(options: DhcpOptions, ip: u32): u32 {
  if (!options.gather(DhcpOption.MASK)) return ip >> 31 == 0 ? 8 : ip >> 30 == 2 ? 16 : 24;
  const mask = options.number(DhcpOption.MASK);
  const prefix = popcnt<u32>(mask);
  return prefix && prefix < 32 && mask == maskOf(prefix) ? prefix : 33;
}
/** Whether an offer or an acknowledgement can be used: an address for one host, in a subnet, that is not the server's nor the router's, for long enough, by a server that is one host. */
export function isUsable(message: DhcpMessage, options: DhcpOptions): bool {
  const ip = message.yiaddr;
  const prefix = prefixOf(options, ip);
  const server = options.number(DhcpOption.SERVER);
  if (prefix > 32 || !mayBeHost(ip, prefix) || !isOneHost(server) || server == ip) return false;
  return options.number(DhcpOption.ROUTER) != ip && options.number(DhcpOption.LEASE) >= LEASE_MIN;
}

/** Takes times and settings from an acknowledgement that isUsable; settings of an older one are gone. */
export function take(it: Binding, message: DhcpMessage, options: DhcpOptions): void {
  it.server = options.number(DhcpOption.SERVER);
  it.prefix = <u8>prefixOf(options, message.yiaddr);
  takeTimes(it, options);
  const gateway = it.gateway;
  forget(it);
  it.ntp0 = options.number(DhcpOption.NTP);
  it.ntp1 = options.gather(DhcpOption.NTP) >= 8 ? get32(options.value, 4) : 0;
  const via = it.via;
  const mtu = options.gather(DhcpOption.MTU) == 2 ? get16(options.value, 0) : 0;
  if (mtu >= MTU_LEAST && mtu < via.mtu) {
    it.mtu = via.mtu;
    via.mtu = mtu;
  }
  const dns = <u32>min(options.gather(DhcpOption.DNS) >> 2, 3);
  for (let i: u32 = 0; i < dns; i++) {
    const server = get32(options.value, i << 2);
    store<u32>(it.dns + (i << 2), server);
    if (isOneHost(server)) servers.addServer(server, it.number);
  }
  let router = options.number(DhcpOption.ROUTER);
  const octets = options.gather(DhcpOption.ROUTES);
  if (octets) router = takeRoutes(it, options.value, options.value + octets);
  else if ((router ^ it.ip) & maskOf(it.prefix)) router = 0;
  setGateway(it, via, gateway, router);
}
/** Renewal and rebinding times that make sense are believed, else they are those of RFC 2131 §4.4.5. */
function takeTimes(it: Binding, options: DhcpOptions): void {
  const lease = options.number(DhcpOption.LEASE);
  it.lease = lease;
  it.renews = NO_TIME;
  it.rebinds = NO_TIME;
  it.ends = NO_TIME;
  if (lease == FOR_EVER) return;
  let t1 = options.number(DhcpOption.T1);
  let t2 = options.number(DhcpOption.T2);
  if (t1 < T1_MIN || t1 >= t2 || t2 >= lease) {
    t1 = lease >> 1;
    t2 = lease - (lease >> 3);
  }
  it.renews = it.asked + fuzzed(t1);
  it.rebinds = max(it.asked + fuzzed(t2), it.renews);
  it.ends = it.asked + <u64>lease * 1000;
}
function fuzzed(seconds: u32): u64 {
  const wait = <u64>seconds * 1000;
  return wait - jitter(<u32>min(wait >> 4, FUZZ_MAX));
}

/** Classless routes: each a prefix length, the octets of the network that matter, and a router. Answers the default one's router. RFC 3442. */
function takeRoutes(it: Binding, from: usize, end: usize): u32 {
  let at = from;
  let gateway: u32 = 0;
  while (at < end) {
    const prefix: u32 = load<u8>(at++);
    const octets = (prefix + 7) >> 3;
    if (prefix > 32 || at + octets + 4 > end) break;
    const network = get32(at, 0) & maskOf(prefix);
    const router = get32(at, octets);
    at += octets + 4;
    if (!prefix) gateway = router;
    else if (!router || isOneHost(router)) addRoute(it, network, prefix, router);
  }
  return gateway;
}
function addRoute(it: Binding, network: u32, prefix: u32, router: u32): void {
  if (<u32>it.routeCount == ROUTES_MAX || route.add(network, prefix, router, it.number, 0)) return;
  const at = it.route(it.routeCount++);
  store<u32>(at, network);
  store<u32>(at, prefix, 4);
  store<u32>(it.routeGateway(it.routeCount - 1), router);
}
/** The gateway of the interface is the lease's business only where nobody else has set one. */
function setGateway(it: Binding, via: Interface, old: u32, router: u32): void {
  if (via.gateway && via.gateway != bswap<u32>(old)) return;
  const gateway = router != it.ip && isOneHost(router) && mayBeHost(router, it.prefix) ? router : 0;
  if (bswap<u32>(via.gateway) != gateway) configure.setGateway(via, gateway);
  it.gateway = gateway;
}

/** Takes back what the lease brought, but the address and the gateway. */
function forget(it: Binding): void {
  for (let i: u32 = 0; i < it.routeCount; i++) route.removeOne(load<u32>(it.route(i)), load<u32>(it.route(i), 4), load<u32>(it.routeGateway(i)), it.number);
  it.routeCount = 0;
  if (it.mtu) it.via.mtu = it.mtu;
  it.mtu = 0;
  servers.forgetServers(it.number);
  memory.fill(it.dns, 0, 20);
}
/** Puts the leased address on the interface, or keeps it there. `probes`: ARP asks first. Errors: those of address_add. */
export function install(it: Binding, probes: bool): i32 {
  const via = it.via;
  const place = it.isInstalled ? configure.placeOf(via, it.ip) : -1;
  if (place < 0) {
    const wrong = configure.add(via, it.ip, it.prefix, probes);
    if (wrong < 0) return wrong;
    it.isInstalled = 1;
  } else if (via.address(place).prefix != it.prefix) {
    via.address(place).prefix = it.prefix;
    claim.changed(via);
  }
  return 0;
}
/** Takes the lease from the interface: address, gateway, routes, servers and MTU. */
export function withdraw(it: Binding): void {
  const via = it.via;
  forget(it);
  if (it.gateway && via.gateway == bswap<u32>(it.gateway)) configure.setGateway(via, 0);
  it.gateway = 0;
  if (it.isInstalled) configure.remove(via, it.ip);
  it.isInstalled = 0;
  it.ends = NO_TIME;
}

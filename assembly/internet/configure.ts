// Addresses and gateways that change at run time: by the host's calls, or by a protocol that configures.
import { Address, ADDRESSES_MAX, AddressState, Family, Interface } from "../memory/control";
import { PROBING } from "../memory/config";
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { isEthernet, numbered } from "../link/interfaces";
import { isOneHost, mayBeHostOn } from "./address";
import * as claim from "./claim";

/** The place of an address on an interface, in whatever state; -1: it has it not. */
export function placeOf(it: Interface, ip: u32): i32 {
  for (let place: u32 = 0; place < ADDRESSES_MAX; place++) {
    const address = it.address(place);
    if (address.state && address.ip == bswap<u32>(ip)) return place;
  }
  return -1;
}
function isTaken(ip: u32): bool {
  for (let i: u32 = 0; i < root.interfaces; i++) if (placeOf(root.interface(i), ip) >= 0) return true;
  return false;
}

/**
 * Puts an address on an interface and answers its place: `it.address(place).state` says what has become of it. `probes`: TENTATIVE
 * until probing ends, then VALID, or CONFLICT where another host has it; else, and where there is nobody to ask, VALID at once.
 * Errors: BAD_ARGUMENT (prefix), BAD_ADDRESS, IN_USE, NO_ROOM.
 */
export function add(it: Interface, ip: u32, prefix: u32, probes: bool): i32 {
  if (prefix > 32) return Err.BAD_ARGUMENT;
  if (!mayBeHostOn(it, ip, prefix) || it.gateway == bswap<u32>(ip)) return Err.BAD_ADDRESS;
  if (isTaken(ip)) return Err.IN_USE;
  for (let place: u32 = 0; place < ADDRESSES_MAX; place++) {
    const address = it.address(place);
    if (address.state) continue;
    put(it, place, address, ip, prefix, PROBING && probes && isEthernet(it));
    return place;
  }
  return Err.NO_ROOM;
}
function put(it: Interface, place: u32, address: Address, ip: u32, prefix: u32, probes: bool): void {
  address.ip = bswap<u32>(ip);
  address.prefix = <u8>prefix;
  address.state = <u8>(probes ? AddressState.TENTATIVE : AddressState.VALID);
  address.conflicts = 0;
  if (probes) claim.probe(it, place, state.now);
  else claim.announce(it, place, state.now);
  claim.changed(it);
}
/** Takes an address from an interface: connections from it end with UNREACHABLE, sockets bound to it hear of it. Errors: BAD_ADDRESS. */
export function remove(it: Interface, ip: u32): i32 {
  const place = placeOf(it, ip);
  if (place < 0) return Err.BAD_ADDRESS;
  const address = it.address(place);
  if (address.state == <u8>AddressState.VALID) claim.lost();
  claim.forget(it, place);
  memory.fill(changetype<usize>(address), 0, offsetof<Address>());
  claim.changed(it);
  return 0;
}
/** Sets the gateway of an interface; 0: none. Errors: BAD_ADDRESS. */
export function setGateway(it: Interface, ip: u32): i32 {
  if (ip && !isOneHost(ip)) return Err.BAD_ADDRESS;
  it.gateway = bswap<u32>(ip);
  claim.changed(it);
  return 0;
}

/** The call address_add: the address and the interface in `local`, probed where the setting says so. */
export function addLocal(prefix: u32): i32 {
  const at = root.local;
  const it = numbered(at.interface);
  if (!it) return Err.BAD_ARGUMENT;
  return at.family == <u16>Family.IPV4 ? add(it, at.ip, prefix, root.extra.probing != 0) : Err.BAD_ADDRESS;
}
/** The call address_remove: the address and the interface in `local`. */
export function removeLocal(): i32 {
  const it = numbered(root.local.interface);
  return it ? remove(it, root.local.ip) : Err.BAD_ARGUMENT;
}
/** The call gateway_set: the gateway (0: none) and the interface in `remote`. */
export function setRemoteGateway(): i32 {
  const it = numbered(root.remote.interface);
  return it ? setGateway(it, root.remote.ip) : Err.BAD_ARGUMENT;
}

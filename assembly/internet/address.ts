// read RFC 1122 §3.2.1.3 first
// The one classifier of IPv4 addresses. Addresses are u32 in host order.
import { DHCP, LOOPBACK, TRANSPARENT } from "../memory/config";
import { Address, ADDRESSES_MAX, AddressState, Interface, InterfaceFlag } from "../memory/control";
import { root, state } from "../memory/root";
import { isLoopback } from "../link/device";
import { deviceOf } from "../link/interfaces";
import { Cast } from "../link/packet";

/** Our address record with this address, in any interface; null when none is valid. */
export function ours(ip: u32): Address | null {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const found = on(root.interface(i), ip);
    if (found) return found;
  }
  return null;
}
/** Whether we may speak as `ip`: an address of ours or, by a transparent interface (its number; 0: none), anybody's. */
export function isLocal(ip: u32, only: u32): bool {
  if (ours(ip)) return true;
  return TRANSPARENT != 0 && only != 0 && (root.interface(only - 1).flags & InterfaceFlag.TRANSPARENT) != 0;
}
/** The valid address record of this interface with this address. */
export function on(it: Interface, ip: u32): Address | null {
  const wire = bswap<u32>(ip);
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    const address = it.address(i);
    if (address.ip == wire && address.state == <u8>AddressState.VALID) return address;
  }
  return null;
}
/** The mask of a prefix length, 0 to 32. */
export function maskOf(prefix: u32): u32 {
  return prefix ? (<u32>0xffffffff) << (32 - prefix) : 0;
}
/** The valid address of this interface whose prefix covers `ip`; null when it is not on link. */
export function covering(it: Interface, ip: u32): Address | null {
  let best: Address | null = null;
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    const address = it.address(i);
    if (address.state != <u8>AddressState.VALID) continue;
    if ((ip ^ bswap<u32>(address.ip)) & maskOf(address.prefix)) continue;
    if (!best || address.prefix > best.prefix) best = address;
  }
  return best;
}
/** The first valid address of this interface, null when it has none. */
export function primary(it: Interface): Address | null {
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    if (it.address(i).state == <u8>AddressState.VALID) return it.address(i);
  }
  return null;
}

/** Whether `ip` is a broadcast address of a subnet we are attached to: all ones, or the old all-zero form. RFC 1122 §3.3.6. */
export function isSubnetBroadcast(ip: u32): bool {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const address = covering(root.interface(i), ip);
    if (!address || address.prefix > 30) continue;
    const host = ip & ~maskOf(address.prefix);
    if (!host || host == ~maskOf(address.prefix)) return true;
  }
  return false;
}
export function isMulticast(ip: u32): bool {
  return ip >> 28 == 14;
}
/** Addresses that mean no single host on the wire, whatever our subnets are: 0/8, 127/8, 224/4, 240/4. */
export function isSpecial(ip: u32): bool {
  const net = ip >> 24;
  return net == 0 || net == 127 || net >= 224;
}
/** Whether `ip` is one that hosts take by themselves and that no router passes on: 169.254/16. Never in a build that takes none. RFC 3927. */
export function isLinkLocal(ip: u32): bool {
  return DHCP != 0 && ip >> 16 == 0xa9fe;
}
/** Whether `ip` may be a host's address on this interface: as `mayBeHost`, and 127/8 on loopback. */
export function mayBeHostOn(it: Interface, ip: u32, prefix: u32): bool {
  return mayBeHost(ip, prefix) || (ip >> 24 == 127 && isLoopback(deviceOf(it)) && isHostPart(ip, prefix));
}
/** Whether `ip` may be a host's address in a subnet of this prefix: not the subnet's own, nor its broadcast. RFC 1122 §3.2.1.3, RFC 3021. */
export function mayBeHost(ip: u32, prefix: u32): bool {
  return !isSpecial(ip) && isHostPart(ip, prefix);
}
function isHostPart(ip: u32, prefix: u32): bool {
  const host = ip & ~maskOf(prefix);
  return prefix >= 31 || (host != 0 && host != ~maskOf(prefix));
}
/** Whether `ip` may stand for one host other than us, as a source or a remote end. RFC 1122 §3.2.1.3. */
export function isOneHost(ip: u32): bool {
  return !isSpecial(ip) && !isSubnetBroadcast(ip) && !ours(ip);
}
/** Whether datagrams may be sent to `ip` as to one host: another, or ourselves where there is a loopback interface. */
export function isPeer(ip: u32): bool {
  return isOneHost(ip) || (LOOPBACK && state.loopback && ours(ip) != null);
}
/** To whom a destination address speaks, when it speaks to us: a Cast, or -1. */
export function castOf(ip: u32): i32 {
  if (ours(ip)) return Cast.UNICAST;
  if (ip == 0xffffffff || ip == 0 || isSubnetBroadcast(ip)) return Cast.BROADCAST;
  return ip == 0xe0000001 ? Cast.MULTICAST : -1;
}

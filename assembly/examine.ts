// What the host has filled in is examined word by word before anything is laid out.
import * as config from "./memory/config";
import {
  Address,
  ADDRESSES_MAX,
  AddressState,
  CLASSES,
  Control,
  Device,
  DeviceKind,
  Interface,
  InterfaceFlag,
  More,
  Offload,
} from "./memory/control";
import { Err, OFFERS } from "./memory/errors";
import { root } from "./memory/root";
import * as time from "./memory/time";
import { isGroupMac, isZeroMac, VLAN_TAG } from "./wire/ethernet";
import { DATAGRAM_MAX } from "./wire/ipv4";
import { isLoopback, SLOT_IP } from "./link/device";
import { isSpecial, maskOf, mayBeHostOn } from "./internet/address";
import { INDEX_MAX } from "./transport/socket";

const SLOTS_MAX: u32 = 32768;
/** Owners are an octet, and 16 of them are kept for services. */
const OWNERS_MAX: u32 = 240;
/** The DHCP server looks at all of them for each message. */
const LEASES_MAX: u32 = 4096;
/** Every question looks through all names. */
const NAMES_MAX: u32 = 1024;
/** Octets of the head of an HTTP request: what an answer needs besides the application's fields, and some for these. */
const REQUEST_MIN: u32 = 256;
const THINGS_MAX: u32 = 64;
const LIMIT_MAX: u32 = (1 << 30) - 1;
const MTU_MIN: u32 = 68;
const VLAN_MAX: u16 = 4094;
/** A loopback device has slots for answers besides the one that is read. */
const LOOPBACK_MIN: u32 = 4;
/** Datagrams that can be put together at the same time: they are looked through one by one. */
const FRAGMENTS_MAX: u32 = 1024;
/** Octets of a datagram that every host must take. RFC 1122 §3.3.2. */
const DATAGRAM_MIN: u32 = 576;
const RECORDS_MAX: u32 = 65536;

/** The host reads in `detail` at which word of the control block `error` is. */
export function refuse(error: Err, at: usize): i32 {
  root.detail = <u32>at;
  return error;
}
/** The address of a word in the control block, as `detail` gives it. */
function offsetIn(record: usize, at: usize): usize {
  return record - changetype<usize>(root) + at;
}

/** 0, or what is wrong with what the host has filled in. */
export function examine(): i32 {
  if (!root.devices || root.devices > <u32>config.DEVICES_MAX) return refuse(Err.BAD_COUNT, offsetof<Control>("devices"));
  if (!root.interfaces || root.interfaces > <u32>config.INTERFACES_MAX) return refuse(Err.BAD_COUNT, offsetof<Control>("interfaces"));
  for (let i: u32 = 0; i < root.devices; i++) {
    if (!root.device(i).slotOctets) root.device(i).slotOctets = slotFor(i);
    const wrong = examineDevice(root.device(i));
    if (wrong) return wrong;
  }
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const wrong = examineInterface(root.interface(i), i);
    if (wrong) return wrong;
  }
  const wrong = examineCapacities();
  return wrong ? wrong : examineSettings();
}
function isSlots(n: u32): bool {
  return n && n <= SLOTS_MAX && !(n & (n - 1));
}
function examineDevice(it: Device): i32 {
  const at = changetype<usize>(it);
  if (isLoopback(it)) it.rxSlots = it.txSlots;
  else if (it.kind != <u8>DeviceKind.ETHERNET && it.kind != <u8>DeviceKind.RAW_IP)
    return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("kind")));
  if (it.offload && !mayOffload(it)) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Device>("offload")));
  if (!isSlots(it.rxSlots)) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("rxSlots")));
  if (!isSlots(it.txSlots) || (isLoopback(it) && it.txSlots < LOOPBACK_MIN))
    return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("txSlots")));
  if (it.slotOctets & 63 || it.slotOctets > 1 << 17) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("slotOctets")));
  return 0;
}
/** Whether a device may have its offloads: a forwarder and a loopback need whole frames. */
function mayOffload(it: Device): bool {
  if (!config.OFFLOAD || isLoopback(it) || root.extra.forwarding) return false;
  return it.offload == <u16>Offload.CHECKSUM || it.offload == <u16>(Offload.CHECKSUM | Offload.SEGMENTATION);
}
/** Octets of the longest frame of an interface with the slot's header. */
function longest(it: Interface): u32 {
  const isCut = root.device(it.device).offload & Offload.SEGMENTATION;
  return (isCut ? DATAGRAM_MAX : min(it.mtu, DATAGRAM_MAX)) + SLOT_IP + (config.VLAN && it.vlan ? VLAN_TAG : 0);
}
/** Slots that hold the longest frame of all interfaces of a device. */
function slotFor(device: u32): u32 {
  let octets: u32 = 64;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (it.device == <u8>device) octets = max(octets, (longest(it) + 63) & ~63);
  }
  return octets;
}
function examineInterface(it: Interface, index: u32): i32 {
  const at = changetype<usize>(it);
  if (it.device >= root.devices) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("device")));
  if (it.flags > (config.TRANSPARENT ? <u8>InterfaceFlag.TRANSPARENT : 0))
    return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("flags")));
  const isEthernet = root.device(it.device).kind == <u8>DeviceKind.ETHERNET;
  if (it.vlan > (config.VLAN && isEthernet ? VLAN_MAX : 0)) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("vlan")));
  for (let i: u32 = 0; i < index; i++)
    if (root.interface(i).device == it.device && root.interface(i).vlan == it.vlan)
      return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("device")));
  if (it.mtu < MTU_MIN || it.mtu > DATAGRAM_MAX) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mtu")));
  if (root.device(it.device).slotOctets < longest(it)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mtu")));
  if (isEthernet && (isGroupMac(it.mac) || isZeroMac(it.mac))) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mac0")));
  const gateway = bswap<u32>(it.gateway);
  if (gateway && isSpecial(gateway)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("gateway")));
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    if (gateway && !isOtherHost(it.address(i), gateway)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("gateway")));
    store<u16>(changetype<usize>(it.address(i)), 0, offsetof<Address>("conflicts"));
    if (!isAddressPlausible(it, i, index)) return refuse(Err.BAD_INTERFACE, offsetIn(changetype<usize>(it.address(i)), 0));
  }
  return 0;
}
/** Whether `ip` may be another host as far as this address of ours goes: not the same, nor its subnet's own or broadcast address. */
function isOtherHost(address: Address, ip: u32): bool {
  if (address.state == <u8>AddressState.NONE) return true;
  const ours = bswap<u32>(address.ip);
  const host = ~maskOf(address.prefix);
  if (ip == ours) return false;
  return address.prefix >= 31 || ((ip ^ ours) & ~host) != 0 || ((ip & host) != 0 && (ip & host) != host);
}
/** One host's address, not a subnet's own or its broadcast, and nobody else's. RFC 1122 §3.2.1.3, RFC 3021. */
function isAddressPlausible(it: Interface, which: u32, index: u32): bool {
  const address = it.address(which);
  if (address.state == <u8>AddressState.NONE) return true;
  if (address.state > <u8>AddressState.CONFLICT || address.prefix > 32 || !mayBeHostOn(it, bswap<u32>(address.ip), address.prefix))
    return false;
  for (let i: u32 = 0; i <= index; i++) {
    for (let k: u32 = 0; k < ADDRESSES_MAX; k++) {
      const other = root.interface(i).address(k);
      if (other != address && other.state && other.ip == address.ip) return false;
    }
  }
  return true;
}
function isBetween(n: u32, low: u32, high: u32): bool {
  return n >= low && n <= high;
}
function examineCapacities(): i32 {
  let sockets: u64 = 0;
  for (let i: u32 = 0; i < CLASSES; i++) {
    const it = root.bufferClass(i);
    sockets += it.sockets;
    if (it.receive > LIMIT_MAX || it.send > LIMIT_MAX) return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(it), 4));
  }
  if (sockets > INDEX_MAX) return refuse(Err.BAD_CAPACITY, offsetof<Control>("class0Sockets"));
  for (let at = offsetof<Control>("listeners"); at <= offsetof<Control>("record"); at += 4) {
    if (load<u32>(changetype<usize>(root) + at) > INDEX_MAX) return refuse(Err.BAD_CAPACITY, at);
  }
  for (let at = changetype<usize>(root.extra); at < changetype<usize>(root.extra) + offsetof<More>("probing"); at += 4) {
    if (load<u32>(at) > INDEX_MAX) return refuse(Err.BAD_CAPACITY, offsetIn(at, 0));
  }
  if (root.udpSockets + config.SERVICE_SOCKETS && !isSlots(root.udpReceive))
    return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpReceive"));
  if (root.udpSockets + config.SERVICE_SOCKETS && !isSlots(root.udpSend)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpSend"));
  if (config.REASSEMBLY) {
    const more = root.extra;
    if (more.fragments > FRAGMENTS_MAX) return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(more), offsetof<More>("fragments")));
    if (more.fragments && !isBetween(more.fragmentOctets, DATAGRAM_MIN, DATAGRAM_MAX))
      return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(more), offsetof<More>("fragmentOctets")));
  }
  if (root.udpOctets > DATAGRAM_MAX) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpOctets"));
  if (root.extra.leases > (config.DHCPD ? LEASES_MAX : 0))
    return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(root.extra), offsetof<More>("leases")));
  if (config.HTTP && root.extra.requests && root.extra.requestOctets < REQUEST_MIN)
    return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(root.extra), offsetof<More>("requestOctets")));
  if (config.DNS && root.extra.names > NAMES_MAX)
    return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(root.extra), offsetof<More>("names")));
  if (config.MDNS && root.extra.services > THINGS_MAX)
    return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(root.extra), offsetof<More>("services")));
  if (!isBetween(root.owners, 1, OWNERS_MAX)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("owners"));
  if (root.record > 4096) return refuse(Err.BAD_CAPACITY, offsetof<Control>("record"));
  return 0;
}
function examineSettings(): i32 {
  for (let at = offsetof<Control>("ttl"); at <= offsetof<Control>("frameBudget"); at += 4) {
    if (!isBetween(load<u32>(changetype<usize>(root) + at), 1, time.NEVER)) return refuse(Err.BAD_SETTING, at);
  }
  if (root.ttl > 255) return refuse(Err.BAD_SETTING, offsetof<Control>("ttl"));
  if (root.delayedAck > 499) return refuse(Err.BAD_SETTING, offsetof<Control>("delayedAck"));
  if (root.keepCount > 255) return refuse(Err.BAD_SETTING, offsetof<Control>("keepCount"));
  if (root.offer > OFFERS) return refuse(Err.BAD_SETTING, offsetof<Control>("offer"));
  if (root.congestion > <u32>config.CUBIC) return refuse(Err.BAD_SETTING, offsetof<Control>("congestion"));
  if (root.sentRecords > (config.RACK ? RECORDS_MAX : 0)) return refuse(Err.BAD_SETTING, offsetof<Control>("sentRecords"));
  if (root.extra.probing > <u32>config.PROBING)
    return refuse(Err.BAD_SETTING, offsetIn(changetype<usize>(root.extra), offsetof<More>("probing")));
  if (config.HTTP && !isBetween(root.extra.httpTimeout, 1, time.NEVER))
    return refuse(Err.BAD_SETTING, offsetIn(changetype<usize>(root.extra), offsetof<More>("httpTimeout")));
  if (root.msl > time.NEVER >> 1) return refuse(Err.BAD_SETTING, offsetof<Control>("msl"));
  return config.REASSEMBLY || config.FORWARDING ? examineMore() : 0;
}
function examineMore(): i32 {
  const more = root.extra;
  const at = changetype<usize>(more);
  if (more.forwarding > 1) return refuse(Err.BAD_SETTING, offsetIn(at, offsetof<More>("forwarding")));
  const last = config.FILTER ? offsetof<More>("flowIcmp") : offsetof<More>("fragmentTimeout");
  for (let it = offsetof<More>("fragmentTimeout"); it <= last; it += 4) {
    if (!isBetween(load<u32>(at + it), 1, time.NEVER)) return refuse(Err.BAD_SETTING, offsetIn(at, it));
  }
  if (config.IGMP && !(isBetween(more.portFirst, 1, more.portLast) && more.portLast <= 65535))
    return refuse(Err.BAD_SETTING, offsetIn(at, offsetof<More>("portFirst")));
  return 0;
}

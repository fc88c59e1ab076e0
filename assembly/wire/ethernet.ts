// read RFC 894 first
import { get16, put16 } from "../memory/bytes";

/** Octets of an Ethernet header. */
export const ETHERNET_HEADER: u32 = 14;
/** Octets of the shortest frame, without its check sequence. IEEE 802.3. */
export const ETHERNET_MINIMUM: u32 = 60;
/** Octets of an 802.1Q tag, which stands behind the source address. */
export const VLAN_TAG: u32 = 4;
export enum EtherType {
  IPV4 = 0x0800,
  ARP = 0x0806,
  VLAN = 0x8100,
}

/** An Ethernet II header in place. */
@unmanaged
@final
export class EthernetHeader {
  static at(address: usize): EthernetHeader {
    return changetype<EthernetHeader>(address);
  }
  get destination(): usize {
    return changetype<usize>(this);
  }
  get source(): usize {
    return changetype<usize>(this) + 6;
  }
  get type(): u32 {
    return get16(this, 12);
  }
  set type(v: u32) {
    put16(this, 12, v);
  }
  /** VLAN identifier of a tagged frame, and the type behind the tag. */
  get vlan(): u32 {
    return get16(this, 14) & 0xfff;
  }
  get taggedType(): u32 {
    return get16(this, 16);
  }
  /** A tag, priority 0, and the type behind it. */
  tag(vlan: u32, type: u32): void {
    put16(this, 12, EtherType.VLAN);
    put16(this, 14, vlan);
    put16(this, 16, type);
  }
  get payload(): usize {
    return changetype<usize>(this) + ETHERNET_HEADER;
  }
}

/** Whether the MAC address at `at` is a group's: multicast or broadcast. */
export function isGroupMac(at: usize): bool {
  return (load<u8>(at) & 1) != 0;
}
/** Whether it is ff:ff:ff:ff:ff:ff. */
export function isBroadcastMac(at: usize): bool {
  return load<u32>(at) == 0xffffffff && load<u16>(at, 4) == 0xffff;
}
export function isZeroMac(at: usize): bool {
  return load<u32>(at) == 0 && load<u16>(at, 4) == 0;
}

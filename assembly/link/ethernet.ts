// read RFC 894 and RFC 1122 §2.3 first
import { copyMac, sameMac } from "../memory/bytes";
import { VLAN } from "../memory/config";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { ETHERNET_HEADER, ETHERNET_MINIMUM, EtherType, EthernetHeader, isGroupMac, VLAN_TAG } from "../wire/ethernet";
import { publish, SLOT_HEADER, SLOT_IP } from "./device";
import { deviceOf } from "./interfaces";
import { Packet } from "./packet";

/** Examines the link header; answers the type when the frame is for us, else 0. */
export function input(packet: Packet): u32 {
  if (packet.frameLength < ETHERNET_HEADER) return drop(Counter.LINK_SHORT);
  const header = EthernetHeader.at(packet.frame);
  const ours = packet.via.mac;
  packet.linkGroup = isGroupMac(header.destination) ? 1 : 0;
  if (!packet.linkGroup && !sameMac(header.destination, ours)) return drop(Counter.LINK_NOT_OURS);
  if (isGroupMac(header.source) || sameMac(header.source, ours)) return drop(Counter.LINK_BAD_SOURCE);
  const isTagged = isTaggedFrame(packet.frame, packet.frameLength);
  const type = isTagged ? header.taggedType : header.type;
  if (type != EtherType.IPV4 && type != EtherType.ARP) return drop(Counter.LINK_UNKNOWN_TYPE);
  const length = isTagged ? ETHERNET_HEADER + VLAN_TAG : ETHERNET_HEADER;
  packet.ip = packet.frame + length;
  packet.ipLength = packet.frameLength - length;
  return type;
}
function isTaggedFrame(frame: usize, length: u32): bool {
  return VLAN ? length >= ETHERNET_HEADER + VLAN_TAG && EthernetHeader.at(frame).type == EtherType.VLAN : false;
}
/** The VLAN a frame belongs to; 0: it is not tagged, or with a priority only. IEEE 802.1Q. */
export function vlanOf(frame: usize, length: u32): u32 {
  return isTaggedFrame(frame, length) ? EthernetHeader.at(frame).vlan : 0;
}
function drop(why: Counter): u32 {
  count(why);
  return 0;
}

/** Writes the link header into a claimed slot and hands the slot to the device. `length` is what follows the header. */
export function output(it: Interface, slot: usize, destination: usize, type: EtherType, length: u32): void {
  const header = EthernetHeader.at(slot + SLOT_HEADER);
  copyMac(header.destination, destination);
  copyMac(header.source, it.mac);
  const vlan: u32 = VLAN ? it.vlan : 0;
  if (!vlan) header.type = type;
  else tag(slot, vlan, type, length);
  const added: u32 = vlan ? VLAN_TAG : 0;
  publish(deviceOf(it), slot, pad(slot + SLOT_HEADER, ETHERNET_HEADER + added + length, ETHERNET_MINIMUM + added));
}
/** What was built where an untagged frame has it moves on by a tag. */
function tag(slot: usize, vlan: u32, type: EtherType, length: u32): void {
  memory.copy(slot + SLOT_IP + VLAN_TAG, slot + SLOT_IP, length);
  EthernetHeader.at(slot + SLOT_HEADER).tag(vlan, type);
}
/** Fills a short frame up with zeros: a few, for which a call of the system would cost more. A tagged one is as long as if the tag came on top. */
function pad(frame: usize, length: u32, least: u32): u32 {
  for (let at = length; at < least; at++) store<u8>(frame + at, 0);
  return max(length, least);
}

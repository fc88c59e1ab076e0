// read RFC 894 and RFC 1122 §2.3 first
import { copyMac, sameMac } from "../memory/bytes";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { ETHERNET_HEADER, ETHERNET_MINIMUM, EtherType, EthernetHeader, isGroupMac } from "../wire/ethernet";
import { publish, SLOT_HEADER } from "./device";
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
  const type = header.type;
  if (type != EtherType.IPV4 && type != EtherType.ARP) return drop(Counter.LINK_UNKNOWN_TYPE);
  packet.ip = <u32>header.payload;
  packet.ipLength = packet.frameLength - ETHERNET_HEADER;
  return type;
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
  header.type = type;
  publish(deviceOf(it), slot, pad(slot + SLOT_HEADER, ETHERNET_HEADER + length));
}
/** Fills a short frame up with zeros. */
function pad(frame: usize, length: u32): u32 {
  if (length >= ETHERNET_MINIMUM) return length;
  memory.fill(frame + length, 0, ETHERNET_MINIMUM - length);
  return ETHERNET_MINIMUM;
}

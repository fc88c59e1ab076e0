// read RFC 826 first
import { get16, get32, get8, put16, put32, put8 } from "../memory/bytes";

/** Octets of an ARP packet for IPv4 over Ethernet. */
export const ARP_PACKET: u32 = 28;
export enum ArpOperation {
  REQUEST = 1,
  REPLY = 2,
}

/** An ARP packet for IPv4 over Ethernet in place. */
@unmanaged
@final
export class ArpPacket {
  static at(address: usize): ArpPacket {
    return changetype<ArpPacket>(address);
  }
  /** Whether the fixed fields are those of IPv4 over Ethernet. */
  get isIpv4OverEthernet(): bool {
    return get16(this, 0) == 1 && get16(this, 2) == 0x0800 && get8(this, 4) == 6 && get8(this, 5) == 4;
  }
  setFixedFields(): void {
    put16(this, 0, 1);
    put16(this, 2, 0x0800);
    put8(this, 4, 6);
    put8(this, 5, 4);
  }
  get operation(): u32 {
    return get16(this, 6);
  }
  set operation(v: u32) {
    put16(this, 6, v);
  }
  get senderMac(): usize {
    return changetype<usize>(this) + 8;
  }
  get senderIp(): u32 {
    return get32(this, 14);
  }
  set senderIp(v: u32) {
    put32(this, 14, v);
  }
  get targetMac(): usize {
    return changetype<usize>(this) + 18;
  }
  get targetIp(): u32 {
    return get32(this, 24);
  }
  set targetIp(v: u32) {
    put32(this, 24, v);
  }
}

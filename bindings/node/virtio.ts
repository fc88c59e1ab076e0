// The header in front of frames of a TAP device with IFF_VNET_HDR, in little-endian order: virtio 1.2, section 5.1.6, without num_buffers.
// 0 flags, 1 gso_type, 2 hdr_len, 4 gso_size, 6 csum_start, 8 csum_offset.
import { SlotFlag } from "./constants.js";

/** Octets of the header. */
export const HEADER = 10;

const NEEDS_CHECKSUM = 1;
const CHECKSUM_VALID = 2;
const GSO_TCPV4 = 1;
/** Octets of an Ethernet header, of a VLAN tag in it, and the type that says so. */
const ETHERNET = 14;
const VLAN_TAG = 4;
const VLAN_TYPE = 0x81;
/** Where the checksum lies in a TCP header, and the octet with its length. */
const TCP_CHECKSUM = 16;
const TCP_LENGTH = 12;

/** Whether the sender of a received frame vouches for its checksum: the sum was seen to be right, or it never left the machine. */
export function isVerified(view: Uint8Array): boolean {
  return ((view[0] as number) & (NEEDS_CHECKSUM | CHECKSUM_VALID)) !== 0;
}

/** Writes the header in front of the frame that follows it in `view`, from a slot's flags and segment size. */
export function write(view: Uint8Array, isEthernet: boolean, flags: number, segmentSize: number): void {
  view.fill(0, 0, HEADER);
  if (!(flags & SlotFlag.CHECKSUM_LEFT)) return;
  const tagged = isEthernet && view[HEADER + ETHERNET - 2] === VLAN_TYPE;
  const ip = isEthernet ? ETHERNET + (tagged ? VLAN_TAG : 0) : 0;
  const tcp = ip + (((view[HEADER + ip] as number) & 15) << 2);
  view[0] = NEEDS_CHECKSUM;
  put16(view, 6, tcp);
  put16(view, 8, TCP_CHECKSUM);
  if (!(flags & SlotFlag.SUPER_FRAME)) return;
  view[1] = GSO_TCPV4;
  put16(view, 2, tcp + (((view[HEADER + tcp + TCP_LENGTH] as number) >> 4) << 2));
  put16(view, 4, segmentSize);
}

function put16(view: Uint8Array, at: number, value: number): void {
  view[at] = value & 255;
  view[at + 1] = value >> 8;
}

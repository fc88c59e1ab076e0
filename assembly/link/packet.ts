import { OFFLOAD } from "../memory/config";
import { Interface } from "../memory/control";
import { root } from "../memory/root";

/** To whom a datagram is addressed. */
export enum Cast {
  UNICAST = 0,
  BROADCAST = 1,
  MULTICAST = 2,
  /** To another host, for a forwarder to pass on. */
  ELSEWHERE = 3,
}

/** The packet under examination, filled floor by floor on its way up. It does not outlive the frame. */
@unmanaged
@final
export class Packet {
  /** The interface it came in by. */
  in: u32;
  /** First octet of the frame, and its length. */
  frame: u32;
  frameLength: u32;
  /** 1: the link-layer destination was a group. */
  linkGroup: u32;
  /** The IP header, and the octets from there to the frame's end. */
  ip: u32;
  ipLength: u32;
  /** What IP carries. */
  payload: u32;
  length: u32;
  source: u32;
  destination: u32;
  /** 1: its UDP or TCP checksum needs no look. */
  verified: u32;
  /** Cast. */
  cast: u32;
  protocol: u32;
  /** What address translation made of its destination: a Translated; and where it was to go before. */
  translated: u32;
  firstDestination: u32;
  firstPort: u32;

  get isVerified(): bool {
    return OFFLOAD ? this.verified != 0 : false;
  }
  get via(): Interface {
    return changetype<Interface>(<usize>this.in);
  }
}
/** The one packet in hand. */
export function packet(): Packet {
  return changetype<Packet>(root.packetAt);
}
if (offsetof<Packet>() > 64) ERROR("Packet outgrew its place");

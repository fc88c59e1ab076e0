// read RFC 768 first
import { get16, put16 } from "../memory/bytes";

/** Octets of a UDP header. */
export const UDP_HEADER: u32 = 8;

/** A UDP header in place. */
@unmanaged
@final
export class UdpHeader {
  static at(address: usize): UdpHeader {
    return changetype<UdpHeader>(address);
  }
  get sourcePort(): u32 {
    return get16(this, 0);
  }
  set sourcePort(v: u32) {
    put16(this, 0, v);
  }
  get destinationPort(): u32 {
    return get16(this, 2);
  }
  set destinationPort(v: u32) {
    put16(this, 2, v);
  }
  /** Header and data, octets. */
  get length(): u32 {
    return get16(this, 4);
  }
  set length(v: u32) {
    put16(this, 4, v);
  }
  /** Memory order; 0 means that the sender made none. */
  get checksum(): u32 {
    return load<u16>(changetype<usize>(this) + 6);
  }
  set checksum(v: u32) {
    store<u16>(changetype<usize>(this) + 6, <u16>v);
  }
  get data(): usize {
    return changetype<usize>(this) + UDP_HEADER;
  }
}

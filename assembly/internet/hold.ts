import { Timed } from "../memory/pool";

/** A UDP or ICMP packet that waits for a neighbour; its octets, from the IP header, follow the record. */
@unmanaged
@final
export class Hold extends Timed {
  length: u32;
  /** Handle of the socket that sent it. */
  sender: i32;

  static at(address: usize): Hold {
    return changetype<Hold>(address);
  }
  get data(): usize {
    return changetype<usize>(this) + offsetof<Hold>();
  }
}

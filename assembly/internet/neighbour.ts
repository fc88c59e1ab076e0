import { Link } from "../memory/list";
import { Timed } from "../memory/pool";
import { Instant } from "../memory/time";

/** States of a neighbour. */
export enum NeighbourState {
  ASKED = 0,
  VALID = 1,
  FAILED = 2,
}

/** A host on link and its MAC address. Connections that use it pin it; what waits for it hangs here. */
@unmanaged
@final
export class Neighbour extends Timed {
  ip: u32;
  interface: u32;
  mac0: u32;
  mac1: u16;
  state: u8;
  /** Requests since the last answer. */
  tries: u8;
  /** When the MAC address was last confirmed. */
  confirmed: Instant;
  asked: Instant;
  used: Instant;
  /** Connections that keep it. */
  pins: u32;
  orderNext: u32;
  orderPrevious: u32;
  // Connections that wait for it.
  waitersNext: u32;
  waitersPrevious: u32;
  failedNext: u32;
  failedPrevious: u32;
  /** The packet that waits for it, 0: none. */
  hold: u32;
  /** 1: only strangers made us know it. */
  isStranger: u8;
  /** 1: it is a gateway that did not answer, and stays known for it. */
  isGateway: u8;
  /** 1: it may be elsewhere, or gone: it is asked, whatever its age. */
  isDoubted: u8;
  reserved: u8;

  get mac(): usize {
    return changetype<usize>(this) + offsetof<Neighbour>("mac0");
  }
  get order(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Neighbour>("orderNext"));
  }
  get waiters(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Neighbour>("waitersNext"));
  }
  /** Its place in the list of those that failed. */
  get failure(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Neighbour>("failedNext"));
  }
  static ofFailure(link: Link): Neighbour {
    return changetype<Neighbour>(changetype<usize>(link) - offsetof<Neighbour>("failedNext"));
  }
  static ofOrder(link: Link): Neighbour {
    return changetype<Neighbour>(changetype<usize>(link) - offsetof<Neighbour>("orderNext"));
  }
  get isIdle(): bool {
    return !this.pins && !this.hold && this.waiters.isEmpty && !this.failure.linked;
  }
}

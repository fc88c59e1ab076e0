import { Link } from "../../memory/list";
import { Instant } from "../../memory/time";
import { Socket } from "../socket";

/** A listener. Its endpoint is its own end; remote is 0. */
@unmanaged
@final
export class Listener extends Socket {
  class: u8;
  reserved0: u8;
  reserved1: u16;
  /** Most half-open connections, and most that wait to be accepted. */
  backlog: u32;
  halfOpen: u32;
  pending: u32;
  /** When a SYN was last answered with a cookie; only when `hasCookies`. */
  cookieAt: Instant;
  hasCookies: u32;
  // Connections to be accepted, oldest first.
  queueNext: u32;
  queuePrevious: u32;
  // Half-open connections, so that they can go with the listener.
  openNext: u32;
  openPrevious: u32;

  get queue(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Listener>("queueNext"));
  }
  get opening(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Listener>("openNext"));
  }
}

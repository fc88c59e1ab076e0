import { Endpoint } from "../memory/control";
import { root } from "../memory/root";

/** What status calls leave for the host; docs/abi.md describes it. 200 octets. */
@unmanaged
@final
export class Status {
  state: u32;
  error: i32;
  readable: u32;
  writable: u32;
  unacknowledged: u32;
  unsent: u32;
  /** Microseconds. */
  srtt: u32;
  rttvar: u32;
  /** Milliseconds. */
  rto: u32;
  cwnd: u32;
  ssthresh: u32;
  sndWnd: u32;
  rcvWnd: u32;
  mss: u32;
  retransmissions: u32;
  /** Waits. */
  waits: u32;
  softError: u32;
  owner: u32;
  local0: u64;
  local1: u64;
  local2: u64;
  remote0: u64;
  remote1: u64;
  remote2: u64;
  backlog: u32;
  handle: i32;
  // From here on loss recovery and what both sides agreed on.
  /** Phase. */
  phase: u32;
  /** Octets in the network. */
  pipe: u32;
  /** Octets SACKed and not acknowledged; segments taken for lost and not yet sent again. */
  sacked: u32;
  lost: u32;
  /** Microseconds. */
  minRtt: u32;
  /** Timeouts in a row for the octets at SND.UNA, and in all. */
  backoff: u32;
  timeouts: u32;
  /** Reductions of the window that were taken back. */
  undone: u32;
  /** Offer bits. */
  agreed: u32;
  sndShift: u32;
  rcvShift: u32;
  /** Unread octets up to the end of urgent data. */
  urgent: u32;
  /** TOS octet of the last segment that arrived, or of the oldest unread datagram. */
  receivedTos: u32;
  /** Send MSS that peer and link allow; `mss` may be less for the path. */
  mssMax: u32;
  /** Of the oldest unread datagram: TTL, and octets that arrived, which may be more than a socket holds. */
  receivedTtl: u32;
  receivedOctets: u32;
  /** Milliseconds until a delayed ACK leaves, and until the first timer of the connection runs out; NEVER when there is none. */
  ackWithin: u32;
  timerWithin: u32;

  get local(): Endpoint {
    return changetype<Endpoint>(changetype<usize>(this) + offsetof<Status>("local0"));
  }
  get remote(): Endpoint {
    return changetype<Endpoint>(changetype<usize>(this) + offsetof<Status>("remote0"));
  }
}
if (offsetof<Status>() != 200 || offsetof<Status>("local0") != 72) ERROR("layout of Status changed");

/** Why a connection does not send. */
export enum Waits {
  NOTHING = 0,
  NEIGHBOUR = 1,
  PEER_WINDOW = 2,
  CONGESTION_WINDOW = 3,
  TX_SLOT = 4,
  ACKNOWLEDGEMENT = 5,
  PACING = 6,
}

export function status(): Status {
  return changetype<Status>(root.statusAt);
}
/** The record, all zero. */
export function clearStatus(): Status {
  memory.fill(root.statusAt, 0, offsetof<Status>());
  return status();
}

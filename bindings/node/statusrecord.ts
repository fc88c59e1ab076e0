import { ipv4Text } from "./address.js";
import { ENDPOINT, Family, Kind, Offer, Phase, STATUS, State, Waits } from "./constants.js";
import { type ErrorCode, errorName } from "./error.js";
import type { Offers } from "./extensions.js";
import { NOTHING_ARMED } from "./layout.js";
import { namesOf } from "./names.js";

/** An endpoint read from the stack. */
export interface Address {
  /** Dotted IPv4 address; `0.0.0.0`: any. */
  address: string;
  port: number;
  /** Index of the interface; -1: any. */
  interface: number;
}

/** What a socket is. */
export type Protocol = "tcp" | "listener" | "half-open" | "time-wait" | "udp";

/** The status record of a socket, docs/abi.md section 7. Octets, and microseconds or milliseconds as said there. */
export interface Status {
  handle: number;
  protocol: Protocol;
  /** Name of the TCP state; `CLOSED` for UDP. */
  state: keyof typeof State;
  local: Address;
  remote: Address;
  /** Why the connection ended; null while nothing is wrong. */
  error: ErrorCode | null;
  /** Octets (UDP: datagrams) that can be read. */
  readable: number;
  /** Free octets (UDP: datagrams) for sending. */
  writable: number;
  unacknowledged: number;
  unsent: number;
  /** Microseconds. */
  srtt: number;
  /** Microseconds. */
  rttvar: number;
  /** Milliseconds. */
  rto: number;
  cwnd: number;
  ssthresh: number;
  sndWnd: number;
  rcvWnd: number;
  mss: number;
  retransmissions: number;
  /** What sending waits for. */
  waits: keyof typeof Waits;
  /** ICMP type * 256 + code of the last one reported; 0: none. */
  softError: number;
  owner: number;
  /** Connections that wait to be accepted. */
  backlog: number;
  /** What loss recovery does: `OPEN` nothing, `RECOVERY` repairs what was found lost, `LOSS`: the retransmission timer ran out. */
  phase: keyof typeof Phase;
  /** Octets in the network. */
  pipe: number;
  /** Octets the peer has, behind some that it has not. */
  sacked: number;
  /** Segments taken for lost and not yet sent again. */
  lost: number;
  /** The smallest round-trip time, microseconds. */
  minRtt: number;
  /** Timeouts in a row. */
  backoff: number;
  /** Timeouts in all. */
  timeouts: number;
  /** Reductions of the congestion window that were taken back. */
  undone: number;
  /** The TCP extensions that both sides agreed on. */
  agreed: Required<Omit<Offers, "cookies">>;
  /** Shift of the peer's windows. */
  sndShift: number;
  /** Shift of ours. */
  rcvShift: number;
  /** Unread octets up to the end of urgent data. */
  urgent: number;
  /** TOS octet of the last segment that arrived; UDP: of the oldest unread datagram. */
  receivedTos: number;
  /** Text octets of a full segment as link and peer allow; `mss` may be less for the path. */
  mssMax: number;
  /** UDP: TTL of the oldest unread datagram. */
  receivedTtl: number;
  /** UDP: octets of it that arrived; those beyond what a socket holds are gone. */
  receivedOctets: number;
  /** Milliseconds until a delayed ACK leaves; null when none waits. */
  ackWithin: number | null;
  /** Milliseconds until the first timer of the connection runs out; null when none is armed. */
  timerWithin: number | null;
}

const STATES = namesOf(State);
const PHASES = namesOf(Phase);
const WAITS = namesOf(Waits);
const PROTOCOLS: Record<number, Protocol> = {
  [Kind.TCP]: "tcp",
  [Kind.LISTENER]: "listener",
  [Kind.UDP]: "udp",
  [Kind.HALF_OPEN]: "half-open",
  [Kind.TIME_WAIT]: "time-wait",
};

/** Reads the status record at `at`, which tells of `handle`. */
export function readStatus(view: DataView, at: number, handle: number): Status {
  const kind = handle >>> 28;
  const u32 = (offset: number) => view.getUint32(at + offset, true);
  const error = view.getInt32(at + STATUS.error, true);
  return {
    handle,
    protocol: PROTOCOLS[kind] ?? "tcp",
    state: STATES[u32(STATUS.state)] ?? "CLOSED",
    local: readEndpoint(view, at + STATUS.local),
    remote: readEndpoint(view, at + STATUS.remote),
    error: error < 0 ? errorName(error) : null,
    readable: u32(STATUS.readable),
    writable: u32(STATUS.writable),
    unacknowledged: u32(STATUS.unacknowledged),
    unsent: u32(STATUS.unsent),
    srtt: u32(STATUS.srtt),
    rttvar: u32(STATUS.rttvar),
    rto: u32(STATUS.rto),
    cwnd: u32(STATUS.cwnd),
    ssthresh: u32(STATUS.ssthresh),
    sndWnd: u32(STATUS.sndWnd),
    rcvWnd: u32(STATUS.rcvWnd),
    mss: u32(STATUS.mss),
    retransmissions: u32(STATUS.retransmissions),
    waits: WAITS[u32(STATUS.waits)] ?? "NOTHING",
    softError: u32(STATUS.softError),
    owner: u32(STATUS.owner),
    backlog: u32(STATUS.backlog),
    ...recoveryOf(u32),
  };
}

/** The second part of a status record: loss recovery, and what both sides agreed on. */
function recoveryOf(u32: (offset: number) => number) {
  const agreed = u32(STATUS.agreed);
  return {
    phase: PHASES[u32(STATUS.phase)] ?? "OPEN",
    pipe: u32(STATUS.pipe),
    sacked: u32(STATUS.sacked),
    lost: u32(STATUS.lost),
    minRtt: u32(STATUS.minRtt),
    backoff: u32(STATUS.backoff),
    timeouts: u32(STATUS.timeouts),
    undone: u32(STATUS.undone),
    agreed: {
      windowScaling: (agreed & Offer.SCALE) !== 0,
      sack: (agreed & Offer.SACK) !== 0,
      timestamps: (agreed & Offer.TIMESTAMPS) !== 0,
      ecn: (agreed & Offer.ECN) !== 0,
    },
    sndShift: u32(STATUS.sndShift),
    rcvShift: u32(STATUS.rcvShift),
    urgent: u32(STATUS.urgent),
    receivedTos: u32(STATUS.receivedTos),
    mssMax: u32(STATUS.mssMax),
    receivedTtl: u32(STATUS.receivedTtl),
    receivedOctets: u32(STATUS.receivedOctets),
    ackWithin: within(u32(STATUS.ackWithin)),
    timerWithin: within(u32(STATUS.timerWithin)),
  };
}

function within(ms: number): number | null {
  return ms < NOTHING_ARMED ? ms : null;
}

/** Reads the endpoint record at `at`. */
export function readEndpoint(view: DataView, at: number): Address {
  const address = view.getUint16(at + ENDPOINT.family, true) === Family.IPV4 ? view.getUint32(at + ENDPOINT.address) : 0;
  return {
    address: ipv4Text(address),
    port: view.getUint16(at + ENDPOINT.port, true),
    interface: view.getUint32(at + ENDPOINT.interface, true) - 1,
  };
}

/** Writes the endpoint record at `at`: address 0 stands for any, and with port 0 for none given. `ip` in host byte order; `interface` -1: any. */
export function writeEndpoint(view: DataView, at: number, ip: number, port: number, interface_: number): void {
  view.setUint16(at + ENDPOINT.family, ip || port ? Family.IPV4 : Family.ANY, true);
  view.setUint16(at + ENDPOINT.port, port, true);
  view.setUint32(at + ENDPOINT.address, ip);
  for (let rest = at + ENDPOINT.address + 4; rest < at + ENDPOINT.interface; rest += 4) view.setUint32(rest, 0);
  view.setUint32(at + ENDPOINT.interface, interface_ + 1, true);
}

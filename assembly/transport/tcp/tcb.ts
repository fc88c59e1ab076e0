// read RFC 9293 §3.3.1 first
import { ECN, TIMESTAMPS } from "../../memory/config";
import { Link } from "../../memory/list";
import { PoolIndex } from "../../memory/pool";
import { CLASSES } from "../../memory/control";
import { root, state } from "../../memory/root";
import { bucketOf, insert, remove } from "../../memory/table";
import { Instant } from "../../memory/time";
import { IPV4_HEADER } from "../../wire/ipv4";
import { TIMESTAMPS_OCTETS } from "../../wire/options";
import { TCP_HEADER } from "../../wire/tcp";
import { Path } from "../../internet/path";
import { Socket, Tuple } from "../socket";
import { Assembler, ASSEMBLER_OCTETS } from "./assembler";
import { Scoreboard, SCOREBOARD_OCTETS, SENT_OCTETS } from "./sent";
import { Seq } from "./seq";
import { State } from "./state";

/** Send sequence variables. UNA <= cursor <= NXT <= end (+ 1 for the FIN); a ring cell is the sequence number & mask. */
@unmanaged
@final
export class Send {
  /** SND.UNA: oldest unacknowledged position. */
  una: Seq;
  /** SND.NXT: one past the highest position ever sent; never moves back. */
  nxt: Seq;
  /** SND.WND, in octets. */
  wnd: u32;
  /** SND.WL1, SND.WL2: segment of the last window update. */
  wl1: Seq;
  wl2: Seq;
  /** ISS. The SYN is at iss, text begins at iss + 1. */
  iss: Seq;
  /** What is sent next: NXT, or less while lost octets are sent again. */
  cursor: Seq;
  /** One past the last octet the application has given; the place of the FIN. */
  end: Seq;
  /** One past the last octet given with PUSH. */
  push: Seq;
  /** Largest window the peer has offered. */
  maxWnd: u32;
  /** Effective send MSS: text octets of a full segment. RFC 9293 §3.7.1. */
  mss: u32;
  /** Shift of the peer's windows; 0 without window scaling. */
  shift: u32;
  ring: u32;
  mask: u32;
  limit: u32;
}

/** Receive sequence variables. read <= NXT <= edge <= read + limit. */
@unmanaged
@final
export class Receive {
  /** RCV.NXT: next position expected. */
  nxt: Seq;
  /** RCV.NXT + RCV.WND: the right edge offered; never moves left. */
  edge: Seq;
  /** First octet the application has not read. */
  read: Seq;
  /** RCV.UP. */
  up: Seq;
  /** IRS. */
  irs: Seq;
  /** Where the peer's FIN stands, when `hasFin`. */
  fin: Seq;
  /** The last acknowledgement sent. RFC 7323 calls it Last.ACK.sent. */
  acked: Seq;
  hasFin: u32;
  /** Shift of our windows. */
  shift: u32;
  /** Longest text of a segment seen, and our MSS. */
  longest: u32;
  mss: u32;
  ring: u32;
  mask: u32;
  limit: u32;
}

/** What the retransmission timer knows. RFC 6298. Times in microseconds, but for rto in milliseconds. */
@unmanaged
@final
export class Rtt {
  srtt: u32;
  rttvar: u32;
  rto: u32;
  /** Retransmissions of the octets at UNA since they were last acknowledged. */
  backoff: u32;
  /** The position whose acknowledgement ends the measurement, and when it was sent; only when `timing`. */
  until: Seq;
  stamp: u32;
  timing: u32;
  /** Round-trip time that the acknowledgement in hand tells, 0: none. */
  latest: u32;
  /** When the last timeout or probe was, microseconds and as a timestamp, while nothing newer was measured; only when `doubts`. */
  doubtedMicro: u32;
  doubtedStamp: u32;
  /** Timeouts since anything was measured; 1 for probes alone. */
  doubts: u32;
}

/** Congestion control and loss recovery. RFC 5681, RFC 6582. In octets. */
@unmanaged
@final
export class Congestion {
  cwnd: u32;
  ssthresh: u32;
  /** Octets acknowledged since cwnd last grew in congestion avoidance. */
  acked: u32;
  duplicates: u32;
  /** NXT when loss was last found. */
  recover: Seq;
  /** NXT when the window was last reduced for an echo or a probe. */
  echoed: Seq;
  /** NXT when text last left that used the window. */
  usedTo: Seq;
  phase: Phase;
  /** Proportional rate reduction: octets delivered and sent in this recovery, and FlightSize when it began. RFC 9937. */
  prrDelivered: u32;
  prrOut: u32;
  prrFlight: u32;
  /** CUBIC: the window before the last reductions, the one Reno would have, where the curve is flat and when. RFC 9438 §4.1. */
  wMax: u32;
  prior: u32;
  wEst: u32;
  origin: u32;
  hasEpoch: u32;
  epoch: Instant;
  lastGrown: Instant;
  k: u32;
  /** HyStart++: the round of slow start, its smallest round-trip time and the one before, and the round of caution, 0: none. RFC 9406. */
  roundEnd: Seq;
  roundMin: u32;
  lastMin: u32;
  baseline: u32;
  samples: u32;
  cautious: u32;
  /** Octets that may leave in a row, and when that was last counted, microseconds. */
  paceCredit: i32;
  paceStamp: u32;
  /** Step of F-RTO that comes next; 0: none. RFC 5682. */
  frto: u32;
  /** When text was last sent. */
  lastSent: Instant;
}

/** What loss recovery is doing. */
export enum Phase {
  /** Nothing is known to be lost. */
  OPEN = 0,
  /** Losses found by what arrived are repaired. */
  RECOVERY = 1,
  /** The retransmission timer ran out. */
  LOSS = 2,
}

/** The judge of loss. RFC 8985 §5.3. Times in microseconds. */
@unmanaged
@final
export class Rack {
  /** The segment sent last of those that have arrived: when, up to where, and how long it took. */
  stamp: u32;
  end: Seq;
  rtt: u32;
  /** 1: there is one. */
  isValid: u32;
  minRtt: u32;
  minRttStamp: u32;
  /** Highest position that has arrived, and the highest known before the acknowledgement in hand. */
  highest: Seq;
  known: Seq;
  /** 1: segments were seen to overtake each other. */
  hasReordered: u32;
  /** The reordering window is (multiple + 1) / 4 of the smallest RTT, for `persist` more recoveries. */
  multiple: u32;
  persist: u32;
  /** NXT when the multiple last grew; only when `inRound`. */
  round: Seq;
  inRound: u32;
  /** The tail loss probe: where it ended, and whether it was a segment sent before; only when `isProbing`. RFC 8985 §7. */
  probeEnd: Seq;
  isProbing: u32;
  probeIsAgain: u32;
}

/** What a reduction of the window took away, in case it was for nothing. RFC 3522, RFC 3708. */
@unmanaged
@final
export class Undo {
  cwnd: u32;
  ssthresh: u32;
  wMax: u32;
  /** 1: it may still be given back. */
  isOpen: u32;
  /** 1: no acknowledgement has advanced since the first retransmission, which bore this TSval. */
  waits: u32;
  tsVal: u32;
  /** Retransmissions of which no DSACK has told. */
  copies: u32;
  /** SND.UNA and SND.NXT at the reduction. */
  from: Seq;
  to: Seq;
}

/** Names of the timers; a bit each in Timers.armed. */
export enum Timer {
  RETRANSMIT = 0,
  PERSIST = 1,
  ACK = 2,
  KEEP = 3,
  CLOSE = 4,
  USER = 5,
  OVERRIDE = 6,
  PATH = 7,
  LOSS_PROBE = 8,
  REORDER = 9,
  PACE = 10,
  RAISE = 11,
  COUNT = 12,
}

/** Deadlines, one for each purpose. */
@unmanaged
@final
export class Timers {
  armed: u32;
  at0: Instant;
  at1: Instant;
  at2: Instant;
  at3: Instant;
  at4: Instant;
  at5: Instant;
  at6: Instant;
  at7: Instant;
  at8: Instant;
  at9: Instant;
  at10: Instant;
  at11: Instant;
}

/** What output owes besides text: bits of Tcb.owes. */
export enum Owes {
  ACK = 1,
  RESET = 2,
  PROBE = 4,
  KEEPALIVE = 8,
  RETRANSMIT = 16,
  OVERRIDE = 32,
  LOSS_PROBE = 64,
}

/** A connection. */
@unmanaged
@final
export class Tcb extends Socket {
  state: State;
  /** Buffer class. */
  class: u8;
  owes: u32;
  /** 1: the application (or the accept queue) holds it. */
  held: u8;
  /** 1: CLOSE was called; a FIN stands at snd.end. */
  closing: u8;
  /** 1: the peer sends and takes SACK blocks. */
  sack: u8;
  /** 1: in the hash table. */
  attached: u8;
  hasStamps: u8;
  hasEcn: u8;
  /** 1: congestion was met on the peer's way to us: ECE until it says CWR. */
  echoes: u8;
  /** 1: the next new text says CWR. */
  cwr: u8;
  /** 1: the next new segment may be longer than the send MSS, as long as tryMss; 1: one such is under way, up to tryEnd. */
  mayTry: u8;
  isTrying: u8;
  tryMss: u32;
  tryEnd: Seq;
  /** Send MSS as the peer and the link allow it. */
  mssMax: u32;
  /** Duplicate ACKs owed, each a segment of its own. */
  duplicates: u16;
  keepTries: u8;
  /** In-order segments still acknowledged at once. */
  quick: u8;
  /** Challenge ACKs, and answers to empty unacceptable segments, in the second that began at `limitStamp`. */
  challenges: u8;
  answers: u8;
  probes: u8;
  /** 1: both sides scale windows. */
  scaled: u8;
  /** 1: routers may cut segments, since the path's MTU is below what we go down to. */
  fragmentable: u8;
  limitStamp: Instant;
  /** When the peer was last heard. */
  heard: Instant;
  retransmissions: u32;
  /** Runs of the retransmission timer, and reductions of the window that were taken back. */
  timeouts: u32;
  undone: u32;
  /** TOS octet of the last segment that arrived. */
  receivedTos: u32;
  /** Octets that arrived twice and of which the next ACK tells, [left, right); none when equal. RFC 2883. */
  dsackLeft: Seq;
  dsackRight: Seq;
  /** What the clock of our timestamps is ahead of ours. */
  tsOffset: u32;
  /** TS.Recent, and when it came. RFC 7323 §4.3. */
  tsRecent: u32;
  tsRecentAt: Instant;
  /** R2 of the SYN. */
  synTimeout: u32;
  /** Timers that a call wants started, a bit each: the next output does it, since calls do not know the time. */
  wanted: u32;
  listener: u32;
  acceptNext: u32;
  acceptPrevious: u32;

  /** 1: every segment carries timestamps. */
  get stamped(): u32 {
    return TIMESTAMPS ? this.hasStamps : 0;
  }
  /** 1: both sides understand ECN. */
  get ecn(): u32 {
    return ECN ? this.hasEcn : 0;
  }
  get snd(): Send {
    return changetype<Send>(changetype<usize>(this) + SND_AT);
  }
  get rcv(): Receive {
    return changetype<Receive>(changetype<usize>(this) + RCV_AT);
  }
  get rtt(): Rtt {
    return changetype<Rtt>(changetype<usize>(this) + RTT_AT);
  }
  get congestion(): Congestion {
    return changetype<Congestion>(changetype<usize>(this) + CONGESTION_AT);
  }
  get rack(): Rack {
    return changetype<Rack>(changetype<usize>(this) + RACK_AT);
  }
  get undo(): Undo {
    return changetype<Undo>(changetype<usize>(this) + UNDO_AT);
  }
  /** Records of what was sent. */
  get board(): Scoreboard {
    return changetype<Scoreboard>(changetype<usize>(this) + BOARD_AT);
  }
  get timers(): Timers {
    return changetype<Timers>(changetype<usize>(this) + TIMERS_AT);
  }
  get path(): Path {
    return changetype<Path>(changetype<usize>(this) + PATH_AT);
  }
  get ahead(): Assembler {
    return changetype<Assembler>(changetype<usize>(this) + AHEAD_AT);
  }
  /** The application's own octets. */
  get record(): usize {
    return changetype<usize>(this) + RECORD_AT;
  }
  get accept(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Tcb>("acceptNext"));
  }
  static ofAccept(link: Link): Tcb {
    return changetype<Tcb>(changetype<usize>(link) - offsetof<Tcb>("acceptNext"));
  }
  /** TSval of a segment that leaves now. */
  get tsVal(): u32 {
    return state.now + this.tsOffset;
  }
  /** Octets of the headers of a segment with text. */
  get headers(): u32 {
    return IPV4_HEADER + TCP_HEADER + (this.stamped ? TIMESTAMPS_OCTETS : 0);
  }
  /** RCV.WND. */
  get window(): u32 {
    return this.rcv.edge > this.rcv.nxt ? this.rcv.edge.since(this.rcv.nxt) : 0;
  }
  /** Octets the application can read. */
  get readable(): u32 {
    const end = this.rcv.hasFin && this.rcv.nxt > this.rcv.fin ? this.rcv.fin : this.rcv.nxt;
    return end.since(this.rcv.read);
  }
  /** Octets up to the end of urgent data that the application has not read. MUST-33 */
  get urgent(): u32 {
    return this.rcv.up > this.rcv.read ? this.rcv.up.since(this.rcv.read) : 0;
  }
  /** Octets the application can add. */
  get writable(): u32 {
    const snd = this.snd;
    const isSynUnacknowledged = this.state < State.ESTABLISHED && snd.una == snd.iss;
    return snd.limit - snd.end.since(isSynUnacknowledged ? snd.iss.plus(1) : snd.una);
  }
  /** One past the FIN when there is one, else one past the text. */
  get last(): Seq {
    return this.snd.end.plus(this.closing);
  }
  /** Whether the peer has closed and everything was taken in. */
  get isFinished(): bool {
    return this.rcv.hasFin && this.rcv.nxt > this.rcv.fin;
  }
}
const SND_AT: usize = (offsetof<Tcb>() + 7) & ~7;
const RCV_AT: usize = SND_AT + offsetof<Send>();
const RTT_AT: usize = RCV_AT + offsetof<Receive>();
const CONGESTION_AT: usize = RTT_AT + offsetof<Rtt>();
const RACK_AT: usize = CONGESTION_AT + offsetof<Congestion>();
const UNDO_AT: usize = RACK_AT + offsetof<Rack>();
const BOARD_AT: usize = UNDO_AT + offsetof<Undo>();
const TIMERS_AT: usize = BOARD_AT + SCOREBOARD_OCTETS;
const PATH_AT: usize = TIMERS_AT + offsetof<Timers>();
const AHEAD_AT: usize = PATH_AT + offsetof<Path>();
const RECORD_AT: usize = (AHEAD_AT + ASSEMBLER_OCTETS + 7) & ~7;
/** Octets of a connection without the application's record. */
export const TCB_OCTETS: u32 = <u32>RECORD_AT;

/** The bucket of connections with this far end and these ports. */
export function bucket(remote: u32, ports: u32): usize {
  return bucketOf(state.buckets, state.bucketMask, remote, ports);
}
/** The record of a connection, half-open connection, TIME-WAIT or (remote 0) listener; null when none. */
export function find(local: u32, remote: u32, ports: u32): Tuple | null {
  let at = load<u32>(bucket(remote, ports));
  while (at) {
    const it = changetype<Tuple>(<usize>at);
    if (it.ports == ports && it.remote == remote && it.local == local) return it;
    at = it.link;
  }
  return null;
}
export function enter(it: Tuple): void {
  insert(bucket(it.remote, it.ports), it);
}
export function leave(it: Tuple): void {
  remove(bucket(it.remote, it.ports), it);
}

/** A connection of a buffer class with its rings, in state CLOSED; null when all are taken. */
export function take(bufferClass: u32): Tcb | null {
  if (bufferClass >= CLASSES) return null;
  const pool = root.pool(PoolIndex.TCP0 + bufferClass);
  const address = pool.take();
  if (!address) return null;
  const tcb = changetype<Tcb>(address);
  const rings = root.rings(bufferClass);
  const place = tcb.index - pool.first;
  const base = rings.base + place * (rings.receiveOctets + rings.sendOctets);
  tcb.class = <u8>bufferClass;
  tcb.state = State.CLOSED;
  tcb.rcv.ring = base;
  tcb.rcv.mask = rings.receiveOctets - 1;
  tcb.rcv.limit = rings.receiveLimit;
  tcb.snd.ring = base + rings.receiveOctets;
  tcb.snd.mask = rings.sendOctets - 1;
  tcb.snd.limit = rings.sendLimit;
  tcb.resetOptions();
  tcb.synTimeout = root.synTimeout;
  return tcb;
}

/** Gives a connection its records of sent segments. */
export function takeRecords(tcb: Tcb): void {
  const rings = root.rings(tcb.class);
  tcb.board.capacity = rings.records;
  tcb.board.base = rings.recordsBase + (tcb.index - root.pool(PoolIndex.TCP0 + tcb.class).first) * rings.records * SENT_OCTETS;
}

/** Says that output has something to look at. Nothing when it waits for its neighbour already. */
export function mark(it: Tuple): void {
  if (!it.owed.linked) state.owed.push(it.owed);
}

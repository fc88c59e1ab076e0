// All state of the stack hangs off one record at a constant address: the control block, then what is the stack's own.
import { CLASSES, Control, INTERFACES_AT, INTERFACE_OCTETS, More, MORE_OCTETS } from "./control";
import { INTERFACES_MAX } from "./config";
import { Counter } from "./counters";
import { Link } from "./list";
import { POOL_OCTETS, Pool, PoolIndex } from "./pool";

/** A token bucket: what is left, and when the last came. */
@unmanaged
@final
export class Bucket {
  tokens: u32;
  stamp: u32;
}

/** The stack's own half. Rings, lists and pools are given as addresses in the arena. */
@unmanaged
@final
export class State {
  // time
  /** Milliseconds, never going back. */
  now: u32;
  nowHigh: u32;
  /** Microseconds, wrapping; for measurements only. */
  micro: u32;
  hostNow: u32;
  /** The clock of the last initial sequence number. */
  isnClock: u32;
  // keys derived from the seed
  keyIsn0: u64;
  keyIsn1: u64;
  keySecret0: u64;
  keySecret1: u64;
  keyHash0: u64;
  keyHash1: u64;
  secrets: u64;
  jitter: u32;
  // arena
  cursor: u32;
  stateEnd: u32;
  // the heap of deadlines
  heap: u32;
  heapCount: u32;
  // hash buckets: connections, and UDP ports
  buckets: u32;
  bucketMask: u32;
  udpRings: u32;
  udpBuckets: u32;
  udpBucketMask: u32;
  neighbourBuckets: u32;
  neighbourBucketMask: u32;
  // lists
  owners: u32;
  /** State of the services, and how many UDP sockets they have. */
  services: u32;
  serviceSockets: u32;
  /** 1: a service was ever called. */
  isServing: u32;
  transfers: u32;
  requests: u32;
  /** What configures each interface, and the lease table of the DHCP server. */
  bindings: u32;
  leases: u32;
  /** The resolver's table. */
  names: u32;
  /** What is announced on the link. */
  things: u32;
  owedNext: u32;
  owedPrevious: u32;
  owedUdpNext: u32;
  owedUdpPrevious: u32;
  timeWaitNext: u32;
  timeWaitPrevious: u32;
  neighbourNext: u32;
  neighbourPrevious: u32;
  failedNext: u32;
  failedPrevious: u32;
  // generation of routes and addresses
  pathGeneration: u32;
  // rate limits: tokens left and when the last one came
  errorTokens: u32;
  errorStamp: u32;
  resetTokens: u32;
  resetStamp: u32;
  // which device to read next
  nextDevice: u32;
  announceDue: u32;
  /** Neighbours that only strangers made us know. */
  strangers: u32;
  // probing and announcing: a record for each address, the first deadline, whether there is one, and probes to be sent
  claims: u32;
  claimDue: u32;
  claimArmed: u32;
  probeDue: u32;
  /** Next place of the walk over sockets and neighbours after a change, + 1; 0: none under way. And which devices' carriers changed, a bit each. */
  sweep: u32;
  sweepLinks: u32;
  /** The loopback interface, 0: none. And where serial lines stand, a record for each device. */
  loopback: u32;
  lines: u32;
  // datagrams in pieces: those being put together, the longest there first; their buffers; how many left so far
  fragmentsNext: u32;
  fragmentsPrevious: u32;
  fragmentBuffers: u32;
  idents: u32;
  /** The first raw socket, in a chain. */
  raws: u32;
  // packet filter and address translation: whether there is anything to do, rules, policies an octet each, flows, interfaces
  guard: u32;
  rules: u32;
  ruleCount: u32;
  policies: u32;
  flowBuckets: u32;
  flowBucketMask: u32;
  flowNext: u32;
  flowPrevious: u32;
  napt: u32;
  forwards: u32;
  /** The UDP socket with ANY_PORT. */
  catcher: u32;
  /** The last canary of the arena, 0: there are none. */
  canary: u32;

  /** For ICMP errors. */
  get errorBucket(): Bucket {
    return changetype<Bucket>(changetype<usize>(this) + offsetof<State>("errorTokens"));
  }
  /** For RSTs that belong to no connection. */
  get resetBucket(): Bucket {
    return changetype<Bucket>(changetype<usize>(this) + offsetof<State>("resetTokens"));
  }
  get owed(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("owedNext"));
  }
  get owedUdp(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("owedUdpNext"));
  }
  get timeWaits(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("timeWaitNext"));
  }
  /** Neighbours that no connection pins, the longest unused first. */
  get neighbourOrder(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("neighbourNext"));
  }
  /** Datagrams being put together from fragments, the oldest first. */
  get fragments(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("fragmentsNext"));
  }
  /** Flows that are not established, the oldest first. */
  get openFlows(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("flowNext"));
  }
  /** Connections whose next hop did not answer. */
  get failed(): Link {
    return Link.at(changetype<usize>(this) + offsetof<State>("failedNext"));
  }
}

/** What was found lately and holds for the same question while no route and no address has changed: it saves time and decides nothing. 72 octets. */
@unmanaged
@final
export class Recent {
  /** The way looked up last: to where, by which interface, the generation it was found in, and a Hop. */
  wayTo: u32;
  wayOnly: u32;
  wayGeneration: u32;
  wayInterface: u32;
  wayNextHop: u32;
  waySource: u32;
  /** 1: that next hop is not one host. */
  wayToMany: u32;
  /** The last datagram found to be from one host to us: by which interface, from whom, to which address, in which generation. */
  heardBy: u32;
  heardFrom: u32;
  heardTo: u32;
  heardGeneration: u32;
  /** The last two that an identification was made for, their protocol and key. */
  identFrom: u32;
  identTo: u32;
  identProtocol: u32;
  identKey: u64;
  /** The handle that a call named last, and where its record lies: a place that a handle never changes. */
  handle: i32;
  record: u32;
  /** The slot of the frame before, when it brought a segment for us; 0: it did not. */
  segment: u32;
}
const RECENT_OCTETS: usize = 80;
if (offsetof<Recent>() > RECENT_OCTETS) ERROR("layout of Recent changed");

const MORE_AT: usize = INTERFACES_AT + <usize>INTERFACES_MAX * INTERFACE_OCTETS;
const CONTROL_OCTETS: usize = MORE_AT + MORE_OCTETS;
const COUNTERS_AT: usize = CONTROL_OCTETS;
const POOLS_AT: usize = COUNTERS_AT + ((<usize>Counter.COUNT * 4 + 15) & ~15);
const CLASSES_AT: usize = POOLS_AT + <usize>PoolIndex.COUNT * POOL_OCTETS;
const STATUS_AT: usize = CLASSES_AT + <usize>CLASSES * 32;
const PACKET_AT: usize = STATUS_AT + 200;
const RECENT_AT: usize = PACKET_AT + 384;
const STATE_AT: usize = RECENT_AT + RECENT_OCTETS;
/** Octets of the root record. */
export const ROOT_OCTETS: usize = STATE_AT + ((offsetof<State>() + 15) & ~15);

/** Rings of one buffer class: its sockets' rings lie side by side. 32 octets. */
@unmanaged
@final
export class Rings {
  base: u32;
  receiveOctets: u32;
  receiveLimit: u32;
  sendOctets: u32;
  sendLimit: u32;
  /** Records of sent segments of each socket, and where those of the first lie. */
  records: u32;
  recordsBase: u32;
  reserved2: u32;
}

@unmanaged
@final
export class Root extends Control {
  /** Capacities and settings beyond those of the control block; the word `more` says where it lies. */
  get extra(): More {
    return changetype<More>(changetype<usize>(this) + MORE_AT);
  }
  get state(): State {
    return changetype<State>(changetype<usize>(this) + STATE_AT);
  }
  counter(what: Counter): usize {
    return changetype<usize>(this) + COUNTERS_AT + <usize>what * 4;
  }
  pool(which: PoolIndex): Pool {
    return changetype<Pool>(changetype<usize>(this) + POOLS_AT + <usize>which * POOL_OCTETS);
  }
  rings(bufferClass: u32): Rings {
    return changetype<Rings>(changetype<usize>(this) + CLASSES_AT + bufferClass * 32);
  }
  /** Where status calls leave their record. 200 octets. */
  get statusAt(): usize {
    return changetype<usize>(this) + STATUS_AT;
  }
  /** Where the packet under examination is described. 384 octets. */
  get packetAt(): usize {
    return changetype<usize>(this) + PACKET_AT;
  }
  /** The stack's own state, from its first octet to its last. */
  get privateAt(): usize {
    return changetype<usize>(this) + COUNTERS_AT;
  }
}

/** The root record. The same address in every build: it is the first static data. */
export const root: Root = changetype<Root>(memory.data(<i32>ROOT_OCTETS, 16));
/** What was found lately. */
export const recent: Recent = changetype<Recent>(changetype<usize>(root) + RECENT_AT);
/** Where `recent` lies in the root record, and what follows it. */
export const BEFORE_RECENT: u32 = <u32>RECENT_AT;
export const BEHIND_RECENT: u32 = <u32>STATE_AT;
/** `root.state`, for short. */
export const state: State = changetype<State>(changetype<usize>(root) + STATE_AT);

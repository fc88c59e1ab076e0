// One seed decides everything: what the stacks are like, the paths between them, the connections and what goes wrong. Swarm testing:
// each seed takes some of the peculiarities and leaves others out, so that no one hides another.
import { Offload } from "../../bindings/node/constants.js";
import { Prng } from "../../bindings/node/prng.js";
import { type Fault, FaultKind, NO_FAULTS } from "./faults.js";
import type { PathPlan } from "./path.js";
import { type ConnectionPlan, connections } from "./traffic.js";
import { MS, pick, SECOND } from "./units.js";

/** What a stack and its host are like. */
export interface StackPlan {
  seed: Uint8Array;
  /** The clock at the start, milliseconds modulo 2^32. */
  clock: number;
  mtu: number;
  rxSlots: number;
  txSlots: number;
  /** Offload bits of its device: a NIC fills in checksums and cuts segments. Not in every module. */
  offload: number;
  /** Octets of the rings of its four buffer classes. */
  classes: { receive: number; send: number }[];
  /** true: the host calls receive and transmit, and serves in between; false: it calls poll. */
  halves: boolean;
  /** Microseconds between a frame's arrival and the poll that reads it. */
  latency: number;
  /** The host polls up to so many microseconds later than it was told. */
  lag: number;
  /** Probability that the host also polls before it has to. */
  early: number;
  frameBudget: number;
  delayedAck: number;
  minRto: number;
  msl: number;
  /** Offer bits, congestion control and records of sent segments: taken where the module knows them. */
  offer: number;
  congestion: number;
  sentRecords: number;
  synQueue: number;
  timeWait: number;
  neighbours: number;
  sockets: number;
  /** Connections that wait to be accepted, at most; and microseconds before the application looks. */
  backlog: number;
  acceptLag: number;
}

/** Offer.COOKIES, in whatever version of the module. */
const COOKIES = 16;
const FRESH_PORT = 50_000;
const BOTH = Offload.CHECKSUM | Offload.SEGMENTATION;

/** Everything about a run. */
export interface Plan {
  seed: number;
  kind: "ethernet" | "ip";
  stacks: StackPlan[];
  /** Path from stack i to stack k: number i * stacks + k. */
  paths: PathPlan[];
  connections: ConnectionPlan[];
  /** Faults with a time. */
  planned: Fault[];
  /** When faults stop, microseconds. */
  calm: number;
  /** The first ISN of each stack lies so far before this; -1: wherever. */
  isnBefore: number;
  /** The octet that memory is full of before the start. */
  dirt: number;
}

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = new Prng(seed, 1);
  const kind = random.chance(0.7) ? "ethernet" : "ip";
  const count = random.chance(0.15) ? 3 : 2;
  const mtu = random.chance(0.02) ? 68 : pick(random, [1500, 1500, 1500, 1500, 576, 1280, 9000, 296, 1006]);
  const stacks = Array.from({ length: count }, () => stack(random, random.chance(0.8) ? mtu : pick(random, [1500, 576, 1400, 296])));
  const nics = new Prng(seed, 2);
  for (const each of stacks) if (nics.chance(0.15)) each.offload = pick(nics, [Offload.CHECKSUM, BOTH, BOTH, BOTH]);
  const calm = pick(random, [2, 5, 10, 30, 60]) * SECOND;
  const common = path(random);
  const paths = Array.from({ length: count * count }, () => (random.chance(0.7) ? { ...common } : { ...path(random), rate: common.rate }));
  const traffic = connections(random, stacks, slowest(paths));
  // A late duplicate of an ACK with a cookie makes a connection anew: then ports are not used again.
  if (stacks.some(({ offer }) => offer & COOKIES)) for (const one of traffic) one.clientPort = FRESH_PORT + one.number;
  return {
    seed,
    kind,
    stacks,
    paths,
    connections: traffic,
    planned: planned(random, count, calm),
    calm,
    isnBefore: random.chance(0.4) ? random.below(pick(random, [2, 3000, 70_000])) : -1,
    dirt: pick(random, [0, 0, 0xa5, 0xff]),
  };
}
function slowest(paths: PathPlan[]): number {
  return Math.max(...paths.map(({ delay, jitter }) => delay + jitter));
}

const RINGS = [65_536, 65_536, 16_384, 4096, 10_000, 30_000] as const;

function stack(random: Prng, mtu: number): StackPlan {
  const mss = mtu - 40;
  const odd = [mss - 1, mss, 2 * mss, mss + 1, 65_535, 65_537, 262_144] as const;
  const ring = () => (random.chance(0.3) ? pick(random, odd) : pick(random, RINGS));
  const tiny = () => pick(random, [0, 1, 1, 2, mss - 1, 100]);
  const big = random.chance(0.05) ? 1 << 20 : 0;
  const nearWrap = () => (0x100000000 - random.below(pick(random, [2000, 20_000, 120_000]))) % 0x100000000;
  return {
    seed: Uint8Array.from({ length: 32 }, () => random.below(256)),
    clock: random.chance(0.4) ? nearWrap() : random.u32(),
    mtu,
    rxSlots: pick(random, [256, 256, 64, 16, 4]),
    txSlots: pick(random, [256, 256, 64, 16, 4, 2, 1]),
    offload: 0,
    classes: [
      { receive: ring(), send: ring() },
      { receive: big || ring(), send: big || ring() },
      { receive: tiny(), send: ring() },
      { receive: ring(), send: tiny() },
    ],
    halves: random.chance(0.8),
    latency: random.chance(0.5) ? 0 : random.below(pick(random, [200, 3000, 30_000])),
    lag: random.chance(0.7) ? 0 : random.below(pick(random, [1000, 10_000, 100_000])),
    early: random.chance(0.5) ? 0.05 : 0,
    frameBudget: pick(random, [256, 256, 256, 16, 4, 1]),
    delayedAck: pick(random, [40, 40, 200, 499, 1]),
    minRto: pick(random, [200, 200, 1000, 30]),
    msl: pick(random, [30_000, 30_000, 1000, 120_000]),
    offer: random.chance(0.6) ? 7 : random.below(32),
    congestion: random.chance(0.6) ? 0 : 1,
    sentRecords: pick(random, [64, 64, 16, 256, 0, 1, 4]),
    synQueue: pick(random, [16, 16, 4, 1, 1]),
    timeWait: pick(random, [32, 32, 4, 1, 0]),
    neighbours: pick(random, [8, 8, 4]),
    sockets: 30,
    backlog: pick(random, [16, 16, 16, 4, 1]),
    acceptLag: random.chance(0.8) ? 0 : random.below(pick(random, [50 * MS, 5 * SECOND])),
  };
}

function path(random: Prng): PathPlan {
  const has = (probability: number) => random.chance(probability);
  const delay = pick(random, [0, 100, 1000, 5000, 20_000, 20_000, 50_000, 150_000, 300_000]);
  const rate = has(0.4) ? pick(random, [20, 125, 1250, 12_500]) : 0;
  const queue = pick(random, [3, 10, 30, 100]);
  return {
    ...NO_FAULTS,
    delay,
    jitter: has(0.3) ? pick(random, [10, 1000, 20_000]) : 0,
    rate,
    queue,
    markFrom: rate && has(0.3) ? Math.max(1, queue >> 1) : 0,
    lose: has(0.4) ? pick(random, [0.001, 0.01, 0.05, 0.1, 0.3]) : 0,
    enter: has(0.15) ? pick(random, [0.002, 0.02]) : 0,
    leave: pick(random, [0.5, 0.2, 0.1]),
    twice: has(0.25) ? pick(random, [0.01, 0.1]) : 0,
    hold: has(0.3) ? pick(random, [0.01, 0.05, 0.2]) : 0,
    holdMost: pick(random, [500, 5000, 50_000, 500_000]),
    flip: has(0.25) ? pick(random, [0.005, 0.05]) : 0,
    mark: has(0.1) ? 0.05 : 0,
  };
}

/** Faults with a time, all before `calm`. */
function planned(random: Prng, stacks: number, calm: number): Fault[] {
  const list: Fault[] = [];
  const when = () => random.below(random.chance(0.6) ? Math.min(calm, 2 * SECOND) : calm);
  const lasts = (kind: FaultKind) => kind === FaultKind.OUTAGE || kind === FaultKind.REFUSE;
  const add = (kind: FaultKind, where: number, value: number, at = when()) =>
    list.push({ kind, where, at, value: lasts(kind) ? Math.min(value, calm - at) : value });
  const window = (most: number) => 1 + random.below(most);
  if (random.chance(0.25)) {
    for (let i = random.below(3); i >= 0; i--) {
      add(FaultKind.OUTAGE, random.below(stacks * stacks), window(pick(random, [100 * MS, 2 * SECOND, 15 * SECOND])));
    }
  }
  if (random.chance(0.25)) {
    for (let i = random.below(6); i >= 0; i--) add(FaultKind.REFUSE, random.below(stacks), window(pick(random, [5 * MS, SECOND])));
  }
  if (random.chance(0.4)) {
    for (let i = random.below(40); i >= 0; i--) add(FaultKind.SPOOF, random.below(stacks), random.u32());
  }
  if (random.chance(0.1)) {
    const narrow = pick(random, [552, 576, 1006, 1400]);
    add(FaultKind.NARROW, 1, narrow);
    if (random.chance(0.5)) add(FaultKind.NARROW, stacks, narrow);
  }
  if (random.chance(0.05)) add(FaultKind.SWALLOW, 1, pick(random, [1006, 1400]));
  return list;
}

// How fast, how fair and with how much delay: measured in virtual time, so that the same code gives the same numbers everywhere.
import { Counter } from "../../bindings/node/constants.js";
import { Offer } from "../../bindings/node/core.js";
import { NO_FAULTS } from "./faults.js";
import type { Instances } from "./module.js";
import type { PathPlan } from "./path.js";
import type { Plan, StackPlan } from "./plan.js";
import { Simulation } from "./run.js";
import { type ApplicationPlan, type ConnectionPlan, Ending } from "./traffic.js";
import { MS, SECOND } from "./units.js";

/** Rows of the table: what was measured, and a number. */
export type Rows = Map<string, number>;

/** A change of more than this part must be explained. */
export const TOLERANCE = 0.1;

const LOSSES = [0, 0.005, 0.02, 0.05];
const ROUND_TRIPS = [2, 40, 200];
const BUFFERS = [16_384, 65_536, 262_144];
const SEEDS = [1, 2, 3, 4, 5];
/** Octets of a transfer, and octets a millisecond: 100 Mbit/s. */
const OCTETS = 600_000;
const RATE = 12_500;
/** The shared bottleneck: 10 Mbit/s, 40 ms, a queue of 60 frames (72 ms). */
const BOTTLENECK = { rate: 1250, delay: 20 * MS, queue: 60 };
const FLOWS_TIME = 30 * SECOND;
/** Flows begin so long after each other. */
const APART = [150 * MS, 250 * MS, 350 * MS];
const NEVER_CALM = 1e15;

/** What a measurement differs in. */
interface Case {
  seed: number;
  buffer: number;
  path: Partial<PathPlan>;
  connections: number;
  octets: number;
  /** Octets the other way. */
  back?: number;
  /** Between the beginnings of two connections. Default 250 ms. */
  apart?: number;
  offer?: number;
  congestion?: number;
}

function stack(index: number, { buffer, offer, congestion }: Case): StackPlan {
  return {
    seed: Uint8Array.from({ length: 32 }, (_, i) => (i * 31 + index * 7 + 1) & 255),
    clock: 1000 * (index + 1),
    mtu: 1500,
    rxSlots: 1024,
    txSlots: 256,
    offload: 0,
    classes: [0, 1, 2, 3].map(() => ({ receive: buffer, send: buffer })),
    halves: true,
    latency: 0,
    lag: 0,
    early: 0,
    frameBudget: 256,
    delayedAck: 40,
    minRto: 200,
    msl: 1000,
    offer: offer ?? Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS,
    congestion: congestion ?? 0,
    sentRecords: 256,
    synQueue: 16,
    timeWait: 16,
    neighbours: 4,
    sockets: 8,
    backlog: 16,
    acceptLag: 0,
  };
}
function application(octets: number): ApplicationPlan {
  return {
    octets,
    write: 65_536,
    writePause: 0,
    read: 1 << 20,
    readPause: 0,
    stallAt: -1,
    stall: 0,
    ending: Ending.HALF,
    abortAt: 0,
    nodelay: false,
    keepalive: false,
    push: true,
  };
}
function connection(number: number, { octets, back = 0, apart = 250 * MS }: Case): ConnectionPlan {
  return {
    number,
    client: 0,
    server: 1,
    clientPort: 40_000 + number,
    serverPort: 80,
    clientClass: 0,
    serverClass: 0,
    at: number * apart,
    isCrossing: false,
    applications: [application(octets), application(back)],
  };
}
/** A simulation of one case: faults only on the way of the text. */
function simulation(instances: Instances, of: Case): Simulation {
  const base: PathPlan = { ...NO_FAULTS, delay: 0, jitter: 0, rate: RATE, queue: 1000, markFrom: 0 };
  const there = { ...base, ...of.path };
  const plan: Plan = {
    seed: of.seed,
    kind: "ip",
    stacks: [stack(0, of), stack(1, of)],
    paths: [base, there, { ...base, delay: there.delay }, base],
    connections: Array.from({ length: of.connections }, (_, number) => connection(number, of)),
    planned: [],
    calm: NEVER_CALM,
    isnBefore: -1,
    dirt: 0,
  };
  return new Simulation(plan, instances);
}

/** Octets a second of one transfer. Throws when a rule of the simulation is broken. */
function goodput(instances: Instances, of: Case): number {
  const run = simulation(instances, of);
  const { failed, detail } = run.run();
  if (failed) throw new Error(`performance, seed ${of.seed}: ${failed}: ${detail}`);
  const [transfer] = run.connections;
  const took = (transfer?.sides[1]?.endedAt ?? 0) - (transfer?.openedAt ?? 0);
  return (of.octets * SECOND) / took;
}
/** Of the segments that each of two ends received while both sent without faults: how many header prediction has taken, and all of them. */
export function predicted(instances: Instances): { predicted: number; all: number }[] {
  const run = simulation(instances, { seed: 1, buffer: 65_536, path: { delay: MS }, connections: 1, octets: 4 * OCTETS, back: 4 * OCTETS });
  const { failed, detail } = run.run();
  if (failed) throw new Error(`prediction: ${failed}: ${detail}`);
  return run.hosts.map((host) => ({ predicted: host.counter(Counter.TCP_PREDICTED), all: host.counter(Counter.TCP_IN) }));
}
function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}

/** Goodput against loss, RTT and buffer; kilobytes a second, median of a few seeds. */
function throughput(instances: Instances, rows: Rows): void {
  for (const lose of LOSSES) {
    for (const rtt of ROUND_TRIPS) {
      for (const buffer of BUFFERS) {
        const seeds = lose ? SEEDS : [1];
        const path = { lose, delay: (rtt * MS) / 2 };
        const measured = seeds.map((seed) => goodput(instances, { seed, buffer, path, connections: 1, octets: OCTETS }));
        rows.set(`goodput, loss ${lose * 100} %, RTT ${rtt} ms, buffer ${buffer}: kB/s`, median(measured) / 1000);
      }
    }
  }
}
/** The same transfer with less: no SACK, CUBIC. */
function variants(instances: Instances, rows: Rows): void {
  const path = { lose: 0.05, delay: 20 * MS };
  const measure = (more: Partial<Case>) =>
    median(SEEDS.map((seed) => goodput(instances, { seed, buffer: 262_144, path, connections: 1, octets: 4 * OCTETS, ...more })));
  rows.set("goodput, loss 5 %, RTT 40 ms, SACK and RACK: kB/s", measure({}) / 1000);
  rows.set("goodput, loss 5 %, RTT 40 ms, NewReno without SACK: kB/s", measure({ offer: Offer.SCALE }) / 1000);
  rows.set("goodput, loss 5 %, RTT 40 ms, CUBIC: kB/s", measure({ congestion: 1 }) / 1000);
}
/** Flows that share a bottleneck: Jain's index of what each has got, all of them together, and the longest wait in the queue; medians, and the longest of all. */
function sharing(instances: Instances, rows: Rows): void {
  for (const congestion of [0, 1]) {
    for (const flows of [1, 2, 3, 4]) {
      const runs = (flows > 1 ? APART : APART.slice(0, 1)).map((apart) => shared(instances, { flows, congestion, apart }));
      const name = `${flows} ${congestion ? "CUBIC" : "NewReno"} flows, 10 Mbit/s, 40 ms, queue 72 ms`;
      if (flows > 1) rows.set(`${name}: Jain's index`, median(runs.map(({ index }) => index)));
      rows.set(`${name}: kB/s together`, median(runs.map(({ rate }) => rate)));
      rows.set(`${name}: longest wait in the queue, ms`, Math.max(...runs.map(({ wait }) => wait)));
    }
  }
}
function shared(instances: Instances, { flows, congestion, apart }: { flows: number; congestion: number; apart: number }) {
  const run = simulation(instances, { seed: 1, buffer: 262_144, path: BOTTLENECK, connections: flows, octets: 1e9, congestion, apart });
  run.advance(FLOWS_TIME);
  const got = run.connections.map(({ sides }) => sides[1]?.read ?? 0);
  const sum = got.reduce((all, one) => all + one, 0);
  const squares = got.reduce((all, one) => all + one * one, 0);
  return { index: (sum * sum) / (flows * squares), rate: (sum * SECOND) / FLOWS_TIME / 1000, wait: (run.paths[1]?.longestWait ?? 0) / MS };
}

/** Measures everything. */
export function measure(instances: Instances): Rows {
  const rows: Rows = new Map();
  throughput(instances, rows);
  variants(instances, rows);
  sharing(instances, rows);
  return rows;
}

/** The committed table as text: reasons first, then a row and its number a line. */
export function tableText(rows: Rows, reasons: readonly string[]): string {
  const lines = [...rows].map(([name, value]) => `${name}\t${Number(value.toPrecision(4))}`);
  return `${[...reasons.map((reason) => `# ${reason}`), ...lines].join("\n")}\n`;
}
/** Reads the committed table. */
export function parseTable(text: string): { rows: Rows; reasons: string[] } {
  const lines = text.split("\n").filter((line) => line);
  const reasons = lines.filter((line) => line.startsWith("# ")).map((line) => line.slice(2));
  const pairs = lines.filter((line) => !line.startsWith("#")).map((line) => line.split("\t"));
  return { rows: new Map(pairs.map(([name, value]) => [name ?? "", Number(value)])), reasons };
}
/** Rows that differ by more than the tolerance, or that stand on one side only. */
export function changes(committed: Rows, measured: Rows): string[] {
  const names = new Set([...committed.keys(), ...measured.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [committed.get(name), measured.get(name)];
    if (was === undefined || is === undefined) return [`${name}: ${was ?? "not there"} before, ${is ?? "not there"} now`];
    return Math.abs(is - was) <= TOLERANCE * Math.max(Math.abs(was), 1e-9)
      ? []
      : [`${name}: ${was} before, ${Number(is.toPrecision(4))} now`];
  });
}

// One seed from its plan to its verdict: an event queue in virtual time over hosts, paths and applications.
import { Event } from "../../bindings/node/core.js";
import type { Application } from "./application.js";
import { Connection } from "./connection.js";
import { describe } from "./describe.js";
import { Dissected, dissect } from "./dissect.js";
import { type Fault, FaultKind, Faults } from "./faults.js";
import { Host, type HostEvents } from "./host.js";
import { icmpError } from "./hostile.js";
import type { Instances } from "./module.js";
import type { Half } from "./half.js";
import { addressOf, keyOf, Observer, type World } from "./observer.js";
import { type Flight, Path } from "./path.js";
import type { Plan } from "./plan.js";
import { spoofed } from "./spoof.js";
import { tally } from "./sometimes.js";
import { leftIn, longestEnd, owes, poolsAreWhole, watch } from "./duties.js";
import { Failure, type RunOptions, type Verdict } from "./verdict.js";
import { clockFor, startStack } from "./setup.js";
import { SERVER_PORT } from "./traffic.js";
import { SECOND } from "./units.js";

const EVENTS_MOST = 3_000_000;
const SILENCE = 3600 * SECOND;
/** A neighbour that was used is asked once more before its entry ages. */
const ARP_TIMES = 130 * SECOND;
/** Octets of a packet that a router quotes. RFC 1812 §4.3.2.3. */
const QUOTED = 120;
/** Where the routers are. */
const ROUTER = 0x0a0000fe;
/** Octets of a frame that its digest looks at: all headers, and with them the checksum of the rest. */
const HEADERS_MOST = 96;

interface Later {
  at: number;
  order: number;
  what: () => void;
}

/** A frame in a receive ring. */
interface Arrived {
  flight: Flight;
  path: Path;
}

export class Simulation implements HostEvents, World {
  now = 0;
  readonly calm: number;
  readonly hosts: Host[] = [];
  readonly observers: Observer[] = [];
  readonly paths: Path[] = [];
  readonly connections: Connection[] = [];
  readonly faults: Faults;
  readonly sometimes = new Map<string, number>();
  readonly #later: Later[] = [];
  readonly #rings: Arrived[][] = [];
  readonly #sockets: Map<number, Application>[] = [];
  readonly #byKey: Map<number, Application>[] = [];
  readonly #live: Map<Application, number>[] = [];
  readonly #listeners: Map<number, number>[] = [];
  readonly #frame = new Dissected();
  readonly #start: number;
  /** Frames that each stack had read before its turn. */
  readonly #framesIn: number[] = [];
  #order = 0;
  #events = 0;
  #digest = 0;
  #isSilent = false;

  constructor(
    readonly plan: Plan,
    instances: Instances,
    readonly options: RunOptions = {},
  ) {
    const count = plan.stacks.length;
    this.calm = plan.calm;
    this.#start = plan.kind === "ethernet" ? 14 : 0;
    const planned = plan.planned.filter(({ kind }) => instances.isFull || kind !== FaultKind.SWALLOW); // tiny does not probe for black holes
    this.faults = new Faults(plan.seed, count * count, planned, options.kept ?? null);
    plan.stacks.forEach((stack, index) => {
      if (!instances.isFull) Object.assign(stack, { sentRecords: 0, congestion: 0 });
      stack.clock = clockFor(instances, plan, index);
      const core = startStack(instances, plan, index, stack.clock);
      const host = new Host(index, core, stack, plan.kind, this, plan.seed, options.tampers?.[index] ?? {});
      this.hosts.push(host);
      this.observers.push(new Observer(host, plan.kind === "ethernet", this));
      this.#rings.push([]);
      this.#sockets.push(new Map());
      this.#byKey.push(new Map());
      this.#live.push(new Map());
      this.#listeners.push(new Map());
    });
    plan.paths.forEach((path, index) => {
      const made = new Path(index, path, this.faults, this.#start, plan.seed);
      made.onTooLong = (frame, length, mtu) => this.#tooLong(made, frame, length, mtu);
      this.paths.push(made);
    });
    this.#listen();
    for (const connection of plan.connections) this.connections.push(new Connection(connection, this));
    for (const fault of this.faults.timed) this.#arm(fault);
  }

  // ---- The run ----

  /** Runs to the end and tells how it was. */
  run(): Verdict {
    let failed = "";
    let detail = "";
    try {
      this.#traffic();
      this.#close();
      this.#silence();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed = error.what;
      detail = `${error.message} (at ${this.now} us)`;
    }
    for (const host of this.hosts) {
      if (host.missed) this.saw("RX full");
      if (host.early) this.saw("early poll");
      if (host.clock(this.now) < host.plan.clock) this.saw("clock wrapped");
    }
    const applications = this.connections.flatMap(({ sides }) => sides);
    return {
      seed: this.plan.seed,
      failed,
      detail,
      faults: this.faults.list,
      frames: this.hosts.reduce((sum, host) => sum + host.framesOut, 0),
      events: this.#events,
      octets: applications.reduce((sum, side) => sum + (side?.read ?? 0), 0),
      connections: this.connections.length,
      seconds: this.now / SECOND,
      sometimes: tally(this.hosts, this.sometimes),
      digest: this.#digest >>> 0,
      states: this.hosts.map(({ core }) => core.exports.state_hash?.() ?? 0),
    };
  }
  /** Runs until a time only. Throws when something does not hold. */
  advance(end: number): void {
    while (this.now < end) this.#step(end);
  }
  #traffic(): void {
    let look = 0;
    while (this.connections.filter((connection) => !connection.settle()).length) {
      this.#step();
      if (this.#events >= look) {
        look = this.#events + 50;
        watch(this);
      }
    }
  }
  /** Everything is closed: in a while all pools are whole. */
  #close(): void {
    this.hosts.forEach((host, index) => {
      for (const handle of this.#listeners[index]?.keys() ?? []) host.core.exports.tcp_close(handle, 0);
      host.stir(this.now);
    });
    const end = Math.max(this.now, this.calm) + longestEnd(this.plan);
    while (this.now < end && !this.hosts.every((host) => leftIn(host) === "")) this.#step(end);
    poolsAreWhole(this);
  }
  /** There is nothing to do: nothing is sent. */
  #silence(): void {
    for (const settled = this.now + ARP_TIMES; this.now < settled; ) this.#step(settled);
    this.#isSilent = true;
    for (const end = this.now + SILENCE; this.now < end; ) this.#step(end);
  }
  /** Does what is due next; nothing later than `end`. */
  #step(end = Number.POSITIVE_INFINITY): void {
    if (++this.#events > (this.options.eventsMost ?? EVENTS_MOST)) this.fails("livelock", `${this.#events} events`);
    let next = this.#later[0]?.at ?? Number.POSITIVE_INFINITY;
    let host: Host | null = null;
    let path: Path | null = null;
    for (const each of this.hosts) {
      if (each.due >= next) continue;
      next = each.due;
      host = each;
    }
    for (const each of this.paths) {
      if (each.next > next) continue;
      next = each.next;
      path = each;
    }
    if (next === Number.POSITIVE_INFINITY && end === next)
      this.fails(
        "asleep",
        this.connections
          .filter(({ isDone }) => !isDone)
          .map((connection) => `connection ${connection.plan.number} ${connection.text}`)
          .join("; "),
      );
    this.now = Math.max(this.now, Math.min(next, end));
    if (next > end) return;
    if (path) this.#arrives(path);
    else if (host) host.turn(this.now);
    else this.#pop()?.what();
  }

  get hasHole(): boolean {
    return this.faults.timed.some(({ kind }) => kind === FaultKind.SWALLOW);
  }

  // ---- Paths ----

  #arrives(path: Path): void {
    const flight = path.take(this.now);
    if (!flight) return;
    const to = path.index % this.hosts.length;
    const host = this.hosts[to] as Host;
    if (host.arrive(flight.octets, flight.length, this.now)) this.#rings[to]?.push({ flight, path });
    else path.done(flight);
  }
  leaves(host: Host, octets: Uint8Array, at: number, length: number): void {
    const frame = octets.subarray(at, at + length);
    const count = this.hosts.length;
    for (let to = 0; to < count; to++) {
      if (to === host.index || !this.#goesTo(frame, to)) continue;
      this.paths[host.index * count + to]?.send(frame, length, this.now, this.now >= this.calm);
    }
  }
  /** A router on the path says that the packet does not fit. RFC 1191. */
  #tooLong(path: Path, frame: Uint8Array, length: number, mtu: number): void {
    if (!mtu) return this.saw("packet swallowed");
    const count = this.hosts.length;
    const from = Math.floor(path.index / count);
    const back = this.paths[(path.index % count) * count + from];
    const quoted = frame.slice(this.#start, Math.min(length, this.#start + QUOTED));
    back?.insert(icmpError(this.#start, from, ROUTER, addressOf(from), 3, 4, mtu, quoted), this.now + path.plan.delay + back.plan.delay);
    this.saw("packet too long");
  }
  #goesTo(frame: Uint8Array, to: number): boolean {
    if (!this.#start) return frame[19] === to + 1;
    return frame[5] === to + 1 || frame[0] === 0xff;
  }

  // ---- What hosts tell ----

  read(host: Host): void {
    const arrived = this.#rings[host.index]?.shift();
    if (!arrived) return this.fails("ring", "the stack has read a frame that nobody wrote");
    const { flight, path } = arrived;
    this.observers[host.index]?.read(dissect(this.#frame, flight.octets, flight.length, this.#start), flight.isGenuine);
    path.done(flight);
  }
  wrote(host: Host, octets: Uint8Array, at: number, length: number): void {
    const frame = octets.subarray(at, at + length);
    dissect(this.#frame, frame, length, this.#start);
    if (this.options.trace) this.options.trace(this.#text(host));
    this.#digest = digestOf(this.#digest, this.now, frame);
    if (this.#isSilent) this.fails("silence", `stack ${host.index} sends when there is nothing to do: ${this.#text(host)}`);
    this.observers[host.index]?.wrote(this.#frame, frame);
  }
  #text(host: Host): string {
    return describe(this.#frame, host.index, this.now, this.observers[host.index]?.halves.values() ?? []);
  }
  between(host: Host): void {
    const { exports } = host.core;
    for (const [application, key] of this.#live[host.index] ?? []) {
      const half = this.observers[host.index]?.halves.get(key);
      if (half?.owner !== application || exports.tcp_status(application.handle) < 0) continue;
      this.observers[host.index]?.sending.look(half);
    }
  }
  serve(host: Host): void {
    this.observers[host.index]?.turned(host.framesIn - (this.#framesIn[host.index] ?? 0));
    this.#framesIn[host.index] = host.framesIn;
    owes(this, host, this.#live[host.index] ?? new Map());
    const { core } = host;
    for (let handle = core.ready_next(); handle !== 0; handle = core.ready_next()) {
      if (handle < 0) return this.fails("call", `ready_next answers ${handle}`);
      const events = core.events;
      if (events & Event.ACCEPTABLE) this.after(host.plan.acceptLag, () => this.#accept(host, handle));
      this.#sockets[host.index]?.get(handle)?.wake(events);
    }
    this.#forget(host.index);
  }
  #forget(index: number): void {
    for (const application of this.#live[index]?.keys() ?? []) {
      if (!application.isDone) continue;
      this.#live[index]?.delete(application);
      this.#sockets[index]?.delete(application.handle);
    }
  }

  // ---- Sockets ----

  #listen(): void {
    this.hosts.forEach((host, index) => {
      for (let bufferClass = 0; bufferClass < 4; bufferClass++) {
        const handle = host.core.tcp_listen({ port: SERVER_PORT + bufferClass }, bufferClass, host.plan.backlog);
        if (handle < 0) this.fails("call", `tcp_listen answers ${handle}`);
        this.#listeners[index]?.set(handle, bufferClass);
      }
    });
  }
  #accept(host: Host, listener: number): void {
    const { core } = host;
    for (let handle = core.tcp_accept(listener); handle > 0; handle = core.tcp_accept(listener)) {
      host.stir(this.now + host.plan.latency);
      const { remote, local } = core;
      const key = keyOf(addressOf(Number(remote.address.split(".")[3]) - 1), local.port, remote.port);
      const half = this.observers[host.index]?.halves.get(key);
      const connection = this.connections.find((one) => one.plan.server === host.index && one.key(1) === key && one.isOf(half?.irs ?? -1));
      if (!half || half.isAgain || !connection) {
        this.saw(half?.isAgain ? "accepted again" : "accepted what nobody opened");
        core.tcp_abort(handle);
        continue;
      }
      const application = connection.accepted(handle);
      for (let each: Half | null = half; each; each = each.older) each.owner = application;
    }
  }
  register(host: Host, application: Application, key: number): void {
    this.#sockets[host.index]?.set(application.handle, application);
    this.#byKey[host.index]?.set(key, application);
    this.#live[host.index]?.set(application, key);
  }
  isBusy(connection: Connection): boolean {
    return this.connections.some((other) => other !== connection && other.isOpen && !other.isDone && other.hasEndsOf(connection));
  }
  opened(stack: number, key: number, half: Half): void {
    const application = this.#byKey[stack]?.get(key);
    if (!application?.isOpener || (application.iss >= 0 && application.iss !== half.iss) || application.isDone) return;
    half.owner = application;
    application.iss = half.iss;
  }
  hasUsed(stack: number, key: number, seq: number): boolean {
    return this.observers[stack]?.halves.get(key)?.hasUsed(seq) ?? false;
  }
  hasRefused(stack: number, irs: number): boolean {
    return this.observers[stack]?.refused.has(irs) ?? false;
  }

  // ---- Time, faults, verdicts ----

  after(wait: number, what: () => void): void {
    const later = { at: this.now + wait, order: this.#order++, what };
    let at = this.#later.length;
    while (at > 0 && (this.#later[at - 1] as Later).at > later.at) at--;
    this.#later.splice(at, 0, later);
  }
  #pop(): Later | undefined {
    return this.#later.shift();
  }
  #arm(fault: Fault): void {
    if (fault.kind === FaultKind.REFUSE) this.after(fault.at, () => this.#refuse(fault));
    if (fault.kind === FaultKind.SPOOF) this.after(fault.at, () => this.#spoof(fault));
  }
  #refuse(fault: Fault): void {
    const host = this.hosts[fault.where];
    if (!host) return;
    host.refusedUntil = Math.max(host.refusedUntil, this.now + fault.value);
    this.saw("TX refused");
    this.after(fault.value, () => host.stir(this.now));
  }
  #spoof(fault: Fault): void {
    const index = fault.where;
    const host = this.hosts[index];
    if (!host) return;
    const peerSent = (half: Half) =>
      this.observers[half.peer]?.halves.get(keyOf(addressOf(index), half.remotePort, half.localPort))?.sent ?? 0;
    const halves = [...(this.observers[index]?.halves.values() ?? [])];
    const frame = spoofed({ index, start: this.#start, halves, peerSent }, fault.value);
    const path = this.paths[index] as Path;
    const flight = path.made(frame);
    if (!host.arrive(flight.octets, flight.length, this.now)) return path.done(flight);
    this.#rings[index]?.push({ flight, path });
    this.saw("spoofed");
  }
  fails(what: string, detail: string): never {
    throw new Failure(what, detail);
  }
  saw(what: string): void {
    this.sometimes.set(what, (this.sometimes.get(what) ?? 0) + 1);
  }
}

/** A hash of the frames before, continued with one more and its time. */
function digestOf(before: number, now: number, frame: Uint8Array): number {
  let digest = (Math.imul(before, 31) + now + frame.length) | 0;
  for (const octet of frame.subarray(0, HEADERS_MOST)) digest = (Math.imul(digest, 31) + octet) | 0;
  return digest;
}

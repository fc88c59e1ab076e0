// A stack with its host: rings, polls when poll has said so (or a little later, or earlier), and the application between.
import { CONTROL, type Core, Counter, DEVICE, Flag, POOL, SLOT, STATUS } from "../../bindings/node/core.js";
import { NOTHING_ARMED } from "../../bindings/node/layout.js";
import { framesOf } from "../conformance/nic.js";
import { Prng } from "../../bindings/node/prng.js";
import type { StackPlan } from "./plan.js";
import { MS } from "./units.js";

/** What the host tells the world. Frames are views that hold during the call. */
export interface HostEvents {
  /** The stack has read the frame that was put into its ring as number `order`. */
  read(host: Host, order: number): void;
  /** The stack has written a frame. */
  wrote(host: Host, octets: Uint8Array, at: number, length: number): void;
  /** The link takes a frame. */
  leaves(host: Host, octets: Uint8Array, at: number, length: number): void;
  /** Frames are read and timers run, nothing is sent yet. */
  between(host: Host): void;
  /** Sockets may have something to tell. */
  serve(host: Host): void;
  /** Something rare was seen. */
  saw(what: string): void;
  /** Something does not hold. */
  fails(what: string, detail: string): void;
}

/** A change that tests make to what the host sees, to show that the rules notice. */
export interface Tamper {
  /** Changes what poll answered. */
  wait?(answer: number): number;
  /** Changes a frame that the stack has written before anybody sees it. */
  wrote?(frame: Uint8Array): void;
  /** Changes a frame in the receive ring, unseen by the observer. */
  arrives?(frame: Uint8Array): void;
  /** Changes a frame that the link takes, unseen by the observer. */
  leaves?(frame: Uint8Array): void;
  /** Changes a word of the status record. */
  status?(offset: number, value: number): number;
}

const IDLE_TURNS = 200;
const ZEROS = 20_000;

export class Host {
  /** When the host polls next, microseconds; Infinity: never. */
  due = 0;
  /** Frames the stack has read, and has written. */
  framesIn = 0;
  framesOut = 0;
  /** Polls, and polls before their time. */
  polls = 0;
  early = 0;
  /** Frames that found the receive ring full. */
  missed = 0;
  /** Nobody takes frames before this time. */
  refusedUntil = 0;
  /** What poll answered last. */
  wait = 0;
  readonly octets: Uint8Array;
  readonly #view: DataView;
  readonly #u32: Uint32Array;
  readonly #device: number;
  readonly #start: number;
  readonly #status: number;
  readonly #random: Prng;
  #seenTx = 0;
  #taken = 0;
  #promise = Number.NEGATIVE_INFINITY;
  #isQuiet = false;
  #zeros = 0;
  #idle = 0;

  constructor(
    readonly index: number,
    readonly core: Core,
    readonly plan: StackPlan,
    kind: "ethernet" | "ip",
    readonly events: HostEvents,
    seed: number,
    readonly tamper: Tamper,
  ) {
    this.octets = core.octets;
    this.#view = core.view;
    this.#u32 = new Uint32Array(core.memory.buffer);
    this.#device = (core.control + CONTROL.deviceTable) >>> 2;
    this.#start = kind === "ethernet" ? SLOT.ethernet : SLOT.rawIp;
    this.#status = core.view.getUint32(core.control + CONTROL.status, true);
    this.#random = new Prng(seed, 100 + index);
  }

  /** The stack's clock at a time, milliseconds modulo 2^32. */
  clock(now: number): number {
    return (this.plan.clock + Math.floor(now / MS)) >>> 0;
  }
  counter(which: Counter): number {
    return this.#u32[(this.#word(CONTROL.counters) >>> 2) + which] as number;
  }
  /** Places of a pool that are taken. */
  used(pool: number): number {
    const at = this.#word(CONTROL.pools) + pool * POOL.octets;
    return this.#view.getUint32(at + POOL.mark, true) - this.#view.getUint32(at + POOL.free, true);
  }
  /** A word of the status record, after tcp_status. */
  status(offset: number): number {
    const value = this.#view.getUint32(this.#status + offset, true);
    return this.tamper.status ? this.tamper.status(offset, value) : value;
  }
  /** Why the connection of the status record ended. */
  get statusError(): number {
    return this.#view.getInt32(this.#status + STATUS.error, true);
  }
  /** Something waits for a free transmit slot. */
  get isBlocked(): boolean {
    return (this.#word(CONTROL.flags) & Flag.TX_BLOCKED) !== 0;
  }
  /** Frames in the transmit ring. */
  get waiting(): number {
    return (this.#ring(DEVICE.txWritten) - this.#ring(DEVICE.txTaken)) >>> 0;
  }
  /** The octets at the last span. */
  get span(): number {
    return this.#word(CONTROL.span);
  }

  /** A frame arrives; false when the ring is full. Its number in the order of reading is `framesIn + waiting` frames from now. */
  arrive(octets: Uint8Array, length: number, now: number): boolean {
    const written = this.#ring(DEVICE.rxWritten);
    const slots = this.plan.rxSlots;
    if ((written - this.#ring(DEVICE.rxTaken)) >>> 0 >= slots) {
      this.missed++;
      return false;
    }
    const slot = this.#ring(DEVICE.rxRing) + (written & (slots - 1)) * this.#ring(DEVICE.slotOctets);
    const fits = length <= this.#ring(DEVICE.slotOctets) - this.#start;
    if (fits) this.octets.set(octets.length === length ? octets : octets.subarray(0, length), slot + this.#start);
    this.tamper.arrives?.(this.octets.subarray(slot + this.#start, slot + this.#start + length));
    this.#u32[slot >>> 2] = length;
    this.#u32[(slot >>> 2) + 1] = 0;
    this.#u32[this.#device + (DEVICE.rxWritten >>> 2)] = written + 1;
    this.stir(now + this.plan.latency);
    return true;
  }
  /** The host polls at `at` at the latest, since something happened that poll does not know of. */
  stir(at: number): void {
    this.#isQuiet = false;
    this.due = Math.min(this.due, at);
  }

  /** Polls. */
  turn(now: number): void {
    const { exports } = this.core;
    const ms = this.clock(now);
    const isEarly = this.#isQuiet && Math.floor(now / MS) < this.#promise;
    const before = this.framesOut + this.framesIn;
    this.polls++;
    this.due = Number.POSITIVE_INFINITY;
    this.drain(now);
    if (isEarly) this.early++;
    let answer: number;
    if (this.plan.halves) {
      const read = exports.receive(ms, now % MS);
      if (read < 0) this.events.fails("call", `receive answers ${read}`);
      this.#notice();
      this.events.between(this);
      answer = exports.transmit();
    } else answer = exports.poll(ms, now % MS);
    if (answer < 0) this.events.fails("call", `poll answers ${answer}`);
    this.#notice();
    if (this.tamper.wait) answer = this.tamper.wait(answer);
    this.wait = answer;
    this.#judge(now, answer, isEarly, this.framesOut + this.framesIn - before);
    this.drain(now);
    this.#isQuiet = answer > 0 && !this.isBlocked;
    this.events.serve(this);
    this.#schedule(now, answer);
  }
  /** Takes frames out of the transmit ring, unless that is refused. */
  drain(now: number): void {
    if (now < this.refusedUntil) return;
    while (this.waiting) {
      const taken = this.#ring(DEVICE.txTaken);
      const slot = this.#ring(DEVICE.txRing) + (taken & (this.plan.txSlots - 1)) * this.#ring(DEVICE.slotOctets);
      const length = this.#u32[slot >>> 2] as number;
      this.tamper.leaves?.(this.octets.subarray(slot + this.#start, slot + this.#start + length));
      this.#onTheWire(slot, length, (octets, at, length) => this.events.leaves(this, octets, at, length));
      this.#u32[this.#device + (DEVICE.txTaken >>> 2)] = taken + 1;
    }
  }

  #word(offset: number): number {
    return this.#u32[(this.core.control + offset) >>> 2] as number;
  }
  #ring(offset: number): number {
    return this.#u32[this.#device + (offset >>> 2)] as number;
  }
  /** The frame in a transmit slot; what the stack has left to its NIC, as that sends it. */
  #onTheWire(slot: number, length: number, visit: (octets: Uint8Array, at: number, length: number) => void): void {
    const what = this.#u32[(slot >>> 2) + 1] as number;
    if (!what) return visit(this.octets, slot + this.#start, length);
    const frame = this.octets.subarray(slot + this.#start, slot + this.#start + length);
    const frames = framesOf(frame, this.#start === SLOT.ethernet, what & 0xffff, what >>> 16);
    if (frames.length > 1) this.events.saw("segments left together");
    for (const cut of frames) visit(cut, 0, cut.length);
  }
  /** Tells what the stack has read and written since the last look. */
  #notice(): void {
    const taken = this.#ring(DEVICE.rxTaken);
    while (this.#taken !== taken) {
      this.events.read(this, this.framesIn++);
      this.#taken = (this.#taken + 1) >>> 0;
    }
    const written = this.#ring(DEVICE.txWritten);
    while (this.#seenTx !== written) {
      const slot = this.#ring(DEVICE.txRing) + (this.#seenTx & (this.plan.txSlots - 1)) * this.#ring(DEVICE.slotOctets);
      const length = this.#u32[slot >>> 2] as number;
      this.framesOut++;
      this.tamper.wrote?.(this.octets.subarray(slot + this.#start, slot + this.#start + length));
      this.#onTheWire(slot, length, (octets, at, length) => this.events.wrote(this, octets, at, length));
      this.#seenTx = (this.#seenTx + 1) >>> 0;
    }
  }
  /** What poll answers is honest: before that time, without input or calls, nothing happens. */
  #judge(now: number, answer: number, isEarly: boolean, moved: number): void {
    const promise = answer === NOTHING_ARMED ? Number.POSITIVE_INFINITY : Math.floor(now / MS) + answer;
    if (isEarly && moved)
      this.events.fails("poll-late", `something moved at ${now} us, poll had promised nothing before ${this.#promise} ms`);
    if (isEarly && promise < this.#promise)
      this.events.fails("poll-late", `at ${now} us poll promises ${promise} ms, before it was ${this.#promise} ms`);
    this.#promise = promise;
    this.#zeros = answer === 0 && !moved ? this.#zeros + 1 : 0;
    if (this.#zeros > ZEROS) this.events.fails("poll-spins", `poll answered 0 ${ZEROS} times and nothing moved`);
    this.#idle = this.#isQuiet && !isEarly && !moved ? this.#idle + 1 : 0;
    if (this.#idle > IDLE_TURNS) this.events.fails("poll-idles", `${IDLE_TURNS} polls in a row for nothing`);
  }
  #schedule(now: number, answer: number): void {
    this.due = Math.min(this.due, this.#next(now, answer));
  }
  #next(now: number, answer: number): number {
    const isWaiting = this.isBlocked || answer === 0;
    if (isWaiting && now >= this.refusedUntil) return now;
    if (isWaiting) return answer ? Math.min(this.refusedUntil, this.#after(now, answer)) : this.refusedUntil;
    const due = this.#after(now, answer);
    if (!this.plan.early || !this.#isQuiet || due <= now + 2 || !this.#random.chance(this.plan.early)) return due;
    return now + 1 + this.#random.below(Math.min(due - now - 1, 3_600_000_000));
  }
  #after(now: number, answer: number): number {
    if (answer === NOTHING_ARMED) return Number.POSITIVE_INFINITY;
    const lag = this.plan.lag ? this.#random.below(this.plan.lag) : 0;
    return (Math.floor(now / MS) + answer) * MS + lag;
  }
}

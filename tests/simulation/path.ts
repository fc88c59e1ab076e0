// One direction between two stacks in virtual time: delay, jitter, rate, a queue, a router in between, and the faults of the list.
import { Prng } from "../../bindings/node/prng.js";
import { Schedule } from "../../bindings/node/schedule.js";
import { type FrameFaults, type Faults, FaultKind } from "./faults.js";

/** What a path is like. Times in microseconds. */
export interface PathPlan extends FrameFaults {
  delay: number;
  /** A frame may take this much longer; frames stay in order. */
  jitter: number;
  /** Octets a millisecond; 0: no limit. */
  rate: number;
  /** Frames that wait at that rate, at most. */
  queue: number;
  /** Frames in the queue from which on ECN-capable packets are marked; 0: never. */
  markFrom: number;
}

/** A frame on its way. */
export interface Flight {
  due: number;
  order: number;
  octets: Uint8Array;
  length: number;
  /** false: made or changed by somebody else than the stack it claims to come from. */
  isGenuine: boolean;
}

const ETHERTYPE_IPV4 = 0x0800;
const SPARE = 256;

/** Called when a router cannot pass a packet on: it answers with its MTU, or (0) not at all. */
export type OnTooLong = (frame: Uint8Array, length: number, mtu: number) => void;

export class Path {
  /** Frames that entered. */
  sent = 0;
  /** Frames dropped because the queue was full. */
  overflowed = 0;
  /** Longest time that a frame waited in the queue, microseconds. */
  longestWait = 0;
  /** What a router does with packets that are too long. */
  onTooLong: OnTooLong = () => {};
  readonly #flights = new Schedule<Flight>();
  readonly #spare: Uint8Array[] = [];
  readonly #turns: number[] = [];
  readonly #jitter: Prng;
  #order = 0;
  #busyUntil = 0;
  #lastDue = 0;

  /** `start`: where the IP packet begins in a frame. */
  constructor(
    readonly index: number,
    readonly plan: PathPlan,
    readonly faults: Faults,
    readonly start: number,
    seed: number,
  ) {
    this.#jitter = new Prng(seed, 2000 + index);
  }

  /** When the next frame arrives; Infinity when none is on its way. */
  get next(): number {
    return this.#flights.due;
  }
  /** A frame enters. It is copied. `isOver`: faults have stopped. */
  send(frame: Uint8Array, length: number, now: number, isOver: boolean): void {
    const at = this.sent++;
    const fate = this.faults.fate(this.index, at, this.plan, isOver);
    const slower = this.plan.jitter ? this.#jitter.below(this.plan.jitter) : 0;
    if (fate.isLost || this.#isOut(now) || this.#isTooLong(frame, length, now)) return;
    const left = this.#transmitted(length, now);
    if (left < 0) {
      this.overflowed++;
      return;
    }
    this.longestWait = Math.max(this.longestWait, left - now);
    const inOrder = Math.max(left + this.plan.delay + slower, this.#lastDue);
    if (!fate.hold) this.#lastDue = inOrder;
    const flight = this.#launch(frame, length, inOrder + fate.hold, fate.flip < 0);
    if (fate.flip >= 0) this.#flip(flight, fate.flip);
    const isCrowded = this.plan.markFrom > 0 && this.#turns.length >= this.plan.markFrom;
    if (fate.isMarked || isCrowded) this.#mark(flight);
    if (fate.isTwice) this.#launch(flight.octets, length, flight.due, flight.isGenuine);
  }
  /** A frame of somebody else enters: it arrives at `due`. */
  insert(frame: Uint8Array, due: number): void {
    this.#launch(frame, frame.length, due, false);
  }
  /** A frame of somebody else, as if it had just arrived. */
  made(frame: Uint8Array): Flight {
    return { due: 0, order: 0, octets: frame.slice(), length: frame.length, isGenuine: false };
  }
  /** Takes the frame that arrived by `now`, or null. Give it back with `done`. */
  take(now: number): Flight | null {
    const first = this.#flights.first;
    if (!first || first.due > now) return null;
    this.#flights.pop();
    return first;
  }
  /** The octets of a frame that was taken may be used again. */
  done(flight: Flight): void {
    if (this.#spare.length < SPARE) this.#spare.push(flight.octets);
  }

  #isOut(now: number): boolean {
    for (const { kind, where, at, value } of this.faults.timed) {
      if (kind === FaultKind.OUTAGE && where === this.index && now >= at && now < at + value) return true;
    }
    return false;
  }
  #isTooLong(frame: Uint8Array, length: number, now: number): boolean {
    const packet = ((frame[this.start + 2] as number) << 8) | (frame[this.start + 3] as number);
    for (const { kind, where, at, value } of this.faults.timed) {
      const isNarrow = kind === FaultKind.NARROW || kind === FaultKind.SWALLOW;
      if (!isNarrow || where !== this.index || now < at || !this.#isIp(frame) || packet <= value) continue;
      if (!((frame[this.start + 6] as number) & 0x40)) return false; // would be cut on the way, and put together again
      this.onTooLong(frame, length, kind === FaultKind.NARROW ? value : 0);
      return true;
    }
    return false;
  }
  /** When the last bit has left, or -1 when the queue is full. */
  #transmitted(length: number, now: number): number {
    if (!this.plan.rate) return now;
    while (this.#turns.length && (this.#turns[0] as number) <= now) this.#turns.shift();
    if (this.#turns.length >= this.plan.queue) return -1;
    const begin = Math.max(now, this.#busyUntil);
    if (begin > now) this.#turns.push(begin);
    this.#busyUntil = begin + Math.ceil((length * 1000) / this.plan.rate);
    return this.#busyUntil;
  }
  #isIp(frame: Uint8Array): boolean {
    return this.start === 0 || (((frame[12] as number) << 8) | (frame[13] as number)) === ETHERTYPE_IPV4;
  }
  #flip(flight: Flight, place: number): void {
    const { octets } = flight;
    const bits = (((octets[this.start + 2] as number) << 8) | (octets[this.start + 3] as number)) * 8; // of the packet: padding does not count
    if (!this.#isIp(octets)) {
      flight.isGenuine = true;
      return;
    }
    const bit = place % bits;
    const at = this.start + (bit >>> 3);
    octets[at] = (octets[at] as number) ^ (1 << (bit & 7));
  }
  /** Sets CE on an ECN-capable packet and mends the header's checksum. RFC 3168 §5, RFC 1624. */
  #mark(flight: Flight): void {
    const { octets } = flight;
    const at = this.start;
    if (!this.#isIp(octets) || !((octets[at + 1] as number) & 3) || !flight.isGenuine) return;
    octets[at + 1] = (octets[at + 1] as number) | 3;
    let sum = 0;
    for (let i = 0; i < 20; i += 2) if (i !== 10) sum += ((octets[at + i] as number) << 8) | (octets[at + i + 1] as number);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    octets[at + 10] = (~sum >> 8) & 255;
    octets[at + 11] = ~sum & 255;
  }
  #launch(frame: Uint8Array, length: number, due: number, isGenuine: boolean): Flight {
    const spare = this.#spare.pop();
    const octets = spare && spare.length >= length ? spare : new Uint8Array(Math.max(length, 2048));
    octets.set(frame.length === length ? frame : frame.subarray(0, length));
    const flight = { due, order: this.#order++, octets, length, isGenuine };
    this.#flights.push(flight);
    return flight;
  }
}

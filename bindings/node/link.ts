import { Channel, type ChannelStats, type Faults } from "./channel.js";
import type { Driver } from "./driver.js";
import { RingwireError } from "./error.js";
import { AttachedEnd, LinkEnd } from "./linkends.js";
import type { Kind } from "./settings.js";

/** What a link simulator takes: faults for both directions, or for each apart. */
export interface LinkOptions extends Faults {
  /** Any number from 0 to 2^32 - 1: the same seed and the same frames give the same faults. Default 1. */
  seed?: number;
  /** What its frames are. Default `ethernet`. */
  kind?: Kind;
  /** true: time passes only by `advance`. Default: real time. */
  virtual?: boolean;
  /** Faults of frames from end 0 to end 1, in place of the common ones. */
  forward?: Faults;
  /** Faults of frames from end 1 to end 0, in place of the common ones. */
  backward?: Faults;
}

/** Takes a frame that has arrived; a view that holds during the call. Answers false while there is no room: it is offered again. */
export type Receiver = (frame: Uint8Array, length: number) => boolean;

/**
 * A simulated link with two ends: delay, jitter, rate, queue, loss, bursts of loss, duplication, reordering and corruption, all from one seed.
 * Its ends are drivers for stacks; or one end is a stack's and the other takes the place of a stack on a real device (`attach`); or frames are
 * put in by `send` and received by a function, for tests with virtual time.
 */
export class Link {
  /** The ends: drivers for one stack each. */
  readonly ends: readonly [Driver, Driver];
  readonly #channels: readonly [Channel, Channel];
  readonly #receivers: [Receiver, Receiver] = [drop, drop];
  readonly #virtual: boolean;
  #now = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #delivering = false;
  #stopped = false;

  constructor(options: LinkOptions = {}) {
    const { seed = 1, kind = "ethernet", virtual = false, forward, backward, ...both } = options;
    this.#virtual = virtual;
    this.#channels = [new Channel(forward ?? both, seed, 1, kind), new Channel(backward ?? both, seed, 2, kind)];
    this.ends = [new LinkEnd(this, 0, kind), new LinkEnd(this, 1, kind)];
  }

  /** What was done to frames from end 0 to end 1, and back. */
  get stats(): { forward: ChannelStats; backward: ChannelStats } {
    return { forward: this.#channels[0].stats, backward: this.#channels[1].stats };
  }
  /** Time of the link, milliseconds. */
  get now(): number {
    return this.#virtual ? this.#now : performance.now();
  }
  /** Milliseconds until the next frame arrives; Infinity when none is on its way. */
  next(): number {
    return Math.max(0, Math.min(this.#channels[0].next, this.#channels[1].next) - this.now);
  }
  /** Lets virtual time pass: frames arrive in the order of their times. */
  advance(ms: number): void {
    if (!this.#virtual) throw new RingwireError("BAD_STATE", "link: real time cannot be advanced (give the option virtual: true)");
    const end = this.#now + ms;
    for (let due = this.#soonest(); due <= end; due = this.#soonest()) {
      this.#now = Math.max(this.#now, due);
      if (!this.#deliver()) break;
    }
    this.#now = end;
  }
  /** A frame enters at an end, 0 or 1. It is copied. */
  send(end: 0 | 1, frame: Uint8Array, length = frame.length): void {
    if (!this.#stopped) this.#channels[end].send(frame, length, this.now);
  }
  /** Says who receives frames that arrive at an end. */
  receive(end: 0 | 1, receiver: Receiver): void {
    this.#receivers[end] = receiver;
  }
  /** Delivers what is due; in real time also sets the timer for what is not. */
  settle(): void {
    this.#deliver();
    if (!this.#virtual && !this.#stopped) this.#arm();
  }
  /** Puts a real device at end 1; answers the driver for the stack at end 0, which stops the device too. */
  attach(driver: Driver): Driver {
    const near = this.ends[0] as LinkEnd;
    if (driver.kind !== near.kind)
      throw new RingwireError("BAD_DEVICE", `link: a link of kind "${near.kind}" cannot carry frames of kind "${driver.kind}"`);
    return new AttachedEnd(near, this, driver);
  }
  /** Drops what is on its way and stops the timer. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const channel of this.#channels) channel.clear();
  }

  #soonest(): number {
    return Math.min(this.#channels[0].next, this.#channels[1].next);
  }
  #deliver(): number {
    if (this.#delivering) return 0;
    this.#delivering = true;
    const now = this.now;
    const count = this.#channels[0].deliver(now, this.#receivers[1]) + this.#channels[1].deliver(now, this.#receivers[0]);
    this.#delivering = false;
    return count;
  }
  /** A frame that is due but had no room is offered again when the receiver says so: it sets no timer. */
  #arm(): void {
    const now = this.now;
    const due = Math.min(...this.#channels.map(({ next }) => (next > now ? next : Number.POSITIVE_INFINITY)));
    if (due >= this.#timerAt || due === Number.POSITIVE_INFINITY) return;
    clearTimeout(this.#timer);
    this.#timerAt = due;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.settle();
      },
      Math.max(1, due - now),
    );
  }
}

function drop(): boolean {
  return true;
}

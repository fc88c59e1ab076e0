import { Prng } from "./prng.js";
import { Schedule } from "./schedule.js";
import type { Kind } from "./settings.js";
import { integer, number, only } from "./validate.js";

/** What one direction of a link does to frames. Probabilities from 0 to 1; nothing by default. */
export interface Faults {
  /** Milliseconds that every frame takes. */
  delay?: number;
  /** Milliseconds by which a frame may take longer, evenly spread. Frames stay in order. */
  jitter?: number;
  /** Bits a second. Default: no limit. */
  rate?: number;
  /** Frames that wait for their turn at that rate, at most; one more is dropped. Default 1000. */
  queue?: number;
  /** Probability that a frame is lost. */
  loss?: number;
  /** Bursts of loss (Gilbert and Elliott): probabilities for each frame to enter and to leave the bad state, and to be lost in it (default 1). */
  burst?: { enter: number; leave: number; loss?: number };
  /** Probability that a frame comes twice. */
  duplicate?: number;
  /** Probability that a frame is held back, so that later ones overtake it. */
  reorder?: number;
  /** Milliseconds by which such a frame is held back. Default: the delay, at least 2. */
  reorderDelay?: number;
  /** Probability that one bit of a frame is flipped. Behind the link layer's own check: in the IP packet; ARP has no checksum and is spared. */
  corrupt?: number;
}

/** What a direction of a link has done. Frames. */
export interface ChannelStats {
  sent: number;
  delivered: number;
  lost: number;
  /** Dropped because the queue was full. */
  overflowed: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
}

const NAMES = ["delay", "jitter", "rate", "queue", "loss", "burst", "duplicate", "reorder", "reorderDelay", "corrupt"] as const;
const ETHERNET = 14;
const ETHERTYPE_IPV4 = 0x0800;
/** Frame buffers kept for the next frames. */
const SPARE = 1024;

type Complete = Required<Omit<Faults, "burst">> & { burst: { enter: number; leave: number; loss: number } };

interface Flight {
  due: number;
  /** Breaks ties: first in, first out. */
  order: number;
  frame: Uint8Array;
  length: number;
}

/** One direction of a link: frames go in with the time, and come out when they are due. Knows no clock. */
export class Channel {
  readonly stats: ChannelStats = { sent: 0, delivered: 0, lost: 0, overflowed: 0, duplicated: 0, reordered: 0, corrupted: 0 };
  readonly #faults: Complete;
  readonly #random: Prng;
  readonly #start: number;
  readonly #flights = new Schedule<Flight>();
  readonly #spare: Uint8Array[] = [];
  /** When each frame that waits for its turn begins to be sent; the first is the oldest. */
  readonly #turns: number[] = [];
  #order = 0;
  #busyUntil = 0;
  #lastDue = 0;
  #bad = false;

  /** Throws BAD_ARGUMENT when a fault is out of range. `stream` tells the directions of one seed apart. */
  constructor(faults: Faults, seed: number, stream: number, kind: Kind) {
    this.#faults = complete(faults);
    this.#random = new Prng(integer(seed, 0, 0xffffffff, "seed"), stream);
    this.#start = kind === "ethernet" ? ETHERNET : 0;
  }

  /** Frames on their way. */
  get inFlight(): number {
    return this.#flights.size;
  }
  /** When the next frame arrives, milliseconds; Infinity when none is on its way. */
  get next(): number {
    return this.#flights.due;
  }
  /** A frame enters at time `now`. It is copied. */
  send(frame: Uint8Array, length: number, now: number): void {
    const { loss, duplicate, reorder, corrupt, burst } = this.#faults;
    const random = this.#random;
    this.stats.sent++;
    this.#bad = random.chance(this.#bad ? burst.leave : burst.enter) !== this.#bad;
    const inBurst = random.chance(burst.loss) && this.#bad;
    const lost = random.chance(loss) || inBurst;
    const twice = random.chance(duplicate);
    const late = random.chance(reorder);
    const flipped = random.chance(corrupt);
    const place = random.u32();
    const slower = random.unit() * this.#faults.jitter;
    if (lost) {
      this.stats.lost++;
      return;
    }
    const sentAt = this.#transmitted(length, now);
    if (sentAt < 0) {
      this.stats.overflowed++;
      return;
    }
    const flight = this.#launch(frame, length, sentAt + this.#faults.delay + slower, late);
    if (flipped) this.#flip(flight, place);
    if (!twice) return;
    this.stats.duplicated++;
    this.#flights.push({ due: flight.due, order: this.#order++, frame: this.#copy(flight.frame, length), length });
  }
  /** Gives the frames that are due at `now` to `take`, in order, until it answers false: that frame stays and is offered again. Answers how many went. */
  deliver(now: number, take: (frame: Uint8Array, length: number) => boolean): number {
    let count = 0;
    for (let first = this.#flights.first; first && first.due <= now && take(first.frame, first.length); first = this.#flights.first) {
      this.#flights.pop();
      if (this.#spare.length < SPARE) this.#spare.push(first.frame);
      this.stats.delivered++;
      count++;
    }
    return count;
  }
  /** Drops what is on its way. */
  clear(): void {
    this.#flights.clear();
    this.#turns.length = 0;
  }

  /** When the last bit of a frame has left, or -1 when the queue is full. */
  #transmitted(length: number, now: number): number {
    if (this.#faults.rate === Number.POSITIVE_INFINITY) return now;
    while (this.#turns.length && (this.#turns[0] as number) <= now) this.#turns.shift();
    if (this.#turns.length >= this.#faults.queue) return -1;
    const begin = Math.max(now, this.#busyUntil);
    if (begin > now) this.#turns.push(begin);
    this.#busyUntil = begin + (length * 8000) / this.#faults.rate;
    return this.#busyUntil;
  }
  #launch(frame: Uint8Array, length: number, due: number, late: boolean): Flight {
    const inOrder = Math.max(due, this.#lastDue);
    if (late) this.stats.reordered++;
    else this.#lastDue = inOrder;
    const flight = {
      due: late ? inOrder + this.#faults.reorderDelay : inOrder,
      order: this.#order++,
      frame: this.#copy(frame, length),
      length,
    };
    this.#flights.push(flight);
    return flight;
  }
  #flip(flight: Flight, place: number): void {
    const { frame, length } = flight;
    const bits = (length - this.#start) * 8;
    const isIp = this.#start === 0 || (((frame[12] as number) << 8) | (frame[13] as number)) === ETHERTYPE_IPV4;
    if (bits <= 0 || !isIp) return;
    const bit = place % bits;
    const at = this.#start + (bit >>> 3);
    frame[at] = (frame[at] as number) ^ (1 << (bit & 7));
    this.stats.corrupted++;
  }
  #copy(frame: Uint8Array, length: number): Uint8Array {
    const spare = this.#spare.pop();
    const copy = spare && spare.length >= length ? spare : new Uint8Array(Math.max(length, 2048));
    copy.set(frame.length <= copy.length ? frame : frame.subarray(0, length)); // a few octets more cost less than a view of their own
    return copy;
  }
}

function complete(faults: Faults): Complete {
  only(faults, NAMES, "link");
  const { burst } = faults;
  if (burst) only(burst, ["enter", "leave", "loss"], "link.burst");
  const probability = (value: number | undefined, name: string) => number(value ?? 0, 0, 1, `link.${name}`);
  const delay = number(faults.delay ?? 0, 0, 1e6, "link.delay");
  return {
    delay,
    jitter: number(faults.jitter ?? 0, 0, 1e6, "link.jitter"),
    rate: number(faults.rate ?? Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY, "link.rate"),
    queue: integer(faults.queue ?? 1000, 1, 1e6, "link.queue"),
    loss: probability(faults.loss, "loss"),
    burst: {
      enter: probability(burst?.enter, "burst.enter"),
      leave: probability(burst?.leave, "burst.leave"),
      loss: probability(burst ? (burst.loss ?? 1) : 0, "burst.loss"),
    },
    duplicate: probability(faults.duplicate, "duplicate"),
    reorder: probability(faults.reorder, "reorder"),
    reorderDelay: number(faults.reorderDelay ?? Math.max(2, delay), 0, 1e6, "link.reorderDelay"),
    corrupt: probability(faults.corrupt, "corrupt"),
  };
}

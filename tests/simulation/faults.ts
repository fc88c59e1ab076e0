// What goes wrong in a run, as a list: decided by the seed, recorded, and replayed in part when a failure is shrunk.
import { Prng } from "../../bindings/node/prng.js";

/** Kinds of fault. Those of a frame name a path and the number of the frame on it; the others a time in microseconds. */
export const FaultKind = {
  /** The frame is lost. */
  LOSE: 0,
  /** The frame comes twice. */
  TWICE: 1,
  /** The frame is held back for `value` microseconds. */
  HOLD: 2,
  /** Bit `value` (modulo its length) of the IP packet is flipped. */
  FLIP: 3,
  /** The frame is marked "congestion experienced" where it may be. */
  MARK: 4,
  /** A path loses everything from `at` on for `value` microseconds. */
  OUTAGE: 5,
  /** Nobody takes frames from a stack's transmit ring from `at` on for `value` microseconds. */
  REFUSE: 6,
  /** A hostile node sends something to a stack; `value` decides what. */
  SPOOF: 7,
  /** A router on a path takes no packets longer than `value` from `at` on, and says so. */
  NARROW: 8,
  /** The same, in silence. */
  SWALLOW: 9,
} as const;
/** One of the values of `FaultKind`. */
export type FaultKind = (typeof FaultKind)[keyof typeof FaultKind];

const NAMES = Object.keys(FaultKind) as (keyof typeof FaultKind)[];

/** One thing that goes wrong. `where`: a path or a stack. */
export interface Fault {
  kind: FaultKind;
  where: number;
  at: number;
  value: number;
}

/** A fault in words, as failure reports list it. */
export function faultText({ kind, where, at, value }: Fault): string {
  const name = NAMES[kind] as string;
  const place = kind === FaultKind.REFUSE || kind === FaultKind.SPOOF ? `stack ${where}` : `path ${where}`;
  if (kind <= FaultKind.MARK) return `${name} ${place} frame ${at}${kind === FaultKind.HOLD ? ` ${value} us` : ""}`;
  const what = kind === FaultKind.SPOOF ? `what ${value}` : kind >= FaultKind.NARROW ? `to ${value} octets` : `for ${value} us`;
  return `${name} ${place} at ${at} us ${what}`;
}

/** Probabilities for each frame of a path. */
export interface FrameFaults {
  lose: number;
  /** Gilbert and Elliott: to enter and to leave the bad state, in which every frame is lost. */
  enter: number;
  leave: number;
  twice: number;
  hold: number;
  /** Longest hold, microseconds. */
  holdMost: number;
  flip: number;
  mark: number;
}

/** No faults at all. */
export const NO_FAULTS: FrameFaults = { lose: 0, enter: 0, leave: 1, twice: 0, hold: 0, holdMost: 0, flip: 0, mark: 0 };

/** What happens to one frame. */
export interface Fate {
  isLost: boolean;
  isTwice: boolean;
  isMarked: boolean;
  /** Microseconds. */
  hold: number;
  /** Bit, or -1. */
  flip: number;
}

/** Decides what goes wrong on the paths: drawn from the seed and recorded, or replayed from a list. */
export class Faults {
  /** All that went wrong so far, and the windows that were planned. */
  readonly list: Fault[] = [];
  /** The faults with a time; they stand first in the list. */
  readonly timed: readonly Fault[];
  readonly #replay: Map<number, Fault[]> | null;
  readonly #random: Prng[];
  readonly #bad: boolean[];
  readonly #fate: Fate = { isLost: false, isTwice: false, isMarked: false, hold: 0, flip: -1 };

  /** `planned`: faults with a time. With `kept` only those happen, and nothing is drawn. */
  constructor(seed: number, paths: number, planned: readonly Fault[], kept: readonly Fault[] | null) {
    this.#random = Array.from({ length: paths }, (_, path) => new Prng(seed, 1000 + path));
    this.#bad = Array.from({ length: paths }, () => false);
    this.#replay = kept ? new Map() : null;
    this.timed = kept ? kept.filter(({ kind }) => kind > FaultKind.MARK) : planned;
    this.list.push(...this.timed);
    for (const fault of kept ?? []) {
      if (fault.kind > FaultKind.MARK) continue;
      const key = place(fault.where, fault.at);
      this.#replay?.set(key, [...(this.#replay.get(key) ?? []), fault]);
    }
  }

  /** What happens to frame number `at` of a path; holds until the next call. `isOver`: faults have stopped. */
  fate(path: number, at: number, faults: FrameFaults, isOver: boolean): Fate {
    const fate = this.#fate;
    fate.isLost = false;
    fate.isTwice = false;
    fate.isMarked = false;
    fate.hold = 0;
    fate.flip = -1;
    if (this.#replay) this.#again(fate, path, at);
    else if (!isOver) this.#draw(fate, path, at, faults);
    return fate;
  }

  #again(fate: Fate, path: number, at: number): void {
    for (const fault of this.#replay?.get(place(path, at)) ?? []) {
      this.list.push(fault);
      if (fault.kind === FaultKind.LOSE) fate.isLost = true;
      if (fault.kind === FaultKind.TWICE) fate.isTwice = true;
      if (fault.kind === FaultKind.MARK) fate.isMarked = true;
      if (fault.kind === FaultKind.HOLD) fate.hold = fault.value;
      if (fault.kind === FaultKind.FLIP) fate.flip = fault.value;
    }
  }
  #draw(fate: Fate, path: number, at: number, faults: FrameFaults): void {
    const random = this.#random[path] as Prng;
    const wasBad = this.#bad[path] as boolean;
    if (faults.enter) this.#bad[path] = random.chance(wasBad ? faults.leave : faults.enter) !== wasBad;
    const note = (kind: FaultKind, value = 0) => this.list.push({ kind, where: path, at, value });
    if (this.#bad[path] || (faults.lose && random.chance(faults.lose))) {
      fate.isLost = true;
      note(FaultKind.LOSE);
      return;
    }
    if (faults.twice && random.chance(faults.twice)) {
      fate.isTwice = true;
      note(FaultKind.TWICE);
    }
    if (faults.hold && random.chance(faults.hold)) {
      fate.hold = 1 + random.below(faults.holdMost);
      note(FaultKind.HOLD, fate.hold);
    }
    if (faults.flip && random.chance(faults.flip)) {
      fate.flip = random.u32();
      note(FaultKind.FLIP, fate.flip);
    }
    if (faults.mark && random.chance(faults.mark)) {
      fate.isMarked = true;
      note(FaultKind.MARK);
    }
  }
}

function place(path: number, at: number): number {
  return path * 2 ** 40 + at;
}

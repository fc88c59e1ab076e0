import { RingwireError } from "./error.js";

/** The stack's clock, followed from outside: what `receive` and `poll` were told. A time that goes back lets no time pass. docs/abi.md section 4. */
export class Clock {
  /** Milliseconds modulo 2^32, as the stack counts them. */
  now: number;
  #host: number;

  constructor(ms: number) {
    this.now = ms >>> 0;
    this.#host = ms >>> 0;
  }
  /** The host's clock shows `ms`. */
  stamp(ms: number): void {
    const passed = (ms - this.#host) | 0;
    this.#host = ms >>> 0;
    if (passed > 0) this.now = (this.now + passed) >>> 0;
  }
}

/** Answers `ms`, or throws: what is no number would be taken for 0, and time would stand still. */
export function time(ms: number, us: number): number {
  if (Number.isFinite(ms) && Number.isFinite(us)) return ms;
  const [name, value] = Number.isFinite(ms) ? ["us", us] : ["ms", ms];
  throw new RingwireError("BAD_ARGUMENT", `${name}: ${String(value)} is no time (expected a finite number)`);
}

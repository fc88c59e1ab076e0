import type { Core } from "./core.js";
import type { Driver } from "./driver.js";
import { NOTHING_ARMED } from "./layout.js";

/** Rounds in a row before the event loop gets its turn. */
const ROUNDS = 4;

/**
 * Runs a stack: reads frames, serves sockets, sends, lets the drivers take frames, and sleeps as long as the stack said or until somebody
 * wakes it. Never busy: it runs again only when the stack has more to do, frames or calls have come, or the time is up.
 */
export class Loop {
  readonly #core: Core;
  readonly #drivers: readonly Driver[];
  readonly #serve: () => number;
  #running = false;
  #serving = false;
  #again = false;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  /** `serve` tells sockets what happened and answers how many. It is called after frames were read, so that what it marks leaves in the same
   *  round, and once more after frames were sent. */
  constructor(core: Core, drivers: readonly Driver[], serve: () => number) {
    this.#core = core;
    this.#drivers = drivers;
    this.#serve = serve;
  }

  /** Something is to be done: runs soon. While sockets are served nothing is needed, since sending follows. */
  schedule(): void {
    if (this.#stopped || this.#serving) return;
    if (this.#running) this.#again = true;
    else this.#immediate ??= setImmediate(() => this.run());
  }
  /** Does all that is due, and sets the timer. */
  run(): void {
    if (this.#running || this.#stopped) return;
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#running = true;
    let wait = 0;
    try {
      for (let round = 0; round < ROUNDS && wait === 0 && !this.#stopped; round++) wait = this.#round();
    } finally {
      this.#running = false;
      this.#again = false;
      if (wait === 0) this.schedule();
    }
    if (wait > 0) this.#sleep(wait);
  }
  /** Sends what is owed one last time, then never runs again. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    if (this.#running && !this.#serving) return;
    for (let round = 0; round < ROUNDS; round++) {
      this.#core.transmit();
      for (const driver of this.#drivers) driver.pump();
      if (!this.#core.txBlocked) return;
    }
  }

  /** One poll; answers how long there is nothing to do, 0 when there is more. */
  #round(): number {
    const now = performance.now();
    const ms = Math.floor(now);
    this.#again = false;
    this.#core.receive(ms, Math.floor((now - ms) * 1000));
    this.#tell();
    if (this.#stopped) return NOTHING_ARMED;
    const wait = this.#core.transmit();
    const blocked = this.#core.txBlocked;
    const before = blocked ? this.#pending() : 0;
    for (const driver of this.#drivers) driver.pump();
    const room = blocked && this.#pending() < before;
    const marked = this.#tell() > 0;
    return this.#again || room || marked ? 0 : wait;
  }
  #tell(): number {
    this.#serving = true;
    try {
      return this.#serve();
    } finally {
      this.#serving = false;
    }
  }
  #pending(): number {
    return this.#core.devices.reduce((sum, rings) => sum + rings.pending, 0);
  }
  /** Sets the timer; an earlier one is left to fire, since waking early costs less than a new timer. */
  #sleep(wait: number): void {
    if (this.#stopped) return;
    const at = performance.now() + wait;
    if (this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.run();
    }, wait);
  }
}

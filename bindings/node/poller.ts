import { type Libc, libc } from "./libc.js";

const POLLIN = 1;
const POLLOUT = 4;
const RECORD = 8;
/** How long a `poll` may wait without news, milliseconds: only a safeguard, since the bell ends it. */
const LONGEST = 10_000;

/** A file descriptor that is waited for. */
export interface Watch {
  readonly fd: number;
  /** Wait until it can be read. */
  readable: boolean;
  /** Wait until it can be written. */
  writable: boolean;
  /** It can be read or written, or is in error. */
  ready(): void;
}

/**
 * Waits for file descriptors in one `poll(2)` on one thread of the pool, for all devices of the process together, so that the event loop
 * stays free. A watch is reported once and then waits until `arm` is called.
 */
class Poller {
  readonly #watches = new Set<Watch>();
  readonly #armed = new Set<Watch>();
  readonly #leaving: (() => void)[] = [];
  #bell = -1;
  #records = Buffer.alloc(0);
  #waiting = false;
  #rung = false;
  #reporting = false;

  /** Adds a watch and arms it. */
  add(watch: Watch): void {
    if (this.#bell < 0) this.#open(libc());
    this.#watches.add(watch);
    this.arm(watch);
  }
  /** Reports the watch again when it is ready. */
  arm(watch: Watch): void {
    if (!this.#watches.has(watch)) return;
    this.#armed.add(watch);
    this.#renew();
  }
  /** Ends a watch; settles when nobody waits for its descriptor any more, so that it can be closed. */
  remove(watch: Watch): Promise<void> {
    this.#watches.delete(watch);
    this.#armed.delete(watch);
    if (!this.#waiting) return Promise.resolve();
    return new Promise((resolve) => {
      this.#leaving.push(resolve);
      this.#ring();
    });
  }

  #open(c: Libc): void {
    this.#bell = c.eventfd(0, c.O_NONBLOCK | c.O_CLOEXEC);
    process.on("exit", () => this.#ring());
  }
  /** Starts to wait, or ends the present wait so that the next one sees what has changed. */
  #renew(): void {
    if (this.#reporting) return;
    if (this.#waiting) this.#ring();
    else this.#wait();
  }
  #ring(): void {
    if (!this.#waiting || this.#rung) return;
    this.#rung = true;
    libc().write(this.#bell, ONE, ONE.length);
  }
  #wait(): void {
    if (!this.#armed.size) return;
    const watched = [...this.#armed];
    this.#records = Buffer.alloc((watched.length + 1) * RECORD);
    this.#record(0, this.#bell, POLLIN);
    watched.forEach((watch, i) => {
      this.#record(i + 1, watch.fd, (watch.readable ? POLLIN : 0) | (watch.writable ? POLLOUT : 0));
    });
    this.#waiting = true;
    libc().poll.async(this.#records, watched.length + 1, LONGEST, () => this.#done(watched));
  }
  #record(i: number, fd: number, events: number): void {
    this.#records.writeInt32LE(fd, i * RECORD);
    this.#records.writeInt16LE(events, i * RECORD + 4);
  }
  #done(watched: Watch[]): void {
    this.#waiting = false;
    if (this.#records.readInt16LE(6)) libc().read(this.#bell, DRAIN, DRAIN.length);
    this.#rung = false;
    for (const resolve of this.#leaving.splice(0)) resolve();
    const ready = watched.filter((watch, i) => this.#armed.has(watch) && this.#records.readInt16LE((i + 1) * RECORD + 6) !== 0);
    for (const watch of ready) this.#armed.delete(watch);
    this.#reporting = true;
    try {
      for (const watch of ready) if (this.#watches.has(watch)) watch.ready();
    } finally {
      this.#reporting = false;
      this.#wait();
    }
  }
}

const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const DRAIN = Buffer.alloc(8);

/** The one poller of the process. */
export const poller = new Poller();

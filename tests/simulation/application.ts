// One end of a connection: reads, writes and closes as its plan says, woken by events and by its own pauses only, so that a lost wakeup shows.
import { Err, Event, Option } from "../../bindings/node/core.js";
import type { Host } from "./host.js";
import { isStream, octetsAt } from "./stream.js";
import { type ApplicationPlan, Ending } from "./traffic.js";
import { MS } from "./units.js";

/** What an application needs of the world. */
export interface Surroundings {
  now: number;
  /** Calls `what` later. */
  after(wait: number, what: () => void): void;
  fails(what: string, detail: string): void;
}

/** A write takes this many octets at most. */
const WRITE_MOST = 1 << 20;

export class Application {
  /** The ISN of its connection; -1: no SYN of it has left yet. */
  iss = -1;
  written = 0;
  read = 0;
  /** Everything is done: the handle is let go. */
  isDone = false;
  hasConnected = false;
  /** The peer has closed and all was read. */
  hasEnd = false;
  hasClosed = false;
  /** What ended the connection, as a call answered it; 0: nothing. */
  error = 0;
  /** The application ended it. */
  hasAborted = false;
  /** When the peer's end was read. */
  endedAt = 0;
  /** When something last moved. */
  movedAt = 0;
  /** Stalls or pauses until then. */
  pausedUntil = 0;
  #writePausedUntil = 0;
  #readPausedUntil = 0;
  #hasStalled = false;

  constructor(
    readonly host: Host,
    readonly handle: number,
    readonly plan: ApplicationPlan,
    /** Octets that the other side is going to send. */
    readonly expected: number,
    /** Streams sent and received. */
    readonly out: number,
    readonly inwards: number,
    readonly around: Surroundings,
    /** It has opened the connection itself; else it has accepted it. */
    readonly isOpener: boolean,
  ) {
    this.movedAt = around.now;
    const set = (option: Option, value: number) => host.core.exports.socket_set(handle, option, value);
    if (plan.nodelay) set(Option.NODELAY, 1);
    if (plan.keepalive) {
      set(Option.KEEPALIVE, 1);
      set(Option.KEEP_IDLE, 10_000);
      set(Option.KEEP_INTERVAL, 5000);
      set(Option.KEEP_COUNT, 100);
    }
  }

  /** Something happened to the socket. */
  wake(events: number): void {
    if (this.isDone) return;
    if (events & Event.CONNECTED) this.hasConnected = true;
    this.work();
  }
  /** Does what can be done now. */
  work(): void {
    if (this.isDone) return;
    const { now } = this.around;
    if (now >= this.#readPausedUntil) this.#read(now);
    if (!this.isDone && now >= this.#writePausedUntil) this.#write(now);
    if (!this.isDone) this.#end();
  }
  /** Ends it for good, whatever the plan says: the other side is gone. */
  abort(): void {
    if (this.isDone) return;
    this.hasAborted = true;
    this.host.core.exports.tcp_abort(this.handle);
    this.#done();
  }

  #moved(): void {
    this.movedAt = this.around.now;
    this.host.stir(this.around.now + this.host.plan.latency);
  }
  #read(now: number): void {
    const { exports } = this.host.core;
    for (;;) {
      const ready = exports.tcp_receive_ready(this.handle);
      if (ready === Err.END) {
        if (!this.hasEnd) {
          this.movedAt = now;
          this.endedAt = now;
        }
        this.hasEnd = true;
        return;
      }
      if (ready < 0) return this.#fails(ready);
      if (ready === 0) return;
      const count = Math.min(ready, this.plan.read, this.#untilStall());
      if (count === 0) return this.#stall(now);
      if (!isStream(this.host.octets, this.host.span, count, this.inwards, this.read)) {
        this.around.fails("stream", `stack ${this.host.index}: octets ${this.read} to ${this.read + count} are not those that were sent`);
      }
      this.read += count;
      if (this.read > this.expected) this.around.fails("stream", `${this.read} octets arrived, the peer sends ${this.expected}`);
      if (exports.tcp_receive_release(this.handle, count) < 0) this.around.fails("call", "tcp_receive_release");
      this.#moved();
      if (this.#aborts()) return;
      if (!this.plan.readPause) continue;
      this.#readPausedUntil = now + this.plan.readPause;
      return this.around.after(this.plan.readPause, () => this.work());
    }
  }
  #untilStall(): number {
    return this.plan.stallAt < 0 || this.#hasStalled ? Number.POSITIVE_INFINITY : Math.max(0, this.plan.stallAt - this.read);
  }
  #stall(now: number): void {
    this.#hasStalled = true;
    this.#readPausedUntil = now + this.plan.stall;
    this.pausedUntil = this.#readPausedUntil;
    this.around.after(this.plan.stall, () => this.work());
  }
  #write(now: number): void {
    const { exports } = this.host.core;
    while (this.written < this.plan.octets && !this.hasClosed) {
      const space = exports.tcp_send_space(this.handle);
      if (space < 0) return this.#fails(space);
      if (space === 0) return;
      const count = Math.min(space, this.plan.write, this.plan.octets - this.written, WRITE_MOST);
      this.host.octets.set(octetsAt(this.out, this.written, count), this.host.span);
      const isLast = this.written + count === this.plan.octets;
      if (exports.tcp_send_commit(this.handle, count, this.plan.push || isLast ? 1 : 0) !== count)
        this.around.fails("call", "tcp_send_commit");
      this.written += count;
      this.#moved();
      if (this.#aborts()) return;
      if (!this.plan.writePause) continue;
      this.#writePausedUntil = now + this.plan.writePause;
      return this.around.after(this.plan.writePause, () => this.work());
    }
  }
  #aborts(): boolean {
    if (this.plan.ending !== Ending.ABORT || this.read + this.written < this.plan.abortAt) return false;
    this.abort();
    return true;
  }
  #end(): void {
    if (!this.hasConnected || this.written < this.plan.octets) return;
    if (this.#aborts()) return;
    const { exports } = this.host.core;
    const isRead = this.hasEnd || this.read >= this.expected;
    const { ending } = this.plan;
    if (ending === Ending.RUDE || (ending === Ending.LET_GO && isRead)) return this.#letGo();
    const mayClose = ending === Ending.LAST ? this.hasEnd : ending !== Ending.LET_GO || isRead;
    if (!this.hasClosed && mayClose) {
      this.hasClosed = true;
      const answer = exports.tcp_close(this.handle, 1);
      if (answer < 0) return this.#fails(answer);
      this.#moved();
    }
    if (this.hasEnd && this.hasClosed) this.#letGo();
  }
  #letGo(): void {
    const answer = this.host.core.exports.tcp_close(this.handle, 0);
    if (answer < 0) this.around.fails("call", `tcp_close answers ${answer}`);
    this.hasClosed = true;
    this.#done();
  }
  #fails(error: number): void {
    this.error = error;
    this.host.core.exports.tcp_close(this.handle, 0);
    this.#done();
  }
  #done(): void {
    this.isDone = true;
    this.#moved();
  }
}

/** The pause that a plan's own behaviour may make at a time, microseconds. */
export function pauseOf(plan: ApplicationPlan): number {
  return plan.stall + plan.writePause + plan.readPause + 10 * MS;
}

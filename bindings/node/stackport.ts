import type { Port } from "./driver.js";
import type { RingwireError } from "./error.js";
import type { Rings } from "./rings.js";

/** What a port tells its stack. */
export interface PortEvents {
  /** Frames have moved. */
  wake(now: boolean): void;
  /** A device is lost. */
  failed(error: RingwireError): void;
}

/** A device of a stack, as its driver sees it. */
export class StackPort implements Port {
  readonly rings: Rings;
  readonly #events: PortEvents;

  constructor(rings: Rings, events: PortEvents) {
    this.rings = rings;
    this.#events = events;
  }
  get length(): number {
    return this.rings.length;
  }
  get txFull(): boolean {
    return this.rings.txFull;
  }
  slot(): Uint8Array | null {
    return this.rings.slot();
  }
  commit(length: number): void {
    this.rings.commit(length);
  }
  input(frame: Uint8Array, length = frame.length): boolean {
    return this.rings.input(frame, length);
  }
  peek(): Uint8Array | null {
    return this.rings.peek();
  }
  take(): void {
    this.rings.take();
  }
  wake(now = false): void {
    this.#events.wake(now);
  }
  setLink(up: boolean): void {
    this.rings.link = up;
    this.#events.wake(false);
  }
  fail(error: RingwireError): void {
    this.#events.failed(error);
  }
}

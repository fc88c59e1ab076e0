// Two devices joined by the link simulator, so that two kernels talk to each other through it.
import { type Driver, Link, type Port } from "../../../bindings/node/index.js";

/** Longest frame, octets. */
const SLOT = 65_536;

/** What a device sees in place of a stack: what it receives enters the link, and what has crossed the link is offered to it, a frame at a time. */
class BridgePort implements Port {
  length = 0;
  readonly txFull = false;
  readonly #slot = new Uint8Array(SLOT);
  #offered: Uint8Array | null = null;

  constructor(
    private readonly link: Link,
    private readonly end: 0 | 1,
    private readonly driver: Driver,
  ) {
    link.receive(end, (frame, length) => this.#offer(frame, length));
    driver.start(this);
  }
  slot(): Uint8Array {
    return this.#slot;
  }
  commit(length: number): void {
    this.link.send(this.end, this.#slot, length);
  }
  input(frame: Uint8Array, length = frame.length): boolean {
    this.link.send(this.end, frame, length);
    return true;
  }
  peek(): Uint8Array | null {
    return this.#offered;
  }
  take(): void {
    this.#offered = null;
  }
  wake(): void {
    this.link.settle();
  }
  setLink(): void {}
  fail(error: Error): void {
    throw error;
  }

  #offer(frame: Uint8Array, length: number): boolean {
    this.#offered = frame;
    this.length = length;
    this.driver.pump();
    const taken = this.#offered === null;
    this.#offered = null;
    return taken;
  }
}

/** Joins two devices; answers what takes them apart again and closes them. */
export function bridge(link: Link, first: Driver, second: Driver): () => Promise<void> {
  new BridgePort(link, 0, first);
  new BridgePort(link, 1, second);
  return async () => {
    await Promise.all([first.stop(), second.stop()]);
    link.stop();
  };
}

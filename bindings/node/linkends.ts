import type { Driver, Port } from "./driver.js";
import type { RingwireError } from "./error.js";
import type { Link } from "./link.js";
import type { Kind } from "./settings.js";

/** An end of a link as a driver: takes all frames of its port at once; the link has the queue. */
export class LinkEnd implements Driver {
  readonly kind: Kind;
  readonly #link: Link;
  readonly #end: 0 | 1;
  #port: Port | null = null;

  /** The stack's device at this end; null while it is not in use. */
  get port(): Port | null {
    return this.#port;
  }

  constructor(link: Link, end: 0 | 1, kind: Kind) {
    this.#link = link;
    this.#end = end;
    this.kind = kind;
  }
  start(port: Port): void {
    this.#port = port;
    this.#link.receive(this.#end, (frame, length) => {
      if (!port.input(frame, length)) return false;
      port.wake();
      return true;
    });
  }
  pump(): void {
    const port = this.#port;
    if (!port) return;
    for (let frame = port.peek(); frame; frame = port.peek()) {
      this.#link.send(this.#end, frame, port.length);
      port.take();
    }
    this.#link.settle();
  }
  async stop(): Promise<void> {
    this.#port = null;
    this.#link.receive(this.#end, () => true);
  }
}

/** The near end of a link whose far end drives a real device. */
export class AttachedEnd implements Driver {
  readonly kind: Kind;
  readonly mtu?: number;
  readonly #near: LinkEnd;
  readonly #far: FarPort;
  readonly #driver: Driver;
  readonly #link: Link;

  constructor(near: LinkEnd, link: Link, driver: Driver) {
    this.kind = driver.kind;
    if (driver.mtu !== undefined) this.mtu = driver.mtu;
    this.#near = near;
    this.#driver = driver;
    this.#link = link;
    this.#far = new FarPort(link, driver, near);
  }
  start(port: Port): void {
    this.#near.start(port);
    this.#link.receive(1, (frame, length) => this.#far.offer(frame, length));
    this.#driver.start(this.#far);
  }
  pump(): void {
    this.#near.pump();
  }
  async stop(): Promise<void> {
    await this.#near.stop();
    await this.#driver.stop();
    this.#link.stop();
  }
}

/** What a real device sees in place of a stack: octets of a slot of its own for what it receives, and one frame at a time to send. */
class FarPort implements Port {
  length = 0;
  readonly txFull = false;
  readonly #link: Link;
  readonly #driver: Driver;
  readonly #near: LinkEnd;
  readonly #slot = new Uint8Array(65536);
  #offered: Uint8Array | null = null;

  constructor(link: Link, driver: Driver, near: LinkEnd) {
    this.#link = link;
    this.#driver = driver;
    this.#near = near;
  }
  /** Offers a frame to the device; answers whether it took it. */
  offer(frame: Uint8Array, length: number): boolean {
    this.#offered = frame;
    this.length = length;
    this.#driver.pump();
    const taken = this.#offered === null;
    this.#offered = null;
    return taken;
  }
  slot(): Uint8Array {
    return this.#slot;
  }
  commit(length: number): void {
    this.#link.send(1, this.#slot, length);
  }
  input(frame: Uint8Array, length = frame.length): boolean {
    this.#link.send(1, frame, length);
    return true;
  }
  peek(): Uint8Array | null {
    return this.#offered;
  }
  take(): void {
    this.#offered = null;
  }
  wake(): void {
    this.#link.settle();
  }
  setLink(up: boolean): void {
    this.#near.port?.setLink(up);
  }
  fail(error: RingwireError): void {
    this.#near.port?.fail(error);
  }
}

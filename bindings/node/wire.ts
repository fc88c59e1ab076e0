import type { Driver, Port } from "./driver.js";
import type { Kind } from "./settings.js";
import { integer } from "./validate.js";

/**
 * A virtual wire inside the process. What one end sends all others receive, at once and unchanged.
 * A frame waits while a receiver has no room; when the sender has none left either, the receivers without room miss the oldest frame, as on
 * a network card, so that two full stacks cannot block each other.
 */
export class Wire {
  /** The ends, each a driver for one stack. */
  readonly ends: readonly Driver[];
  /** Frames that a receiver without room has missed. */
  missed = 0;
  /** Frames received by an end. */
  delivered = 0;

  constructor(kind: Kind = "ethernet", ends = 2) {
    const count = integer(ends, 2, 64, "ends");
    const made: WireEnd[] = [];
    for (let i = 0; i < count; i++) made.push(new WireEnd(this, made, kind));
    this.ends = made;
  }
}

/** Two ends of a new wire: what goes in at one comes out at the other. */
export function createWire(kind: Kind = "ethernet"): [Driver, Driver] {
  return new Wire(kind).ends as [Driver, Driver];
}

class WireEnd implements Driver {
  readonly kind: Kind;
  port: Port | null = null;
  readonly #wire: Wire;
  readonly #ends: readonly WireEnd[];
  #stopped = false;

  constructor(wire: Wire, ends: readonly WireEnd[], kind: Kind) {
    this.kind = kind;
    this.#wire = wire;
    this.#ends = ends;
  }

  start(port: Port): void {
    this.port = port;
    this.#carrier();
  }
  pump(): void {
    const port = this.port;
    if (!port) return;
    const sent = this.#burst(port) + this.#oneByOne(port);
    for (const end of this.#ends) {
      if (end === this || end.port === null) continue;
      const waitsForUs = port.slot() !== null && end.port.peek() !== null;
      if (sent || waitsForUs) end.port.wake();
    }
  }
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.port = null;
    await new Promise((resolve) => setImmediate(resolve)); // who was woken by the last frames reads them before the carrier goes
    this.#carrier();
  }

  /** Moves whole runs of slots where two stacks meet; answers how many frames. */
  #burst(port: Port): number {
    const other = this.#ends.length === 2 ? this.#ends.find((end) => end !== this)?.port : null;
    if (!port.rings || !other?.rings) return 0;
    const moved = port.rings.transfer(other.rings);
    this.#wire.delivered += moved;
    return moved;
  }
  #oneByOne(port: Port): number {
    let sent = 0;
    for (let frame = port.peek(); frame && this.#send(frame, port.length, port.txFull); frame = port.peek()) {
      port.take();
      sent++;
    }
    return sent;
  }
  /** Gives a frame to all other ends; answers false, with nothing given, when one has no room and the sender can wait. */
  #send(frame: Uint8Array, length: number, mustGo: boolean): boolean {
    if (!mustGo && this.#ends.some((end) => end !== this && end.port !== null && end.port.slot() === null)) return false;
    for (const end of this.#ends) {
      if (end === this || end.port === null) continue;
      if (end.port.input(frame, length)) this.#wire.delivered++;
      else this.#wire.missed++;
    }
    return true;
  }
  /** An end has a carrier while another one is in use. */
  #carrier(): void {
    const inUse = this.#ends.filter((end) => end.port !== null);
    for (const end of inUse) {
      end.port?.setLink(inUse.length > 1);
      end.port?.wake();
    }
  }
}

import type { Port } from "./driver.js";
import type { Rings } from "./rings.js";
import { HEADER } from "./virtio.js";

/** How frames cross between a TAP device and a port: as they are, which a port does itself, or behind a virtio-net header. */
export interface Crossing {
  /** Octets of what `peek` showed last. */
  readonly length: number;
  /** Where the next received frame is read to, or null while there is no room. */
  slot(): Uint8Array | null;
  /** The first `length` octets of `slot()` have been read. */
  commit(length: number): void;
  /** What is to be written next, or null. `port.take` or `keep` must follow. */
  peek(): Uint8Array | null;
  /** It was not written; missing where that needs nothing. */
  keep?(): void;
}

/** Octets of the longest frame: an IPv4 datagram behind an Ethernet header with a tag. */
const FRAME_MAX = 65_535 + 18;

/** Frames of a stack that leaves work to the system: the header lies in the slot, before the frame. */
export class InSlots implements Crossing {
  constructor(private readonly rings: Rings) {}
  get length(): number {
    return this.rings.length;
  }
  slot(): Uint8Array | null {
    return this.rings.virtioSlot();
  }
  commit(length: number): void {
    this.rings.virtioCommit(length);
  }
  peek(): Uint8Array | null {
    return this.rings.virtioPeek();
  }
  keep(): void {
    this.rings.virtioKeep();
  }
}

/** Whole frames on a device that wants headers, for a stack that does all itself: by way of a buffer. */
export class Buffered implements Crossing {
  length = 0;
  readonly #in = new Uint8Array(HEADER + FRAME_MAX);
  readonly #out = new Uint8Array(HEADER + FRAME_MAX);

  constructor(private readonly port: Port) {}
  slot(): Uint8Array | null {
    return this.port.slot() ? this.#in : null;
  }
  commit(length: number): void {
    const slot = this.port.slot() as Uint8Array;
    if (length - HEADER <= slot.length) slot.set(this.#in.subarray(HEADER, length));
    this.port.commit(length - HEADER); // of one too long the length tells enough
  }
  peek(): Uint8Array | null {
    const frame = this.port.peek();
    if (!frame) return null;
    this.#out.set(frame.subarray(0, this.port.length), HEADER);
    this.length = this.port.length + HEADER;
    return this.#out;
  }
}

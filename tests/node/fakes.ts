import type { Port } from "../../bindings/node/driver.js";
import type { RingwireError } from "../../bindings/node/error.js";

/** A port without a stack: what it received, and frames to send. */
export class FakePort implements Port {
  length = 0;
  readonly received: Uint8Array[] = [];
  readonly toSend: Uint8Array[] = [];
  readonly failures: RingwireError[] = [];
  wakes = 0;
  link = true;
  room = Number.POSITIVE_INFINITY;
  txSlots = Number.POSITIVE_INFINITY;
  onwake: () => void = () => {};
  readonly #slot = new Uint8Array(2048);

  get txFull(): boolean {
    return this.toSend.length >= this.txSlots;
  }
  slot(): Uint8Array | null {
    return this.received.length < this.room ? this.#slot : null;
  }
  commit(length: number): void {
    this.received.push(this.#slot.slice(0, length));
  }
  input(frame: Uint8Array, length = frame.length): boolean {
    if (!this.slot()) return false;
    this.received.push(frame.slice(0, length));
    return true;
  }
  peek(): Uint8Array | null {
    const frame = this.toSend[0];
    if (!frame) return null;
    this.length = frame.length;
    return frame;
  }
  take(): void {
    this.toSend.shift();
  }
  wake(): void {
    this.wakes++;
    this.onwake();
  }
  setLink(up: boolean): void {
    this.link = up;
  }
  fail(error: RingwireError): void {
    this.failures.push(error);
  }
}

/** A frame with an Ethernet header of this type, and a number in its text. */
export function frameOf(number: number, length = 100, type = 0x0800): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, type >>> 8, type & 255]);
  new DataView(frame.buffer).setUint32(14, number);
  return frame;
}

/** The number in the text of a frame. */
export function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(14);
}

// Frames changed on purpose, with checksums that are right: for stacks and wires that lie.
import { checksum } from "./hostile.js";

/** The TCP header of a frame, written anew with a right checksum. */
export class Segment {
  readonly #view: DataView;
  readonly #at: number;
  constructor(
    readonly frame: Uint8Array,
    readonly ip = frame.length >= 34 && frame[12] === 8 && frame[13] === 0 ? 14 : 0,
  ) {
    this.#view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    this.#at = ip + 20;
  }
  get isTcp(): boolean {
    return this.frame.length > this.#at + 19 && this.frame[this.ip] === 0x45 && this.frame[this.ip + 9] === 6;
  }
  get ctl(): number {
    return this.frame[this.#at + 13] as number;
  }
  set ctl(bits: number) {
    this.frame[this.#at + 13] = bits;
  }
  get window(): number {
    return this.#view.getUint16(this.#at + 14);
  }
  set window(value: number) {
    this.#view.setUint16(this.#at + 14, value);
  }
  get text(): number {
    return this.#view.getUint16(this.ip + 2) - 20 - this.header;
  }
  get header(): number {
    return ((this.frame[this.#at + 12] as number) >> 4) * 4;
  }
  /** Where the text begins in the frame. */
  get start(): number {
    return this.#at + this.header;
  }
  add(offset: number, value: number): void {
    this.#view.setUint32(this.#at + offset, (this.#view.getUint32(this.#at + offset) + value) >>> 0);
  }
  /** Options of a kind become NOPs; answers whether there was one. */
  strip(kind: number): boolean {
    for (let at = this.#at + 20; at < this.start; ) {
      const found = this.frame[at] as number;
      const length = found <= 1 ? 1 : (this.frame[at + 1] as number);
      if (found === kind) {
        this.frame.fill(1, at, at + length);
        return true;
      }
      at += length;
    }
    return false;
  }
  /** Adds to the edges of an option of a kind. */
  shift(kind: number, octets: number): void {
    for (let at = this.#at + 20; at < this.start; ) {
      const found = this.frame[at] as number;
      const length = found <= 1 ? 1 : (this.frame[at + 1] as number);
      if (found === kind)
        for (let edge = at + 2; edge < at + length; edge += 4) this.#view.setUint32(edge, this.#view.getUint32(edge) + octets);
      at += length;
    }
  }
  /** Puts another value into the MSS option, where there is one. */
  setMss(value: number): void {
    if (this.ctl & 2 && this.frame[this.#at + 20] === 2) this.#view.setUint16(this.#at + 22, value);
  }
  /** Takes the text away. */
  cut(): void {
    this.#view.setUint16(this.ip + 2, 20 + this.header);
    this.#view.setUint16(this.ip + 10, 0);
    this.#view.setUint16(this.ip + 10, checksum(this.frame, this.ip, 20));
  }
  seal(): void {
    const length = this.#view.getUint16(this.ip + 2) - 20;
    this.#view.setUint16(this.#at + 16, 0);
    this.#view.setUint16(this.#at + 16, checksum(this.frame, this.ip + 12, 8 + length, 6 + length));
  }
}
/** Control bits. */
export const SYN = 2;
export const RST = 4;
export const FIN = 1;
export const ACK = 16;

/** Changes the TCP segments that `which` picks, the first `skip` of them spared. */
export function forge(which: (segment: Segment) => boolean, change: (segment: Segment) => void, skip = 0): (frame: Uint8Array) => void {
  let spared = skip;
  return (frame) => {
    const segment = new Segment(frame);
    if (!segment.isTcp || !which(segment) || spared-- > 0) return;
    change(segment);
    segment.seal();
  };
}
/** Segments with text, and empty ones; neither opens, closes nor resets. */
export const hasText = (segment: Segment) => segment.text > 0 && !(segment.ctl & (SYN | RST));
export const isEmpty = (segment: Segment) => segment.text === 0 && !(segment.ctl & (SYN | RST | FIN));

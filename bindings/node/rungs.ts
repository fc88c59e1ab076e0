// The lines of a packet ladder: time, direction, what the packet is, and beneath it why. Sequence numbers count from the first of each side.
import { frameText, type FrameText, type SegmentText, segmentText } from "./packettext.js";
import type { Kind } from "./settings.js";

const SYN = 2;
const FIN = 1;
const ACK = 16;

/** One side of a connection, as its segments show it. */
interface Side {
  /** Sequence number that is shown as 0. */
  base: number;
  /** The sequence number behind all that was seen of it. */
  next: number;
}
/** A segment and what is known from those before it. */
export interface Seen {
  segment: SegmentText;
  /** It brings nothing that was not seen before, though it has text, SYN or FIN. */
  isAgain: boolean;
}

/** Which way a frame goes: `->` leaves the side on the left. */
export type Direction = "->" | "<-";

/** Sequence numbers of all connections, and how frames are said with them. */
export class Rungs {
  readonly #sides = new Map<string, Side>();

  /** A frame in words, with relative sequence numbers. */
  describe(frame: Uint8Array, kind: Kind): { text: string; seen?: Seen } {
    const said = frameText(frame, kind);
    return said.segment ? this.#relative(said, said.segment) : said;
  }

  #relative(said: FrameText, segment: SegmentText): { text: string; seen: Seen } {
    const { source, destination, sourcePort, destinationPort, seq, ack, flags, octets } = segment;
    const [mine, theirs] = [
      `${source}:${sourcePort}>${destination}:${destinationPort}`,
      `${destination}:${destinationPort}>${source}:${sourcePort}`,
    ];
    const opens = (flags & SYN) !== 0;
    const length = octets + (opens ? 1 : 0) + (flags & FIN ? 1 : 0);
    let side = this.#sides.get(mine);
    const isNew = !side || (opens && seq !== side.base);
    if (!side || isNew) side = { base: opens ? seq : (seq - 1) >>> 0, next: seq };
    const end = (seq + length) >>> 0;
    const isAgain = length > 0 && !isNew && ((end - side.next) | 0) <= 0;
    if (((end - side.next) | 0) > 0) side.next = end;
    this.#sides.set(mine, side);
    let other = this.#sides.get(theirs);
    if (!other && flags & ACK) {
      other = { base: (ack - 1) >>> 0, next: ack };
      this.#sides.set(theirs, other);
    }
    const plain = said.text.indexOf("TCP ");
    return {
      text: said.text.slice(0, Math.max(0, plain)) + segmentText(segment, { seq: side.base, ack: other?.base ?? ack }),
      seen: { segment, isAgain },
    };
  }
}

/** The line of a frame; `ms` since the ladder began, `on` names the device where there are several. */
export function rung(ms: number, direction: Direction, text: string, on = ""): string {
  return `${(ms / 1000).toFixed(6).padStart(12)}  ${on ? `${on} ` : ""}${direction}  ${text}`;
}
/** The line beneath a frame that says why. */
export function why(text: string): string {
  return `${" ".repeat(12)}      | ${text}`;
}
/** The line of something that no frame brought. */
export function event(ms: number, text: string): string {
  return `${(ms / 1000).toFixed(6).padStart(12)}  **  ${text}`;
}

// What applications send: octets that tell their place, so that a shift, a wrap or a mix of connections shows.
import { Prng } from "../../bindings/node/prng.js";

/** A prime, so that no power of two is a period. */
const PERIOD = 65_521;
const PIECE = 1 << 20;
const table = noise();

function noise(): Uint8Array {
  const random = new Prng(0x5eed, 7);
  const octets = new Uint8Array(PERIOD + PIECE);
  for (let i = 0; i < PERIOD; i++) octets[i] = random.u32() & 255;
  octets.copyWithin(PERIOD, 0, PERIOD);
  for (let at = 2 * PERIOD; at < octets.length; at += PERIOD) octets.copyWithin(at, 0, Math.min(PERIOD, octets.length - at));
  return octets;
}

/** The number of the stream from one end to another: the ports tell it apart. */
export function streamOf(sender: number, sourcePort: number, destinationPort: number): number {
  return (sender * 31 + sourcePort * 7919 + destinationPort * 104_729) >>> 0;
}
/** `length` octets (1 MiB at most) of stream `id` from position `at` on; a view that is not to be changed. */
export function octetsAt(id: number, at: number, length: number): Uint8Array {
  const from = (id + at) % PERIOD;
  return table.subarray(from, from + length);
}
/** Whether `length` octets at `from` are those of stream `id` from position `at` on. */
export function isStream(octets: Uint8Array, from: number, length: number, id: number, at: number): boolean {
  for (let done = 0; done < length; done += PIECE) {
    const count = Math.min(PIECE, length - done);
    const start = (id + at + done) % PERIOD;
    const isSame = Buffer.compare(octets.subarray(from + done, from + done + count), table.subarray(start, start + count)) === 0;
    if (!isSame) return false;
  }
  return true;
}

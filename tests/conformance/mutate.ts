// Frames gone wrong, by a seed: valid ones with octets changed, cut, stretched, or with checksums made right again.
import type { Prng } from "../../bindings/node/prng.js";
import { checksum, ETHER } from "./packets.js";

/** A copy of a frame with one to four mistakes; in half of the cases its checksums fit them. */
export function mutated(frame: Uint8Array, prng: Prng): Uint8Array {
  let bad: Uint8Array = frame.slice();
  for (let mistakes = 1 + prng.below(4); mistakes; mistakes--) bad = mistaken(bad, prng);
  return prng.chance(0.5) ? resealed(bad) : bad;
}
/** A copy with one wrong bit or cut short: its checksum can never be right by accident. */
export function damaged(frame: Uint8Array, prng: Prng): Uint8Array {
  const bad = frame.slice();
  const bit = (14 + prng.below(Math.max(1, bad.length - 14))) * 8 + prng.below(8);
  bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bad;
}
function mistaken(frame: Uint8Array, prng: Prng): Uint8Array {
  if (!frame.length) return frame;
  const bad = frame.slice();
  // Headers are where it matters: most mistakes are made there.
  const at = prng.below(prng.chance(0.8) ? Math.min(bad.length, 74) : bad.length);
  switch (prng.below(7)) {
    case 0:
      bad[at] = (bad[at] as number) ^ (1 << prng.below(8));
      return bad;
    case 1:
      bad[at] = prng.below(256);
      return bad;
    case 2:
      bad[at] = [0, 1, 0x7f, 0x80, 0xff][prng.below(5)] as number;
      return bad;
    case 3:
      return bad.subarray(0, at);
    case 4:
      return Uint8Array.from([...bad, ...new Array(prng.below(64)).fill(prng.below(256))]).subarray(0, 1514);
    case 5:
      bad.copyWithin(at, prng.below(bad.length));
      return bad;
    default:
      if (at + 2 <= bad.length) new DataView(bad.buffer).setUint16(at, [0, 1, 7, 8, 0xffff, 0x8000, bad.length][prng.below(7)] as number);
      return bad;
  }
}

/** The frame with right checksums, as far as its lengths make sense. */
export function resealed(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 34 || view.getUint16(12) !== ETHER.IPV4) return frame;
  const header = 14 + ((frame[14] as number) & 15) * 4;
  const end = 14 + view.getUint16(16);
  if (header < 34 || header > end || end > frame.length) return frame;
  view.setUint16(24, 0);
  view.setUint16(24, checksum(frame.subarray(14, header)));
  const place = header + ({ 1: 2, 6: 16, 17: 6 }[frame[23] as number] ?? end);
  if (place + 2 > end) return frame;
  view.setUint16(place, 0);
  const pseudo = Uint8Array.from([...frame.subarray(26, 34), 0, frame[23] as number, (end - header) >> 8, (end - header) & 255]);
  const body = frame.subarray(header, end);
  view.setUint16(place, frame[23] === 1 ? checksum(body) : checksum(pseudo, body) || 0xffff);
  return frame;
}

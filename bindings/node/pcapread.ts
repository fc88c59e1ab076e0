import { RingwireError } from "./error.js";
import { FILE_HEADER, RECORD_HEADER } from "./pcap.js";
import type { Kind } from "./settings.js";

/** A frame of a capture file. */
export interface Captured {
  /** Milliseconds since 1970. */
  ms: number;
  frame: Uint8Array;
  /** Octets of it on the wire; more than `frame` has when it was cut. */
  octets: number;
}

/** Parts of a second in a stamp, by the file's magic number. */
const MAGIC: Record<number, number> = { 2712847316: 1e6, 2712812621: 1e9 };
const KINDS: Record<number, Kind> = { 1: "ethernet", 12: "ip", 101: "ip", 228: "ip" };

/** Reads a pcap file of either byte order; throws BAD_ARGUMENT for what is none. A record that the file's end cuts off is left out. */
export function readPcap(file: Uint8Array): { kind: Kind; frames: Captured[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < FILE_HEADER) throw new RingwireError("BAD_ARGUMENT", "not a pcap file");
  const little = MAGIC[view.getUint32(0, true)] !== undefined;
  const parts = MAGIC[view.getUint32(0, little)];
  if (!parts) throw new RingwireError("BAD_ARGUMENT", "not a pcap file (pcapng is not read)");
  const link = view.getUint32(20, little) & 0xffff;
  const kind = KINDS[link];
  if (!kind) throw new RingwireError("BAD_ARGUMENT", `frames of link type ${link} (expected Ethernet or raw IP)`);
  const frames: Captured[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length; ) {
    const [seconds, part, kept, octets] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, little)) as [
      number,
      number,
      number,
      number,
    ];
    at += RECORD_HEADER;
    if (at + kept > file.length) break;
    frames.push({ ms: seconds * 1000 + (part / parts) * 1000, frame: file.subarray(at, at + kept), octets });
    at += kept;
  }
  return { kind, frames };
}

// Frames that no stack of ours has written: a router's ICMP, and what a hostile node makes up.
import { CTL } from "./dissect.js";

const IP_HEADER = 20;
const TCP_HEADER = 20;

/** Fields of a made-up segment; numbers in host byte order. */
export interface Segment {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  ctl: number;
  window: number;
  options: readonly number[];
  text: Uint8Array;
}

function put16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >> 8;
  octets[at + 1] = value & 255;
}
function put32(octets: Uint8Array, at: number, value: number): void {
  put16(octets, at, value >>> 16);
  put16(octets, at + 2, value & 0xffff);
}
/** The Internet checksum of `length` octets at `from`, on top of `sum`; host byte order. RFC 1071. */
export function checksum(octets: Uint8Array, from: number, length: number, sum = 0): number {
  let total = sum;
  for (let i = 0; i < length; i += 2) {
    total += ((octets[from + i] as number) << 8) + (i + 1 < length ? (octets[from + i + 1] as number) : 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}

/** An Ethernet frame (to stack number `to`), or for `start` 0 an IP packet, of a protocol; the payload is written by `fill` and sealed by the caller. */
function packet(start: number, to: number, source: number, destination: number, protocol: number, length: number): Uint8Array {
  const frame = new Uint8Array(Math.max(start ? 60 : 0, start + IP_HEADER + length));
  if (start) {
    put32(frame, 0, 0x02000000);
    put16(frame, 4, to + 1);
    put32(frame, 6, 0x02000000);
    put16(frame, 10, 0xfe);
    put16(frame, 12, 0x0800);
  }
  frame[start] = 0x45;
  put16(frame, start + 2, IP_HEADER + length);
  frame[start + 8] = 64;
  frame[start + 9] = protocol;
  put32(frame, start + 12, source);
  put32(frame, start + 16, destination);
  put16(frame, start + 10, checksum(frame, start, IP_HEADER));
  return frame;
}

/** A TCP segment as a frame to stack number `to`. */
export function segment(start: number, to: number, fields: Segment): Uint8Array {
  const header = TCP_HEADER + ((fields.options.length + 3) & ~3);
  const length = header + fields.text.length;
  const frame = packet(start, to, fields.source, fields.destination, 6, length);
  const at = start + IP_HEADER;
  put16(frame, at, fields.sourcePort);
  put16(frame, at + 2, fields.destinationPort);
  put32(frame, at + 4, fields.seq >>> 0);
  put32(frame, at + 8, fields.ctl & CTL.ACK ? fields.ack >>> 0 : 0);
  frame[at + 12] = (header >> 2) << 4;
  frame[at + 13] = fields.ctl;
  put16(frame, at + 14, fields.window);
  frame.set(fields.options, at + TCP_HEADER);
  frame.set(fields.text, at + header);
  const pseudo = 6 + length;
  put16(frame, at + 16, checksum(frame, start + 12, 8 + length, pseudo));
  return frame;
}

/** An ICMP error about a packet, as a frame to stack number `to`; `rest`: the second word. RFC 792. */
export function icmpError(
  start: number,
  to: number,
  source: number,
  destination: number,
  type: number,
  code: number,
  rest: number,
  quoted: Uint8Array,
): Uint8Array {
  const frame = packet(start, to, source, destination, 1, 8 + quoted.length);
  const at = start + IP_HEADER;
  frame[at] = type;
  frame[at + 1] = code;
  put32(frame, at + 4, rest);
  frame.set(quoted, at + 8);
  put16(frame, at + 2, checksum(frame, at, 8 + quoted.length));
  return frame;
}

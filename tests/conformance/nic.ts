// A NIC for a stack that leaves work to it: it fills in TCP checksums and cuts long segments, by what the virtio-net header says.
import assert from "node:assert/strict";
import { Offload } from "../../bindings/node/constants.js";
import type { Rings } from "../../bindings/node/rings.js";
import { HEADER, write } from "../../bindings/node/virtio.js";

/** Both offloads. */
export const OFFLOADS = Offload.CHECKSUM | Offload.SEGMENTATION;

const PSH = 8;
const FIN = 1;

/** A frame that a stack gave to its NIC: what the header says, and what goes out on the wire. */
export interface Given {
  /** Octets of the frame. */
  length: number;
  /** Octets of text of each segment it is cut into; 0: it is not cut. */
  segmentSize: number;
  frames: Uint8Array[];
}

/** Takes all frames out of a transmit ring. */
export function takeAll(rings: Rings): Given[] {
  const given: Given[] = [];
  for (let view = rings.virtioPeek(); view; view = rings.virtioPeek()) {
    given.push(finished(view.slice(0, rings.length)));
    rings.take();
  }
  return given;
}
/** Puts a frame with a virtio-net header into a receive ring. */
export function put(rings: Rings, frame: Uint8Array, flags: number): void {
  const slot = rings.virtioSlot();
  assert.ok(slot, "the receive ring is full");
  slot.fill(0, 0, HEADER);
  slot[0] = flags;
  slot.set(frame, HEADER);
  rings.virtioCommit(HEADER + frame.length);
}

/** What goes out on the wire for a frame in a slot with these flags and this segment size. */
export function framesOf(frame: Uint8Array, isEthernet: boolean, flags: number, segmentSize: number): Uint8Array[] {
  const view = new Uint8Array(HEADER + frame.length);
  view.set(frame, HEADER);
  write(view, isEthernet, flags, segmentSize);
  return finished(view).frames;
}

function finished(view: Uint8Array): Given {
  const frame = view.subarray(HEADER);
  const header = new DataView(view.buffer, view.byteOffset, HEADER);
  const [flags, gso, headers, segmentSize, tcp] = [
    header.getUint8(0),
    header.getUint8(1),
    ...[2, 4, 6].map((at) => header.getUint16(at, true)),
  ] as [number, number, number, number, number];
  if (!flags) return { length: frame.length, segmentSize: 0, frames: [frame] };
  assert.equal(header.getUint16(8, true), 16, "the checksum's place in a TCP header");
  if (!gso) return { length: frame.length, segmentSize: 0, frames: [sealed(frame, tcp)] };
  assert.equal(gso, 1, "TCP over IPv4");
  assert.ok(headers + segmentSize < frame.length, "there is something to cut");
  const frames: Uint8Array[] = [];
  for (let at = headers; at < frame.length; at += segmentSize) frames.push(segment(frame, tcp, headers, at, segmentSize));
  return { length: frame.length, segmentSize, frames };
}
/** One segment of a long one: its sequence number, lengths and identification; FIN and PSH are for the last. */
function segment(frame: Uint8Array, tcp: number, headers: number, at: number, segmentSize: number): Uint8Array {
  const text = frame.subarray(at, at + segmentSize);
  const cut = new Uint8Array(headers + text.length);
  cut.set(frame.subarray(0, headers));
  cut.set(text, headers);
  const view = new DataView(cut.buffer);
  const ip = tcp - 20;
  view.setUint16(ip + 2, cut.length - ip);
  view.setUint16(ip + 4, view.getUint16(ip + 4) + (at - headers) / segmentSize);
  view.setUint16(ip + 10, 0);
  view.setUint16(ip + 10, ~sum(cut.subarray(ip, tcp)) & 0xffff);
  view.setUint32(tcp + 4, view.getUint32(tcp + 4) + at - headers);
  if (at + text.length < frame.length) view.setUint8(tcp + 13, view.getUint8(tcp + 13) & ~(PSH | FIN));
  // The field holds the pseudo header's sum with the length of the whole.
  const difference = cut.length - tcp - (frame.length - tcp);
  view.setUint16(tcp + 16, folded(view.getUint16(tcp + 16) + (difference < 0 ? 0xffff * 2 + difference : difference)));
  return sealed(cut, tcp);
}
/** Adds the sum of the segment to the one in its checksum field. */
function sealed(frame: Uint8Array, tcp: number): Uint8Array {
  const cut = frame.slice();
  new DataView(cut.buffer).setUint16(tcp + 16, ~sum(cut.subarray(tcp)) & 0xffff);
  return cut;
}
function sum(octets: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < octets.length; i++) total += (octets[i] as number) << (i & 1 ? 0 : 8);
  return folded(total);
}
function folded(total: number): number {
  let left = total;
  while (left > 0xffff) left = (left & 0xffff) + Math.floor(left / 0x10000);
  return left;
}

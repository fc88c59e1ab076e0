// Two stacks that are wrong on purpose, in the place of the frames of the right one: one drops everything, one answers every segment with a
// plausible ACK. A test that passes with both shows nothing. The application's calls still reach the right stack, whose frames go nowhere.
import { Rings } from "../../../bindings/node/rings.js";
import { checksum, tcp } from "../frames.js";

/** Names of the wrong stacks. */
export const WRONG = ["drops-everything", "answers-everything"] as const;
export type Wrong = (typeof WRONG)[number];

const ETHERNET_HEADER = 14;
const SHORTEST = 60;
const ISN = 0x1000;
const CTL = { FIN: 1, SYN: 2, ACK: 16 };

/** Frames that a wrong stack has ready, by device. */
const ready = new WeakMap<Rings, Uint8Array[]>();

/** Puts a wrong stack behind the frame rings of every core of this process. */
export function install(which: Wrong): void {
  const right = { peek: Rings.prototype.peek, take: Rings.prototype.take, slot: Rings.prototype.slot };
  const queue = (rings: Rings) => {
    const frames = ready.get(rings) ?? [];
    ready.set(rings, frames);
    for (let i = 0; i < rings.txSlots && right.peek.call(rings); i++) right.take.call(rings);
    return frames;
  };
  Rings.prototype.commit = function (length) {
    const frame = right.slot.call(this)?.slice(0, length);
    const answer = which === "answers-everything" && frame ? answerTo(frame) : null;
    if (answer) queue(this).push(answer);
  };
  Rings.prototype.peek = function () {
    const [frame] = queue(this);
    this.length = frame?.length ?? 0;
    return frame ?? null;
  };
  Rings.prototype.take = function () {
    queue(this).shift();
  };
  Rings.prototype.transfer = function (to) {
    let moved = 0;
    for (const frame of queue(this).splice(0)) moved += to.input(frame) ? 1 : 0;
    return moved;
  };
  Object.defineProperty(Rings.prototype, "pending", {
    configurable: true,
    get(this: Rings) {
      return queue(this).length;
    },
  });
}

/** What a stack would say that takes everything for text it liked: an ACK to any segment, a reply to ARP and to a ping. */
export function answerTo(frame: Uint8Array): Uint8Array | null {
  const isRaw = frame[0] !== undefined && frame[0] >> 4 === 4 && frame.length >= 20 && (frame[12] !== 8 || frame[13] !== 0);
  if (isRaw) return answerToPacket(frame);
  const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  const packet = frame.subarray(ETHERNET_HEADER);
  const answer = type === 0x0806 ? answerToArp(frame) : type === 0x0800 ? answerToPacket(packet) : null;
  return answer && framed(answer, frame, type);
}

function framed(payload: Uint8Array, asked: Uint8Array, type: number): Uint8Array {
  const frame = new Uint8Array(Math.max(SHORTEST, ETHERNET_HEADER + payload.length));
  const own = type === 0x0806 ? payload.subarray(8, 14) : asked.subarray(0, 6);
  frame.set(asked.subarray(6, 12), 0);
  frame.set(own, 6);
  frame.set(asked.subarray(12, 14), 12);
  frame.set(payload, ETHERNET_HEADER);
  return frame;
}

function answerToArp(frame: Uint8Array): Uint8Array | null {
  const asked = frame.subarray(ETHERNET_HEADER, ETHERNET_HEADER + 28);
  if (asked.length < 28 || asked[7] !== 1) return null;
  const reply = asked.slice();
  reply[7] = 2;
  reply.set([2, 0, 0, 0, 0, 1], 8);
  reply.set(asked.subarray(24, 28), 14);
  reply.set(asked.subarray(8, 18), 18);
  return reply;
}

function answerToPacket(packet: Uint8Array): Uint8Array | null {
  const headerLength = ((packet[0] ?? 0) & 15) * 4;
  const total = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
  const payload = packet.subarray(headerLength, total);
  if (headerLength < 20 || payload.length < 8) return null;
  const from = [...packet.subarray(12, 16)].join(".");
  const to = [...packet.subarray(16, 20)].join(".");
  if (packet[9] === 1 && payload[0] === 8) return packetOf(to, from, 1, echoOf(payload));
  if (packet[9] !== 6 || payload.length < 20) return null;
  return packetOf(to, from, 6, ackOf(payload, from, to));
}

function echoOf(request: Uint8Array): Uint8Array {
  const reply = request.slice();
  reply.set([0, 0, 0, 0], 0);
  new DataView(reply.buffer).setUint16(2, checksum(reply));
  return reply;
}

function ackOf(segment: Uint8Array, from: string, to: string): Uint8Array {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const bits = segment[13] ?? 0;
  const text = Math.max(0, segment.length - ((segment[12] ?? 0) >> 4) * 4);
  const isSyn = (bits & CTL.SYN) !== 0;
  const length = text + (isSyn ? 1 : 0) + (bits & CTL.FIN ? 1 : 0);
  return tcp(to, from, {
    sourcePort: view.getUint16(2),
    destinationPort: view.getUint16(0),
    seq: bits & CTL.ACK ? view.getUint32(8) : ISN,
    ack: (view.getUint32(4) + length) >>> 0,
    ctl: isSyn ? "SYN,ACK" : "ACK",
    window: 65535,
    urgent: 0,
    options: isSyn ? [2, 4, 5, 180] : [],
    data: new Uint8Array(0),
  });
}

function packetOf(from: string, to: string, protocol: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[6] = 0x40;
  packet[8] = 64;
  packet[9] = protocol;
  packet.set(from.split(".").map(Number), 12);
  packet.set(to.split(".").map(Number), 16);
  view.setUint16(10, checksum(packet.subarray(0, 20)));
  packet.set(payload, 20);
  return packet;
}

// Frames for ARP, IPv4, ICMP, UDP and bare TCP segments: built field by field, so that each can be wrong; and read back, checked.
import assert from "node:assert/strict";

/** EtherTypes, IP protocols and TCP control bits as the frames carry them. */
export const ETHER = { IPV4: 0x0800, ARP: 0x0806, RARP: 0x8035, VLAN: 0x8100, IPV6: 0x86dd } as const;
export const PROTOCOL = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17 } as const;
export const CTL = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;
/** The Ethernet broadcast address. */
export const EVERYBODY = "ff:ff:ff:ff:ff:ff";

/** An IPv4 address as a number in host byte order. */
export function ip(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
/** A number in host byte order as a dotted address. */
export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
/** Six octets of a MAC address. */
export function mac(text: string): number[] {
  return text.split(":").map((part) => Number.parseInt(part, 16));
}
function macText(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}
/** The Internet checksum of all parts together; only the last may have an odd length. RFC 1071. */
export function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) for (let i = 0; i < part.length; i += 2) sum += ((part[i] as number) << 8) + (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
function pseudo(from: number, to: number, protocol: number, length: number): Uint8Array {
  const octets = new Uint8Array(12);
  const view = new DataView(octets.buffer);
  view.setUint32(0, from);
  view.setUint32(4, to);
  view.setUint16(8, protocol);
  view.setUint16(10, length);
  return octets;
}
function concat(...parts: (Uint8Array | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** An Ethernet II frame, padded with zeros to 60 octets unless `pad` says otherwise. */
export function ethernet(to: string, from: string, type: number, payload: Uint8Array, pad = 60): Uint8Array {
  const frame = concat(mac(to), mac(from), [type >>> 8, type & 255], payload);
  return frame.length >= pad ? frame : concat(frame, new Uint8Array(pad - frame.length));
}

/** Fields of an ARP packet; what is missing is as for a request. */
export interface ArpFields {
  operation?: number;
  senderMac: string;
  senderIp: string;
  targetMac?: string;
  targetIp: string;
  hardware?: number;
  protocol?: number;
  hardwareLength?: number;
  protocolLength?: number;
}
/** An ARP packet of 28 octets. */
export function arp(fields: ArpFields): Uint8Array {
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint16(0, fields.hardware ?? 1);
  view.setUint16(2, fields.protocol ?? ETHER.IPV4);
  view.setUint8(4, fields.hardwareLength ?? 6);
  view.setUint8(5, fields.protocolLength ?? 4);
  view.setUint16(6, fields.operation ?? 1);
  const quad = (text: string) => text.split(".").map(Number);
  return concat(head, mac(fields.senderMac), quad(fields.senderIp), mac(fields.targetMac ?? "00:00:00:00:00:00"), quad(fields.targetIp));
}

/** Fields of an IPv4 header; what is missing is right. `fragment` is the word of flags and offset. */
export interface Ipv4Fields {
  from: string;
  to: string;
  protocol: number;
  ttl?: number;
  tos?: number;
  ident?: number;
  fragment?: number;
  options?: number[];
  version?: number;
  headerWords?: number;
  totalLength?: number;
  checksum?: number;
}
/** An IPv4 datagram. Options must fill whole words. */
export function ipv4(fields: Ipv4Fields, payload: Uint8Array): Uint8Array {
  const options = fields.options ?? [];
  const header = concat(new Uint8Array(20), options);
  const view = new DataView(header.buffer);
  view.setUint8(0, ((fields.version ?? 4) << 4) | (fields.headerWords ?? header.length / 4));
  view.setUint8(1, fields.tos ?? 0);
  view.setUint16(2, fields.totalLength ?? header.length + payload.length);
  view.setUint16(4, fields.ident ?? 0x1234);
  view.setUint16(6, fields.fragment ?? 0);
  view.setUint8(8, fields.ttl ?? 64);
  view.setUint8(9, fields.protocol);
  view.setUint32(12, ip(fields.from));
  view.setUint32(16, ip(fields.to));
  view.setUint16(10, fields.checksum ?? checksum(header));
  return concat(header, payload);
}

/** An ICMP message; `rest` is the second word. */
export function icmp(type: number, code: number, rest: number, data: Uint8Array, wrong = 0): Uint8Array {
  const message = concat([type, code, 0, 0, 0, 0, 0, 0], data);
  const view = new DataView(message.buffer);
  view.setUint32(4, rest);
  view.setUint16(2, checksum(message) ^ wrong);
  return message;
}
/** A UDP datagram with a right checksum, unless one or a length is given. */
export function udp(
  from: string,
  fromPort: number,
  to: string,
  toPort: number,
  data: Uint8Array,
  given: { length?: number; checksum?: number } = {},
): Uint8Array {
  const datagram = concat(new Uint8Array(8), data);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint16(4, given.length ?? datagram.length);
  const right = checksum(pseudo(ip(from), ip(to), PROTOCOL.UDP, datagram.length), datagram) || 0xffff;
  view.setUint16(6, given.checksum ?? right);
  return datagram;
}
/** A TCP segment without text. `options` must fill whole words. */
export function tcp(
  from: string,
  fromPort: number,
  to: string,
  toPort: number,
  fields: { seq?: number; ack?: number; ctl: number; window?: number; options?: number[]; text?: Uint8Array },
): Uint8Array {
  const options = fields.options ?? [];
  const segment = concat(new Uint8Array(20), options, fields.text ?? []);
  const view = new DataView(segment.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint32(4, fields.seq ?? 0);
  view.setUint32(8, fields.ack ?? 0);
  view.setUint8(12, ((20 + options.length) / 4) << 4);
  view.setUint8(13, fields.ctl);
  view.setUint16(14, fields.window ?? 65535);
  view.setUint16(16, checksum(pseudo(ip(from), ip(to), PROTOCOL.TCP, segment.length), segment));
  return segment;
}

/** What an emitted frame says, after all its checksums, lengths and padding were found right. */
export interface Seen {
  frame: Uint8Array;
  /** MAC addresses; empty on a raw IP device. */
  to: string;
  from: string;
  type: number;
  arp?: { operation: number; senderMac: string; senderIp: string; targetMac: string; targetIp: string };
  ip?: {
    from: string;
    to: string;
    protocol: number;
    ttl: number;
    tos: number;
    ident: number;
    /** The word of flags and offset. */
    fragment: number;
    df: boolean;
    headerLength: number;
    octets: Uint8Array;
  };
  /** What a piece of a datagram carries; then nothing behind it is read. */
  piece?: Uint8Array;
  /** What a protocol carries that has no reader here. */
  other?: Uint8Array;
  icmp?: { type: number; code: number; rest: number; data: Uint8Array };
  igmp?: { type: number; group: string; records: { type: number; group: string; sources: string[] }[] };
  udp?: { fromPort: number; toPort: number; data: Uint8Array };
  tcp?: { fromPort: number; toPort: number; seq: number; ack: number; ctl: number; window: number; text: Uint8Array };
}

const viewOf = (octets: Uint8Array) => new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

/** Reads an Ethernet frame that the stack sent; fails when anything in it is malformed, a piece of a datagram, or of a protocol that the stack does not speak by itself. */
export function read(frame: Uint8Array): Seen {
  const seen = readAny(frame);
  assert.equal((seen.ip?.fragment ?? 0) & 0x3fff, 0, "a fragment was sent");
  assert.equal(seen.other, undefined, `IP protocol ${seen.ip?.protocol} was sent`);
  return seen;
}
/** The same, but pieces and other protocols are expected. */
export function readAny(frame: Uint8Array): Seen {
  assert.ok(frame.length >= 60, `a frame of ${frame.length} octets is a runt`);
  const type = viewOf(frame).getUint16(12);
  const seen: Seen = { frame, to: macText(frame.subarray(0, 6)), from: macText(frame.subarray(6, 12)), type };
  assert.equal((frame[6] as number) & 1, 0, "a group address as the source of a frame");
  const payload = frame.subarray(14);
  if (type === ETHER.ARP) {
    readArp(seen, payload);
    return seen;
  }
  assert.equal(type, ETHER.IPV4, "an EtherType that the stack does not speak");
  readIpv4(seen, payload);
  return seen;
}
/** Puts the pieces of one datagram together, in whatever order they came, and reads it as a frame of its own. Fails where they overlap, or leave a gap. */
export function joined(pieces: Seen[]): Seen {
  const first = pieces[0] as Seen;
  const start = first.ip as NonNullable<Seen["ip"]>;
  const sorted = [...pieces].sort((a, b) => offsetOf(a) - offsetOf(b));
  let at = 0;
  for (const [i, { ip, piece }] of sorted.entries()) {
    assert.ok(ip && piece, "a piece");
    assert.deepEqual(
      [ip.from, ip.to, ip.protocol, ip.ident],
      [start.from, start.to, start.protocol, start.ident],
      "pieces of one datagram",
    );
    assert.equal((ip.fragment & 0x1fff) * 8, at, "neither gap nor overlap");
    assert.equal((ip.fragment & 0x2000) !== 0, i < sorted.length - 1, "more fragments, but for the last");
    at += piece.length;
  }
  const body = concat(...sorted.map(({ piece }) => piece ?? []));
  const head = sorted[0]?.ip as NonNullable<Seen["ip"]>;
  const options = [...head.octets.subarray(20, head.headerLength)];
  const packet = ipv4({ ...head, fragment: head.fragment & 0x4000, options }, body);
  return readAny(ethernet(first.to || "02:00:00:00:00:09", first.from || "02:00:00:00:00:08", ETHER.IPV4, packet));
}
const offsetOf = (seen: Seen) => (seen.ip?.fragment ?? 0) & 0x1fff;

/** Reads a packet that the stack sent on a raw IP device. */
export function readRaw(packet: Uint8Array): Seen {
  const seen: Seen = { frame: packet, to: "", from: "", type: ETHER.IPV4 };
  readIpv4(seen, packet);
  assert.equal(packet.length, seen.ip?.octets.length, "a raw packet has no padding");
  return seen;
}

function noPadding(octets: Uint8Array): void {
  assert.ok(
    octets.every((octet) => octet === 0),
    "padding that is not zero",
  );
}
function readArp(seen: Seen, packet: Uint8Array): void {
  const view = viewOf(packet);
  assert.deepEqual([...packet.subarray(0, 6)], [0, 1, 8, 0, 6, 4], "fixed fields of ARP");
  noPadding(packet.subarray(28));
  seen.arp = {
    operation: view.getUint16(6),
    senderMac: macText(packet.subarray(8, 14)),
    senderIp: dotted(view.getUint32(14)),
    targetMac: macText(packet.subarray(18, 24)),
    targetIp: dotted(view.getUint32(24)),
  };
  assert.equal(seen.arp.senderMac, seen.from, "ARP speaks for the frame's sender");
}
function readIpv4(seen: Seen, packet: Uint8Array): void {
  const view = viewOf(packet);
  const total = view.getUint16(2);
  const headerLength = ((packet[0] as number) & 15) * 4;
  assert.equal((packet[0] as number) >> 4, 4);
  assert.ok(headerLength >= 20 && headerLength <= total && total <= packet.length, "lengths of IP");
  assert.equal(checksum(packet.subarray(0, headerLength)), 0, "IP header checksum");
  assert.ok((packet[8] as number) > 0, "TTL 0 was sent");
  noPadding(packet.subarray(total));
  const octets = packet.subarray(0, total);
  seen.ip = {
    from: dotted(view.getUint32(12)),
    to: dotted(view.getUint32(16)),
    protocol: packet[9] as number,
    ttl: packet[8] as number,
    tos: packet[1] as number,
    ident: view.getUint16(4),
    fragment: view.getUint16(6),
    df: (view.getUint16(6) & 0x4000) !== 0,
    headerLength,
    octets,
  };
  const body = octets.subarray(headerLength);
  if (seen.ip.fragment & 0x3fff) {
    seen.piece = body;
    return;
  }
  const ends = pseudo(view.getUint32(12), view.getUint32(16), seen.ip.protocol, body.length);
  if (seen.ip.protocol === PROTOCOL.ICMP) readIcmp(seen, body);
  else if (seen.ip.protocol === PROTOCOL.IGMP) readIgmp(seen, body);
  else if (seen.ip.protocol === PROTOCOL.UDP) readUdp(seen, body, ends);
  else if (seen.ip.protocol === PROTOCOL.TCP) readTcp(seen, body, ends);
  else seen.other = body;
}
function readIcmp(seen: Seen, message: Uint8Array): void {
  assert.equal(checksum(message), 0, "ICMP checksum");
  const [type, code] = [message[0] as number, message[1] as number];
  seen.icmp = { type, code, rest: viewOf(message).getUint32(4), data: message.subarray(8) };
}
function readIgmp(seen: Seen, message: Uint8Array): void {
  assert.equal(checksum(message), 0, "IGMP checksum");
  assert.equal(seen.ip?.ttl, 1, "TTL of IGMP");
  assert.deepEqual([...(seen.ip?.octets.subarray(20, 24) ?? [])], [0x94, 4, 0, 0], "Router Alert");
  const view = viewOf(message);
  const type = message[0] as number;
  seen.igmp = { type, group: dotted(view.getUint32(4)), records: [] };
  if (type !== 0x22) return assert.equal(message.length, 8, "length of an IGMP message");
  let at = 8;
  for (let left = view.getUint16(6); left; left--) {
    const sources = Array.from({ length: view.getUint16(at + 2) }, (_, i) => dotted(view.getUint32(at + 8 + i * 4)));
    seen.igmp.records.push({ type: message[at] as number, group: dotted(view.getUint32(at + 4)), sources });
    assert.equal(message[at + 1], 0, "auxiliary data");
    at += 8 + sources.length * 4;
  }
  assert.equal(at, message.length, "records fill the report");
}
function readUdp(seen: Seen, datagram: Uint8Array, ends: Uint8Array): void {
  const view = viewOf(datagram);
  assert.equal(view.getUint16(4), datagram.length, "UDP length");
  assert.notEqual(view.getUint16(6), 0, "UDP without a checksum");
  assert.equal(checksum(ends, datagram), 0, "UDP checksum");
  seen.udp = { fromPort: view.getUint16(0), toPort: view.getUint16(2), data: datagram.subarray(8) };
}
function readTcp(seen: Seen, segment: Uint8Array, ends: Uint8Array): void {
  const view = viewOf(segment);
  assert.equal(checksum(ends, segment), 0, "TCP checksum");
  const offset = ((segment[12] as number) >> 4) * 4;
  seen.tcp = {
    fromPort: view.getUint16(0),
    toPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    ctl: segment[13] as number,
    window: view.getUint16(14),
    text: segment.subarray(offset),
  };
}

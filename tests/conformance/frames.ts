// Frames as a TCP test writes and reads them: a builder and a parser of their own, so that no code of the stack judges itself.
import assert from "node:assert/strict";

/** Control bits by name, as RFC 9293 §3.1 has them. */
const CONTROL_BITS = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;
const ETHERNET_HEADER = 14;
const ETHERNET_SHORTEST = 60;
const IPV4_HEADER = 20;
const TCP_HEADER = 20;
const DONT_FRAGMENT = 0x4000;

/** A host on the wire. */
export interface Host {
  address: string;
  mac: string;
}

/** What a TCP segment says; sequence numbers as on the wire. */
export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  /** `SYN,ACK`; order does not matter. */
  ctl: string;
  window: number;
  urgent: number;
  options: number[];
  data: Uint8Array;
}

/** What an IPv4 packet says. */
export interface IpFields {
  source: string;
  destination: string;
  protocol: number;
  ttl?: number;
  tos?: number;
  options?: number[];
}

/** Options of a segment that the stack sent. */
export interface ParsedOptions {
  kinds: number[];
  mss?: number;
  shift?: number;
  sackPermitted?: boolean;
  sack?: [number, number][];
  /** TSval and TSecr. */
  timestamps?: [number, number];
}

/** A segment that the stack sent; sequence numbers as on the wire. */
export interface ParsedTcp extends Omit<TcpFields, "options"> {
  source: string;
  destination: string;
  ttl: number;
  tos: number;
  dontFragment: boolean;
  options: ParsedOptions;
}

/** A frame that the stack sent, by what it carries. */
export type Parsed =
  | { kind: "arp"; operation: number; sender: Host; target: Host; destination: string }
  | { kind: "tcp"; segment: ParsedTcp; destination: string }
  | { kind: "ip"; fields: IpFields; payload: Uint8Array; destination: string };

/** Options of a SYN: RFC 9293 §3.2, RFC 7323 §2.2, RFC 2018 §2. */
export const mss = (octets: number): number[] => [2, 4, octets >> 8, octets & 255];
export const scale = (shift: number): number[] => [1, 3, 3, shift];
export const sackPermitted: number[] = [1, 1, 4, 2];
/** A SACK option; the edges as on the wire. RFC 2018 §3. */
export function sack(...edges: number[]): number[] {
  const octets = edges.flatMap((edge) => [edge >>> 24, (edge >>> 16) & 255, (edge >>> 8) & 255, edge & 255]);
  return [1, 1, 5, 2 + octets.length, ...octets];
}

/** A Timestamps option. RFC 7323 §3.2. */
export function timestamps(value: number, echo: number): number[] {
  const octets = [value, echo].flatMap((edge) => [edge >>> 24, (edge >>> 16) & 255, (edge >>> 8) & 255, edge & 255]);
  return [1, 1, 8, 10, ...octets];
}

/** The Internet checksum over pieces of even length, but for the last: RFC 1071. */
export function checksum(...pieces: Uint8Array[]): number {
  let total = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i += 2) total += ((piece[i] as number) << 8) | (piece[i + 1] ?? 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}

/** Four octets of a dotted address. */
export function ip(address: string): Uint8Array {
  return Uint8Array.from(address.split(".").map(Number));
}

function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":").map((part) => Number.parseInt(part, 16)));
}

function join(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

function pseudo(source: string, destination: string, protocol: number, length: number): Uint8Array {
  return join(ip(source), ip(destination), Uint8Array.of(0, protocol, length >> 8, length & 255));
}

/** An Ethernet II frame, padded. */
export function ethernet(from: string, to: string, type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(ETHERNET_SHORTEST, ETHERNET_HEADER + payload.length));
  frame.set(mac(to), 0);
  frame.set(mac(from), 6);
  viewOf(frame).setUint16(12, type);
  frame.set(payload, ETHERNET_HEADER);
  return frame;
}

/** An ARP packet for Ethernet and IPv4. */
export function arp(operation: number, sender: Host, target: Host): Uint8Array {
  const head = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, operation);
  return join(head, mac(sender.mac), ip(sender.address), mac(target.mac), ip(target.address));
}

/** An IPv4 packet around a payload. */
export function ipv4(fields: IpFields, payload: Uint8Array): Uint8Array {
  const options = Uint8Array.from(fields.options ?? []);
  const header = new Uint8Array(IPV4_HEADER + options.length);
  const view = viewOf(header);
  header[0] = 0x40 | (header.length >> 2);
  header[1] = fields.tos ?? 0;
  view.setUint16(2, header.length + payload.length);
  view.setUint16(6, DONT_FRAGMENT);
  header[8] = fields.ttl ?? 64;
  header[9] = fields.protocol;
  header.set(ip(fields.source), 12);
  header.set(ip(fields.destination), 16);
  header.set(options, IPV4_HEADER);
  view.setUint16(10, checksum(header));
  return join(header, payload);
}

/** A TCP segment; the options are padded with end-of-list octets. */
export function tcp(source: string, destination: string, fields: TcpFields): Uint8Array {
  const padded = [...fields.options];
  while (padded.length % 4) padded.push(0);
  const segment = new Uint8Array(TCP_HEADER + padded.length + fields.data.length);
  const view = viewOf(segment);
  view.setUint16(0, fields.sourcePort);
  view.setUint16(2, fields.destinationPort);
  view.setUint32(4, fields.seq);
  view.setUint32(8, fields.ack);
  segment[12] = ((TCP_HEADER + padded.length) >> 2) << 4;
  segment[13] = controlBits(fields.ctl);
  view.setUint16(14, fields.window);
  view.setUint16(18, fields.urgent);
  segment.set(padded, TCP_HEADER);
  segment.set(fields.data, TCP_HEADER + padded.length);
  view.setUint16(16, checksum(pseudo(source, destination, 6, segment.length), segment));
  return segment;
}

/** An ICMP message with `rest` in its second word that quotes the first octets of a packet. */
export function icmp(type: number, code: number, quoted: Uint8Array, rest = 0): Uint8Array {
  const message = new Uint8Array(8 + quoted.length);
  message[0] = type;
  message[1] = code;
  viewOf(message).setUint32(4, rest);
  message.set(quoted, 8);
  viewOf(message).setUint16(2, checksum(message));
  return message;
}

function controlBits(ctl: string): number {
  const names = ctl.split(",").filter((name) => name);
  return names.reduce((bits, name) => bits | CONTROL_BITS[name as keyof typeof CONTROL_BITS], 0);
}

/** The names of control bits, ACK last as RFC 9293 writes them. */
function controlNames(bits: number): string {
  const order = ["SYN", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "ACK"] as const;
  return order.filter((name) => bits & CONTROL_BITS[name]).join(",");
}

/** Reads a frame of the stack; fails on what no frame of ours may have: a wrong checksum, length, padding or reserved bit. */
export function parse(frame: Uint8Array): Parsed {
  assert.ok(frame.length >= ETHERNET_SHORTEST, `a frame of ${frame.length} octets is a runt`);
  const destination = macText(frame.subarray(0, 6));
  const type = viewOf(frame).getUint16(12);
  const payload = frame.subarray(ETHERNET_HEADER);
  if (type === 0x0806) return { ...parseArp(payload), destination };
  assert.equal(type, 0x0800, "Ethernet type");
  return { ...parseIp(payload), destination };
}

function parseArp(packet: Uint8Array) {
  assert.deepEqual([...packet.subarray(0, 7)], [0, 1, 8, 0, 6, 4, 0], "ARP header");
  const host = (at: number): Host => ({ mac: macText(packet.subarray(at, at + 6)), address: ipText(packet.subarray(at + 6, at + 10)) });
  padding(packet.subarray(28));
  return { kind: "arp", operation: packet[7] as number, sender: host(8), target: host(18) } as const;
}

function parseIp(packet: Uint8Array) {
  const view = viewOf(packet);
  assert.equal(packet[0], 0x45, "IP version and header length");
  const total = view.getUint16(2);
  assert.ok(total <= packet.length, "IP total length");
  padding(packet.subarray(total));
  assert.equal(checksum(packet.subarray(0, IPV4_HEADER)), 0, "IP header checksum");
  assert.equal(view.getUint16(6) & 0xbfff, 0, "no fragment");
  const [ttl, tos] = [packet[8] as number, packet[1] as number];
  const [source, destination] = [ipText(packet.subarray(12, 16)), ipText(packet.subarray(16, 20))];
  const protocol = packet[9] as number;
  const payload = packet.slice(IPV4_HEADER, total);
  assert.ok(ttl > 0, "a TTL");
  if (protocol !== 6) return { kind: "ip", fields: { source, destination, protocol, ttl, tos }, payload } as const;
  const dontFragment = (view.getUint16(6) & DONT_FRAGMENT) !== 0;
  return { kind: "tcp", segment: { source, destination, ttl, tos, dontFragment, ...parseTcp(source, destination, payload) } } as const;
}

function parseTcp(source: string, destination: string, segment: Uint8Array) {
  const view = viewOf(segment);
  assert.equal(checksum(pseudo(source, destination, 6, segment.length), segment), 0, "TCP checksum");
  const headerLength = ((segment[12] as number) >> 4) << 2;
  assert.ok(headerLength >= TCP_HEADER && headerLength <= segment.length, "TCP data offset");
  assert.equal((segment[12] as number) & 15, 0, "reserved bits");
  const ctl = controlNames(segment[13] as number);
  const options = parseOptions(segment.subarray(TCP_HEADER, headerLength));
  const isSyn = ctl.startsWith("SYN");
  assert.ok(isSyn || !options.kinds.some((kind) => [2, 3, 4].includes(kind)), "options of a SYN on another segment (MUST-65)");
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    ctl,
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options,
    data: segment.slice(headerLength),
  };
}

function parseOptions(octets: Uint8Array): ParsedOptions {
  const found: ParsedOptions = { kinds: [] };
  let at = 0;
  while (at < octets.length) {
    const kind = octets[at] as number;
    if (kind === 0) {
      padding(octets.subarray(at));
      break;
    }
    if (kind === 1) {
      at++;
      continue;
    }
    const length = octets[at + 1] ?? 0;
    assert.ok(length >= 2 && at + length <= octets.length, `option ${kind} of length ${length}`);
    readOption(found, kind, octets.subarray(at + 2, at + length));
    at += length;
  }
  return found;
}

function readOption(found: ParsedOptions, kind: number, value: Uint8Array): void {
  const view = viewOf(value);
  found.kinds.push(kind);
  if (kind === 2) found.mss = view.getUint16(0);
  if (kind === 3) found.shift = value[0];
  if (kind === 4) found.sackPermitted = true;
  if (kind === 8) found.timestamps = [view.getUint32(0), view.getUint32(4)];
  if (kind !== 5) return;
  assert.ok(value.length >= 8 && value.length % 8 === 0, "whole SACK blocks");
  found.sack = Array.from({ length: value.length / 8 }, (_, i) => [view.getUint32(i * 8), view.getUint32(i * 8 + 4)]);
}

/** Octets behind the end, which must be zero. */
function padding(octets: Uint8Array): void {
  const isZero = octets.every((octet) => octet === 0);
  assert.ok(isZero, "padding is zero");
}

function macText(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

function ipText(octets: Uint8Array): string {
  return [...octets].join(".");
}

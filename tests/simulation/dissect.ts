// Frames taken apart for the observer, without copies: one record is filled again and again.

/** Control bits as a TCP header carries them. */
export const CTL = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;
/** IP protocols. */
export const PROTOCOL = { ICMP: 1, TCP: 6 } as const;

const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV4 = 0x0800;
const SACK_EDGES = 8;

/** A frame taken apart. Sequence numbers, ports and addresses in host byte order. */
export class Dissected {
  /** "" when everything about the frame is in order; else what is wrong first. */
  wrong = "";
  isArp = false;
  /** IP protocol; 0 for ARP. */
  protocol = 0;
  /** First octet of the source MAC address to its last, as a number; 0 on raw IP links. */
  mac = 0;
  source = 0;
  destination = 0;
  tos = 0;
  ttl = 0;
  dontFragment = false;
  /** Octets of the IP packet. */
  packet = 0;
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  ctl = 0;
  window = 0;
  urgent = 0;
  /** Octets of options. */
  options = 0;
  /** Where the text begins in the frame, and how long it is. */
  text = 0;
  textLength = 0;
  /** Options: MSS (0: none), shift (-1: none), SACK permitted, timestamps, SACK edges. */
  mss = 0;
  shift = -1;
  isSackPermitted = false;
  isStamped = false;
  tsVal = 0;
  tsEcr = 0;
  blocks = 0;
  readonly edges = new Uint32Array(SACK_EDGES);

  has(bits: number): boolean {
    return (this.ctl & bits) !== 0;
  }
  /** Sequence space the segment takes. */
  get space(): number {
    return this.textLength + (this.ctl & CTL.SYN ? 1 : 0) + (this.ctl & CTL.FIN ? 1 : 0);
  }
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}
function u32(octets: Uint8Array, at: number): number {
  return ((u16(octets, at) << 16) | u16(octets, at + 2)) >>> 0;
}
/** The sum of 16-bit words of RFC 1071, not folded; the last octet may stand alone. */
function sum(octets: Uint8Array, from: number, length: number): number {
  let total = 0;
  const even = from + (length & ~1);
  for (let at = from; at < even; at += 2) total += ((octets[at] as number) << 8) | (octets[at + 1] as number);
  return length & 1 ? total + ((octets[even] as number) << 8) : total;
}
function isRight(total: number): boolean {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded === 0xffff;
}

/** Takes a frame of `length` octets apart; `start` is where an IP packet begins: 14 on Ethernet, 0 on raw IP links. */
export function dissect(into: Dissected, octets: Uint8Array, length: number, start: number): Dissected {
  into.wrong = "";
  into.isArp = false;
  into.protocol = 0;
  into.mac = 0;
  into.textLength = 0;
  into.ctl = 0;
  if (start) {
    if (length < 60) return fail(into, `a runt of ${length} octets`);
    into.mac = u16(octets, 6) * 2 ** 32 + u32(octets, 8);
    const type = u16(octets, 12);
    if (type === ETHERTYPE_ARP) return arp(into, octets);
    if (type !== ETHERTYPE_IPV4) return fail(into, `Ethernet type ${type.toString(16)}`);
  }
  return ip(into, octets, length, start);
}
function fail(into: Dissected, why: string): Dissected {
  into.wrong = why;
  return into;
}
function arp(into: Dissected, octets: Uint8Array): Dissected {
  into.isArp = true;
  into.source = u32(octets, 28);
  into.destination = u32(octets, 38);
  const isWhole = u16(octets, 14) === 1 && u16(octets, 16) === ETHERTYPE_IPV4 && u16(octets, 18) === 0x0604;
  if (u16(octets, 22) !== u16(octets, 6) || u32(octets, 24) !== u32(octets, 8)) return fail(into, "ARP sender is not who sends");
  return isWhole ? into : fail(into, "ARP header");
}
function ip(into: Dissected, octets: Uint8Array, length: number, at: number): Dissected {
  const total = u16(octets, at + 2);
  if (octets[at] !== 0x45) return fail(into, `IP version and header length ${octets[at]}`);
  if (total > length - at || total < 20) return fail(into, `IP total length ${total} in a frame of ${length}`);
  if (at === 0 && total !== length) return fail(into, `IP total length ${total} in a packet of ${length}`);
  if (!isRight(sum(octets, at, 20))) return fail(into, "IP header checksum");
  if (u16(octets, at + 6) & 0xbfff) return fail(into, "an IP fragment");
  into.packet = total;
  into.tos = octets[at + 1] as number;
  into.dontFragment = ((octets[at + 6] as number) & 0x40) !== 0;
  into.ttl = octets[at + 8] as number;
  into.protocol = octets[at + 9] as number;
  into.source = u32(octets, at + 12);
  into.destination = u32(octets, at + 16);
  if (into.ttl === 0) return fail(into, "TTL 0");
  if (into.protocol === PROTOCOL.TCP) return tcp(into, octets, at + 20, total - 20);
  if (into.protocol !== PROTOCOL.ICMP) return fail(into, `IP protocol ${into.protocol}`);
  return isRight(sum(octets, at + 20, total - 20)) ? into : fail(into, "ICMP checksum");
}
function tcp(into: Dissected, octets: Uint8Array, at: number, length: number): Dissected {
  if (length < 20) return fail(into, "TCP header cut short");
  if (!isRight(sum(octets, at - 8, 8) + 6 + length + sum(octets, at, length))) return fail(into, "TCP checksum");
  const header = ((octets[at + 12] as number) >> 4) * 4;
  if (header < 20 || header > length) return fail(into, "TCP data offset");
  if ((octets[at + 12] as number) & 15) return fail(into, "TCP reserved bits");
  into.sourcePort = u16(octets, at);
  into.destinationPort = u16(octets, at + 2);
  into.seq = u32(octets, at + 4);
  into.ack = u32(octets, at + 8);
  into.ctl = octets[at + 13] as number;
  into.window = u16(octets, at + 14);
  into.urgent = u16(octets, at + 18);
  into.options = header - 20;
  into.text = at + header;
  into.textLength = length - header;
  return options(into, octets, at + 20, at + header);
}
function options(into: Dissected, octets: Uint8Array, from: number, end: number): Dissected {
  into.mss = 0;
  into.shift = -1;
  into.isSackPermitted = false;
  into.isStamped = false;
  into.blocks = 0;
  let at = from;
  while (at < end) {
    const kind = octets[at] as number;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? (octets[at + 1] as number) : 0;
    if (length < 2 || at + length > end) return fail(into, `TCP option ${kind} of length ${length}`);
    option(into, octets, at, kind, length);
    at += length;
  }
  if (!into.has(CTL.SYN) && (into.mss || into.shift >= 0 || into.isSackPermitted)) return fail(into, "options of a SYN on another segment");
  return into;
}
function option(into: Dissected, octets: Uint8Array, at: number, kind: number, length: number): void {
  if (kind === 2 && length === 4) into.mss = u16(octets, at + 2);
  else if (kind === 3 && length === 3) into.shift = octets[at + 2] as number;
  else if (kind === 4 && length === 2) into.isSackPermitted = true;
  else if (kind === 8 && length === 10) {
    into.isStamped = true;
    into.tsVal = u32(octets, at + 2);
    into.tsEcr = u32(octets, at + 6);
  } else if (kind === 5 && length >= 10 && (length - 2) % 8 === 0) {
    into.blocks = Math.min((length - 2) / 8, SACK_EDGES / 2);
    for (let i = 0; i < into.blocks * 2; i++) into.edges[i] = u32(octets, at + 2 + 4 * i);
  } else into.wrong = `TCP option ${kind} of length ${length}`;
}

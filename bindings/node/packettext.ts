// What a frame is, in one line. Reads nothing beyond its octets, whatever they say.
import { ipv4Text, macText } from "./address.js";
import { serviceName } from "./ports.js";
import type { Kind } from "./settings.js";

/** A TCP segment, as its header says it. */
export interface SegmentText {
  source: string;
  destination: string;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  /** Octets of text. */
  octets: number;
  options: string;
}
/** A frame in words; `segment` where it is an unfragmented TCP segment. */
export interface FrameText {
  text: string;
  segment?: SegmentText;
}

const ETHERNET = 14;
const IPV4 = 20;
const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
const PROTOCOLS: Record<number, string> = { 1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP" };
const ICMP: Record<number, string> = {
  0: "echo reply",
  3: "unreachable",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
  12: "parameter problem",
};
const UNREACHABLE = ["network", "host", "protocol", "port", "fragmentation needed", "source route failed"];
const IGMP: Record<number, string> = { 17: "query", 18: "version 1 report", 22: "version 2 report", 23: "leave", 34: "version 3 report" };

const be16 = (octets: Uint8Array, at: number) => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
const be32 = (octets: Uint8Array, at: number) => ((be16(octets, at) << 16) | be16(octets, at + 2)) >>> 0;

/** Says what a frame of a device of this kind is. */
export function frameText(frame: Uint8Array, kind: Kind): FrameText {
  if (kind === "ip") return packetText(frame);
  if (frame.length < ETHERNET) return { text: `a frame of ${frame.length} octets` };
  let [type, at, vlan] = [be16(frame, 12), ETHERNET, ""];
  if (type === 0x8100) [type, at, vlan] = [be16(frame, 16), ETHERNET + 4, `vlan ${be16(frame, 14) & 4095} `];
  const rest = frame.subarray(at);
  if (type === 0x0806) return { text: vlan + arpText(rest) };
  if (type !== 0x0800)
    return {
      text: `${vlan}ethernet type 0x${type.toString(16).padStart(4, "0")}, ${rest.length} octets, from ${macText(frame.subarray(6, 12))}`,
    };
  const said = packetText(rest);
  return { ...said, text: vlan + said.text };
}

function arpText(arp: Uint8Array): string {
  if (arp.length < 28) return `ARP, cut off at ${arp.length} octets`;
  const [sender, target, mac] = [ipv4Text(be32(arp, 14)), ipv4Text(be32(arp, 24)), macText(arp.subarray(8, 14))];
  if (be16(arp, 6) === 2) return `ARP ${sender} is at ${mac}`;
  if (sender === "0.0.0.0") return `ARP probe: who has ${target}?`;
  return sender === target ? `ARP announcement: ${sender} is at ${mac}` : `ARP who has ${target}? asks ${sender}`;
}

/** Says what an IP packet is. */
function packetText(packet: Uint8Array): FrameText {
  const header = ((packet[0] ?? 0) & 15) * 4;
  if (packet.length < IPV4 || (packet[0] ?? 0) >> 4 !== 4 || header < IPV4 || packet.length < header)
    return { text: `IP version ${(packet[0] ?? 0) >> 4}, ${packet.length} octets` };
  const [source, destination] = [ipv4Text(be32(packet, 12)), ipv4Text(be32(packet, 16))];
  const protocol = packet[9] as number;
  const body = packet.subarray(header, Math.min(packet.length, Math.max(header, be16(packet, 2))));
  const fragment = be16(packet, 6);
  const name = PROTOCOLS[protocol] ?? `protocol ${protocol}`;
  if (fragment & 0x3fff) {
    const more = fragment & 0x2000 ? ", more follow" : ", the last";
    return {
      text: `${name} fragment ${be16(packet, 4)} at ${(fragment & 0x1fff) * 8}, ${body.length} octets${more}, ${source} > ${destination}`,
    };
  }
  if (protocol === 6 && body.length >= 20) return tcpText(body, source, destination);
  if (protocol === 17 && body.length >= 8) return { text: udpText(body, source, destination) };
  if (protocol === 1 && body.length >= 8) return { text: icmpText(body, source, destination) };
  const what = protocol === 2 && body.length ? ` ${IGMP[body[0] as number] ?? `type ${body[0]}`}` : "";
  return { text: `${name}${what} ${source} > ${destination}, ${body.length} octets` };
}

function icmpText(icmp: Uint8Array, source: string, destination: string): string {
  const [type, code] = [icmp[0] as number, icmp[1] as number];
  const head = `ICMP ${ICMP[type] ?? `type ${type}`}`;
  if (type === 0 || type === 8)
    return `${head} ${source} > ${destination} id ${be16(icmp, 4)} seq ${be16(icmp, 6)}, ${icmp.length - 8} octets`;
  const what = type === 3 ? ` (${UNREACHABLE[code] ?? `code ${code}`})` : code ? ` (code ${code})` : "";
  const about = icmp.length >= 8 + IPV4 ? `, about ${ipv4Text(be32(icmp, 20))} > ${ipv4Text(be32(icmp, 24))}` : "";
  return `${head}${what} ${source} > ${destination}${about}`;
}

function udpText(udp: Uint8Array, source: string, destination: string): string {
  const [from, to] = [be16(udp, 0), be16(udp, 2)];
  return `UDP ${source}:${from} > ${destination}:${to}${serviceText("udp", from, to)} ${Math.max(0, be16(udp, 4) - 8)} octets`;
}
function serviceText(protocol: "tcp" | "udp", from: number, to: number): string {
  const name = serviceName(protocol, Math.min(from, to)) ?? serviceName(protocol, Math.max(from, to));
  return name ? ` (${name})` : "";
}

function tcpText(tcp: Uint8Array, source: string, destination: string): FrameText {
  const offset = Math.min(Math.max(20, ((tcp[12] as number) >> 4) * 4), tcp.length);
  const segment: SegmentText = {
    source,
    destination,
    sourcePort: be16(tcp, 0),
    destinationPort: be16(tcp, 2),
    seq: be32(tcp, 4),
    ack: be32(tcp, 8),
    flags: tcp[13] as number,
    window: be16(tcp, 14),
    octets: tcp.length - offset,
    options: optionText(tcp.subarray(20, offset)),
  };
  return { text: segmentText(segment, { seq: 0, ack: 0 }), segment };
}

/** A segment in words, with sequence numbers counted from `base`. */
export function segmentText(segment: SegmentText, base: { seq: number; ack: number }): string {
  const { source, destination, sourcePort, destinationPort, flags, window, octets, options } = segment;
  const names = FLAGS.filter((_, bit) => flags & (1 << bit)).join(",") || "no flags";
  const seq = (segment.seq - base.seq) >>> 0;
  const ack = flags & 16 ? ` ack ${(segment.ack - base.ack) >>> 0}` : "";
  const head = `TCP ${source}:${sourcePort} > ${destination}:${destinationPort}${serviceText("tcp", sourcePort, destinationPort)}`;
  return `${head} ${names} seq ${seq}${ack} win ${window}${octets ? `, ${octets} octets` : ""}${options ? ` <${options}>` : ""}`;
}

function optionText(octets: Uint8Array): string {
  const said: string[] = [];
  for (let at = 0; at < octets.length; ) {
    const kind = octets[at] as number;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = octets[at + 1] ?? 0;
    if (length < 2 || at + length > octets.length) return [...said, "malformed"].join(", ");
    said.push(oneOption(kind, octets.subarray(at + 2, at + length)));
    at += length;
  }
  return said.join(", ");
}
function oneOption(kind: number, data: Uint8Array): string {
  if (kind === 2 && data.length === 2) return `mss ${be16(data, 0)}`;
  if (kind === 3 && data.length === 1) return `scale ${data[0]}`;
  if (kind === 4) return "sack permitted";
  if (kind === 5) return `sack of ${data.length >> 3}`;
  if (kind === 8 && data.length === 8) return `stamp ${be32(data, 0)} echo ${be32(data, 4)}`;
  return `option ${kind}`;
}

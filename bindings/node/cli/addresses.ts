import { ipv4Number, ipv4Text, macText, parseMac } from "../address.js";

/** An IPv4 address with the length of its prefix in bits. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

/** What keeps an IPv4 address from being one host's, or an empty string. */
export function notOneHost(address: string): string {
  const first = Number(address.split(".")[0]);
  if (address === "255.255.255.255") return "is the broadcast address";
  if (first === 0) return "is not a host's address";
  if (first === 127) return "is a loopback address";
  if (first >= 224 && first < 240) return "is a multicast address";
  if (first >= 240) return "is a reserved address";
  return "";
}

/** A dotted IPv4 address that belongs to one host; throws what is wrong with it. */
export function hostAddress(text: string): string {
  if (ipv4Number(text) < 0) throw new Error(`${quoted(text)} is not an IPv4 address A.B.C.D`);
  const why = notOneHost(text);
  if (why) throw new Error(`${text} ${why}`);
  return text;
}

/** A host's address, or a name that is asked for when it is used; throws what is wrong with it. */
export function hostOrName(text: string): string {
  if (!/[^\d.]/.test(text)) return hostAddress(text);
  if (!/^[\w-]+(\.[\w-]+)*\.?$/.test(text)) throw new Error(`${quoted(text)} is not an IPv4 address A.B.C.D, nor a name`);
  return text;
}
/** The address of a host to speak to: not one of ours, nor what stands for a whole network of ours; throws what is wrong with it. */
export function otherHost(text: string, ours: readonly Prefix[]): string {
  hostAddress(text);
  for (const prefix of ours) {
    if (text === prefix.address) throw new Error(`${text} is an address of our own, and there is no loopback`);
    if (prefix.length >= 31) continue; // RFC 3021
    if (text === broadcastOf(prefix)) throw new Error(`${text} is the broadcast address of our network`);
    if (text === networkOf(prefix)) throw new Error(`${text} is the address of our network, not of a host in it`);
  }
  return text;
}

/** Whether an address is one of a host in the network of a prefix. */
export function isHostOf(prefix: Prefix, address: string): boolean {
  const { length } = prefix;
  if (networkOf({ address, length }) !== networkOf(prefix)) return false;
  return length >= 31 || (address !== networkOf(prefix) && address !== broadcastOf(prefix));
}

/** An interface's own address, `A.B.C.D/LEN`; throws what is wrong with it. */
export function ownAddress(text: string): Prefix {
  const [address = "", bits, ...rest] = text.split("/");
  if (rest.length || bits === undefined) throw new Error(`${quoted(text)} is not of the form A.B.C.D/LEN, such as 10.9.0.2/24`);
  hostAddress(address);
  if (!/^\d{1,2}$/.test(bits) || Number(bits) < 1 || Number(bits) > 32) throw new Error(`prefix length ${quoted(bits)} is not 1 to 32`);
  const prefix = { address, length: Number(bits) };
  if (prefix.length >= 31) return prefix; // RFC 3021: no network and no broadcast address
  if (address === networkOf(prefix)) throw new Error(`${text} is the address of the network, not of a host in it`);
  if (address === broadcastOf(prefix)) throw new Error(`${text} is the broadcast address of its network`);
  return prefix;
}

/** A network and the gateway to it. */
export interface RouteTo {
  readonly to: string;
  readonly via: string;
  readonly metric: number;
}

/** A route, `A.B.C.D/LEN via A.B.C.D` and perhaps `metric N`; throws what is wrong with it. */
export function routeTo(text: string): RouteTo {
  const [, to = "", via = "", metric = "0"] = /^\s*(\S+)\s+via\s+(\S+)(?:\s+metric\s+(\d{1,5}))?\s*$/.exec(text) ?? [];
  const [address = "", bits = ""] = to.split("/");
  if (ipv4Number(address) < 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32 || Number(metric) > 65_535)
    throw new Error(`${quoted(text)} is not of the form A.B.C.D/LEN via A.B.C.D, such as 192.0.2.0/24 via 10.9.0.1`);
  return { to, via: hostAddress(via), metric: Number(metric) };
}

/** The network's address. */
export function networkOf(prefix: Prefix): string {
  return ipv4Text((ipv4Number(prefix.address) & mask(prefix.length)) >>> 0);
}

/** The address that reaches every host of the network. */
export function broadcastOf(prefix: Prefix): string {
  return ipv4Text((ipv4Number(prefix.address) | ~mask(prefix.length)) >>> 0);
}

/** A unicast MAC address in lower case with colons; throws what is wrong with it. */
export function macAddress(text: string): string {
  return macText(parseMac(text, "MAC"));
}

function quoted(text: string): string {
  return `"${text}"`;
}

function mask(length: number): number {
  return length === 0 ? 0 : (-1 << (32 - length)) | 0;
}

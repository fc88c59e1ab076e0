import { RingwireError } from "./error.js";

/** Where octets go to or come from: an IPv4 address in dotted form and a port. */
export interface Endpoint {
  /** Dotted IPv4 address; missing or `0.0.0.0`: any. */
  address?: string;
  /** 0 to 65,535; 0 or missing: chosen by the stack where that is possible. */
  port?: number;
  /** Index of the interface; missing: any. */
  interface?: number;
}

/** An address with the length of its prefix. */
export interface Prefix {
  /** Dotted IPv4 address. */
  address: string;
  /** 0 to 32. */
  prefix: number;
}

const OCTET = /^(0|[1-9]\d{0,2})$/;

/** Reads a dotted IPv4 address into a number in host byte order; -1 when it is none. */
export function ipv4Number(text: string): number {
  const parts = text.split(".");
  if (parts.length !== 4) return -1;
  let value = 0;
  for (const part of parts) {
    if (!OCTET.test(part) || Number(part) > 255) return -1;
    value = value * 256 + Number(part);
  }
  return value;
}

/** An address given as a number in host byte order, in dotted form. */
export function ipv4Text(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Reads a dotted IPv4 address; throws BAD_ADDRESS with `name` in front when it is none. */
export function parseAddress(text: unknown, name: string): number {
  const value = typeof text === "string" ? ipv4Number(text) : -1;
  if (value < 0) throw new RingwireError("BAD_ADDRESS", `${name}: "${String(text)}" is not an IPv4 address (expected A.B.C.D)`);
  return value;
}

/** Reads `A.B.C.D/LEN`; throws BAD_ADDRESS with `name` in front when it is malformed. */
export function parsePrefix(text: unknown, name: string): Prefix {
  const wrong = () => new RingwireError("BAD_ADDRESS", `${name}: "${String(text)}" is not an address with a prefix (expected A.B.C.D/LEN)`);
  if (typeof text !== "string") throw wrong();
  const [address, length, ...rest] = text.split("/");
  if (rest.length || length === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32) throw wrong();
  if (ipv4Number(address ?? "") < 0) throw wrong();
  return { address: address as string, prefix: Number(length) };
}

/** Reads a MAC as six octets from `xx:xx:xx:xx:xx:xx` or from octets; throws BAD_INTERFACE when it is none or is not unicast. */
export function parseMac(mac: unknown, name: string): Uint8Array {
  const octets = mac instanceof Uint8Array ? mac : macOctets(String(mac));
  if (octets?.length !== 6) {
    throw new RingwireError("BAD_INTERFACE", `${name}: "${String(mac)}" is not a MAC address (expected six octets, as 02:00:00:00:00:01)`);
  }
  if ((octets[0] as number) & 1)
    throw new RingwireError("BAD_INTERFACE", `${name}: ${macText(octets)} is a group address (expected a unicast one)`);
  if (octets.every((octet) => octet === 0)) throw new RingwireError("BAD_INTERFACE", `${name}: the MAC address is zero`);
  return octets;
}

/** Six octets as `xx:xx:xx:xx:xx:xx`. */
export function macText(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** Reads a port; throws BAD_ARGUMENT when it is none. `least` is 1 where a port is required. */
export function parsePort(port: unknown, name: string, least = 0): number {
  const value = typeof port === "string" && /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > 65535) {
    throw new RingwireError("BAD_ARGUMENT", `${name}: ${String(port)} is not a port (expected ${least} to 65535)`);
  }
  return value;
}

function macOctets(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (part) => Number.parseInt(part, 16));
}

import { randomInt } from "node:crypto";
import { chargenLine, dayTime, quote, timeOctets } from "./text.js";

/** Answers one datagram; null says nothing. */
export type DatagramService = (data: Uint8Array) => Uint8Array | string | null;

/** What came is sent back. RFC 862. */
export function echo(data: Uint8Array): Uint8Array {
  return data;
}

/** What came is thrown away. RFC 863. */
export function discard(): null {
  return null;
}

/** Between 0 and 512 characters of the generator. RFC 864. */
export function chargen(): string {
  let text = "";
  for (let line = 0; text.length < LONGEST; line++) text += chargenLine(line);
  return text.slice(0, randomInt(LONGEST + 1));
}

/** Longest answer of the character generator. RFC 864. */
const LONGEST = 512;

/** The date and time as a line of text. RFC 867. */
export function daytime(): string {
  return dayTime(new Date());
}

/** Seconds since 1900 as four octets in network byte order. RFC 868. */
export function time(): Uint8Array {
  return timeOctets(Date.now());
}

/** A quotation. RFC 865. */
export function qotd(): string {
  return quote(new Date());
}

/** Source ports of services that answer every datagram: an answer to one would be answered, for ever. Port 0 cannot be answered. */
const TALKERS = new Set([0, 7, 13, 17, 19, 37]);

/** Whether a datagram from this port, sent to this address, may be answered. RFC 1122 §3.2.1.3: no answer to a broadcast. */
export function mayAnswer(sourcePort: number, destination: string, broadcasts: ReadonlySet<string>): boolean {
  return !TALKERS.has(sourcePort) && destination !== "255.255.255.255" && !broadcasts.has(destination);
}

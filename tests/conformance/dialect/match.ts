// What a segment of the device is, and whether it is the one that a scenario wants.
import assert from "node:assert/strict";
import type { ParsedTcp } from "../frames.js";
import { stream } from "../peer.js";
import type { Written } from "./segment.js";

/** A segment of the device, relative. */
export interface Got {
  raw: ParsedTcp;
  seq: number;
  ack: number;
  /** Octets offered. */
  window: number;
  sack: [number, number][];
  ms: number;
}

/** Fails, with what the segment is, unless it is what was wanted. */
export function compare(want: Written, got: Got, valued: (text: string) => number): void {
  const { raw } = got;
  const ctl = want.ctl.includes("PSH") ? raw.ctl : raw.ctl.replace("PSH,", "");
  const isSame = (field: string, seen: number | undefined) => {
    const text = want.numbers[field];
    return text === undefined || text === "*" ? text === undefined || seen !== undefined : seen === valued(text);
  };
  const { shift: scaled, mss: size, sackPermitted: permits, timestamps: ts } = raw.options;
  const blocks = want.sack.map(([left, right]) => [valued(left), valued(right)].join(":"));
  const isRight =
    (want.ctl === "*" || want.ctl.split("|").some((each) => normal(ctl) === normal(each))) &&
    isSame("seq", got.seq) &&
    isSame("ack", got.ack) &&
    isSame("win", got.window) &&
    isSame("data", raw.data.length) &&
    isSame("urg", raw.urgent) &&
    isSame("ttl", raw.ttl) &&
    isSame("tos", raw.tos) &&
    isSame("mss", size) &&
    isSame("scale", scaled) &&
    (!want.sackok || permits === true) &&
    (!want.sack.length || blocks.join() === got.sack.map((block) => block.join(":")).join()) &&
    (!want.ts || (ts !== undefined && want.ts.every((each, i) => each === "*" || ts[i] === valued(each) >>> 0))) &&
    want.without.every((name) => !hasOption(name, raw));
  assert.ok(isRight, said(got));
  checkText(got);
}
/** Sequence numbers that a segment takes. */
export function lengthOf(ctl: string, octets: number): number {
  return octets + (ctl.includes("SYN") ? 1 : 0) + (ctl.includes("FIN") ? 1 : 0);
}

function normal(ctl: string): string {
  return ctl.split(",").sort().join();
}

function hasOption(name: string, { options }: ParsedTcp): boolean {
  const kinds: Record<string, number> = { mss: 2, scale: 3, sackok: 4, sack: 5, ts: 8 };
  const kind = kinds[name];
  if (kind === undefined) throw new Error(`${name} is no option`);
  return options.kinds.includes(kind);
}

/** The text is the stream's. */
export function checkText({ raw, seq }: Got): void {
  const first = raw.ctl.includes("SYN") ? seq : seq - 1;
  if (raw.data.length && Buffer.compare(raw.data, stream(first, raw.data.length)))
    throw new Error(`text at ${seq} is not what was written`);
}

/** Makes a segment wrong on purpose. */
export function damage(segment: Uint8Array, bad: string): void {
  if (bad === "checksum") segment[16] = (segment[16] ?? 0) ^ 1;
  else if (bad) throw new Error(`nothing is called bad ${bad}`);
}

/** A segment in a few words. */
export function said({ raw, seq, ack, window, sack: blocks }: Got): string {
  const { mss: size, shift, sackPermitted: permits, timestamps: ts } = raw.options;
  const options = [
    size === undefined ? "" : ` mss ${size}`,
    shift === undefined ? "" : ` scale ${shift}`,
    permits ? " sackok" : "",
    ts ? ` ts ${ts.join(" ")}` : "",
    blocks.length ? ` sack ${blocks.map((block) => block.join(":")).join()}` : "",
    raw.urgent ? ` urg ${raw.urgent}` : "",
  ];
  return `${raw.ctl} seq ${seq} ack ${ack} data ${raw.data.length} win ${window}${options.join("")}`;
}

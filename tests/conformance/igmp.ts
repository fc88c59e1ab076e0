// Multicast in frames: IGMP messages of a router, and what the stack says.
import assert from "node:assert/strict";
import type { CoreOptions } from "../../bindings/node/core.js";
import { checksum, PROTOCOL, type Seen } from "./packets.js";
import { frame, GATEWAY, Tester } from "./tester.js";

/** A group that tests share. */
export const GROUP = "239.1.2.3";
/** Types of messages, and of records in a version 3 report. */
export const QUERY = 0x11;
export const [V1_REPORT, V2_REPORT, LEAVE, V3_REPORT] = [0x12, 0x16, 0x17, 0x22];
export const [IS_IN, IS_EX, TO_IN, TO_EX, ALLOW] = [1, 2, 3, 4, 5];

/** The MAC address of a group. */
export const macOf = (group: string) => {
  const [, b, c, d] = group.split(".").map(Number) as [number, number, number, number];
  return `01:00:5e:${[b & 0x7f, c, d].map((octet) => octet.toString(16).padStart(2, "0")).join(":")}`;
};
/** An IGMP message from the gateway in a frame. */
export function igmp(message: number[], fields: { to?: string; from?: string; options?: number[] } = {}): Uint8Array {
  const octets = Uint8Array.from(message);
  new DataView(octets.buffer).setUint16(2, checksum(octets));
  const to = fields.to ?? "224.0.0.1";
  const all = { protocol: PROTOCOL.IGMP, from: GATEWAY.ip, ttl: 1, options: [0x94, 4, 0, 0], ...fields, to };
  return frame(octets, all, { to: macOf(to), from: GATEWAY.mac });
}
export const quad = (address: string) => address.split(".").map(Number);
/** A query of version 1 (no time), or 2 (tenths of a second). */
export const query = (tenths: number, group = "0.0.0.0") =>
  igmp([QUERY, tenths, 0, 0, ...quad(group)], { to: group === "0.0.0.0" ? "224.0.0.1" : group });
/** A query of version 3. */
export function query3(code: number, group = "0.0.0.0", sources: string[] = [], robustness = 2, claimed = sources.length): Uint8Array {
  const message = [QUERY, code, 0, 0, ...quad(group), robustness, 125, claimed >> 8, claimed & 255, ...sources.flatMap(quad)];
  return igmp(message, { to: group === "0.0.0.0" ? "224.0.0.1" : group });
}
/** What of the frames is IGMP. */
export const reports = (sent: Seen[]) => sent.filter((seen) => seen.igmp);
/** A message in a few words: type and group, or the only record. */
export function told(seen: Seen | undefined): [number, string, ...string[]] | undefined {
  const [record, ...more] = seen?.igmp?.records ?? [];
  assert.equal(more.length, 0, "one record a report");
  if (record) return [record.type, record.group, ...record.sources];
  return seen?.igmp && [seen.igmp.type, seen.igmp.group];
}
/** The same of all. */
export const allTold = (sent: Seen[]) => reports(sent).map(told);

/** A stack with sockets on port 5353 that have joined these groups, after the reports of it. */
export async function member(groups: string[], more: Partial<CoreOptions> = {}): Promise<{ t: Tester; socket: number }> {
  const t = await Tester.make(more);
  const socket = t.bind(5353);
  for (const address of groups) assert.equal(t.core.udp_join(socket, { address }), 0);
  t.pass(5000);
  return { t, socket };
}
/** Lets time pass; answers each report with its time. */
export function timed(t: Tester, ms: number): [number, ...string[]][] {
  const begin = t.ms;
  const found: [number, ...string[]][] = [];
  for (const end = t.ms + ms; t.ms < end; t.ms += 10)
    for (const seen of reports(t.poll())) found.push([t.ms - begin, ...(told(seen)?.map(String) ?? [])]);
  return found;
}

/** Lets time pass while nobody takes what the stack sends. */
export function stalled(t: Tester, ms: number): void {
  for (const end = t.ms + ms; t.ms < end; t.ms += 10) t.core.poll(t.ms);
}

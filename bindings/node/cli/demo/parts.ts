import { setTimeout as sleep } from "node:timers/promises";
import { type ServicePort, WELL_KNOWN } from "../services/names.js";
import type { EchoResult } from "./octets.js";
import type { PageResult } from "./page.js";
import type { Report } from "./report.js";

/** The other end of Ringwire in a demonstration: the Linux kernel, or a second stack. */
export interface OtherEnd {
  /** Pings Ringwire; answers each round trip in milliseconds, NaN for none, and by what means it was done. */
  ping(count: number): Promise<{ times: number[]; by: string }>;
  /** Gets the page of Ringwire's web server, and by what means. */
  page(): Promise<PageResult & { by: string }>;
  /** Sends octets to Ringwire's echo service on the clean or the bad link and reads them back. */
  echo(link: "clean" | "bad", octets: number, progress: (returned: number) => void): Promise<EchoResult>;
  /** What the simulator did to the frames of the bad link so far. */
  badLink(): { lost: number; reordered: number };
  /** Segments Ringwire sent again on the bad link. */
  retransmissions(): number;
}

/** What the bad link of the demonstration does to frames, in percent each way. */
export const BAD_LINK = { loss: 2, reorder: 2, linkSeed: 1 } as const;

/** What Ringwire serves in a demonstration. */
export const SERVICES: readonly ServicePort[] = [
  { name: "echo", port: WELL_KNOWN.echo },
  { name: "http", port: WELL_KNOWN.http },
];

/** How long all parts together may take, in milliseconds. */
const LIMIT = 55_000;
const PINGS = 5;
const CLEAN_OCTETS = 100_000_000;
const BAD_OCTETS = 4_000_000;

/** Runs the four parts one after another; stops between them when `stop` says so. */
export async function runParts(other: OtherEnd, report: Report, stop: AbortSignal): Promise<void> {
  const end = performance.now() + LIMIT;
  const parts: ReadonlyArray<[string, () => Promise<string>]> = [
    [`${PINGS} echo requests (ping)`, () => pingPart(other)],
    ["an HTTP request", () => pagePart(other)],
    [`${CLEAN_OCTETS / 1e6} MB echoed over TCP`, () => echoPart(other, report, "clean", CLEAN_OCTETS)],
    [`${BAD_OCTETS / 1e6} MB echoed, ${BAD_LINK.loss} % lost, ${BAD_LINK.reorder} % reordered`, () => badPart(other, report)],
  ];
  for (const [what, run] of parts) {
    if (stop.aborted) return;
    report.say(what);
    await report.part(what, () => within(Math.max(0, end - performance.now()), run()), stop);
  }
}

/** What a part says, or an error when it takes too long. */
async function within(ms: number, part: Promise<string>): Promise<string> {
  const limit = new AbortController();
  const late = sleep(ms, "", { signal: limit.signal }).then(() => {
    throw new Error(`no result after ${(ms / 1000).toFixed(0)} s`);
  });
  try {
    return await Promise.race([part, late]);
  } finally {
    limit.abort();
    late.catch(() => {});
  }
}

async function pingPart(end: OtherEnd): Promise<string> {
  const { times, by } = await end.ping(PINGS);
  const answered = times.filter((ms) => !Number.isNaN(ms));
  if (answered.length !== PINGS) throw new Error(`${answered.length} of ${PINGS} answered, by ${by}`);
  const average = answered.reduce((sum, ms) => sum + ms, 0) / answered.length;
  return `${answered.length} of ${PINGS} answered, ${average.toFixed(2)} ms on average, by ${by}`;
}

async function pagePart(end: OtherEnd): Promise<string> {
  const { status, type, octets, text, by } = await end.page();
  const described = `${status} ${type}, ${octets} octets, by ${by}`;
  if (status !== 200 || !text.includes("ringwire")) throw new Error(`not our page: ${described}`);
  return described;
}

async function echoPart(end: OtherEnd, report: Report, link: "clean" | "bad", total: number): Promise<string> {
  const result = await end.echo(link, total, (returned) => report.progress("echoed", returned, total));
  if (result.octets !== total || result.returned !== total)
    throw new Error(`sent ${result.octets} of ${total} octets, ${result.returned} came back`);
  if (result.sent !== result.received) throw new Error(`SHA-256 differs: sent ${result.sent}, received ${result.received}`);
  const rate = (total * 8) / result.ms / 1000;
  return `SHA-256 equal (${result.sent.slice(0, 16)}...), ${(result.ms / 1000).toFixed(1)} s, ${rate.toFixed(0)} Mbit/s each way`;
}

async function badPart(end: OtherEnd, report: Report): Promise<string> {
  const detail = await echoPart(end, report, "bad", BAD_OCTETS);
  const { lost, reordered } = end.badLink();
  if (!lost || !reordered) throw new Error(`the link was not bad: ${lost} frames lost, ${reordered} reordered`);
  return `${detail}; ${lost} frames lost, ${reordered} reordered, ${end.retransmissions()} segments sent again by Ringwire`;
}

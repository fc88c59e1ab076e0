// What is told of the figures: the text that is printed, and the page.
import { existsSync, statSync } from "node:fs";
import { machine } from "../machine.js";
import { median, table } from "../statistics.js";
import { charts } from "./charts.js";
import { AIMS, type Aim, type Planned } from "./figures.js";
import type { SuiteOptions } from "./options.js";
import type { Built } from "./stacks.js";

/** What was measured of one figure, by stack. */
export interface Result {
  planned: Planned;
  values: Map<string, number[]>;
  commands: Map<string, string>;
}

const WALL_CLOCK = `Over devices, of web pages and of streams the wall clock counts, not the processor's time: both ends and the kernel share the processors
with whatever else runs. Linux is at the other end of TAP devices, in a network namespace, with NewReno and a program that reads and writes 128 KiB at a time;
buffers of the stacks are 512 KiB; what our stack and smoltcp receive is thrown away where it lies. Each run warms up for a second or half of its time.`;

/** How many times as good one stack is as another. */
function times({ planned, values }: Result, name: string, other: string): number {
  const [a, b] = [values.get(name), values.get(other)];
  if (!a || !b) return Number.NaN;
  return planned.isRate ? median(a) / median(b) : median(b) / median(a);
}
function told(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function section(result: Result, peers: string[]): string {
  const { planned, values, commands } = result;
  const beside = peers.filter((peer) => values.has(peer));
  const rows = [...values].map(([name, runs]) => [
    name,
    ...[median(runs), Math.min(...runs), Math.max(...runs)].map(told),
    ...beside.map((peer) => times(result, name, peer).toFixed(2)),
  ]);
  const head = ["", `median ${planned.unit}`, "min", "max", ...beside.map((peer) => `x ${peer}`)];
  const lines = [...commands.values()].map((command) => `    ${command}`);
  return [`### ${planned.title[0]?.toUpperCase()}${planned.title.slice(1)}`, table(head, rows), lines.join("\n")].join("\n\n");
}

/** How an aim stands: a row of the table, or nothing when its figures were not measured. */
function verdict(aim: Aim, results: Result[]): string[] | null {
  const find = ([workload, connections]: readonly [string, number]) =>
    results.find(({ planned }) => planned.workload === workload && planned.connections === connections);
  const result = find(aim.figure);
  const own = result?.values.get(aim.of);
  if (!result || !own) return null;
  if (aim.least && !aim.peer) return [aim.what, told(median(own)), told(aim.least), median(own) >= aim.least ? "yes" : "no"];
  if (aim.peer) {
    const [peer, least] = aim.peer;
    const theirs = result.values.get(peer);
    if (aim.least && theirs) {
      const wanted = Math.min(aim.least, least * median(theirs));
      return [aim.what, told(median(own)), told(wanted), median(own) >= wanted ? "yes" : "no"];
    }
    const reached = times(result, aim.of, peer);
    return Number.isNaN(reached) ? null : [aim.what, reached.toFixed(2), least.toFixed(2), reached >= least ? "yes" : "no"];
  }
  const [workload, connections, most] = aim.other ?? ["", 0, 0];
  const base = find([workload, connections])?.values.get(aim.of);
  if (!base) return null;
  const cost = median(own) / median(base);
  return [aim.what, cost.toFixed(2), most.toFixed(2), cost <= most ? "yes" : "no"];
}

function sizes(): string {
  const files = ["build/ringwire.wasm", "build/ringwire-simd.wasm", "build/ringwire-tiny.wasm", "build/bench/lwip.wasm"].filter(existsSync);
  return table(
    ["module", "octets"],
    files.map((path) => [path, statSync(path).size.toLocaleString("en")]),
  );
}

/** All that was measured, as text. `more` stands before the figures. */
export function report(results: Result[], built: Built[], { runs, seconds }: SuiteOptions, more: string[] = []): string {
  const peers = built.filter(({ stack }) => !stack.isOurs).map(({ stack }) => stack.name);
  const aims = AIMS.map((aim) => verdict(aim, results)).filter((row) => row !== null);
  return [
    `Two stacks and a wire in memory that copies each frame once; MTU 1500, rings of 64 frames, all checksums made and verified, no timestamps, what an
application sends and receives is copied from and to its own buffer; bulk with buffers of 64 KiB. Processor time, ${runs} runs of ${seconds} s for each
stack, in turn. "x" is how many times as fast (or small) as that peer.`,
    ...(results.some(({ planned, values }) => planned.isWall && values.size) ? [WALL_CLOCK] : []),
    ...(aims.length ? ["## Aims", table(["aim", "reached", "wanted", "holds"], aims)] : []),
    ...more,
    "## Figures",
    ...results.filter(({ values }) => values.size).map((result) => section(result, peers)),
    "### Size of the modules",
    sizes(),
    "## Stacks",
    built.map(({ stack }) => `- ${stack.name}: ${stack.about}`).join("\n"),
  ].join("\n\n");
}

/** The same as a page, with charts, and where the time goes. */
export function page(results: Result[], built: Built[], options: SuiteOptions, date: string, profile: string): string {
  const drawn = charts(results);
  const more = [...(drawn.length ? ["## Charts", ...drawn] : []), ...(profile ? ["## Where the time goes", profile] : [])];
  return `# Benchmarks\n\nMade by \`npm run bench\` on ${date}; ${machine()}.\n\n${report(results, built, options, more)}\n`;
}

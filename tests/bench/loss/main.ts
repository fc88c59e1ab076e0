// `npm run bench -- loss`: goodput of a bulk transfer over a bad link. `-- --virtual`: our stack at both ends, in virtual time. `-- --help` says the rest.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machine } from "../machine.js";
import { missing } from "../../interop/lab.js";
import { COUNTED, type Measured } from "./counts.js";
import { type BenchOptions, benchOptions, HELP } from "./options.js";
import { realTransfer } from "./real.js";
import { mean, median, table, uncertainty } from "../statistics.js";
import { Trace } from "./trace.js";
import { transfer } from "./transfer.js";
import type { Variant } from "./variants.js";

type Results = Map<Variant, Measured[]>;

async function once(options: BenchOptions, variant: Variant, run: number): Promise<Measured> {
  const { loss, rtt, rate, queue, buffer, octets, seed } = options;
  const { settings } = variant;
  const link = { delay: rtt / 2, loss: loss / 100, rate, queue, seed: seed + run };
  const name = `${variant.name}-${seed + run}`;
  const pcap = options.pcap && join(options.pcap, `${name}.pcap`);
  if (!options.virtual) return realTransfer({ octets, link, buffer, settings, pcap });
  if (!settings) throw new Error("in virtual time there is no kernel");
  const trace = options.trace ? new Trace(join(options.trace, `${name}.csv`)) : null;
  const watch = trace ? trace.note.bind(trace) : undefined;
  const measured = await transfer({ octets, link, rings: { receive: buffer, send: buffer }, sender: settings, pcap, watch });
  trace?.close();
  return measured;
}

/** Runs all variants in turn, again and again. */
async function all(options: BenchOptions): Promise<Results> {
  const results: Results = new Map(options.variants.map((variant) => [variant, []]));
  const turns = Array.from({ length: options.runs }, (_, run) => options.variants.map((variant) => ({ run, variant }))).flat();
  const worker = async () => {
    for (let turn = turns.shift(); turn; turn = turns.shift()) {
      const measured = await once(options, turn.variant, turn.run);
      results.get(turn.variant)?.push(measured);
      if (!options.virtual) console.error(`${turn.variant.name} ${turn.run + 1}: ${(measured.goodput / 1000).toFixed(1)} kB/s`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return results;
}

const HEAD = ["sender", "median kB/s", "min", "max", "mean", "+- %", ...COUNTED, "stalled %"];

function rowOf({ name }: Variant, runs: Measured[]): string[] {
  const rates = runs.map(({ goodput }) => goodput / 1000);
  const stalled = runs.map((run) => run.stalled).filter((ms) => ms !== undefined);
  return [
    name,
    ...[median(rates), Math.min(...rates), Math.max(...rates), mean(rates)].map((rate) => rate.toFixed(1)),
    (uncertainty(rates) * 100).toFixed(1),
    ...COUNTED.map((counted) => mean(runs.map(({ counts }) => counts[counted])).toFixed(1)),
    stalled.length ? ((100 * mean(stalled)) / mean(runs.map(({ ms }) => ms))).toFixed(0) : "",
  ];
}

/** The medians of all against each other: how many times the column's rate a row reaches. */
function ratios(results: Results): string {
  const medians = [...results].map(([{ name }, runs]) => ({ name, rate: median(runs.map(({ goodput }) => goodput)) }));
  const rows = medians.map(({ name, rate }) => [name, ...medians.map((other) => (rate / other.rate).toFixed(2))]);
  return table(["times the rate of", ...medians.map(({ name }) => name)], rows);
}

function report(options: BenchOptions, results: Results): string {
  const { octets, loss, rtt, rate, buffer, runs, seed, virtual } = options;
  const link = `${loss} % random loss each way, RTT ${rtt} ms${rate ? `, ${rate} bit/s` : ""}`;
  const where = virtual ? "our stack at both ends, virtual time" : "the kernel receives, real time";
  return [
    `${octets} octets, ${link}, buffers of ${buffer} octets; ${runs} runs of each from seed ${seed}, alternating; ${where}.`,
    table(
      HEAD,
      [...results].map(([variant, measured]) => rowOf(variant, measured)),
    ),
    ratios(results),
    options.variants.map(({ name, about }) => `${name}: ${about}.`).join("\n"),
  ].join("\n\n");
}

/** What is committed: where and when it was measured, without names. */
function page(text: string): string {
  return `# Benchmark\n\nMade by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}; ${machine()}.\n\n${text}\n`;
}

/** Measures and prints what the arguments ask for. */
export async function lossBenchmark(args: string[]): Promise<void> {
  const options = benchOptions(args);
  if (!options) return console.log(HELP);
  if (!options.virtual && missing) throw new Error(missing);
  for (const folder of [options.pcap, options.trace]) if (folder) mkdirSync(folder, { recursive: true });
  const text = report(options, await all(options));
  console.log(text);
  if (options.write) writeFileSync(options.write, page(text));
}

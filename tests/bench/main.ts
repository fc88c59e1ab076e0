// `npm run bench`: goodput of a bulk transfer over a bad link. `-- --virtual`: our stack at both ends, in virtual time. `-- --help` says the rest.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Status } from "../../bindings/node/core.js";
import { mean, median, table, uncertainty } from "./statistics.js";
import { type Counts, type Measured, transfer } from "./transfer.js";
import { type Variant, variantsOf } from "./variants.js";

const OPTIONS = {
  virtual: { type: "boolean", default: false },
  runs: { type: "string", default: "20" },
  octets: { type: "string", default: "2000000" },
  loss: { type: "string", default: "5" },
  rtt: { type: "string", default: "40" },
  rate: { type: "string" },
  queue: { type: "string" },
  buffer: { type: "string", default: "262144" },
  variants: { type: "string", default: "rack,newreno" },
  seed: { type: "string", default: "1" },
  pcap: { type: "string" },
  trace: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const HELP = `npm run bench -- [options]
  --virtual          our stack at both ends, in virtual time
  --runs N           runs of each variant, alternating (20)
  --octets N         octets of a transfer (2,000,000)
  --loss PERCENT     of frames lost at random, each way (5)
  --rtt MS           round-trip time of the link (40)
  --rate BITS        bits a second, each way (no limit); --queue FRAMES before it (1000)
  --buffer OCTETS    send and receive buffers (262,144)
  --variants A,B     of rack, newreno, cubic (rack,newreno)
  --seed N           of the first run's link; the next run has the next (1)
  --pcap FOLDER      captures at the sender, one file a run
  --trace FOLDER     the sender's window and timers whenever they change, as CSV, one file a run (virtual only)`;

/** What the command line says. */
export interface BenchOptions {
  virtual: boolean;
  runs: number;
  octets: number;
  /** Percent. */
  loss: number;
  /** Milliseconds. */
  rtt: number;
  rate: number | undefined;
  queue: number | undefined;
  buffer: number;
  variants: Variant[];
  seed: number;
  pcap: string | undefined;
  trace: string | undefined;
}

function optionsOf(args: string[]): BenchOptions | null {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return null;
  const optional = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  return {
    virtual: values.virtual,
    runs: Number(values.runs),
    octets: Number(values.octets),
    loss: Number(values.loss),
    rtt: Number(values.rtt),
    rate: optional(values.rate),
    queue: optional(values.queue),
    buffer: Number(values.buffer),
    variants: variantsOf(values.variants.split(",")),
    seed: Number(values.seed),
    pcap: values.pcap,
    trace: values.trace,
  };
}

async function virtualRun(options: BenchOptions, variant: Variant, run: number): Promise<Measured> {
  const { loss, rtt, rate, queue, buffer, octets } = options;
  const name = `${variant.name}-${run + 1}`;
  const trace = options.trace ? new Trace(join(options.trace, `${name}.csv`)) : null;
  const measured = await transfer({
    octets,
    link: { delay: rtt / 2, loss: loss / 100, rate, queue, seed: options.seed + run },
    rings: { receive: buffer, send: buffer },
    sender: variant.settings,
    pcap: options.pcap && join(options.pcap, `${name}.pcap`),
    watch: trace ? (status, now) => trace.note(status, now) : undefined,
  });
  trace?.close();
  return measured;
}

/** What the sender's status showed, a line whenever it changes. */
class Trace {
  readonly #fd: number;
  #last = "";

  constructor(path: string) {
    this.#fd = openSync(path, "w");
    writeSync(this.#fd, "ms,cwnd,ssthresh,unacknowledged,srtt,rto,retransmissions,waits\n");
  }
  note({ cwnd, ssthresh, unacknowledged, srtt, rto, retransmissions, waits }: Status, now: number): void {
    const line = [cwnd, ssthresh, unacknowledged, srtt, rto, retransmissions, waits].join(",");
    if (line === this.#last) return;
    this.#last = line;
    writeSync(this.#fd, `${now.toFixed(3)},${line}\n`);
  }
  close(): void {
    closeSync(this.#fd);
  }
}

async function virtualBench(options: BenchOptions): Promise<void> {
  const measured = new Map<Variant, Measured[]>(options.variants.map((variant) => [variant, []]));
  for (let run = 0; run < options.runs; run++)
    for (const variant of options.variants) measured.get(variant)?.push(await virtualRun(options, variant, run));
  const first = median([...measured.values()][0]?.map(({ goodput }) => goodput) ?? []);
  const rows = [...measured].map(([variant, runs]) => rowOf(variant, runs, first));
  console.log(
    `${options.octets} octets, ${options.loss} % loss each way, RTT ${options.rtt} ms, ${options.runs} runs from seed ${options.seed}, virtual time\n`,
  );
  console.log(table(HEAD, rows));
}

const COUNTED: readonly (keyof Counts)[] = ["lost", "again", "duplicates", "fast", "timeouts", "probes", "undone"];
const HEAD = ["variant", "kB/s", "min", "max", "mean", "+-%", "of 1st", ...COUNTED, "stalled %"];

function rowOf(variant: Variant, runs: Measured[], first: number): string[] {
  const rates = runs.map(({ goodput }) => goodput / 1000);
  const whole = (value: number) => value.toFixed(0);
  return [
    variant.name,
    ...[median(rates), Math.min(...rates), Math.max(...rates), mean(rates)].map((rate) => rate.toFixed(1)),
    (uncertainty(rates) * 100).toFixed(1),
    ((median(rates) * 1000) / first).toFixed(2),
    ...COUNTED.map((name) => mean(runs.map(({ counts }) => counts[name])).toFixed(1)),
    whole((100 * mean(runs.map(({ stalled }) => stalled))) / mean(runs.map(({ ms }) => ms))),
  ];
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (!options) return console.log(HELP);
  for (const folder of [options.pcap, options.trace]) if (folder) mkdirSync(folder, { recursive: true });
  await virtualBench(options);
}

await main();

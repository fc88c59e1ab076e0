import { parseArgs } from "node:util";
import { type Variant, variantsOf } from "./variants.js";

/** What the command line of the benchmark says. */
export interface BenchOptions {
  virtual: boolean;
  runs: number;
  /** Transfers at the same time. */
  jobs: number;
  octets: number;
  /** Percent. */
  loss: number;
  /** Milliseconds. */
  rtt: number;
  /** Bits a second. */
  rate: number | undefined;
  /** Frames. */
  queue: number | undefined;
  /** Octets. */
  buffer: number;
  variants: Variant[];
  seed: number;
  pcap: string | undefined;
  trace: string | undefined;
  /** A file that is to hold the results. */
  write: string | undefined;
}

const OPTIONS = {
  virtual: { type: "boolean", default: false },
  runs: { type: "string", default: "20" },
  jobs: { type: "string", default: "1" },
  octets: { type: "string", default: "2000000" },
  loss: { type: "string", default: "5" },
  rtt: { type: "string", default: "40" },
  rate: { type: "string" },
  queue: { type: "string" },
  buffer: { type: "string", default: "262144" },
  variants: { type: "string" },
  seed: { type: "string", default: "1" },
  pcap: { type: "string" },
  trace: { type: "string" },
  write: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** What `--help` says. */
export const HELP = `npm run bench -- loss [options]
  --virtual          our stack at both ends, in virtual time; otherwise the kernel receives, over TAP
  --runs N           runs of each variant, alternating (20); the median counts
  --jobs N           transfers at the same time (1; real time only)
  --octets N         octets of a transfer (2,000,000)
  --loss PERCENT     of frames lost at random, each way (5)
  --rtt MS           round-trip time of the link (40)
  --rate BITS        bits a second, each way (no limit); --queue FRAMES before it (1000)
  --buffer OCTETS    send and receive buffers (262,144)
  --variants A,B     of linux, rack, newreno, cubic (linux,rack,newreno; in virtual time without linux)
  --seed N           of the first run's link; the next run has the next (1)
  --pcap FOLDER      captures at the sender, one file a run
  --trace FOLDER     the sender's window and timers whenever they change, as CSV, one file a run (virtual time only)
  --write FILE       writes the results to a file`;

/** Options from arguments; null when help is asked for. Throws for what is not known. */
export function benchOptions(args: string[]): BenchOptions | null {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return null;
  const variants = values.variants ?? (values.virtual ? "rack,newreno" : "linux,rack,newreno");
  return {
    virtual: values.virtual,
    runs: numberOf("runs", values.runs),
    jobs: values.virtual ? 1 : numberOf("jobs", values.jobs),
    octets: numberOf("octets", values.octets),
    loss: numberOf("loss", values.loss),
    rtt: numberOf("rtt", values.rtt),
    rate: values.rate === undefined ? undefined : numberOf("rate", values.rate),
    queue: values.queue === undefined ? undefined : numberOf("queue", values.queue),
    buffer: numberOf("buffer", values.buffer),
    variants: variantsOf(variants.split(",")),
    seed: numberOf("seed", values.seed),
    pcap: values.pcap,
    trace: values.trace,
    write: values.write,
  };
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new Error(`--${name}: "${text}" is no number of that kind`);
  return value;
}

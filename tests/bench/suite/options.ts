import { parseArgs } from "node:util";
import { FIGURES } from "./figures.js";

/** What the command line of the suite says. */
export interface SuiteOptions {
  parts: string[];
  stacks: string[];
  quick: boolean;
  runs: number;
  seconds: number;
  json: string | undefined;
  write: string | undefined;
}

const OPTIONS = {
  quick: { type: "boolean", default: false },
  runs: { type: "string" },
  seconds: { type: "string" },
  stacks: { type: "string", default: "" },
  json: { type: "string" },
  write: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const PARTS = [...new Set(FIGURES.map(({ part }) => part))];

/** What `--help` says. */
export const HELP = `npm run bench -- [options] [part...]
  Measures the stack beside its peers, which are built from the registries' packages into build/bench (gcc, cargo, clang, lld, dpkg-dev).
  tap and http need root; they make network namespaces and delete them, and run iperf3 and wrk beside. Of them and of streams the wall clock counts.
  Parts: ${PARTS.join(", ")} (all); loss is a benchmark of its own: npm run bench -- loss --help
  npm run bench -- profile says in which functions the instructions go (valgrind); --write does, too, where there is valgrind
  --quick            the most important figures, short runs
  --runs N           runs of each stack for each figure, alternating (7; quick: 3); the median counts
  --seconds S        time of a run, after half of it to warm up, in V8 and over devices at least 1 (0.5; quick: 0.2)
  --stacks A,B       only these stacks
  --json FILE        all figures, run by run
  --write FILE       the results as a page, with charts`;

/** Options from arguments; null when help is asked for. Throws for what is not known. */
export function suiteOptions(args: string[]): SuiteOptions | null {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) return null;
  const unknown = positionals.find((part) => !PARTS.includes(part));
  if (unknown) throw new Error(`no part "${unknown}" (known: ${PARTS.join(", ")}, loss)`);
  const runs = Number(values.runs ?? (values.quick ? 3 : 7));
  const seconds = Number(values.seconds ?? (values.quick ? 0.2 : 0.5));
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs: "${values.runs}" is no number of that kind`);
  if (!(seconds > 0)) throw new Error(`--seconds: "${values.seconds}" is no number of that kind`);
  const stacks = values.stacks.split(",").filter((name) => name);
  return { parts: positionals, stacks, quick: values.quick, runs, seconds, json: values.json, write: values.write };
}

// `npm run simulate`: seeds, one after another, each a simulation of its own. Exit status 0 only if all that must hold held.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { Instances } from "./module.js";
import { changes, measure, parseTable, tableText } from "./performance.js";
import { planOf } from "./plan.js";
import { differences, parseRecord, RECORD, recorded, recordText } from "./record.js";
import { commandFor, type Failed, MODULES, remaining, runSeed, runSeeds, STACKS_MOST, type Sum } from "./seeds.js";
import { missing, table } from "./sometimes.js";

interface Options {
  seeds: number;
  first: number;
  threads: number;
  tiny?: boolean;
  verbose?: boolean;
  wasm?: string;
  twice?: boolean;
  writePerformance?: string;
  writeRecord?: boolean;
}

const TABLE = "tests/simulation/performance.tsv";
/** Failures that are shrunk and told in full. */
const TOLD = 3;

function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`);
    return value;
  };
}

const program = new Command("simulate")
  .description("Runs stacks, paths, applications and hostile nodes in virtual time; one seed decides everything about a run.")
  .option("--seeds <n>", "how many seeds", whole(1, 1e7), 100)
  .option("--first <k>", "the first seed", whole(0, 0xffffffff), 1)
  .option("--threads <n>", "threads", whole(1, 64), 2)
  .option("--tiny", "the tiny module")
  .option("--wasm <file>", "a module of your own")
  .option("--twice", "each seed again without the short ways for usual packets: every frame and the states at the end must be the same")
  .option("--verbose", "the plan of each seed, and every frame that a stack sends (one thread)")
  .option("--write-performance <reason>", "measure and write the table of performance, with the reason why it changes")
  .option("--write-record", "run the recorded seeds and write down what the stack sends in them; tells which went another way before")
  .allowExcessArguments(false)
  .exitOverride()
  .configureOutput({ outputError: () => {} });

async function main(args: string[]): Promise<number> {
  program.parse(args, { from: "user" });
  const options = program.opts<Options>();
  if (options.writePerformance !== undefined) return writePerformance(options.writePerformance);
  if (options.writeRecord) return writeRecord();
  const name = options.wasm ? `wasm ${options.wasm}` : options.tiny ? "tiny" : "release";
  const wasm = options.wasm ? pathToFileURL(options.wasm) : options.tiny ? MODULES.tiny : MODULES.release;
  if (options.verbose) return verbose(options, wasm);
  const began = performance.now();
  const onFailed = (failed: Failed) => console.log(`seed ${failed.seed}: ${failed.what}: ${failed.detail}`);
  const sum = await runSeeds(options.first, options.seeds, wasm, options.threads, onFailed, options.twice ? MODULES.plain : null);
  for (const failed of sum.failed.slice(0, TOLD)) await tell(failed, wasm, name);
  return close(sum, (performance.now() - began) / 1000, options.tiny === true || options.wasm !== undefined);
}

/** Measures, and writes the table with one reason more. */
async function writePerformance(reason: string): Promise<number> {
  if (reason.trim().length < 10) throw new Error("--write-performance wants a reason of ten characters at least");
  const before = existsSync(TABLE) ? parseTable(readFileSync(TABLE, "utf8")) : { rows: new Map(), reasons: [] };
  const rows = measure(await Instances.of(MODULES.release, STACKS_MOST));
  for (const line of changes(before.rows, rows)) console.log(line);
  writeFileSync(TABLE, tableText(rows, [...before.reasons, reason.trim()]));
  console.log(`${rows.size} rows in ${TABLE}`);
  return 0;
}

/** Runs the recorded seeds, and writes what the stack sends in them. */
async function writeRecord(): Promise<number> {
  const rows = recorded(await Instances.of(MODULES.release, STACKS_MOST));
  const changed = differences(existsSync(RECORD) ? parseRecord(readFileSync(RECORD, "utf8")) : [], rows);
  for (const line of changed) console.log(line);
  writeFileSync(RECORD, recordText(rows));
  console.log(`${changed.length} of ${rows.length} seeds went another way; ${RECORD} is written`);
  return 0;
}

async function tell(failed: Failed, wasm: URL, name: string): Promise<void> {
  console.log(`\nseed ${failed.seed} failed: ${failed.what}: ${failed.detail}\n  again: ${commandFor(failed.seed, name)}`);
  const left = await remaining(failed, wasm);
  console.log(left.length ? `  of ${failed.faults} faults these remain:` : `  it fails without any of its ${failed.faults} faults`);
  for (const line of left) console.log(`    ${line}`);
}

function close(sum: Sum, seconds: number, isOther: boolean): number {
  console.log(`\nrare states:\n${table(sum.rare, sum.rareSeeds).join("\n")}`);
  const lost = isOther ? [] : missing(sum.rare, sum.seeds);
  for (const name of lost) console.log(`never reached: ${name}`);
  console.log(
    `\n${sum.seeds} seeds, ${sum.failed.length} failed; ${sum.frames} frames, ${sum.connections} connections, ${(sum.octets / 1e6).toFixed(1)} MB, ${Math.round(sum.seconds / 3600)} virtual hours in ${seconds.toFixed(1)} s`,
  );
  return sum.failed.length || lost.length ? 1 : 0;
}

async function verbose(options: Options, wasm: URL): Promise<number> {
  const instances = await Instances.of(wasm, STACKS_MOST);
  let failed = 0;
  for (let seed = options.first; seed < options.first + options.seeds; seed++) {
    console.log(JSON.stringify(planOf(seed), (key, value) => (key === "seed" && typeof value !== "number" ? undefined : value), 1));
    const verdict = runSeed(seed, instances, { trace: console.log });
    console.log(
      `seed ${seed}: ${verdict.failed ? `${verdict.failed}: ${verdict.detail}` : "all held"}; ${verdict.frames} frames, ${verdict.seconds} s, digest ${verdict.digest}`,
    );
    if (verdict.failed) failed++;
  }
  return failed ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
  console.error(`simulate: ${error instanceof Error ? error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ") : error}`);
  process.exitCode = error instanceof CommanderError ? 2 : 1;
}

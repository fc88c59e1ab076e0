// `npm run bench`: every figure of every stack, in turn.
import { execFile } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { median, table } from "../statistics.js";
import { AIMS, type Aim, FIGURES, type Planned } from "./figures.js";
import { HELP, type SuiteOptions, suiteOptions } from "./options.js";
import { type Built, build } from "./stacks.js";

/** Milliseconds a run may take. */
const PATIENCE = 300_000;

/** What was measured of one figure, by stack. */
interface Result {
  planned: Planned;
  values: Map<string, number[]>;
  commands: Map<string, string>;
}

async function once(command: string[]): Promise<number> {
  const [program = "", ...args] = command;
  const { stdout } = await promisify(execFile)(program === "node" ? process.execPath : program, args, { timeout: PATIENCE });
  return (JSON.parse(stdout) as { value: number }).value;
}

/** One figure of all stacks that have it, in turn, again and again. */
async function measure(planned: Planned, built: Built[], { runs, seconds }: SuiteOptions): Promise<Result> {
  const result: Result = { planned, values: new Map(), commands: new Map() };
  const taking = built.flatMap(({ stack, path }) => {
    const command = stack.command(path, planned, seconds);
    return command ? [{ name: stack.name, command }] : [];
  });
  if (taking.every(({ name }) => isOurs(built, name)) && planned.connections <= 10_000) return result;
  for (let run = 0; run < runs; run++) {
    for (const { name, command } of taking) {
      const value = planned.tell(await once(command));
      result.values.set(name, [...(result.values.get(name) ?? []), value]);
      result.commands.set(name, command.join(" "));
    }
  }
  return result;
}
function isOurs(built: Built[], name: string): boolean {
  return built.some(({ stack }) => stack.name === name && stack.isOurs);
}

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
  const rows = [...values].map(([name, runs]) => [
    name,
    ...[median(runs), Math.min(...runs), Math.max(...runs)].map(told),
    ...peers.map((peer) => (values.has(peer) ? times(result, name, peer).toFixed(2) : "")),
  ]);
  const head = ["", `median ${planned.unit}`, "min", "max", ...peers.map((peer) => `x ${peer}`)];
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
  if (aim.least) return [aim.what, told(median(own)), told(aim.least), median(own) >= aim.least ? "yes" : "no"];
  if (aim.peer) {
    const [peer, least] = aim.peer;
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

function report(results: Result[], built: Built[], { runs, seconds }: SuiteOptions): string {
  const peers = built.filter(({ stack }) => !stack.isOurs).map(({ stack }) => stack.name);
  const aims = AIMS.map((aim) => verdict(aim, results)).filter((row) => row !== null);
  return [
    `Two stacks and a wire in memory that copies each frame once; MTU 1500, rings of 64 frames, all checksums made and verified, no timestamps, what an
application sends and receives is copied from and to its own buffer; bulk with buffers of 64 KiB. Processor time, ${runs} runs of ${seconds} s for each
stack, in turn. "x" is how many times as fast (or small) as that peer.`,
    ...(aims.length ? ["## Aims", table(["aim", "reached", "wanted", "holds"], aims)] : []),
    "## Figures",
    ...results.filter(({ values }) => values.size).map((result) => section(result, peers)),
    "### Size of the modules",
    sizes(),
    "## Stacks",
    built.map(({ stack }) => `- ${stack.name}: ${stack.about}`).join("\n"),
  ].join("\n\n");
}

/** Where and when it was measured, without names. */
function machine(): string {
  const processor = cpus()[0]?.model.trim();
  return `Linux ${release()}, ${availableParallelism()} processors (${processor}), ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.versions.node}`;
}

/** Measures and prints what the arguments ask for. */
export async function suite(args: string[]): Promise<void> {
  const options = suiteOptions(args);
  if (!options) return console.log(HELP);
  const built = await build(options.stacks, (text) => console.error(text));
  const chosen = FIGURES.filter(
    ({ part, isQuick }) => (options.parts.length ? options.parts.includes(part) : true) && (isQuick || !options.quick),
  );
  const results: Result[] = [];
  for (const planned of chosen) {
    console.error(planned.title);
    results.push(await measure(planned, built, options));
  }
  const text = report(results, built, options);
  console.log(text);
  const date = new Date().toISOString().slice(0, 10);
  if (options.write) writeFileSync(options.write, `# Benchmarks\n\nMade by \`npm run bench\` on ${date}; ${machine()}.\n\n${text}\n`);
  if (!options.json) return;
  const figures = results.map(({ planned, values, commands }) => ({
    ...planned,
    stacks: Object.fromEntries([...values].map(([name, runs]) => [name, { median: median(runs), runs, command: commands.get(name) }])),
  }));
  writeFileSync(options.json, `${JSON.stringify({ date, machine: machine(), figures }, null, 1)}\n`);
}

// `npm run bench`: every figure of every stack, in turn.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { machine } from "../machine.js";
import { median } from "../statistics.js";
import { figuresOf, type Planned } from "./figures.js";
import { HELP, type SuiteOptions, suiteOptions } from "./options.js";
import { profile } from "./profile.js";
import { page, type Result, report } from "./report.js";
import { type Built, build } from "./stacks.js";

/** Milliseconds a run may take. */
const PATIENCE = 300_000;

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

/** The section of the page, where it can be made. */
async function whereTimeGoes(): Promise<string> {
  try {
    return await profile();
  } catch (error) {
    console.error(`where the time goes is left out: ${(error as Error).message}`);
    return "";
  }
}

/** Measures and prints what the arguments ask for. */
export async function suite(args: string[]): Promise<void> {
  const options = suiteOptions(args);
  if (!options) return console.log(HELP);
  const isRoot = process.getuid?.() === 0;
  const chosen = figuresOf(options.parts, options.quick, isRoot, (text) => console.error(text));
  if (chosen.length === 0) return;
  const built = await build(options.stacks, chosen, (text) => console.error(text));
  const results: Result[] = [];
  for (const planned of chosen) {
    console.error(planned.title);
    results.push(await measure(planned, built, options));
  }
  const date = new Date().toISOString().slice(0, 10);
  console.log(report(results, built, options));
  if (options.write) writeFileSync(options.write, page(results, built, options, date, await whereTimeGoes()));
  if (!options.json) return;
  const figures = results.map(({ planned, values, commands }) => ({
    ...planned,
    stacks: Object.fromEntries([...values].map(([name, runs]) => [name, { median: median(runs), runs, command: commands.get(name) }])),
  }));
  writeFileSync(options.json, `${JSON.stringify({ date, machine: machine(), figures }, null, 1)}\n`);
}

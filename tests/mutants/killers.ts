// The tests that are to catch mutants, and the bench on which they run: a copy of the compiled tests with another module beside it.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Failed, Tap } from "./tap.js";

/** How a run of killers goes. */
export interface How {
  /** Seconds of processor time without the end of a test after which it is taken to hang. */
  patience: number;
  /** Go on after the first failure. */
  whole?: boolean;
  /** Tests that fail without a mutant too: they tell nothing. */
  healthy?: Set<string>;
  /** Only tests whose name matches. */
  pattern?: string;
}

/** How it ended. */
export interface Ran {
  /** The tests that failed, or what else happened; empty when nothing was noticed. */
  failed: Failed[];
  /** The longest processor time without the end of a test, in seconds. */
  longest: number;
}

/** How many mutants each killer has caught so far: tests/mutants/order.json. */
export type Order = Record<string, number>;

/** Where the order stands. */
export const ORDER = "tests/mutants/order.json";

/** Test files that look at the module through its exports only and live in virtual time. */
const FOLDER = "tests/conformance";
/** The simulation, where there is one: slower, so only for what the tests let through. */
const SIMULATION = { needs: "tests/simulation/seeds.ts", pack: ["tests/mutants/simulated.ts"] };
/** The record of what the simulation's stacks send: it sees that something changed, not what is wrong, so what only it catches is counted apart. */
export const RECORD = "tests/mutants/recorded.ts";
/** Those of other protocols and of documents, and those that look at the wall clock or take long for what they see of TCP. */
const NOT_KILLERS = /\/(docs|attack-http|attack-resource|promises|arp|ip|link|route|udp)\.test\.ts$/;
const HEAP_MEGABYTES = 1024;
const WATCH_MS = 500;
/** Clock ticks a second in /proc. */
const TICKS = 100;

/** Seconds of processor time that a process has used: on a busy machine a test must not seem to hang. Without /proc those of the wall clock. */
function spent(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return existsSync("/proc/self/stat") ? 0 : performance.now() / 1000;
  }
}

/** Packs of killers that run one after another: paths of test files in the repository, those that caught most first; `withRecord`: the record last. */
export function packs(root: string, order: Order, withRecord: boolean): string[][] {
  const files = readdirSync(join(root, FOLDER)).map((name) => `${FOLDER}/${name}`);
  const tests = files.filter((path) => path.endsWith(".test.ts") && !NOT_KILLERS.test(path)).sort();
  tests.sort((a, b) => (order[b] ?? 0) - (order[a] ?? 0));
  if (!existsSync(join(root, SIMULATION.needs))) return [tests];
  return withRecord ? [tests, SIMULATION.pack, [RECORD]] : [tests, SIMULATION.pack];
}

/** The order as learned; empty when nothing was. */
export function knownOrder(root: string): Order {
  const path = join(root, ORDER);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Order) : {};
}

/** A copy of build/js beside which a module lies: its tests load that one. */
export class Bench {
  constructor(
    readonly root: string,
    readonly folder: string,
  ) {
    mkdirSync(folder, { recursive: true });
    cpSync(join(root, "build/js"), join(folder, "js"), { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) });
  }
  /** Puts a module in the place of the one that is shipped. */
  put(module: Uint8Array): void {
    writeFileSync(join(this.folder, "ringwire.wasm"), module);
  }
  /** Runs test files in one process: to the end, or until the first failure. */
  run(pack: string[], how: How): Promise<Ran> {
    const missing = pack.find((file) => !existsSync(this.#compiled(file)));
    if (missing) throw new Error(`no ${missing} among the compiled tests`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const options = ["--test-reporter=tap", `--max-old-space-size=${HEAP_MEGABYTES}`];
    if (how.pattern) options.push(`--test-name-pattern=${how.pattern}`);
    const args = [...options, this.#compiled("tests/mutants/pack.ts"), ...pack.map((file) => this.#compiled(file))];
    let longest = 0;
    const child = spawn(process.execPath, args, { cwd: this.root, env, stdio: ["ignore", "pipe", "ignore"] });
    const used = () => spent(child.pid ?? 0);
    let ended = used();
    const failed: Failed[] = [];
    let hasFailed = false;
    const tap = new Tap(({ file, test }) => {
      hasFailed = true;
      if (how.healthy?.has(test) || (failed.length && !how.whole)) return;
      failed.push({ file: this.#source(file), test });
      if (!how.whole) child.kill("SIGKILL");
    });
    const timer = setInterval(() => {
      longest = Math.max(longest, used() - ended);
      if (longest < how.patience) return;
      const test = `no end after ${how.patience.toFixed(0)} s, behind "${tap.last}"`;
      failed.push({ file: pack.length === 1 ? (pack[0] ?? "") : "", test });
      child.kill("SIGKILL");
    }, WATCH_MS);
    child.stdout.on("data", (chunk: Buffer) => {
      longest = Math.max(longest, used() - ended);
      ended = used();
      tap.take(chunk.toString());
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        clearInterval(timer);
        tap.close();
        const end = `ended with status ${code} behind "${tap.last}"`;
        if (code && !hasFailed && !how.healthy?.has(end)) failed.push({ file: pack[0] ?? "", test: end });
        resolve({ failed, longest });
      });
    });
  }
  /** The flags of a watched module that a test file sets. */
  watch(killer: string): Promise<number[]> {
    const out = join(this.folder, "flags.json");
    rmSync(out, { force: true });
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = [this.#compiled("tests/mutants/watch.ts"), out, this.#compiled(killer)];
    const child = spawn(process.execPath, args, { cwd: this.root, env, stdio: "ignore" });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", () =>
        existsSync(out) ? resolve(JSON.parse(readFileSync(out, "utf8")) as number[]) : reject(new Error(`${killer} told nothing`)),
      );
    });
  }
  #compiled(file: string): string {
    return join(this.folder, "js", file.replace(/\.ts$/, ".js"));
  }
  #source(file: string): string {
    return relative(join(this.folder, "js"), file).replace(/\.js$/, ".ts");
  }
  /** Removes the copy. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// Many seeds, on a few threads.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type Fault, faultText } from "./faults.js";
import { Instances } from "./module.js";
import { planOf } from "./plan.js";
import { Simulation } from "./run.js";
import type { RunOptions, Verdict } from "./verdict.js";
import { shrink } from "./shrink.js";

/** Modules that can be simulated. */
export const MODULES = {
  release: new URL("../../../ringwire.wasm", import.meta.url),
  tiny: new URL("../../../ringwire-tiny.wasm", import.meta.url),
  /** The release module without its short ways: nothing remembered, no header prediction. Not shipped. */
  plain: new URL("../../../plain/ringwire.wasm", import.meta.url),
} as const;
/** Stacks in a run, at most. */
export const STACKS_MOST = 3;
/** Seeds that a thread takes at once. */
const BATCH = 20;
/** Runs that shrinking may take. */
const SHRINK_TRIES = 300;

/** A seed that failed. */
export interface Failed {
  seed: number;
  what: string;
  detail: string;
  /** Faults of the run. */
  faults: number;
}
/** What many seeds came to. */
export interface Sum {
  seeds: number;
  frames: number;
  octets: number;
  connections: number;
  /** Virtual seconds. */
  seconds: number;
  failed: Failed[];
  /** How often each rare state was reached, and in how many seeds. */
  rare: Map<string, number>;
  rareSeeds: Map<string, number>;
}

/** A sum over no seeds. */
export function nothing(): Sum {
  return { seeds: 0, frames: 0, octets: 0, connections: 0, seconds: 0, failed: [], rare: new Map(), rareSeeds: new Map() };
}
/** Runs one seed. */
export function runSeed(seed: number, instances: Instances, options: RunOptions = {}): Verdict {
  return new Simulation(planOf(seed), instances, options).run();
}
/** Runs one seed in two modules that must not differ: every frame, its time, and the states at the end. */
export function runTwice(seed: number, instances: Instances, others: Instances): Verdict {
  const one = runSeed(seed, instances);
  const two = runSeed(seed, others);
  if (one.failed || two.failed) return one.failed ? one : two;
  if (one.digest !== two.digest) return { ...one, failed: "modules differ", detail: `frames or their times: ${one.digest}, ${two.digest}` };
  if (one.states.join() !== two.states.join())
    return { ...one, failed: "modules differ", detail: `states at the end: ${one.states.join(" ")}, ${two.states.join(" ")}` };
  return one;
}
/** Adds a verdict to a sum. */
export function add(sum: Sum, verdict: Verdict): void {
  sum.seeds++;
  sum.frames += verdict.frames;
  sum.octets += verdict.octets;
  sum.connections += verdict.connections;
  sum.seconds += verdict.seconds;
  if (verdict.failed) sum.failed.push({ seed: verdict.seed, what: verdict.failed, detail: verdict.detail, faults: verdict.faults.length });
  for (const [name, times] of verdict.sometimes) {
    sum.rare.set(name, (sum.rare.get(name) ?? 0) + times);
    sum.rareSeeds.set(name, (sum.rareSeeds.get(name) ?? 0) + 1);
  }
}
function join(sum: Sum, more: Sum): void {
  sum.seeds += more.seeds;
  sum.frames += more.frames;
  sum.octets += more.octets;
  sum.connections += more.connections;
  sum.seconds += more.seconds;
  sum.failed.push(...more.failed);
  for (const [name, times] of more.rare) sum.rare.set(name, (sum.rare.get(name) ?? 0) + times);
  for (const [name, times] of more.rareSeeds) sum.rareSeeds.set(name, (sum.rareSeeds.get(name) ?? 0) + times);
}

/** Runs `count` seeds from `first` on with a module, on so many threads; `onFailed` hears of failures as they come. `other`: each seed runs in this module too, and must not differ. */
export async function runSeeds(
  first: number,
  count: number,
  wasm: URL,
  threads: number,
  onFailed: (failed: Failed) => void = () => {},
  other: URL | null = null,
): Promise<Sum> {
  const sum = nothing();
  let next = first;
  const end = first + count;
  await Promise.all(
    Array.from({ length: Math.min(threads, Math.ceil(count / BATCH)) }, async () => {
      const thread = new Thread(wasm, other);
      while (next < end) {
        const from = next;
        next = Math.min(end, next + BATCH);
        const part = await thread.ask(from, next);
        part.failed.forEach(onFailed);
        join(sum, part);
      }
      await thread.end();
    }),
  );
  sum.failed.sort((a, b) => a.seed - b.seed);
  return sum;
}
/** A thread and the question it works on. */
class Thread {
  readonly #worker: Worker;
  #resolve: (sum: Sum) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(wasm: URL, other: URL | null) {
    const workerData = { wasm: wasm.href, other: other?.href };
    this.#worker = new Worker(fileURLToPath(new URL("./worker.js", import.meta.url)), { workerData });
    this.#worker.on("message", (sum: Sum) => this.#resolve(sum));
    this.#worker.on("error", (error: Error) => this.#reject(error));
    this.#worker.on("exit", (code) => this.#reject(new Error(`a thread ended with status ${code}`)));
  }
  /** Runs the seeds from `from` to below `to`. */
  ask(from: number, to: number): Promise<Sum> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#worker.postMessage({ from, to });
    });
  }
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The command that repeats a seed. */
export function commandFor(seed: number, name: string): string {
  return `npm run simulate -- --first ${seed} --seeds 1${name === "release" ? "" : ` --${name}`}`;
}
/** The fewest faults with which a seed still fails in the same way, in words. */
export async function remaining(failed: Failed, wasm: URL, tries = SHRINK_TRIES): Promise<string[]> {
  const instances = await Instances.of(wasm, STACKS_MOST);
  const whole = runSeed(failed.seed, instances);
  const isSame = (kept: readonly Fault[]) => runSeed(failed.seed, instances, { kept }).failed === failed.what;
  return shrink(whole.faults, isSame, tries).map(faultText);
}

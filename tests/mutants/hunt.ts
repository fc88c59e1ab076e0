// Hunts mutants: several at once, each with the packs of killers in their order until a test catches it.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Bench } from "./killers.js";
import type { Failed } from "./tap.js";

/** Something wrong to be caught. */
export interface Mutant {
  name: string;
  /** The killer that caught it before, tried first. */
  hint?: string;
  /** What it has in common with others, the nearest relation first: what caught one of those last is tried first too. */
  kin?: string[];
  /** The killers in which it can make a difference; all where that is not known. */
  where?: Set<string>;
  /** Its module; made when its turn comes, in a scratch folder of its own. */
  module(scratch: string): Promise<Uint8Array>;
}

/** What became of a mutant. */
export interface Verdict {
  name: string;
  /** The tests that failed, the first only unless all were asked for; empty for a survivor. */
  failed: Failed[];
  seconds: number;
}

/** How a hunt goes. */
export interface Hunt {
  root: string;
  packs: string[][];
  jobs: number;
  /** The module without a bug. What fails on it catches nothing; how long its tests take bounds them. */
  healthy: Uint8Array;
  /** Only tests whose name matches. */
  pattern?: string;
  /** No pack stops at its first failure, and all run. */
  whole: boolean;
  onVerdict: (verdict: Verdict) => void;
  /** A test that fails on the healthy module. */
  onSick: (failed: Failed) => void;
}

/** Seconds of processor time without the end of a test after which one is taken to hang: as many times as long as without a mutant, but not less. */
const PATIENCE_LEAST = 5;
const PATIENCE_FACTOR = 4;
const PATIENCE_HEALTHY = 120;

/** For each flag of a watched module the killers that set it. */
export async function where(watched: Uint8Array, given: Pick<Hunt, "root" | "packs" | "jobs">): Promise<Map<number, Set<string>>> {
  const folder = join(given.root, "build/mutants", `${process.pid}-watched`);
  const found = new Map<number, Set<string>>();
  const queue = given.packs.flat();
  const worker = async (number: number) => {
    const bench = new Bench(given.root, join(folder, `${number}`));
    bench.put(watched);
    for (let killer = queue.shift(); killer; killer = queue.shift())
      for (const flag of await bench.watch(killer)) found.set(flag, (found.get(flag) ?? new Set()).add(killer));
  };
  try {
    await Promise.all(Array.from({ length: given.jobs }, (_, number) => worker(number)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

/** Runs the hunt; answers the verdicts in the order of the mutants. */
export async function hunt(mutants: Mutant[], given: Hunt): Promise<Verdict[]> {
  const folder = join(given.root, "build/mutants", `${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const verdicts = new Map<string, Verdict>();
  const queue = [...mutants];
  const last = new Map<string, string>();
  const worker = async (number: number, health: Health) => {
    const bench = new Bench(given.root, join(folder, `${number}`));
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const hints = [mutant.hint, ...(mutant.kin ?? []).map((kin) => last.get(kin))];
      const verdict = await judged(mutant, [...new Set(hints)], given, bench, health);
      const killer = verdict.failed[0]?.file;
      if (killer) for (const kin of mutant.kin ?? []) last.set(kin, killer);
      verdicts.set(mutant.name, verdict);
      given.onVerdict(verdict);
    }
  };
  try {
    const health = new Health(given, folder);
    await Promise.all(Array.from({ length: given.jobs }, (_, number) => worker(number, health)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return mutants.map(({ name }) => verdicts.get(name) as Verdict);
}

async function judged(mutant: Mutant, hints: (string | undefined)[], given: Hunt, bench: Bench, health: Health): Promise<Verdict> {
  const began = performance.now();
  bench.put(await mutant.module(bench.folder));
  const found: Failed[] = [];
  const tried = given.whole ? [] : given.packs.flat().filter((killer) => hints.includes(killer));
  const first = tried.sort((a, b) => hints.indexOf(a) - hints.indexOf(b)).map((killer) => [killer]);
  for (const whole of [...first, ...given.packs]) {
    const pack = whole.filter((killer) => mutant.where?.has(killer) ?? true);
    if (!pack.length) continue;
    const { patience, failing } = await health.of(pack);
    const { failed } = await bench.run(pack, { patience, healthy: failing, whole: given.whole, pattern: given.pattern });
    found.push(...failed);
    if (found.length && !given.whole) break;
  }
  return { name: mutant.name, failed: found, seconds: (performance.now() - began) / 1000 };
}

/** What a pack does without a mutant. */
interface Healthy {
  patience: number;
  /** Tests that fail even so. */
  failing: Set<string>;
}

/** Each pack once on the healthy module, when it is first needed. */
class Health {
  readonly #bench: Bench;
  readonly #known = new Map<string, Promise<Healthy>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly given: Hunt,
    folder: string,
  ) {
    this.#bench = new Bench(given.root, join(folder, "healthy"));
    this.#bench.put(given.healthy);
  }
  /** What the pack to which these killers belong does without a mutant. */
  of(killers: string[]): Promise<Healthy> {
    const pack = this.given.packs.find((one) => one.includes(killers[0] ?? "")) ?? killers;
    const key = pack.join();
    const known = this.#known.get(key) ?? this.#last.then(() => this.#measured(pack));
    this.#known.set(key, known);
    this.#last = known;
    return known;
  }
  async #measured(pack: string[]): Promise<Healthy> {
    const { failed, longest } = await this.#bench.run(pack, { patience: PATIENCE_HEALTHY, whole: true, pattern: this.given.pattern });
    for (const one of failed) this.given.onSick(one);
    return { patience: Math.max(PATIENCE_LEAST, PATIENCE_FACTOR * longest), failing: new Set(failed.map(({ test }) => test)) };
  }
}

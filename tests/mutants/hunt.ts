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

/** Seconds without the end of a test after which one is taken to hang: as many times as long as without a mutant, but not less. */
const PATIENCE_LEAST = 10;
const PATIENCE_FACTOR = 5;
const PATIENCE_HEALTHY = 120;

/** Runs the hunt; answers the verdicts in the order of the mutants. */
export async function hunt(mutants: Mutant[], given: Hunt): Promise<Verdict[]> {
  const folder = join(given.root, "build/mutants", `${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const verdicts = new Map<string, Verdict>();
  const queue = [...mutants];
  const worker = async (number: number, health: Health) => {
    const bench = new Bench(given.root, join(folder, `${number}`));
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const verdict = await judged(mutant, given, bench, health);
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

async function judged(mutant: Mutant, given: Hunt, bench: Bench, health: Health): Promise<Verdict> {
  const began = performance.now();
  bench.put(await mutant.module(bench.folder));
  const found: Failed[] = [];
  const known = given.packs.some((pack) => pack.includes(mutant.hint ?? ""));
  const first = known && mutant.hint && !given.whole ? [[mutant.hint]] : [];
  for (const pack of [...first, ...given.packs]) {
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
  /** What a pack does without a mutant. */
  of(pack: string[]): Promise<Healthy> {
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

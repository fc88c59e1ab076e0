// Seeds of the simulation as tests, for mutants: short runs of stacks, paths and applications whose invariants see what no single test asks for.
import assert from "node:assert/strict";
import { test } from "node:test";

/** What is used of tests/simulation/seeds.ts and module.ts. */
interface Seeds {
  MODULES: { release: URL };
  STACKS_MOST: number;
  runSeed(seed: number, instances: unknown): { failed: string; detail: string };
}
interface Modules {
  Instances: { of(wasm: URL, count: number): Promise<unknown> };
}

const COUNT = 60;
const [seeds, modules] = ["seeds", "module"].map((name) => new URL(`../simulation/${name}.js`, import.meta.url).href);
const { MODULES, STACKS_MOST, runSeed } = (await import(seeds ?? "")) as Seeds;
const { Instances } = (await import(modules ?? "")) as Modules;

for (let seed = 1; seed <= COUNT; seed++) {
  test(`seed ${seed}`, async () => {
    const { failed, detail } = runSeed(seed, await Instances.of(MODULES.release, STACKS_MOST));
    assert.equal(failed, "", detail);
  });
}

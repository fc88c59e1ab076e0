// The committed record of the simulation as tests, for mutants: whether one sends any other frame, or at another time. It sees that something changed, not
// what is wrong with it, so it comes last, and what only it catches is counted apart.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** What is used of tests/simulation/record.ts, seeds.ts and module.ts. */
interface Record {
  RECORD: string;
  parseRecord(text: string): string[];
  rowOf(verdict: unknown): string;
}
interface Seeds {
  MODULES: { release: URL };
  STACKS_MOST: number;
  runSeed(seed: number, instances: unknown): unknown;
}
interface Modules {
  Instances: { of(wasm: URL, count: number): Promise<unknown> };
}

const [record, seeds, modules] = ["record", "seeds", "module"].map((name) => new URL(`../simulation/${name}.js`, import.meta.url).href);
const { RECORD, parseRecord, rowOf } = (await import(record ?? "")) as Record;
const { MODULES, STACKS_MOST, runSeed } = (await import(seeds ?? "")) as Seeds;
const { Instances } = (await import(modules ?? "")) as Modules;

for (const row of parseRecord(readFileSync(RECORD, "utf8"))) {
  const seed = Number.parseInt(row, 10);
  test(`seed ${seed} as recorded`, async () => {
    assert.equal(rowOf(runSeed(seed, await Instances.of(MODULES.release, STACKS_MOST))), row);
  });
}

// Many seeds as a test: prints what they came to and fails with the command that repeats the first that fails.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { commandFor, runSeeds, type Sum } from "./seeds.js";
import { missing, table } from "./sometimes.js";

const THREADS = 2;
const TOLD = 10;

/** What seeds came to, and the table of rare states, as lines. */
export function report(sum: Sum, seconds: number): string[] {
  const moved = `${sum.frames} frames, ${sum.connections} connections, ${(sum.octets / 1e6).toFixed(1)} MB, ${Math.round(sum.seconds / 3600)} virtual hours`;
  return [...table(sum.rare, sum.rareSeeds), "", `${sum.seeds} seeds, ${sum.failed.length} failed; ${moved} in ${seconds.toFixed(1)} s`];
}

function fileOf(name: string, count: number): string {
  return `build/simulation-${name}-${count}.txt`;
}
/** What the last test of so many seeds has written, for the runner to print; "" when there is nothing. */
export function reported(count: number): string {
  const path = fileOf("release", count);
  return existsSync(path) ? readFileSync(path, "utf8").replace(/^/gm, "   ") : "";
}

/** Runs seeds of a module (`name` as the command line has it). Fails when a rule is broken, or when the release module does not reach a rare state. */
export async function allHold(name: "release" | "tiny", wasm: URL, first: number, count: number): Promise<void> {
  const began = performance.now();
  const sum = await runSeeds(first, count, wasm, THREADS);
  const lines = report(sum, (performance.now() - began) / 1000);
  writeFileSync(fileOf(name, count), `${lines.join("\n")}\n`);
  const failures = sum.failed.slice(0, TOLD).map(({ seed, what, detail }) => `${commandFor(seed, name)}\n    ${what}: ${detail}`);
  assert.deepEqual(failures, [], `${sum.failed.length} of ${count} seeds failed`);
  if (name === "release") assert.deepEqual(missing(sum.rare, count), [], "rare states that were never reached");
}

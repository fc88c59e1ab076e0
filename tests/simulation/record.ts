// What the stack does in the first seeds, committed: a digest of all frames with their times. A change of the code that was to change nothing shows that it does not,
// and any other one how much it changes. That a number is as it was says nothing about whether it is right: the rules of the simulation do.
import type { Instances } from "./module.js";
import { runSeed } from "./seeds.js";
import type { Verdict } from "./verdict.js";

/** Where the record stands. */
export const RECORD = "tests/simulation/record.tsv";
/** Seeds that are recorded: 1 to this one. */
export const RECORDED = 200;

const HEAD = "seed\tconnections\tframes\toctets\tseconds\tdigest";

/** A line of the record. */
export function rowOf({ seed, connections, frames, octets, seconds, digest }: Verdict): string {
  return [seed, connections, frames, octets, seconds.toFixed(3), digest.toString(16).padStart(8, "0")].join("\t");
}
/** The record of these seeds as a module makes it, a line each. */
export function recorded(instances: Instances, seeds = RECORDED): string[] {
  return Array.from({ length: seeds }, (_, i) => rowOf(runSeed(i + 1, instances)));
}
/** The file with these lines. */
export function recordText(rows: readonly string[]): string {
  return `${[HEAD, ...rows].join("\n")}\n`;
}
/** Reads the file. */
export function parseRecord(text: string): string[] {
  return text.split("\n").filter((line) => line && line !== HEAD);
}
/** Seeds that went another way, each as it was and as it is. */
export function differences(committed: readonly string[], rows: readonly string[]): string[] {
  const names = HEAD.split("\t");
  return Array.from({ length: Math.max(committed.length, rows.length) }, (_, i) => {
    const [was, is] = [committed[i]?.split("\t"), rows[i]?.split("\t")];
    if (!was || !is) return `seed ${i + 1}: ${was ? "not there now" : "not recorded"}`;
    const changed = names.flatMap((name, column) => (was[column] === is[column] ? [] : [`${name} ${was[column]}, now ${is[column]}`]));
    return changed.length ? `seed ${i + 1}: ${changed.join("; ")}` : "";
  }).filter(Boolean);
}

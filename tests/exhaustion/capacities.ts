// The capacities, as the source declares them.
import { readFileSync } from "node:fs";

/** A constant of the section "Capacities" in config.ts. */
export interface Capacity {
  name: string;
  /** Default of the full build. */
  value: number;
  /** What stands above it: what it counts, and what happens when it is full. */
  text: string;
}

/** All capacities, in the order of the source. */
export function capacities(path: string): Capacity[] {
  const source = readFileSync(path, "utf8");
  const [, section] = /\/\/ ---- Capacities ----\n([\s\S]*?)\n\/\/ ---- /.exec(source) ?? [];
  if (!section) throw new Error(`${path}: no section "---- Capacities ----"`);
  const found = [
    ...section.matchAll(/\/\*\* (.*?) \*\/\nexport const (\w+): i32 = isDefined\(CFG_\2\) \? CFG_\2 : (?:TINY \? \d+ : )?(\d+);/g),
  ];
  const all = [...section.matchAll(/^export const (\w+)/gm)];
  if (found.length !== all.length)
    throw new Error(`${path}: ${all.length} capacities, ${found.length} of them written as this test reads them`);
  return found.map(([, text, name, value]) => ({ name: name as string, text: text as string, value: Number(value) }));
}

/** Names of counters and error codes in a text. */
export function namesIn(text: string, known: string[]): string[] {
  const words = new Set(text.match(/\b[A-Z][A-Z_0-9]{3,}\b/g) ?? []);
  return known.filter((name) => words.has(name)).sort();
}

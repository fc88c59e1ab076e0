import { FUNCTION, GLOBAL, readWasm, type WasmFacts } from "./wasm.js";

/** Which promises of docs/architecture.md a module breaks, in words; none is right. */
export function brokenPromises(bytes: Uint8Array): string[] {
  const facts = readWasm(bytes);
  const broken: string[] = [];
  if (facts.imports.length) broken.push(`imports ${facts.imports.join(", ")}`);
  if (facts.growing.length) broken.push(`memory.grow in ${facts.growing.map((index) => nameOf(facts, index)).join(", ")}`);
  const mutable = facts.mutableGlobals.flatMap((isMutable, index) => (isMutable ? [globalName(facts, index)] : []));
  if (mutable.length) broken.push(`mutable globals: ${mutable.join(", ")}`);
  const runtime = facts.functionNames.filter((name) => name.startsWith("~lib/rt"));
  if (runtime.length) broken.push(`functions of the managed runtime: ${runtime.join(", ")}`);
  const foreign = facts.exports.filter(({ kind, index }) => kind === FUNCTION && !facts.plainFunctions[index]);
  if (foreign.length) broken.push(`other types than i32: ${foreign.map(({ name }) => name).join(", ")}`);
  if (!facts.memory) broken.push("no memory of its own");
  if (facts.memory?.hasMaximum) broken.push("memory with a maximum");
  const start = facts.exports.find((entry) => entry.name === "ARENA_START");
  if (start?.kind !== GLOBAL) broken.push("ARENA_START is not exported as a global");
  return broken;
}

function nameOf(facts: WasmFacts, index: number): string {
  return facts.functionNames[index] ?? `function ${index}`;
}

function globalName(facts: WasmFacts, index: number): string {
  return facts.exports.find((entry) => entry.kind === GLOBAL && entry.index === index)?.name ?? `global ${index}`;
}

/** Compares sizes in octets with a budget; answers what is over, missing, or stands for a module that is gone. */
export function overBudget(sizes: Map<string, number>, budget: Record<string, number>): string[] {
  const faults: string[] = [];
  for (const [name, size] of sizes) {
    const most = budget[name];
    if (most === undefined) faults.push(`${name} has no budget; it takes ${size} octets`);
    else if (size > most) faults.push(`${name} takes ${size} octets, ${size - most} more than its budget of ${most}`);
  }
  for (const name of Object.keys(budget)) if (!sizes.has(name)) faults.push(`${name} has a budget but was not built`);
  return faults;
}

// Runs test files in one process and tells which flags of a watched module they have set: node watch.js OUT FILE...
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { flagsIn } from "./watched.js";

/** Memories that are looked at again: those of instances that may still run. */
const HELD = 24;

const [out = "", ...files] = process.argv.slice(2);
const flags = new Set<number>();
const held: WebAssembly.Memory[] = [];

function look(memory: WebAssembly.Memory): void {
  for (const flag of flagsIn(memory)) flags.add(flag);
}
function hold({ exports }: WebAssembly.Instance): void {
  if (!(exports.memory instanceof WebAssembly.Memory)) return;
  held.push(exports.memory);
  if (held.length > HELD) look(held.shift() as WebAssembly.Memory);
}

const instantiate = WebAssembly.instantiate as (
  ...given: unknown[]
) => Promise<WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource>;
WebAssembly.instantiate = (async (...given: unknown[]) => {
  const made = await instantiate(...given);
  hold("instance" in made ? made.instance : made);
  return made;
}) as typeof WebAssembly.instantiate;
const Original = WebAssembly.Instance;
WebAssembly.Instance = new Proxy(Original, {
  construct: (target, given) => {
    const made = new target(...(given as [WebAssembly.Module]));
    hold(made);
    return made;
  },
});

process.on("exit", () => {
  for (const memory of held) look(memory);
  writeFileSync(out, JSON.stringify([...flags]));
});
for (const file of files) await import(pathToFileURL(file).href);

// Runs test files in one process and tells which flags of a watched module they have set: node watch.js OUT FILE...
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { FLAGS_AT, FLAGS_MOST } from "./watched.js";

/** Memories that are looked at again: those of instances that may still run. */
const HELD = 24;

const [out = "", ...files] = process.argv.slice(2);
const flags = new Uint8Array(FLAGS_MOST);
const held: WebAssembly.Memory[] = [];

function look({ buffer }: WebAssembly.Memory): void {
  for (const [i, octet] of new Uint8Array(buffer, FLAGS_AT, FLAGS_MOST).entries()) flags[i] = (flags[i] ?? 0) | octet;
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
  writeFileSync(out, JSON.stringify([...flags.entries()].filter(([, octet]) => octet).map(([i]) => i)));
});
for (const file of files) await import(pathToFileURL(file).href);

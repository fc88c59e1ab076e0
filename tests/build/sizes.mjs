// `npm run sizes`: how many octets of code each file of assembly/ comes to in the release module, the largest first, and each folder.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { optimize } from "./optimize.mjs";

const ASC = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
const CODE = 10;

/** The octets of each function of a module that bears their names. */
function functionsIn(octets) {
  const sizes = [];
  const names = new Map();
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = octets[at++];
      value |= (octet & 127) << shift;
      if (octet < 128) return value >>> 0;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return new TextDecoder().decode(octets.subarray(at - length, at));
  };
  const readNames = (end) => {
    while (at < end) {
      const isFunctions = octets[at++] === 1;
      const next = number() + at;
      if (isFunctions) for (let count = number(); count; count--) names.set(number(), text());
      at = next;
    }
  };
  while (at < octets.length) {
    const id = octets[at++];
    const end = number() + at;
    if (id === CODE)
      for (let count = number(); count; count--) {
        const size = number();
        sizes.push(size);
        at += size;
      }
    if (id === 0 && text() === "name") readNames(end);
    at = end;
  }
  return sizes.map((size, i) => ({ size, name: names.get(i) ?? "?" }));
}

const folder = mkdtempSync(join(tmpdir(), "ringwire-sizes-"));
try {
  const out = join(folder, "ringwire.wasm");
  const args = [ASC, "assembly/index.ts", "--config", "asconfig.json", "--target", "release", "--debug", "--outFile", out];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status) throw new Error("the release module does not compile");
  optimize(out, "speed", { keepNames: true });
  const sums = new Map();
  const add = (name, size) => sums.set(name, (sums.get(name) ?? 0) + size);
  for (const { name, size } of functionsIn(readFileSync(out))) {
    const file = /^(assembly\/.*?)\/[^/]+$/.exec(name)?.[1] ?? "~lib";
    add(`${file}.ts`, size);
    for (let above = dirname(file); above !== "."; above = dirname(above)) add(`${above}/`, size);
  }
  for (const [name, size] of [...sums].sort((a, b) => b[1] - a[1])) console.log(String(size).padStart(7), name);
} catch (error) {
  console.error(`sizes: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

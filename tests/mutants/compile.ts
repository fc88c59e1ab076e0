// The module from a copy of assembly/, compiled as for a release but for the last optimizer, which takes longer than the tests.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Named, withBug } from "./named.js";

const ASC = "node_modules/assemblyscript/bin/asc.js";
const ENTRY = "assembly/index.ts";

/** A compiled module, and its source map. */
export interface Compiled {
  module: Uint8Array;
  sourceMap: string;
}

/** Compiles in a scratch folder, with names and lines; with a bug when one is given. Rejects with what the compiler says. */
export async function compiled(root: string, scratch: string, bug?: Named): Promise<Compiled> {
  const folder = join(scratch, "source");
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "assembly"), join(folder, "assembly"), { recursive: true });
  cpSync(join(root, "asconfig.json"), join(folder, "asconfig.json"));
  if (bug) writeFileSync(join(folder, bug.file), withBug(readFileSync(join(root, bug.file), "utf8"), bug));
  await asc(root, folder);
  const result = { module: readFileSync(join(folder, "out.wasm")), sourceMap: readFileSync(join(folder, "out.wasm.map"), "utf8") };
  rmSync(folder, { recursive: true });
  return { module: new Uint8Array(result.module), sourceMap: result.sourceMap };
}

function asc(root: string, folder: string): Promise<void> {
  const args = [
    join(root, ASC),
    ENTRY,
    "--config",
    "asconfig.json",
    "--target",
    "release",
    "--debug",
    "--sourceMap",
    "--outFile",
    "out.wasm",
  ];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const take = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`asc ended with status ${code}:\n${said}`))));
  });
}

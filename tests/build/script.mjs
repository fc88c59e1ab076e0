// TypeScript of the bindings and the tests to build/js.
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { filesBelow, hashOf } from "./files.mjs";
import { run } from "./modules.mjs";

const TYPESCRIPT = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
const COMPILED = /\.(js|d\.ts|js\.map)$/;

/** What can be compiled: the project and its sources, and the step's name among the stamps. */
const WHOLE = { step: "tsc", project: "tsconfig.json", what: "bindings and tests", folders: ["bindings/node", "tests"] };
const BINDINGS = { step: "tsc bindings", project: "bindings/node/tsconfig.json", what: "bindings", folders: ["bindings/node"] };

/** Compiles when a source has changed, and says so: everything, or `bindingsOnly`. */
export async function buildScript(root, stamps, { bindingsOnly = false } = {}) {
  const isDone = ({ step, folders }) => stamps.fresh(step, inputs(root, folders), [join(root, "build/js")]);
  if (isDone(WHOLE) || (bindingsOnly && isDone(BINDINGS))) return;
  const { step, project, what, folders } = bindingsOnly ? BINDINGS : WHOLE;
  const hash = inputs(root, folders);
  console.log(`building ${what}`);
  stamps.forget(WHOLE.step, BINDINGS.step); // both write to the same folder, also when there are errors
  await run(root, what, [join(TYPESCRIPT, "bin/tsc"), "-p", project]);
  forgetOrphans(root);
  const main = join(root, "build/js/bindings/node/cli/main.js");
  if (existsSync(main)) chmodSync(main, 0o755);
  stamps.note(step, hash);
}

function inputs(root, folders) {
  const isSource = (path) => path.endsWith(".ts") && !path.startsWith("tests/unit/");
  const sources = folders.flatMap((folder) => filesBelow(root, folder, isSource));
  return hashOf(root, [...sources, "tsconfig.json"], createRequire(import.meta.url)("typescript/package.json").version);
}

/** Removes what was compiled from sources that are gone, so that no test of the past runs. */
function forgetOrphans(root) {
  for (const path of filesBelow(root, "build/js", (name) => COMPILED.test(name))) {
    const source = path.replace("build/js/", "").replace(COMPILED, ".ts");
    if (!existsSync(join(root, source))) rmSync(join(root, path));
  }
}

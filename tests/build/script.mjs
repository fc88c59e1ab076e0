// TypeScript of the bindings and the tests to build/js.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { filesBelow, hashOf } from "./files.mjs";

const TYPESCRIPT = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
const COMPILED = /\.(js|d\.ts|js\.map)$/;

/** Compiles when a source has changed; answers whether it did. */
export function buildScript(root, stamps) {
  const isSource = (path) => path.endsWith(".ts") && !path.startsWith("tests/unit/");
  const sources = ["bindings/node", "tests"].flatMap((folder) => filesBelow(root, folder, isSource));
  const hash = hashOf(root, [...sources, "tsconfig.json"], createRequire(import.meta.url)("typescript/package.json").version);
  if (stamps.fresh("tsc", hash, [join(root, "build/js")])) return false;
  const { status } = spawnSync(process.execPath, [join(TYPESCRIPT, "bin/tsc"), "-p", "tsconfig.json"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`tsc ended with status ${status}`);
  forgetOrphans(root);
  const main = join(root, "build/js/bindings/node/cli/main.js");
  if (existsSync(main)) chmodSync(main, 0o755);
  stamps.note("tsc", hash);
  return true;
}

/** Removes what was compiled from sources that are gone, so that no test of the past runs. */
function forgetOrphans(root) {
  for (const path of filesBelow(root, "build/js", (name) => COMPILED.test(name))) {
    const source = path.replace("build/js/", "").replace(COMPILED, ".ts");
    if (!existsSync(join(root, source))) rmSync(join(root, path));
  }
}

// Builds build/wasm2c/host: the release module as C (wasm2c), constants from the list in docs/abi.md, and host.c around it.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { hashOf } from "../../build/files.mjs";
import { callsHeader, constantsHeader } from "./headers.mjs";

const HERE = "tests/runtimes/wasm2c";
const OUT = "build/wasm2c";
const INPUTS = [
  "build/ringwire.wasm",
  "docs/abi.md",
  "tests/build/files.mjs",
  ...["build.mjs", "headers.mjs", "host.c", "wasm-rt.h"].map((name) => `${HERE}/${name}`),
];

const root = process.cwd();
const hash = hashOf(root, INPUTS);
const stamp = join(root, OUT, "stamp");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== hash) build();

function build() {
  const out = (name) => join(root, OUT, name);
  mkdirSync(join(root, OUT), { recursive: true });
  copyFileSync(join(root, "build/ringwire.wasm"), out("ringwire.wasm"));
  const wasm2c = join(dirname(createRequire(import.meta.url).resolve("wabt/package.json")), "bin/wasm2c");
  execFileSync(process.execPath, [wasm2c, out("ringwire.wasm"), "-n", "ringwire", "-o", out("ringwire.c")], { stdio: "inherit" });
  writeFileSync(out("ringwire_abi.h"), constantsHeader(readFileSync(join(root, "docs/abi.md"), "utf8")));
  writeFileSync(out("ringwire_calls.h"), callsHeader(readFileSync(out("ringwire.h"), "utf8")));
  const gcc = (...args) =>
    execFileSync("gcc", ["-std=c11", "-D_GNU_SOURCE", "-O2", "-I", join(root, HERE), "-I", join(root, OUT), ...args], { stdio: "inherit" });
  gcc("-c", out("ringwire.c"), "-o", out("ringwire.o"));
  gcc("-Wall", "-Wextra", "-Werror", join(root, HERE, "host.c"), out("ringwire.o"), "-lm", "-o", out("host"));
  writeFileSync(stamp, hash);
}

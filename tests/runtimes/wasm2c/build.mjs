// Builds build/wasm2c/host: the release module as C (wasm2c), constants from the list in docs/abi.md, and host.c around it.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { hashOf } from "../../build/files.mjs";

const HERE = "tests/runtimes/wasm2c";
const OUT = "build/wasm2c";
const INPUTS = [
  "build/ringwire.wasm",
  "docs/abi.md",
  "tests/build/files.mjs",
  ...["build.mjs", "host.c", "wasm-rt.h"].map((name) => `${HERE}/${name}`),
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

/** `#define RW_OWNER_MEMBER value` for each constant of the page's list, whose paragraphs read: **`Owner`**: 0 `MEMBER`, 1 `MEMBER`. */
function constantsHeader(page) {
  const list = page.split("<!-- constants:")[1]?.split("<!-- end of constants -->")[0];
  if (!list) throw new Error("docs/abi.md: no list of constants (expected the marks that npm run build writes between)");
  const lines = list.split("\n").flatMap((line) => {
    const owner = /^\*\*`(\w+)`\*\*/.exec(line)?.[1];
    return [...line.matchAll(/(-?\d+) `(\w+)`/g)].map(
      ([, value, name]) => `#define ${["RW", owner, name].filter(Boolean).map(upper).join("_")} ${value}`,
    );
  });
  return `// Generated from docs/abi.md.\n${lines.join("\n")}\n`;
}

/** `memoryNeeded` and `BAD_HANDLE` as `MEMORY_NEEDED` and `BAD_HANDLE`. */
function upper(name) {
  return name === name.toUpperCase() ? name : name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** For each exported function one of type i32 without the instance, which is `rw`; and a table of all by name, for the replay. */
function callsHeader(header) {
  const functions = [...header.matchAll(/^u32 w2c_ringwire_(\w+)\(w2c_ringwire\*((?:, u32)*)\);/gm)].map(([, name, list]) => [
    name,
    list.length / 5,
  ]);
  const letters = (count) => [..."abcdef"].slice(0, count);
  const lines = functions.flatMap(([name, count]) => {
    const parameters = letters(count).map((letter) => `uint32_t ${letter}`);
    const passed = ["&rw", ...letters(count)].join(", ");
    const taken = letters(count).map((_, place) => `a[${place}]`);
    return [
      `static inline int32_t rw_${name}(${parameters.join(", ") || "void"}) { return (int32_t)w2c_ringwire_${name}(${passed}); }`,
      `static int32_t call_${name}(const uint32_t *a) { (void)a; return rw_${name}(${taken.join(", ")}); }`,
    ];
  });
  const rows = functions.map(([name, count]) => `  {"${name}", ${count}, call_${name}},`);
  const row = "struct { const char *name; int arguments; int32_t (*call)(const uint32_t *); }";
  const table = `static const ${row} rw_calls[] = {\n${rows.join("\n")}\n};`;
  const head = '// Generated from the exports of the module.\n#include "ringwire.h"\n\nstatic w2c_ringwire rw;';
  return `${head}\n\n${lines.join("\n")}\n\n${table}\n`;
}

// `node wasm3.mjs`: where the C sources of wasm3 are, fetched first where they are not there yet. They come with a crate, of a fixed version and a
// fixed checksum, by way of cargo; nothing of it belongs to this repository. WASM3_SRC names another folder. With `--small`, where they are with
// wasm3.patch applied.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CRATE = "wasm3x-sys";
const VERSION = "0.1.0";
/** What cargo checks the crate against, and what we check the sources against. */
const CRATE_SHA256 = "b68d3e9dd1795a6295d15147c90211a1d4088654c1dc98720b9b84e3ace9f12f";
const SOURCES_SHA256 = "49b8517787024d3b3e4703a648c5fe68834d271d4fbab442d212cf26eb8c54b0";
const OUT = "build/wasm3";
const PATCH = fileURLToPath(new URL("wasm3.patch", import.meta.url));

/** The folder with the C sources of wasm3. */
export function wasm3Sources(root) {
  if (process.env.WASM3_SRC) return given(process.env.WASM3_SRC);
  const sources = join(root, OUT, "source");
  if (existsSync(sources)) return sources;
  const missing = whyNoWasm3(root);
  if (missing) throw new Error(missing);
  fetchCrate(root);
  return sources;
}

/** The folder with sources whose compiled code takes half of the room, for processors of 32 bits: wasm3.patch applied to a copy. */
export function smallWasm3Sources(root) {
  const { applyPatch, parsePatch } = createRequire(import.meta.url)("diff");
  const from = wasm3Sources(root);
  const patch = readFileSync(PATCH, "utf8");
  const out = join(root, OUT, `small-${createHash("sha256").update(patch).update(sumOf(from)).digest("hex").slice(0, 16)}`);
  if (existsSync(out)) return out;
  const work = `${out}.${process.pid}`;
  cpSync(from, work, { recursive: true });
  for (const file of parsePatch(patch)) {
    const path = join(work, file.newFileName.replace(/^b\//, ""));
    const patched = existsSync(path) && applyPatch(readFileSync(path, "utf8"), file);
    if (!patched) {
      rmSync(work, { recursive: true });
      throw new Error(
        `wasm3.patch does not fit ${path.split("/").pop()} of ${from}: it is for the sources that wasm3.mjs fetches by itself`,
      );
    }
    writeFileSync(path, patched);
  }
  if (existsSync(out)) rmSync(work, { recursive: true });
  else renameSync(work, out);
  return out;
}

/** Why the sources cannot be had; empty when they can. */
export function whyNoWasm3(root) {
  if (process.env.WASM3_SRC || existsSync(join(root, OUT, "source"))) return "";
  return spawnSync("cargo", ["--version"]).status === 0 ? "" : "wasm3 is fetched by cargo: install cargo 1.85 or newer, or set WASM3_SRC";
}

function given(folder) {
  if (!existsSync(join(folder, "m3_core.c"))) throw new Error(`WASM3_SRC: no m3_core.c in ${folder}`);
  return folder;
}

/** A package that depends on the crate alone is fetched by cargo, whose lock file holds the checksum; the sources are taken out of what it brought. */
function fetchCrate(root) {
  const work = join(root, OUT, `fetch.${process.pid}`);
  mkdirSync(join(work, "src"), { recursive: true });
  writeFileSync(join(work, "Cargo.toml"), `[package]\nname = "fetch"\nversion = "0.0.0"\n[dependencies]\n${CRATE} = "=${VERSION}"\n`);
  writeFileSync(join(work, "src/lib.rs"), "");
  const { status, stderr } = spawnSync("cargo", ["vendor", "--quiet", "vendor"], { cwd: work, encoding: "utf8" });
  if (status !== 0) throw new Error(`cargo vendor: ${stderr}`);
  const crate = join(work, "vendor", CRATE);
  const told = JSON.parse(readFileSync(join(crate, ".cargo-checksum.json"), "utf8")).package;
  if (told !== CRATE_SHA256) throw new Error(`${CRATE} ${VERSION}: checksum ${told}, expected ${CRATE_SHA256}`);
  const sum = sumOf(join(crate, "wasm3/source"));
  if (sum !== SOURCES_SHA256) throw new Error(`wasm3: checksum of the sources ${sum}, expected ${SOURCES_SHA256}`);
  renameSync(join(crate, "wasm3/source"), join(root, OUT, "source"));
  rmSync(work, { recursive: true });
}

function sumOf(folder) {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.[ch]$/.test(name));
  for (const name of names.sort()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(process.argv.includes("--small") ? smallWasm3Sources(process.cwd()) : wasm3Sources(process.cwd()));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

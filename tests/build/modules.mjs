// The WebAssembly modules that a build makes, and how each is compiled.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { filesBelow, hashOf } from "./files.mjs";
import { optimize } from "./optimize.mjs";

const ASC = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
const ASC_VERSION = createRequire(import.meta.url)("assemblyscript/package.json").version;

/** Every module: its name, target in asconfig.json, entry files in order, and where it goes. */
export function modules(root) {
  const shipped = [
    { name: "ringwire", target: "release", aim: "speed", entries: ["assembly/index.ts"] },
    { name: "ringwire-simd", target: "simd", aim: "speed", simd: true, entries: ["assembly/profiles/simd.ts", "assembly/index.ts"] },
    { name: "ringwire-tiny", target: "tiny", aim: "size", entries: ["assembly/profiles/tiny.ts", "assembly/bare.ts"] },
    { name: "ringwire-debug", target: "debug", entries: ["assembly/index.ts", "assembly/constants.ts"] },
  ].map((module) => ({ ...module, out: `build/${module.name}.wasm` }));
  const plain = { name: "plain", target: "release", aim: "speed", entries: ["assembly/profiles/plain.ts", "assembly/index.ts"] };
  return [...shipped, { ...plain, out: "build/plain/ringwire.wasm" }, ...examples(root)];
}

/** One for each folder of examples/ with an index.ts; a config.ts beside it says what build of the stack it wants, and that small is what counts. */
function examples(root) {
  const folder = join(root, "examples");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "index.ts")))
    .sort()
    .map((name) => {
      const configs = [`examples/${name}/config.ts`].filter((path) => existsSync(join(root, path)));
      return {
        name: `examples/${name}`,
        target: "example",
        aim: configs.length ? "size" : "speed",
        entries: [...configs, `examples/${name}/index.ts`],
        out: `build/examples/${name}.wasm`,
      };
    });
}

/** Compiles what is out of date, two at a time; answers the names of what was compiled. */
export async function buildModules(root, stamps) {
  const stale = modules(root).filter((module) => !stamps.fresh(module.name, inputs(root, module), [join(root, module.out)]));
  const queue = [...stale];
  const worker = async () => {
    for (let module = queue.shift(); module; module = queue.shift()) {
      const hash = inputs(root, module);
      await compile(root, module);
      stamps.note(module.name, hash);
    }
  };
  await Promise.all([worker(), worker()]);
  return stale.map((module) => module.name);
}

function inputs(root, module) {
  const isSource = (path) => path.endsWith(".ts");
  const folders = module.target === "example" ? ["assembly", dirname(module.entries[0])] : ["assembly"];
  const paths = folders.flatMap((folder) => filesBelow(root, folder, isSource));
  return hashOf(root, [...paths, "asconfig.json", "tests/build/optimize.mjs"], `${ASC_VERSION} ${module.entries.join(" ")}`);
}

/** Compiles to a name of its own first, so that nobody reads half a module. */
function compile(root, { name, target, aim, simd, entries, out }) {
  const missing = entries.find((entry) => !existsSync(join(root, entry)));
  if (missing) throw new Error(`${name}: no ${missing}, which is an entry file of this module`);
  mkdirSync(dirname(join(root, out)), { recursive: true });
  const fresh = out.replace(/\.wasm$/, `.${process.pid}.wasm`);
  const named = aim ? ["--debug"] : []; // the optimizer goes by names
  const args = [ASC, ...entries, "--config", "asconfig.json", "--target", target, ...named, "--outFile", fresh];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0 && aim) optimize(join(root, fresh), aim, { simd });
      if (code === 0) renameSync(join(root, fresh), join(root, out));
      else rmSync(join(root, fresh), { force: true });
      if (code === 0) resolve();
      else reject(new Error(`${name}: asc ended with status ${code}`));
    });
  });
}

// The WebAssembly modules that a build makes, and how each is compiled.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow, hashOf } from "./files.mjs";

const ASC = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
const ASC_VERSION = createRequire(import.meta.url)("assemblyscript/package.json").version;
const OPTIMIZER = fileURLToPath(new URL("./optimizer.mjs", import.meta.url));
/** A module with a function that answers a vector, as in bindings/node/module.ts: it is valid where the engine has them. */
const VECTOR = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** The name of the module that the bindings load on this engine. */
export function moduleToRun() {
  return WebAssembly.validate(VECTOR) ? "ringwire-simd" : "ringwire";
}

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

/** Compiles what is out of date, two at a time, and says so; only the modules with these `names`, or all. Throws for a name that there is not. */
export async function buildModules(root, stamps, names) {
  const all = modules(root);
  const unknown = names?.find((name) => !all.some((module) => module.name === name));
  if (unknown) throw new Error(`no module ${unknown}; there are ${all.map(({ name }) => name).join(", ")}`);
  const wanted = all.filter(({ name }) => !names || names.includes(name));
  const queue = wanted.filter((module) => !stamps.fresh(module.name, inputs(root, module), [join(root, module.out)]));
  const worker = async () => {
    for (let module = queue.shift(); module; module = queue.shift()) {
      const hash = inputs(root, module);
      console.log(`building ${module.name}`);
      await compile(root, module);
      stamps.note(module.name, hash);
    }
  };
  await Promise.all([worker(), worker()]);
}

function inputs(root, module) {
  const isSource = (path) => path.endsWith(".ts");
  const folders = module.target === "example" ? ["assembly", dirname(module.entries[0])] : ["assembly"];
  const paths = folders.flatMap((folder) => filesBelow(root, folder, isSource));
  return hashOf(root, [...paths, "asconfig.json", "tests/build/optimize.mjs"], `${ASC_VERSION} ${module.entries.join(" ")}`);
}

/** Compiles to a name of its own first, so that nobody reads half a module. */
async function compile(root, { name, target, aim, simd, entries, out }) {
  const missing = entries.find((entry) => !existsSync(join(root, entry)));
  if (missing) throw new Error(`${name}: no ${missing}, which is an entry file of this module`);
  mkdirSync(dirname(join(root, out)), { recursive: true });
  const fresh = out.replace(/\.wasm$/, `.${process.pid}.wasm`);
  const named = aim ? ["--debug"] : []; // the optimizer goes by names
  try {
    await run(root, name, [ASC, ...entries, "--config", "asconfig.json", "--target", target, ...named, "--outFile", fresh]);
    if (aim) await run(root, name, [OPTIMIZER, fresh, aim, ...(simd ? ["simd"] : [])]);
    renameSync(join(root, fresh), join(root, out));
  } finally {
    rmSync(join(root, fresh), { force: true });
  }
}

/** Runs a step in a process of its own, so that the steps of two modules go on at the same time. */
export function run(root, name, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${name}: ${basename(args[0])} ended with ${signal ?? `status ${code}`}`));
    });
  });
}

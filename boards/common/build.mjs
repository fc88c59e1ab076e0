// Builds the firmware of a board into build/boards: the application and the stack as one module, the module as C or as an image for wasm3,
// and the program around it. What is up to date is left alone.
import { createHash } from "node:crypto";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { toC } from "../../bindings/c/w2c.mjs";
import { smallWasm3Sources, wasm3Sources } from "../../bindings/c/wasm3.mjs";
import { filesBelow, hashOf } from "../../tests/build/files.mjs";
import { optimize } from "../../tests/build/optimize.mjs";

const ASC = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
const OUT = "build/boards";
/** Where applications are: examples, and those that only boards have. */
const APPLICATIONS = ["examples", "boards/applications"];
/** Octets of linear memory that applications take beyond those of the board's. */
const MORE_MEMORY = { dhcp: 9216 };
/** Octets of RAM that a board has beyond its own while it measures, keeps a log or tells what is in use: frames and records of a test's. */
const MORE_RAM = 65536;
const BINDING = ["ringwire.c", "ringwire_memory.c"];
const COMMON = ["console.c", "semihosting.c", "service.c", "stack.c", "words.c"];
const ENGINES = { wasm2c: ["ringwire_w2c.c"], wasm3: ["ringwire_wasm3.c", "ringwire_heap.c"] };
const PROGRAMS = { main: ["common/main.c"], measure: ["common/measure.c", "common/peer.c"] };
const FLAGS = [
  "-std=gnu11",
  "-g",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-ffunction-sections",
  "-fdata-sections",
  "-fno-tree-loop-distribute-patterns",
];
/** wasm3 as small as it gets: no floats, no fused operations, no long error texts, pages of code of 1 KB. */
const WASM3 = {
  d_m3CascadedOpcodes: 0,
  d_m3VerboseErrorMessages: 0,
  d_m3MaxConstantTableSize: 64,
  d_m3MaxFunctionStackHeight: 256,
  d_m3CodePageAlignSize: 1024,
  d_m3HasFloat: 0,
  d_m3MaxDuplicateFunctionImpl: 1,
  calloc: "rw_heap_zeroed",
  realloc: "rw_heap_resize",
  free: "rw_heap_free",
};

/** Octets of heap that a pointer in compiled code reaches (ringwire_wasm3_units.h). */
const REACH = 131072;
/** The file of the small wasm3 in which the operations are: for speed, where the rest is for size. */
const OPERATIONS = "m3_compile.c";

/** Names of all boards, without the template. */
export function boardNames(root) {
  return readdirSync(join(root, "boards"))
    .filter((name) => !name.startsWith("_") && existsSync(join(root, "boards", name, "board.json")))
    .sort();
}

/** What a board's board.json says. */
export function boardOf(root, name) {
  const path = join(root, "boards", name, "board.json");
  if (!existsSync(path)) throw new Error(`no board ${name}; there are ${boardNames(root).join(", ")}`);
  return { name, ...JSON.parse(readFileSync(path, "utf8")) };
}

/** Engines with which a board runs. */
export function enginesOf(board) {
  return Object.keys(board.memory);
}

/**
 * Builds a program (main or measure) of a board for an engine, with an example in place of the application, with an input log, or with an account
 * of what is in use (account.h); answers the path of the ELF file.
 */
export function buildBoard(root, name, engine, program = "main", { app = "", log = false, account = false } = {}) {
  const given = boardOf(root, name);
  const board = app ? { ...given, ...given.app } : given;
  if (!(engine in board.memory)) throw new Error(`${name} does not run with ${engine}; it does with ${enginesOf(board).join(" and ")}`);
  const module = buildModule(root, board.module, app);
  const shared = [name, engine, app, log ? "log" : "", account ? "account" : ""].filter(Boolean).join("-");
  const kind = program === "main" ? shared : `${shared}-${program}`;
  const out = `${OUT}/${kind}.elf`;
  const wasm3 = engine === "wasm3" ? (board.small ? smallWasm3Sources : wasm3Sources)(root) : "";
  const hash = hashOf(root, [module, ...sourcesOf(root, board)], `${engine} ${wasm3} ${versionOf(board)}`);
  if (isFresh(root, out, hash)) return join(root, out);
  const { files, flags } = engine === "wasm2c" ? asCode(root, module) : asImage(root, board, module, wasm3);
  const paths = [...PROGRAMS[program], `${name}/board.c`, ...COMMON.map((file) => `common/${file}`), ...board.sources].map(
    (file) => `boards/${file}`,
  );
  if (app && existsSync(join(root, "examples", app))) {
    paths.push("boards/common/flash.c", "bindings/c/ringwire_flash.c");
    flags.push("-DRW_EXAMPLE");
  }
  if (app === "dhcp") {
    paths.push("bindings/c/ringwire_dhcp.c");
    flags.push("-DRW_DHCP");
  }
  if (account) {
    paths.push("boards/common/account.c");
    flags.push("-DRW_ACCOUNT");
  }
  if (log) {
    paths.push("boards/common/log.c");
    flags.push("-DRW_LOG", `-DRW_LOG_MODULE=0x${moduleNumber(readFileSync(join(root, module))).toString(16)}`);
  }
  const own = [...paths, ...BINDING.map((file) => `bindings/c/${file}`)].map((path) => join(root, path));
  const isPlain = program === "main" && !log && !account;
  const needed = {
    ...board,
    memory: { ...board.memory, [engine]: board.memory[engine] + (MORE_MEMORY[app] ?? 0) },
    ...(board.ram && { ram: { ...board.ram, [engine]: board.ram[engine] + (isPlain ? 0 : MORE_RAM) } }),
  };
  link(root, needed, engine, own, files, flags, join(root, out), join(OUT, shared), hash);
  note(root, out, hash);
  return join(root, out);
}

/**
 * Builds a program (main or measure) of a board with another stack behind ringwire.h, by the flags that ours has with wasm2c: `own` are the files of
 * the repository that it takes besides, headers among them, `files` those of the other stack, of this `version`; answers the path of the ELF file.
 */
export function buildOther(root, name, other, program, { own, files, include, version }) {
  const board = boardOf(root, name);
  const out = `${OUT}/${name}-${other}-${program}.elf`;
  const hash = hashOf(root, [...own, ...sourcesOf(root, board)], `${other} ${version} ${versionOf(board)}`);
  if (isFresh(root, out, hash)) return join(root, out);
  mkdirSync(join(root, OUT), { recursive: true });
  const common = [...PROGRAMS[program], `${name}/board.c`, ...COMMON.map((file) => `common/${file}`), ...board.sources].map(
    (file) => `boards/${file}`,
  );
  const ours = [...common, "bindings/c/ringwire_memory.c", ...own.filter((file) => file.endsWith(".c"))].map((file) => join(root, file));
  const flags = include.map((folder) => `-I${folder}`);
  link(root, board, "wasm2c", ours, files, flags, join(root, out), join(OUT, `${name}-${other}`), hash, []);
  note(root, out, hash);
  return join(root, out);
}

/** Octets of flash (code, constants, initial values) and of RAM (all data, the native stack among them) that a program takes. */
export function sizeOf(root, name, elf) {
  const text = execFileSync(`${boardOf(root, name).tools}size`, [elf], { encoding: "utf8" });
  const [code, data, zeroed] = (text.trim().split("\n")[1] ?? "").trim().split(/\s+/).map(Number);
  return { flash: code + data, ram: data + zeroed };
}

/** The module of a board (its config.ts before the application, or before an example); answers its path. */
export function buildModule(root, name, app = "") {
  const out = `${OUT}/${name}${app && `-${app}`}.wasm`;
  mkdirSync(join(root, OUT), { recursive: true });
  const entries = app
    ? [mergedConfig(root, name, app), join(appFolder(root, app), "index.ts")]
    : [`boards/${name}/config.ts`, "boards/common/application.ts"];
  const own = app ? ["boards/common/application.ts"] : [];
  const sources = [...filesBelow(root, "assembly", (path) => path.endsWith(".ts")), ...entries, ...own];
  const hash = hashOf(root, [...sources, "asconfig.json", "tests/build/optimize.mjs"]);
  if (isFresh(root, out, hash)) return out;
  const fresh = `${OUT}/${name}.${process.pid}.wasm`;
  run(process.execPath, [ASC, ...entries, "--config", "asconfig.json", "--target", "example", "--outFile", fresh], root);
  optimize(join(root, fresh), "firmware");
  renameSync(join(root, fresh), join(root, out));
  note(root, out, hash);
  return out;
}

/** Names of the examples, and of the boards' own applications, that a board can run. */
export function appNames(root) {
  return APPLICATIONS.flatMap((folder) =>
    readdirSync(join(root, folder)).filter((name) => existsSync(join(root, folder, name, "config.ts"))),
  ).sort();
}

function appFolder(root, app) {
  return APPLICATIONS.map((folder) => `${folder}/${app}`).find((folder) => existsSync(join(root, folder, "config.ts")));
}

/** Writes a configuration with what an example needs, and for all else what the board says; answers its path. */
function mergedConfig(root, name, app) {
  if (!appNames(root).includes(app)) throw new Error(`no example ${app}; there are ${appNames(root).join(", ")}`);
  const linesOf = (path) => readFileSync(join(root, path), "utf8").match(/^@global const \w+: i32 = .*;$/gm) ?? [];
  const nameOf = (line) => line.split(/[ :]/)[2];
  const first = linesOf(`${appFolder(root, app)}/config.ts`);
  const taken = new Set(first.map(nameOf));
  const out = `${OUT}/${name}-${app}.config.ts`;
  const text = [...first, ...linesOf(`boards/${name}/config.ts`).filter((line) => !taken.has(nameOf(line)))].join("\n");
  if (!existsSync(join(root, out)) || readFileSync(join(root, out), "utf8") !== text) writeFileSync(join(root, out), text);
  return out;
}

/** A number by which a log knows the module it belongs to. */
export function moduleNumber(wasm) {
  return createHash("sha256").update(wasm).digest().readUInt32LE(0);
}

function asCode(root, module) {
  const made = join(root, module.replace(/wasm$/, "c"));
  toC(join(root, module), made);
  return { files: [made], flags: [] };
}

function asImage(root, board, module, wasm3) {
  const files = readdirSync(wasm3)
    .filter((file) => /^m3_(?!api).*\.c$/.test(file))
    .map((file) => join(wasm3, file));
  const defines = Object.entries(WASM3).map(([name, value]) => `-D${name}=${value}`);
  const own = [
    `-DRW_HEAP_OCTETS=${board.heap}`,
    ...(board.small ? [`-DRW_HEAP_REACH=${REACH}`, `-DRW_CODE_BASE=${board.code ?? 0}`] : []),
    `-DRW_WASM_STACK=${board.wasmStack}`,
    `-DRW_WASM_IMAGE="${join(root, module)}"`,
    `-I${wasm3}`,
  ];
  return { files, flags: [...own, ...defines] };
}

/** Compiles what is ours with all warnings, the rest as it is, and links. The programs of a board share their objects in `folder`. */
function link(root, board, engine, own, files, flags, out, folder, hash, engineFiles = ENGINES[engine]) {
  const tool = (name) => `${board.tools}${name}`;
  const all = [...own, ...engineFiles.map((file) => join(root, "bindings/c", file))];
  if (!isFresh(root, folder, hash)) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  note(root, folder, hash);
  const common = [
    ...board.processor,
    board.optimize ?? "-O2",
    ...FLAGS,
    `-DRW_MEMORY_OCTETS=${board.memory[engine]}`,
    ...(board.defines ?? []),
  ];
  const include = ["bindings/c", "boards/common"].map((path) => `-I${join(root, path)}`);
  const objectOf = (path) => join(root, folder, `${path.split("/").pop()}.o`);
  const compile = (path, extra) => {
    if (existsSync(objectOf(path))) return;
    const fresh = `${objectOf(path)}.${process.pid}`;
    run(tool("gcc"), [...common, ...include, ...flags, ...extra, "-c", path, "-o", fresh], root);
    renameSync(fresh, objectOf(path));
  };
  for (const path of all) compile(path, []);
  const isForSize = (path) => engine === "wasm3" && !(board.small && path.endsWith(OPERATIONS));
  for (const path of files) compile(path, ["-w", ...(isForSize(path) ? ["-Os"] : [])]);
  const objects = [...all, ...files].map(objectOf);
  const layout = [
    "-T",
    join(root, "boards", board.name, "link.ld"),
    "-L",
    join(root, "boards/common"),
    `-Wl,--defsym=STACK_OCTETS=${board.stack[engine]}`,
    ...(board.store ? [`-Wl,--defsym=_store=${board.store.at},--defsym=_store_end=${board.store.at}+${board.store.octets}`] : []),
    ...(board.ram ? [`-Wl,--defsym=RAM_OCTETS=${board.ram[engine]}`] : []),
  ];
  const libraries = board.libraries ?? ["--specs=nano.specs"];
  run(tool("gcc"), [...board.processor, "-nostartfiles", ...libraries, "-Wl,--gc-sections", ...layout, ...objects, "-o", out], root);
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
}

/** Everything of the repository that goes into a board's programs besides its module. */
function sourcesOf(root, { name, module }) {
  const isSource = (path) => !/\.(md|ts|txt)$/.test(path);
  const folders = ["bindings/c", "boards/common", ...new Set([`boards/${name}`, `boards/${module}`])];
  return folders.flatMap((folder) => filesBelow(root, folder, isSource));
}

function versionOf(board) {
  return spawnSync(`${board.tools}gcc`, ["-dumpfullversion"], { encoding: "utf8" }).stdout ?? "";
}

function isFresh(root, out, hash) {
  const stamp = join(root, `${out}.stamp`);
  return existsSync(join(root, out)) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
}

function note(root, out, hash) {
  writeFileSync(join(root, `${out}.stamp`), hash);
}

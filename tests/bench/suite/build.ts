// Builds the peers, each from the sources of its registry, into build/bench. What cannot be built says why.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ROOT = process.cwd();
const PEERS = join(ROOT, "tests/bench/peers");
const WASM2C = join(ROOT, "tests/runtimes/wasm2c");
/** Where everything goes. */
export const OUT = join(ROOT, "build/bench");
/** Debian's source package, and its version. */
export const LWIP = { name: "lwip", version: "2.1.3+dfsg1-2" };

function run(program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26, ...options });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    throw new Error(code === "ENOENT" ? `there is no ${program}` : `${program}: ${stderr?.trim().split("\n").at(-1) ?? error}`);
  }
}
function gcc(...args: string[]): void {
  run("gcc", ["-std=gnu11", ...args]);
}

/** The driver of the native peers. */
export function buildDriver(): string {
  const out = join(OUT, "native");
  gcc("-O2", "-Wall", "-Wextra", "-Werror", join(PEERS, "native.c"), "-ldl", "-o", out);
  return out;
}
/** What copies and checksums alone take. */
export function buildLimit(): string {
  const out = join(OUT, "limit");
  gcc("-O3", "-Wall", "-Wextra", "-Werror", join(PEERS, "limit.c"), "-o", out);
  return out;
}

/** The kernel's end of what goes over devices. */
export function buildPump(): string {
  const out = join(OUT, "pump");
  gcc("-O2", "-Wall", "-Wextra", "-Werror", join(PEERS, "pump.c"), "-o", out);
  return out;
}
/** A program that is there already; throws when it is not. */
export function installed(program: string): string {
  return run("sh", ["-c", `command -v ${program} || { echo there is no ${program} >&2; exit 1; }`]).trim();
}

/** smoltcp, the crate, as a library; beside it stands the program `tap`. */
export function buildSmoltcp(): string {
  const folder = join(OUT, "smoltcp");
  mkdirSync(folder, { recursive: true });
  for (const name of ["Cargo.toml", "lib.rs", "tap.rs"]) copyFileSync(join(PEERS, "smoltcp", name), join(folder, name));
  run("cargo", ["build", "--release", "--quiet"], { cwd: folder });
  return join(folder, "target/release/libpeer.so");
}

/** lwIP as a library: native, or with a heap instead of pools, so that what a connection takes is seen from outside. */
export function buildLwip(heap: boolean): string {
  const out = join(OUT, heap ? "lwip-heap.so" : "lwip.so");
  const sources = lwipSources();
  gcc("-O3", "-w", "-shared", "-fPIC", "-fvisibility=hidden", ...(heap ? ["-DPEER_HEAP"] : []), ...sources, "-o", out);
  return out;
}
/** lwIP in WebAssembly, from the same sources. */
export function buildLwipWasm(): string {
  const out = join(OUT, "lwip.wasm");
  const target = ["--target=wasm32", "-O3", "-w", "-ffreestanding", "-mbulk-memory", "-nostdlib", "-DLWIP_NO_UNISTD_H"];
  run("clang", [...target, `-I${join(PEERS, "lwip/wasm")}`, ...lwipSources(), "-Wl,--no-entry", "-Wl,-z,stack-size=65536", "-o", out]);
  return out;
}
function lwipSources(): string[] {
  const { include, files } = lwipCore();
  return [`-I${join(PEERS, "lwip")}`, `-I${include}`, join(PEERS, "lwip/glue.c"), ...files];
}
/** Its files without IPv6, interfaces but Ethernet, and the API for threads. */
export function lwipCore(): { include: string; files: string[] } {
  const source = join(lwipFolder(), "src");
  const below = (folder: string) =>
    readdirSync(join(source, folder))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(source, folder, name));
  const files = [...below("core"), ...below("core/ipv4"), join(source, "netif/ethernet.c")];
  return { include: join(source, "include"), files };
}
/** Fetches the source package from where this machine has its packages from. */
function lwipFolder(): string {
  const folder = join(OUT, "lwip");
  const unpacked = join(folder, `${LWIP.name}-${LWIP.version.replace(/-\d+$/, "")}`);
  if (existsSync(unpacked)) return unpacked;
  mkdirSync(join(folder, "lists/partial"), { recursive: true });
  mkdirSync(join(folder, "cache/archives/partial"), { recursive: true });
  const places = run("apt-get", ["indextargets", "--format", "deb-src $(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]);
  const debian = places.split("\n").filter((line) => line.endsWith(" main"));
  writeFileSync(join(folder, "sources.list"), `${[...new Set(debian)].join("\n")}\n`);
  const apt = [`Dir::Etc::SourceList=${folder}/sources.list`, "Dir::Etc::SourceParts=/dev/null", `Dir::State::Lists=${folder}/lists`];
  const options = [...apt, `Dir::Cache=${folder}/cache`].flatMap((option) => ["-o", option]);
  run("apt-get", [...options, "-qq", "update"]);
  run("apt-get", [...options, "-qq", "source", `${LWIP.name}=${LWIP.version}`], { cwd: folder });
  return unpacked;
}

/** The module as shipped, but with the names of its functions. */
export async function buildNamed(): Promise<string> {
  const out = join(OUT, "named.wasm");
  const asc = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
  run(process.execPath, [asc, "assembly/index.ts", "--config", "asconfig.json", "--target", "release", "--debug", "--outFile", out]);
  type Optimize = (path: string, aim: string, options: { keepNames: boolean }) => void;
  const { optimize } = (await import(join(ROOT, "tests/build/optimize.mjs"))) as { optimize: Optimize };
  optimize(out, "speed", { keepNames: true });
  return out;
}
/** A module of ours as C, as a library. */
export async function buildWasm2c(wasm: string, name: string, more: readonly string[] = []): Promise<string> {
  const folder = join(OUT, name);
  const out = join(OUT, `${name}.so`);
  const stamp = join(folder, "stamp");
  const inputs = [wasm, join(PEERS, "ringwire/glue.c"), join(PEERS, "peer.h"), join(ROOT, "docs/abi.md")].map((path) => readFileSync(path));
  const hash = Buffer.concat([...inputs, Buffer.from(more.join(" "))]).toString("latin1");
  if (existsSync(out) && existsSync(stamp) && readFileSync(stamp, "latin1") === hash) return out;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyFileSync(wasm, join(folder, "ringwire.wasm"));
  const wasm2c = join(dirname(createRequire(import.meta.url).resolve("wabt/package.json")), "bin/wasm2c");
  run(process.execPath, [wasm2c, join(folder, "ringwire.wasm"), "-n", "ringwire", "-o", join(folder, "ringwire.c")]);
  const headers = (await import(join(WASM2C, "headers.mjs"))) as Record<"constantsHeader" | "callsHeader", (text: string) => string>;
  writeFileSync(join(folder, "ringwire_abi.h"), headers.constantsHeader(readFileSync(join(ROOT, "docs/abi.md"), "utf8")));
  writeFileSync(join(folder, "ringwire_calls.h"), headers.callsHeader(readFileSync(join(folder, "ringwire.h"), "utf8")));
  const includes = [PEERS, WASM2C, folder].map((path) => `-I${path}`);
  const files = [join(folder, "ringwire.c"), join(PEERS, "ringwire/glue.c")];
  gcc("-O2", ...more, "-w", "-shared", "-fPIC", "-fvisibility=hidden", ...includes, ...files, "-lm", "-o", out);
  writeFileSync(stamp, hash, "latin1");
  return out;
}

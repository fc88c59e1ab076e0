// The stacks that are compared, and the command that measures one figure of each.
import { existsSync, mkdirSync } from "node:fs";
import { buildDriver, buildLimit, buildLwip, buildLwipWasm, buildSmoltcp, buildWasm2c, OUT } from "./build.js";
import { FIGURES, type Planned } from "./figures.js";
import { HOSTS } from "./hosts.js";

/** A figure: what is done, and with how many connections (of `short`: TIME-WAIT records). */
export interface Figure {
  workload: string;
  connections: number;
}
/** A stack, or the limit. */
export interface Stack {
  name: string;
  about: string;
  isOurs: boolean;
  /** Makes what is run; answers its path. */
  build(): string | Promise<string>;
  /** The command for a figure; null where the stack has none. */
  command(path: string, figure: Figure, seconds: number): string[] | null;
}

const DRIVE = "build/js/tests/bench/suite/drive.js";
/** Connections beyond which a peer takes minutes for a figure. */
const MOST = 10_000;
/** Seconds of short connections, at most: lwIP has 16,384 ports for its own, and each stays in TIME-WAIT. */
const SHORT_LWIP = 0.2;
/** What needs processes of its own language. */
const WASM_ONLY = ["start"];

function inV8(path: string, { workload, connections }: Figure, seconds: number): string[] {
  return ["node", DRIVE, path, workload, String(connections), String(seconds)];
}
function native(path: string, { workload, connections }: Figure, seconds: number): string[] | null {
  if (WASM_ONLY.includes(workload)) return null;
  return ["build/bench/native", path, workload, String(connections), String(seconds)];
}

const IN_MEMORY: readonly Stack[] = [
  {
    name: "ringwire",
    about: "ringwire.wasm in V8, driven from JavaScript",
    isOurs: true,
    build: () => "build/ringwire.wasm",
    command: inV8,
  },
  {
    name: "ringwire-simd",
    about: "ringwire-simd.wasm in V8, likewise",
    isOurs: true,
    build: () => "build/ringwire-simd.wasm",
    command: inV8,
  },
  {
    name: "ringwire-c",
    about: "ringwire.wasm as C by wasm2c, gcc -O2",
    isOurs: true,
    build: () => buildWasm2c("build/ringwire.wasm", "ringwire"),
    command: native,
  },
  {
    name: "smoltcp",
    about: "smoltcp 0.14.0, the crate, native, release with LTO, without congestion control",
    isOurs: false,
    build: buildSmoltcp,
    command: (path, figure, seconds) => {
      const isLong = figure.connections > MOST || figure.workload === "short"; // its sockets stay in TIME-WAIT
      return isLong ? null : native(path, figure, seconds);
    },
  },
  {
    name: "lwip",
    about: "lwIP 2.1.3, Debian's source package, native, gcc -O3",
    isOurs: false,
    build: () => {
      buildLwip(true);
      return buildLwip(false);
    },
    command: (path, figure, seconds) => {
      if (figure.connections > MOST) return null;
      const most = figure.workload === "short" ? SHORT_LWIP : seconds;
      return native(figure.workload === "memory" ? "build/bench/lwip-heap.so" : path, figure, Math.min(seconds, most));
    },
  },
  {
    name: "lwip-wasm",
    about: "the same lwIP in WebAssembly, clang -O3, in V8",
    isOurs: false,
    build: buildLwipWasm,
    // Its ports would be used up while V8 warms up.
    command: (path, figure, seconds) =>
      figure.connections > MOST || ["memory", "short"].includes(figure.workload) ? null : inV8(path, figure, seconds),
  },
  {
    name: "limit",
    about: "the five copies and two checksums alone, gcc -O3",
    isOurs: false,
    build: buildLimit,
    command: (path, { workload, connections }, seconds) => (workload === "bulk" && connections === 1 ? [path, String(seconds)] : null),
  },
];

const WALL = FIGURES.filter(({ isWall }) => isWall).map(({ workload }) => workload);

/** All of them. */
export const STACKS: readonly Stack[] = [
  ...IN_MEMORY.map((stack) => ({
    ...stack,
    command: (path: string, figure: Figure, seconds: number) =>
      WALL.includes(figure.workload) ? null : stack.command(path, figure, seconds),
  })),
  ...HOSTS,
];

/** A stack that was made. */
export interface Built {
  stack: Stack;
  path: string;
}

/** Makes the stacks with these names (none: all) that have any of the figures; tells `report` of what cannot be made, which with CI=true is a failure. */
export async function build(names: readonly string[], figures: readonly Planned[], report: (text: string) => void): Promise<Built[]> {
  mkdirSync(OUT, { recursive: true });
  const built: Built[] = [];
  const unknown = names.find((name) => STACKS.every((stack) => stack.name !== name));
  if (unknown) throw new Error(`no stack "${unknown}" (known: ${STACKS.map(({ name }) => name).join(", ")})`);
  buildDriver();
  for (const stack of STACKS) {
    if (names.length && !names.includes(stack.name)) continue;
    if (figures.every((figure) => !stack.command("", figure, 1))) continue;
    try {
      const path = await stack.build();
      if (!existsSync(path)) throw new Error(`${path} is not there`);
      built.push({ stack, path: path.replace(`${process.cwd()}/`, "") });
    } catch (error) {
      if (process.env.CI) throw error;
      report(`${stack.name} is left out: ${(error as Error).message}`);
    }
  }
  return built;
}

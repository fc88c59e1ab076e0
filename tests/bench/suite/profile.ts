// `npm run bench -- profile`: in which functions the instructions of a segment, a packet and a round trip go, counted by callgrind.
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { table } from "../statistics.js";
import { buildDriver, buildNamed, buildWasm2c, installed, OUT } from "./build.js";

/** A workload, the function of the driver that is one turn of it, what is told of, and how many units of the driver that is. */
const WORKLOADS = [
  { workload: "bulk", turn: "bulk", title: "A segment of 1,460 octets from buffer to buffer", units: 1460 },
  { workload: "udp", turn: "udp", title: "A UDP packet of 64 octets", units: 1 },
  { workload: "ping", turn: "ping", title: "A TCP round trip of an octet", units: 1 },
] as const;
/** Seconds of each run: the count is nearly the same in every turn. */
const SECONDS = 0.3;
/** gcc leaves functions apart that are not marked as inline, as the accesses to memory are. */
const SEPARATE = ["functions", "small-functions", "functions-called-once"].map((what) => `-fno-inline-${what}`);
/** Functions that are told, the most expensive first. */
const TOLD = 12;

/** Instructions by function. */
type Counts = Map<string, number>;

/** The name as in the sources: wasm2c writes other characters than letters as their code. */
function named(symbol: string): string {
  const text = symbol
    .replace(/^w2c_ringwire_/, "")
    .replace(/0x([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  if (/^_*mem(move|cpy)/.test(text)) return "copies (memmove of the C library)";
  return text.replace(/^assembly\//, "");
}
/** Lines of callgrind_annotate: `1,234 (12.34%)  file:function [object]`. Parts of a function are added up. */
export function parse(text: string): Counts {
  const counts: Counts = new Map();
  for (const [, count = "", symbol = ""] of text.matchAll(/^ *([\d,]+) \( *[\d.]+%\) +[^:\n]*:([^\s]+)/gm)) {
    const name = named(symbol.replace(/'\d+$|\.(isra|constprop|part|cold).*$/, ""));
    counts.set(name, (counts.get(name) ?? 0) + Number(count.replaceAll(",", "")));
  }
  return counts;
}
function count(library: string, { workload, turn, units }: (typeof WORKLOADS)[number]): { counts: Counts; done: number } {
  const out = join(OUT, `callgrind.${workload}`);
  const words = ["--tool=callgrind", `--callgrind-out-file=${out}`, `--toggle-collect=${turn}`, join(OUT, "native")];
  const quiet: ExecFileSyncOptionsWithStringEncoding = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26 };
  const said = JSON.parse(execFileSync("valgrind", [...words, library, workload, "1", String(SECONDS)], quiet)) as { units: number };
  return { counts: parse(execFileSync("callgrind_annotate", ["--threshold=100", out], quiet)), done: said.units / units };
}

function section({ title }: (typeof WORKLOADS)[number], { counts, done }: { counts: Counts; done: number }): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const all = sorted.reduce((sum, [, value]) => sum + value, 0);
  const row = (name: string, value: number) => [name, (value / done).toFixed(0), `${((100 * value) / all).toFixed(1)} %`];
  const told = sorted.slice(0, TOLD);
  const rest = all - told.reduce((sum, [, value]) => sum + value, 0);
  const rows = [...told.map(([name, value]) => row(name, value)), row("all others", rest), row("together", all)];
  return `### ${title}\n\n${table(["function", "instructions", "share"], rows)}`;
}

/** Counts, and tells of it. Throws when there is no valgrind. */
export async function profile(): Promise<string> {
  installed("valgrind");
  mkdirSync(OUT, { recursive: true });
  buildDriver();
  const library = await buildWasm2c(await buildNamed(), "named", SEPARATE);
  const about = `Instructions of both ends and the wire between them, counted by callgrind in the module as C by wasm2c, where gcc inlines no function
further, so that names are those of the module as it is shipped.`;
  return [about, ...WORKLOADS.map((each) => section(each, count(library, each)))].join("\n\n");
}

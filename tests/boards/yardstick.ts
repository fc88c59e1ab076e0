// lwIP as the yardstick: compiled for a board, behind the same programs as ours, and measured in the same way.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LWIP, lwipCore } from "../bench/suite/build.js";
import { budget, measuredOf, type Numbers } from "./measuring.js";
import { ROOT, tools } from "./rig.js";

/** The board on which it is measured. */
export const BOARD = "mps2-an385";
/** What is committed of it. */
export const YARDSTICK = join(ROOT, "tests/boards/yardstick.json");
/** Where the table stands. */
export const README = join(ROOT, "boards", BOARD, "README.md");
const GLUE = ["tests/boards/yardstick", "tests/bench/peers/lwip"];
const OWN = [
  "tests/boards/yardstick/lwip.c",
  "tests/boards/yardstick/lwipopts.h",
  "tests/bench/peers/lwip/arch/cc.h",
  "tests/bench/peers/lwip/bare.h",
];
const BEGIN = "<!-- yardstick: written by npm run board -- --yardstick -->\n";
const END = "<!-- end of yardstick -->\n";
const ROWS: Record<string, string> = {
  "icmp-98": "ICMP echo, a frame of 98 octets",
  "icmp-1514": "ICMP echo, a frame of 1,514 octets",
  "udp-64": "UDP echo, 64 octets",
  "udp-1472": "UDP echo, 1,472 octets",
  "tcp-64": "TCP request and response, 64 octets each",
  "tcp-1460": "TCP request and response, 1,460 octets each",
  "tcp-ack": "TCP, an ACK alone received",
  "tcp-bulk": "TCP bulk, a segment of 1,460 octets received, with its ACK",
  "http-page": "TCP, a whole connection with a page",
  start: "start",
  "idle-poll": "a poll with nothing to do",
  "polls-an-hour": "polls in an hour with two idle connections (no instructions)",
  flash: "flash, octets",
  ram: "static RAM, octets, the native stack among them",
  stack: "of the native stack used, octets",
};
/** Goals: no more than so many times lwIP. */
const GUIDES: Record<string, number> = { "tcp-bulk": 2.5 };

/** Builds one of its programs; answers the path of the ELF file. */
export function buildYardstick(program: "main" | "measure"): string {
  const { include, files } = lwipCore();
  const folders = [...GLUE.map((folder) => join(ROOT, folder)), include];
  return tools.buildOther(ROOT, BOARD, "lwip", program, { own: OWN, files, include: folders, version: LWIP.version });
}

/** Why it cannot be built and run here; empty when it can. */
export function whyNoYardstick(): string {
  const missing = tools.whyNoBoard(tools.boardOf(ROOT, BOARD));
  if (missing) return missing;
  try {
    lwipCore();
    return "";
  } catch (error) {
    return `no source package of lwIP: ${error instanceof Error ? error.message : error}`;
  }
}

/** What it takes, without what its programs print for the sake of ours alone. */
export async function yardstick(): Promise<Numbers> {
  const all = await measuredOf(tools.boardOf(ROOT, BOARD), "lwIP", buildYardstick("main"), buildYardstick("measure"));
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in ROWS));
}

/** What is committed of it. */
export function committed(): Numbers {
  return JSON.parse(readFileSync(YARDSTICK, "utf8"));
}

/** What differs by more than a hundredth, either way, or is on one side only. */
export function differing(is: Numbers, was: Numbers): string[] {
  const names = [...new Set([...Object.keys(is), ...Object.keys(was)])];
  return names
    .filter((name) => !(Math.abs((is[name] ?? Number.NaN) - (was[name] ?? Number.NaN)) <= 0.01 * (was[name] as number)))
    .map((name) => `${name} is ${is[name]}, committed is ${was[name]}`);
}

/** The README with the table of what is committed. */
export function withTable(text: string): string {
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${README}: no place for the table`);
  return text.slice(0, before) + BEGIN + table(ours("wasm2c"), ours("wasm3"), committed()) + text.slice(after);
}

function ours(engine: string): Numbers {
  return budget()[`${BOARD} ${engine}`] ?? {};
}

/** One row a figure: ours with both engines, theirs, and how many times theirs ours is. */
export function table(compiled: Numbers, interpreted: Numbers, theirs: Numbers): string {
  const shown = (value = Number.NaN) => value.toLocaleString("en-US");
  const rows = Object.entries(ROWS).map(([name, label]) => {
    const times = (compiled[name] ?? Number.NaN) / (theirs[name] ?? Number.NaN);
    const ratio = times < 0.001 ? "less than 0.001" : times.toPrecision(3);
    const goal = GUIDES[name] ? ` (guide: ${GUIDES[name]}, reached: ${ratio})` : "";
    return `| ${label}${goal} | ${[compiled, interpreted, theirs].map((of) => shown(of[name])).join(" | ")} | ${ratio} |\n`;
  });
  return ["| | Ringwire, wasm2c | Ringwire, wasm3 | lwIP | wasm2c / lwIP |\n", "|---|---|---|---|---|\n", ...rows].join("");
}

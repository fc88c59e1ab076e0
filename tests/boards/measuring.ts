// What firmware takes: instructions counted on the emulated processor, and octets of flash and RAM. The same numbers on every run.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Board, type Engine, ROOT, tools } from "./rig.js";

/** Numbers by their names. */
export type Numbers = Record<string, number>;

/** The committed budget. */
export const BUDGET = join(ROOT, "tests/boards/budget.json");
/** An instruction lasts 2^5 nanoseconds on the emulated clock: the timer of 24 bits lasts 20 million. */
const OPTIONS = ["-icount", "shift=5"];

/** What is in it: by board and engine, `mps2-an385 wasm2c`. */
export function budget(): Record<string, Numbers> {
  return JSON.parse(readFileSync(BUDGET, "utf8"));
}

/** Runs the program `measure` of a board, and weighs the one that serves. */
export async function measured(board: Board, engine: Engine): Promise<Numbers> {
  const main = tools.buildBoard(ROOT, board.name, engine);
  return measuredOf(board, engine, main, tools.buildBoard(ROOT, board.name, engine, "measure"));
}

/** The same of two programs of a board that were built already; `name` is what an error calls them. */
export async function measuredOf(board: Board, name: string, main: string, measure: string): Promise<Numbers> {
  const { flash, ram } = tools.sizeOf(ROOT, board.name, main);
  const running = new tools.Running(tools.commandOf(board, measure, {}, { options: OPTIONS, seed: "17".repeat(32) }));
  const status = await running.ended;
  if (status !== 0 || !running.text.endsWith("measured\n")) throw new Error(`${board.name}, ${name}: ${running.text}${running.said}`);
  const lines = running.text.trim().split("\n").slice(0, -1);
  return { flash, ram, ...Object.fromEntries(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[1])])) };
}

/** What has risen over its budget by more than a hundredth, has no budget, or was not measured. */
export function risen(name: string, is: Numbers, may: Numbers): string[] {
  const over = Object.entries(is).filter(([what, value]) => !(value <= (may[what] ?? -1) * 1.01));
  const missing = Object.keys(may).filter((what) => !(what in is));
  return [
    ...over.map(([what, value]) => `${name}: ${what} is ${value}, its budget ${may[what] ?? "is missing"}`),
    ...missing.map((what) => `${name}: ${what} was not measured`),
  ];
}

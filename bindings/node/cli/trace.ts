import { readFileSync } from "node:fs";
import { Command } from "commander";
import { readPcap } from "../pcapread.js";
import { type Direction, rung, Rungs } from "../rungs.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { TRACE_EXAMPLES } from "./help.js";

/** `ringwire trace`: the ladder of a capture. `trace COMMAND` is the command with --trace. */
export function traceCommand(done: (status: number) => void): Command {
  return new Command("trace")
    .description("Draw the packet ladder of a capture FILE, or of another COMMAND while it runs, which also says why.")
    .usage("FILE.pcap\n       ringwire trace COMMAND [its arguments and options]")
    .argument("<file>", "a pcap file")
    .addHelpText("after", TRACE_EXAMPLES)
    .action((file: string) => {
      for (const line of ladderOf(file)) console.log(line);
      done(0);
    });
}

/** `trace COMMAND ...` as `COMMAND --trace ...`; other command lines as they are. */
export function withTrace(args: readonly string[], commands: readonly Command[]): string[] {
  const [first, name, ...rest] = args;
  const able = commands.filter((each) => each.options.some(({ long }) => long === "--trace")).map((each) => each.name());
  if (first !== "trace" || name === undefined) return [...args];
  if (able.includes(name)) return [name, "--trace", ...rest];
  if (rest.length && !rest.some(isHelp))
    throw new Failure(
      `trace: "${name}" is no command that can be traced (${able.join(", ")}), and a capture takes no more arguments`,
      USAGE,
    );
  return [...args];
}
function isHelp(arg: string): boolean {
  return arg === "-h" || arg === "--help";
}

/** The ladder of a capture: who is seen first of two hosts stands on the left. */
function ladderOf(path: string): string[] {
  try {
    const { kind, frames } = readPcap(readFileSync(path));
    const rungs = new Rungs();
    const sides = new Sides();
    const began = frames[0]?.ms ?? 0;
    const lines = frames.map(({ ms, frame, octets }) => {
      const { text, seen } = rungs.describe(frame, kind);
      const marks = `${seen?.isAgain ? ", again" : ""}${octets > frame.length ? `, ${octets - frame.length} octets cut off` : ""}`;
      return rung(ms - began, sides.direction(frame, kind === "ethernet"), text + marks);
    });
    return [`${path}: ${frames.length} frames. A capture tells what passed, not why; ringwire trace COMMAND says why.`, ...lines];
  } catch (error) {
    throw new Failure(`${path}: ${oneLine(error)}`);
  }
}

/** Which of the two that a frame goes between stands on the left. */
class Sides {
  readonly #left = new Map<string, string>();

  direction(frame: Uint8Array, isEthernet: boolean): Direction {
    const [first, second, octets] = isEthernet ? [6, 0, 6] : [12, 16, 4];
    const ends = [first, second].map((at) => Buffer.from(frame.subarray(at, at + octets)).toString("hex")) as [string, string];
    const [from] = ends;
    const isGroup = isEthernet && ((frame[0] ?? 0) & 1) === 1;
    const pair = isGroup ? from : [...ends].sort().join();
    const known = this.#left.get(pair);
    if (known !== undefined) return known === from ? "->" : "<-";
    const left = this.#first(ends, isGroup);
    this.#left.set(pair, left);
    return left === from ? "->" : "<-";
  }
  /** Who was on the left of others stays there. */
  #first([from, to]: [string, string], isGroup: boolean): string {
    const lefts = new Set(this.#left.values());
    if (isGroup) return lefts.size && !lefts.has(from) ? "" : from;
    return !lefts.has(from) && lefts.has(to) ? to : from;
  }
}

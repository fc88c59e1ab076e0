import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { ipv4Number } from "../address.js";
import { CONTROL, MAILBOX_WORDS } from "../constants.js";
import type { Core } from "../core.js";
import { type FlashStore, fileStore, keepFlash } from "../flash.js";
import { Failure, oneLine } from "./failure.js";
import { RUN_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession, type Session } from "./session.js";
import { catchSignals } from "./signals.js";
import { checked } from "./values.js";

/** Something that is said of a mailbox word, or of a store. */
type Pair<T> = readonly [number: number, value: T];

interface Options {
  mail?: Pair<number>[];
  text?: Pair<string>[];
  flash?: Pair<string>[];
  flashOut?: Pair<string>[];
  show?: number[];
  showText?: number[];
}

/** `ringwire run`: runs a module that has an application inside, as a board would. */
export function runCommand(done: (status: number) => void): Command {
  const command = new Command("run").description(
    "Run MODULE, which has an application of its own inside, on devices, until SIGINT or SIGTERM.",
  );
  const stackOptions = addStackOptions(command, false, true);
  const collected =
    <T>(parse: (text: string) => T) =>
    (text: string, before: T[] = []): T[] => [...before, checked(parse)(text)];
  const word = (value: string) => pair(value, MAILBOX_WORDS - 1);
  command
    .argument("<module>", "a .wasm file, or the name of an example: echo, http, sensor, mqtt, clock, boot, note")
    .option("--mail <word=value>", "write a number or an IPv4 address into a mailbox word; several are allowed", collected(mailIn))
    .option("--text <word=text>", "write a text into mailbox words, from this one on", collected(word))
    .option("--flash <n=file>", "keep a file for the application to read, as store n", collected(storeIn))
    .option("--flash-out <n=file>", "keep a new file for the application to write, as store n", collected(storeIn))
    .option("--show <words>", "print these mailbox words, as 1,2, when they change", checked(wordsIn))
    .option("--show-text <words>", "print the text that begins with a mailbox word when it changes", checked(wordsIn))
    .addHelpText("after", RUN_EXAMPLES)
    .action(async (module: string) => done(await run({ ...stackOptions(), wasm: moduleFile(module), asBuilt: true }, command.opts())));
  return command;
}

async function run(stack: StackOptions, options: Options): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(stack);
  const input = createInterface({ input: process.stdin });
  try {
    const { core } = session.stack;
    keepFlash(core, stores(options));
    for (const [first, text] of options.text ?? []) writeText(core, first, text);
    for (const [i, value] of options.mail ?? []) core.setMail(i, value);
    session.stack.looking(watched(core, options));
    input.on("line", (line) => heard(session, line));
    console.log(`ready ${session.interfaces.map(({ name, addresses }) => [name, ...addresses].join(" ")).join("; ")}`);
    session.stack.schedule();
    await Promise.race([interrupts.came, session.failed]);
  } finally {
    input.close();
    process.stdin.destroy();
    await session.close();
  }
  return 0;
}

/** A line of stdin is a mailbox word and its new value. */
function heard({ stack }: Session, line: string): void {
  try {
    stack.core.setMail(...mailIn(line.trim()));
    stack.schedule();
  } catch (error) {
    console.error(`ringwire: ${oneLine(error)}`);
  }
}

/** Prints what has changed of the words that are to be shown. */
function watched(core: Core, { show = [], showText = [] }: Options): () => void {
  const before = new Map<string, string>();
  const tell = (name: string, value: string) => {
    if ((before.get(name) ?? "0") !== value && value) console.log(`${name} ${value}`);
    before.set(name, value);
  };
  return () => {
    for (const i of show) tell(`mail ${i}`, String(core.mail(i) | 0));
    for (const i of showText) tell(`text ${i}`, readText(core, i));
  };
}

function textAt(core: Core, first: number): Uint8Array {
  const at = core.control + CONTROL.mailbox;
  return core.octets.subarray(at + first * 4, at + MAILBOX_WORDS * 4);
}
function readText(core: Core, first: number): string {
  return /^[\x20-\x7e]*/.exec(Buffer.from(textAt(core, first)).toString("latin1"))?.[0] ?? "";
}
function writeText(core: Core, first: number, text: string): void {
  const octets = Buffer.from(`${text}\0`);
  const room = textAt(core, first);
  if (octets.length > room.length) throw new Failure(`--text ${first}=${text}: there is room for ${room.length - 1} octets`);
  room.set(octets);
}

function stores({ flash = [], flashOut = [] }: Options): Map<number, FlashStore> {
  const opened =
    (writable: boolean) =>
    ([number, path]: Pair<string>): [number, FlashStore] => {
      try {
        return [number, fileStore(path, writable)];
      } catch (error) {
        throw new Failure(oneLine(error));
      }
    };
  return new Map([...flash.map(opened(false)), ...flashOut.map(opened(true))]);
}

/** The file of a module, or of the example of this name. */
function moduleFile(name: string): string {
  const example = fileURLToPath(new URL(`../../../../examples/${name}.wasm`, import.meta.url));
  return /^[a-z]+$/.test(name) && !existsSync(name) && existsSync(example) ? example : name;
}

function pair(text: string, most: number): Pair<string> {
  const [, number = "", value = ""] = /^(\d+)=(.*)$/s.exec(text) ?? [];
  if (!number || Number(number) > most) throw new Error(`expected a number up to ${most}, "=" and a value`);
  return [Number(number), value];
}
function mailIn(text: string): Pair<number> {
  const [number, value] = pair(text, MAILBOX_WORDS - 1);
  const address = ipv4Number(value);
  if (value.includes(".") && address >= 0) return [number, address];
  if (!/^-?\d+$/.test(value) || Number(value) > 0xffff_ffff || Number(value) < -0x8000_0000)
    throw new Error("expected a number of 32 bits, or an IPv4 address");
  return [number, Number(value) >>> 0];
}
function storeIn(text: string): Pair<string> {
  const [number, path] = pair(text, 0xffff_ffff);
  if (!path) throw new Error("expected the name of a file");
  return [number, path];
}
function wordsIn(text: string): number[] {
  return text.split(",").map((each) => {
    if (!/^\d+$/.test(each) || Number(each) >= MAILBOX_WORDS) throw new Error(`expected mailbox words, 0 to ${MAILBOX_WORDS - 1}`);
    return Number(each);
  });
}

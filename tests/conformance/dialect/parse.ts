// The text of scenarios: read into steps, nothing played yet. docs/conformance.md tells the dialect; tests/conformance/scenarios holds the texts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One line of a scenario. */
export interface Step {
  verb: Verb;
  words: string[];
  /** The line as written, and where it stands. */
  text: string;
  line: number;
}

/** What a scenario needs of the device before it begins. */
export interface Setup {
  /** Octets of the receive and send rings (Linux: SO_RCVBUF, SO_SNDBUF). */
  receive?: number;
  send?: number;
  mtu?: number;
  /** Settings of Ringwire by name, milliseconds. */
  settings: Record<string, number>;
  /** Kernel parameters of the namespace, as `net.ipv4.tcp_sack=0`. */
  sysctls: string[];
}

/** A named sequence of frames, calls and times. */
export interface Scenario {
  /** Row ids, a colon and words. */
  name: string;
  file: string;
  setup: Setup;
  steps: Step[];
}

const VERBS = [
  "in",
  "out",
  "text",
  "silence",
  "advance",
  "skip",
  "mark",
  "fill",
  "acks",
  "icmp",
  "server",
  "client",
  "listen",
  "accept",
  "connect",
  "send",
  "recv",
  "close",
  "shutdown",
  "abort",
  "option",
  "state",
  "counter",
] as const;
/** What a line can begin with. */
export type Verb = (typeof VERBS)[number];

const SETUP = ["ring", "mtu", "setting", "sysctl"];

/** How each state of a connection is reached; `begin STATE` stands for these lines. */
export const PROLOGUES: Record<string, string[]> = {
  CLOSED: [],
  LISTEN: ["listen"],
  "SYN-SENT": ["connect", "out SYN seq 0"],
  "SYN-RECEIVED": ["listen", "in SYN seq 0 mss 1460", "out SYN,ACK seq 0 ack 1"],
  ESTABLISHED: ["server"],
  "FIN-WAIT-1": ["server", "shutdown", "out FIN,ACK seq 1 ack 1"],
  "FIN-WAIT-2": ["server", "shutdown", "out FIN,ACK seq 1 ack 1", "in ACK"],
  "CLOSE-WAIT": ["server", "in FIN,ACK", "out ACK seq 1 ack 2"],
  CLOSING: ["server", "shutdown", "out FIN,ACK seq 1 ack 1", "in FIN,ACK ack 1", "out ACK seq 2 ack 2"],
  "LAST-ACK": ["server", "in FIN,ACK", "out ACK seq 1 ack 2", "shutdown", "out FIN,ACK seq 1 ack 2"],
  "TIME-WAIT": ["server", "shutdown", "out FIN,ACK seq 1 ack 1", "in ACK", "in FIN,ACK", "out ACK seq 2 ack 2"],
};

/** All scenarios of a folder, in the order of its files. */
export function scenariosIn(folder: string): Scenario[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .sort();
  const all = files.flatMap((file) => parse(readFileSync(join(folder, file), "utf8"), file));
  const names = new Set<string>();
  for (const { name, file } of all) {
    if (names.has(name)) throw new Error(`${file}: two scenarios are called "${name}"`);
    names.add(name);
  }
  return all;
}

/** Scenarios of one text; throws at the first line that says nothing. */
export function parse(text: string, file: string): Scenario[] {
  const found: Scenario[] = [];
  let block: Line[] = [];
  const flush = () => {
    if (block.length) found.push(...expand(block, file));
    block = [];
  };
  text.split("\n").forEach((raw, index) => {
    const line = raw.replace(/(^|\s)#.*$/, "").trim();
    if (line.startsWith("scenario ")) flush();
    if (line) block.push({ text: line, line: index + 1 });
  });
  flush();
  return found;
}

interface Line {
  text: string;
  line: number;
}

/** One scenario, or one for each value where the block says `each NAME = VALUE ...` (values may hold blanks when `|` stands between them). */
function expand(block: Line[], file: string): Scenario[] {
  const each = block.find(({ text }) => text.startsWith("each "));
  if (!each) return [scenario(block, file)];
  const match = /^each (\w+) = (.+)$/.exec(each.text);
  if (!match) throw fault(file, each, "each NAME = VALUE ...");
  const [, name = "", list = ""] = match;
  const values = list.includes("|") ? list.split("|").map((value) => value.trim()) : list.split(/\s+/);
  const [head, ...rest] = block.filter((line) => line !== each);
  if (!head) throw fault(file, each, "a scenario begins with its name");
  const named = head.text.includes(`{${name}}`) ? head : { ...head, text: `${head.text} ({${name}})` };
  return values.flatMap((value) => {
    const lines = [named, ...rest].map(({ text, line }) => ({ text: text.replaceAll(`{${name}}`, value), line }));
    return expand(lines, file);
  });
}

function scenario([head, ...lines]: Line[], file: string): Scenario {
  const name = /^scenario (\S.*: \S.*)$/.exec(head?.text ?? "")?.[1];
  if (!head || !name) throw fault(file, head ?? { text: "", line: 1 }, "scenario ROW, ROW: words");
  const setup: Setup = { settings: {}, sysctls: [] };
  const steps: Step[] = [];
  for (const line of lines.flatMap((each) => unfolded(each, file))) {
    const [verb = "", ...words] = line.text.split(/\s+/);
    if (SETUP.includes(verb)) prepare(setup, verb, words, file, line);
    else if (isVerb(verb)) steps.push({ verb, words, ...line });
    else throw fault(file, line, `${verb} is no verb`);
  }
  const made = { name, file, setup, steps };
  judge(made, head);
  return made;
}

function unfolded(line: Line, file: string): Line[] {
  const state = /^begin (\S+)$/.exec(line.text)?.[1];
  if (!state) return [line];
  const prologue = PROLOGUES[state];
  if (!prologue) throw fault(file, line, `there is no state ${state}`);
  return prologue.map((text) => ({ text, line: line.line }));
}

function isVerb(word: string): word is Verb {
  return (VERBS as readonly string[]).includes(word);
}

function prepare(setup: Setup, verb: string, words: string[], file: string, line: Line): void {
  const [first = "", second = ""] = words;
  const value = Number(verb === "mtu" ? first : second);
  if (verb === "sysctl") setup.sysctls.push(...words);
  else if (!Number.isInteger(value)) throw fault(file, line, "a number is missing");
  else if (verb === "mtu") setup.mtu = value;
  else if (verb === "setting") setup.settings[first] = value;
  else if (first === "receive") setup.receive = value;
  else if (first === "send") setup.send = value;
  else throw fault(file, line, "ring receive N, ring send N");
}

/** What every scenario must have to show anything: an action, an expectation, and for silence a counter and a frame beside it. */
function judge({ name, file, steps }: Scenario, head: Line): void {
  const has = (...verbs: Verb[]) => steps.some(({ verb }) => verbs.includes(verb));
  if (!has("out", "text", "recv", "state", "counter", "server", "client")) throw fault(file, head, `"${name}" expects nothing`);
  const isIgnored = steps.some(({ verb }, i) => verb === "silence" && ["in", "icmp"].includes(steps[i - 1]?.verb ?? ""));
  if (!isIgnored) return;
  if (!has("counter")) throw fault(file, head, `"${name}": where silence is right, a counter says why`);
  if (!has("out", "text", "server", "client"))
    throw fault(file, head, `"${name}": where silence is right, a frame shows that the device lives`);
}

function fault(file: string, { text, line }: Line, what: string): Error {
  return new Error(`${file}:${line}: ${what} (in "${text}")`);
}

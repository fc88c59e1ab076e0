import { Command } from "commander";
import { DnsType } from "../constants.js";
import type { NameAnswer, RecordData, RecordType } from "../index.js";
import { hostAddress } from "./addresses.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { DIG_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession } from "./session.js";
import { catchSignals } from "./signals.js";

const TYPES = Object.keys(DnsType).filter((name) => name !== "SOA" && name !== "ANY");

/** What is asked for, and whom. */
interface Question {
  name: string;
  type: RecordType;
  server?: string;
}

/** `ringwire dig`: asks a name server. */
export function digCommand(done: (status: number) => void): Command {
  const command = new Command("dig").description("Ask for the records of NAME, or for the name of an address with TYPE PTR.");
  const stackOptions = addStackOptions(command);
  command
    .usage("NAME [TYPE] [@SERVER] [options]")
    .argument("<arguments...>", `NAME, and maybe TYPE (${TYPES.join(", ")}; default A) and @SERVER`)
    .option("--short", "print the records only")
    .addHelpText("after", DIG_EXAMPLES)
    .action(async (args: string[]) => done(await dig(question(args), stackOptions(), command.opts<{ short?: boolean }>())));
  return command;
}

/** The question in the arguments; throws a Failure that says what is wrong with them. */
export function question(args: readonly string[]): Question {
  const servers = args.filter((arg) => arg.startsWith("@")).map((arg) => arg.slice(1));
  const [name, type = "A", ...more] = args.filter((arg) => !arg.startsWith("@"));
  if (!name || more.length || servers.length > 1) throw new Failure("dig needs NAME, and takes one TYPE and one @SERVER", USAGE);
  const known = type.toUpperCase();
  if (!TYPES.includes(known)) throw new Failure(`type ${type}: expected one of ${TYPES.join(", ")}`, USAGE);
  const [server] = servers;
  if (server === undefined) return { name, type: known as RecordType };
  try {
    return { name, type: known as RecordType, server: hostAddress(server) };
  } catch (error) {
    throw new Failure(`@SERVER: ${oneLine(error)}`, USAGE);
  }
}

async function dig({ name, type, server }: Question, options: StackOptions, { short = false }): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(server === undefined ? options : { ...options, dns: [server] });
  const began = performance.now();
  try {
    const answer = await Promise.race([session.stack.lookup(name, type), interrupts.came, session.failed]);
    if (!answer) return interrupts.status;
    for (const line of short ? shortLines(answer) : lines(name, type, answer)) console.log(line);
    if (!short) console.log(`; ${answer.records.length} records, ${Math.round(performance.now() - began)} ms`);
    return answer.records.length ? 0 : 1;
  } catch (error) {
    throw new Failure(oneLine(error));
  } finally {
    await session.close();
  }
}

/** Records as `dig +short` prints them. */
export function shortLines({ records }: NameAnswer): string[] {
  return records.map(recordText);
}
/** Records with their name, TTL and type, and the alias that led to them. */
export function lines(name: string, type: RecordType, answer: NameAnswer): string[] {
  const dotted = (text: string) => (text.endsWith(".") ? text : `${text}.`);
  const isAlias = dotted(name).toLowerCase() !== dotted(answer.name).toLowerCase() && type !== "PTR";
  const alias = isAlias ? [`${dotted(name)}\t${answer.ttl}\tIN\tCNAME\t${dotted(answer.name)}`] : [];
  return [...alias, ...answer.records.map((each) => `${dotted(answer.name)}\t${answer.ttl}\tIN\t${type}\t${recordText(each)}`)];
}
function recordText(data: RecordData): string {
  if (typeof data === "string") return /^[\d.]+$|:/.test(data) ? data : `${data}.`;
  if (Array.isArray(data)) return data.map((text) => JSON.stringify(text)).join(" ");
  if ("preference" in data) return `${data.preference} ${data.name}.`;
  return `${data.priority} ${data.weight} ${data.port} ${data.name}.`;
}

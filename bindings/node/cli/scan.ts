import { Command, Option } from "commander";
import type { PortResult } from "../index.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { SCAN_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { checkHost } from "./ping.js";
import type { Session } from "./session.js";
import { columns } from "./services/status.js";
import { decimal, integer, port } from "./values.js";
import { inSession } from "./work.js";

interface Options {
  udp?: boolean;
  wait: number;
  parallel?: number;
  all?: boolean;
  json?: boolean;
}

/** Ports of which each is shown, whatever it is. */
const FEW = 32;

/** `ringwire scan`: tells which ports of a host are open. */
export function scanCommand(done: (status: number) => void): Command {
  const command = new Command("scan").description("Tell which PORTS of HOST are open, closed and filtered.");
  const stackOptions = addStackOptions(command);
  command
    .usage("HOST PORTS [options]")
    .argument("<host>", "IPv4 address or name")
    .argument("<ports>", "as 22,80,8000-8100")
    .option("-u, --udp", "UDP instead of TCP")
    .addOption(new Option("-w, --wait <seconds>", "for an answer of each port").argParser(decimal(0.01, 3600, "seconds")).default(2))
    .addOption(new Option("--parallel <n>", "ports at the same time (default: 64, UDP 8)").argParser(integer(1, 1024)))
    .option("--all", `show each port, also when there are more than ${FEW}`)
    .option("--json", "print a line of JSON for each port")
    .addHelpText("after", SCAN_EXAMPLES)
    .action(async (host: string, ports: string) => {
      done(await run(host, portList(ports), stackOptions(), command.opts<Options>()));
    });
  return command;
}

/** Ports and ranges, each port once, in order; throws a Failure that says what is wrong. */
export function portList(text: string): number[] {
  const wrong = (why: string) => new Failure(`PORTS "${text}": ${why}`, USAGE);
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [first = "", last = first, ...more] = part.split("-");
    if (!first || !last || more.length) throw wrong("expected ports and ranges, as 22,80,8000-8100");
    let [low, high] = [0, 0];
    try {
      [low, high] = [port(first), port(last)];
    } catch (error) {
      throw wrong(oneLine(error));
    }
    if (high < low) throw wrong(`${part} goes down`);
    for (let each = low; each <= high; each++) found.add(each);
  }
  return [...found].sort((a, b) => a - b);
}

async function run(host: string, ports: number[], stackOptions: StackOptions, options: Options): Promise<number> {
  checkHost(host, stackOptions);
  return inSession(stackOptions, async (session) => {
    try {
      await looked(session, host, ports, options);
      return 0;
    } catch (error) {
      throw new Failure(`${host}: ${oneLine(error)}`);
    }
  });
}

async function looked({ stack }: Session, host: string, ports: number[], { udp = false, wait, parallel, all, json }: Options) {
  const began = performance.now();
  const results: PortResult[] = [];
  const how = { udp, timeout: wait * 1000, ...(parallel === undefined ? {} : { parallel }) };
  for await (const result of stack.scan(host, ports, how)) {
    results.push(result);
    if (json) console.log(JSON.stringify({ host, ...result, ms: Math.round(result.ms * 1000) / 1000 }));
  }
  if (json) return;
  results.sort((a, b) => a.port - b.port);
  const shown = all || ports.length <= FEW ? results : results.filter(({ state }) => state === "open");
  const rows = shown.map(({ port: number, protocol, state, service, reason, ms }) => [
    `${number}/${protocol}`,
    state,
    service ?? "-",
    `${ms.toFixed(1)} ms`,
    reason,
  ]);
  if (rows.length) console.log(columns([["PORT", "STATE", "SERVICE", "TIME", "WHY"], ...rows]));
  console.log(summary(host, results, performance.now() - began));
}

/** Counts by state, as they come in the table of states. */
function summary(host: string, results: readonly PortResult[], ms: number): string {
  const counts = (["open", "closed", "filtered", "open|filtered"] as const).map((state) => {
    const count = results.filter((each) => each.state === state).length;
    return count ? `${count} ${state}` : "";
  });
  const what = results.length === 1 ? "1 port" : `${results.length} ports`;
  return `${what} of ${host} in ${(ms / 1000).toFixed(2)} s: ${counts.filter(Boolean).join(", ")}`;
}

import { Command, Option } from "commander";
import type { HopResult, Probe } from "../traceroute.js";
import { checkHost } from "./ping.js";
import { TRACEROUTE_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession } from "./session.js";
import { catchSignals } from "./signals.js";
import { decimal, integer } from "./values.js";

interface TracerouteOptions {
  firstHop: number;
  maxHops: number;
  queries: number;
  wait: number;
  size: number;
}

/** What is written behind an answer that says why the way ends, by the code of destination unreachable. */
const MARKS: Record<number, string> = { 0: "!N", 1: "!H", 2: "!P", 3: "!P", 4: "!F", 5: "!S" };

/** `ringwire traceroute`: shows the routers on the way to a host. */
export function tracerouteCommand(done: (status: number) => void): Command {
  const command = new Command("traceroute").description("Show the routers on the way to HOST.");
  const stackOptions = addStackOptions(command);
  command
    .argument("<host>", "IPv4 address")
    .addOption(new Option("-f, --first-hop <n>", "TTL of the first probes").argParser(integer(1, 255)).default(1))
    .addOption(new Option("-m, --max-hops <n>", "TTL of the last probes").argParser(integer(1, 255)).default(30))
    .addOption(new Option("-q, --queries <n>", "probes for each hop").argParser(integer(1, 10)).default(3))
    .addOption(new Option("-w, --wait <seconds>", "how long to wait for an answer").argParser(decimal(0.001, 3600, "seconds")).default(3))
    .addOption(new Option("-s, --size <octets>", "data in a probe").argParser(integer(0, 1472)).default(32))
    .addHelpText("after", TRACEROUTE_EXAMPLES)
    .action(async (host: string) => done(await run(host, stackOptions(), command.opts<TracerouteOptions>())));
  return command;
}

async function run(host: string, stackOptions: StackOptions, options: TracerouteOptions): Promise<number> {
  checkHost(host, stackOptions);
  const { firstHop, queries: probes, size } = options;
  const maxHops = Math.max(options.maxHops, firstHop);
  const interrupts = catchSignals();
  const session = await openSession(stackOptions);
  try {
    console.log(`traceroute to ${host}, ${maxHops} hops max, ${size + 28} octet packets`);
    const hops = session.stack.traceroute(host, { firstHop, maxHops, probes, size, timeout: options.wait * 1000 });
    for (;;) {
      const next = await Promise.race([hops.next(), interrupts.came]);
      if (!next) return interrupts.status;
      if (next.done) return 1;
      console.log(lineOf(next.value));
      if (next.value.reached) return 0;
    }
  } finally {
    await session.close();
  }
}

/** One hop as a line: each address once, the times behind it. */
function lineOf({ hop, probes }: HopResult): string {
  let shown: string | null = null;
  const words = probes.map((probe) => {
    if (!probe.address) return "*";
    const address = probe.address === shown ? "" : `${probe.address}  `;
    shown = probe.address;
    return `${address}${probe.ms.toFixed(3)} ms${markOf(probe)}`;
  });
  return `${String(hop).padStart(2)}  ${words.join("  ")}`;
}

function markOf({ type, code }: Probe): string {
  return type === 3 ? ` ${MARKS[code] ?? `!<${code}>`}` : "";
}

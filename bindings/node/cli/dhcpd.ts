import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { ipv4Number } from "../address.js";
import type { DhcpdOptions, Lease } from "../index.js";
import { hostAddress, isHostOf } from "./addresses.js";
import { Failure, USAGE } from "./failure.js";
import { DHCPD_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession, type Session } from "./session.js";
import { catchSignals } from "./signals.js";
import { checked, integer } from "./values.js";

/** Addresses to lease. */
interface Range {
  first: string;
  last: string;
  count: number;
}
interface Options {
  range: Range;
  lease: number;
  router?: string;
  dns: string[];
}

/** Milliseconds between two looks at the leases. */
const LOOK = 200;
const LEASE_MAX = 0xffff_fffe;
/** Addresses a server can lease. */
const RANGE_MAX = 4096;

/** `ringwire dhcpd`: leases addresses on the first device until a signal comes, and prints who gets which. */
export function dhcpdCommand(done: (status: number) => void): Command {
  const command = new Command("dhcpd").description("Serve addresses by DHCP on a TAP device until SIGINT or SIGTERM.");
  const stackOptions = addStackOptions(command, false);
  const address = checked(hostAddress);
  command
    .addOption(new Option("--range <first-last>", "addresses to lease, of a network of the device").argParser(range).makeOptionMandatory())
    .addOption(new Option("--lease <seconds>", "how long a lease lasts").argParser(integer(10, LEASE_MAX)).default(3600))
    .addOption(new Option("--router <a.b.c.d>", "the clients' gateway (default: none)").argParser(address))
    .addOption(new Option("--dns <a.b.c.d>", "a DNS server for the clients; up to 2").argParser(dns).default([], "none"))
    .addHelpText("after", DHCPD_EXAMPLES)
    .action(async () => done(await dhcpd(stackOptions(), command.opts<Options>())));
  return command;
}

function range(text: string): Range {
  const [first = "", last = "", ...rest] = text.split("-");
  if (rest.length || !last) throw new InvalidArgumentError("expected A.B.C.D-E.F.G.H, such as 10.9.0.100-10.9.0.199");
  const [from, to] = [first, last].map((end) => ipv4Number(checked(hostAddress)(end))) as [number, number];
  const count = to - from + 1;
  if (count < 1) throw new InvalidArgumentError(`${last} lies before ${first}`);
  if (count > RANGE_MAX) throw new InvalidArgumentError(`${count} addresses, there can be ${RANGE_MAX}`);
  return { first, last, count };
}
function dns(text: string, before: string[]): string[] {
  if (before.length === 2) throw new InvalidArgumentError("there can be two");
  return [...before, checked(hostAddress)(text)];
}

async function dhcpd(stackOptions: StackOptions, { range: { first, last, count }, lease, router, dns }: Options): Promise<number> {
  const own = stackOptions.devices[0]?.addresses ?? [];
  if (!own.some((prefix) => [first, last].every((end) => isHostOf(prefix, end))))
    throw new Failure(`--range ${first}-${last}: expected hosts of one network of the first device`, USAGE);
  const interrupts = catchSignals();
  const session = await openSession(stackOptions, { leases: count });
  try {
    const wanted: DhcpdOptions = { first, last, lease, dns, ...(router ? { router } : {}) };
    session.stack.serveDhcp(wanted);
    const free =
      count - own.filter(({ address }) => ipv4Number(address) >= ipv4Number(first) && ipv4Number(address) <= ipv4Number(last)).length;
    console.log(`ready ${session.interfaces[0]?.name}; ${free} addresses from ${first}`);
    await Promise.race([tell(session, interrupts.signal), session.failed]);
  } finally {
    await session.close();
  }
  return 0;
}

/** Prints each lease when it changes hands. */
async function tell({ stack }: Session, signal: AbortSignal): Promise<void> {
  const told = new Map<number, string>();
  while (!signal.aborted) {
    for (const lease of stack.leases()) {
      const text = line(lease);
      if (text && told.get(lease.place) !== text) console.log(text);
      told.set(lease.place, text);
    }
    await sleep(LOOK, undefined, { signal }).catch(() => {});
  }
}
function line({ address, state, seconds, mac }: Lease): string {
  if (state === "DECLINED") return `${address} declined`;
  if (state !== "BOUND") return "";
  return seconds ? `${address} leased to ${mac}` : `${address} free again`;
}

import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { DhcpdOptions, Lease } from "../index.js";
import { hostAddress } from "./addresses.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession, type Session } from "./session.js";
import { catchSignals } from "./signals.js";
import { checked, integer } from "./values.js";

interface Options {
  range: { first: string; last: string };
  lease: number;
  router?: string;
  dns: string[];
}

/** Milliseconds between two looks at the leases. */
const LOOK = 200;
const LEASE_MAX = 0xffff_fffe;

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
    .action(async () => done(await dhcpd(stackOptions(), command.opts<Options>())));
  return command;
}

function range(text: string): Options["range"] {
  const [first = "", last = "", ...rest] = text.split("-");
  if (rest.length || !last) throw new InvalidArgumentError("expected A.B.C.D-E.F.G.H");
  return { first: checked(hostAddress)(first), last: checked(hostAddress)(last) };
}
function dns(text: string, before: string[]): string[] {
  if (before.length === 2) throw new InvalidArgumentError("there can be two");
  return [...before, checked(hostAddress)(text)];
}

async function dhcpd(stackOptions: StackOptions, { range, lease, router, dns }: Options): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(stackOptions);
  try {
    const wanted: DhcpdOptions = { ...range, lease, dns, ...(router ? { router } : {}) };
    const count = session.stack.serveDhcp(wanted);
    console.log(`ready ${session.interfaces[0]?.name}; ${count} addresses from ${range.first}`);
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

import { parseAddress } from "./address.js";
import { type Core, instantiate } from "./core.js";
import type { Driver } from "./driver.js";
import { RingwireError, check } from "./error.js";
import { Filter, translate } from "./filter.js";
import { addRoutes, coreOptions, dhcpWishes, type StackInterface, type StackOptions } from "./options.js";
import { Stack } from "./stack.js";

/** Name servers that the stack keeps. */
export const SERVERS = 4;
/** Drivers that a stack has, or had. */
const OWNED = new WeakSet<Driver>();

/** Makes a stack on the drivers given, and starts it. They belong to it from now on: they are stopped with it, and when it cannot be made. Throws RingwireError. */
export async function createStack(options: StackOptions): Promise<Stack> {
  const given = Array.isArray(options?.interfaces) ? options.interfaces.map((each) => each?.driver).filter(Boolean) : [];
  const isTaken = given.some((driver) => OWNED.has(driver)) || isTwice(options?.interfaces);
  try {
    if (isTaken)
      throw new RingwireError(
        "IN_USE",
        "interfaces: a driver serves one interface of one stack, once, or one for each VLAN (open another one)",
      );
    const { core, drivers } = coreOptions(options);
    const now = performance.now();
    core.ms = Math.floor(now);
    const made = named(await instantiate(core), options);
    addRoutes(made, options.routes);
    const translating = options.interfaces.flatMap(({ napt }, i) => (napt ? [i] : []));
    translate(made, translating, options.forwards);
    const filter = new Filter(made);
    for (const rule of options.filter ?? []) filter.add(rule);
    const stack = new Stack(made, drivers, dhcpWishes(options.interfaces));
    for (const driver of drivers) OWNED.add(driver);
    return stack;
  } catch (error) {
    await Promise.all(given.filter((driver) => !OWNED.has(driver)).map((driver) => driver?.stop?.()));
    throw error;
  }
}

/** Tells a core its name servers, and its own name. */
function named(core: Core, { dns: servers = [], mdns }: StackOptions): Core {
  if (!Array.isArray(servers) || servers.length > SERVERS)
    throw new RingwireError("BAD_ARGUMENT", `dns: expected a list of at most ${SERVERS} addresses`);
  for (const server of servers) {
    parseAddress(server, "dns");
    check(core.dns_server_add(server), `dns: ${server}`);
  }
  if (mdns !== undefined) check(core.mdns_start(String(mdns)), `mdns: ${mdns}`);
  return core;
}
/** Whether two interfaces have the same driver and the same VLAN. */
function isTwice(interfaces: StackOptions["interfaces"]): boolean {
  if (!Array.isArray(interfaces)) return false;
  const same = (one: StackInterface, other: StackInterface) =>
    one?.driver && one.driver === other?.driver && (one.vlan ?? 0) === (other.vlan ?? 0);
  return interfaces.some((one, i) => interfaces.slice(0, i).some((other) => same(one, other)));
}

import { Command, Option } from "commander";
import { SmallService } from "../core.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { UP_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { serveOn, serviceNames } from "./serve.js";
import { DEFAULT_SERVICES, parseServices, type ServicePort } from "./services/names.js";
import { openSession, type Session } from "./session.js";
import { catchSignals } from "./signals.js";
import { checked, hostLabel } from "./values.js";

interface UpOptions {
  service: ServicePort[];
  json?: boolean;
  mdns?: string;
  small?: number;
}

/** `ringwire up`: serves on devices until a signal comes. */
export function upCommand(done: (status: number) => void): Command {
  const command = new Command("up").description("Start a stack on TAP or TUN devices and serve until SIGINT or SIGTERM.");
  const stackOptions = addStackOptions(command);
  command
    .addOption(
      new Option("--service <list>", 'services as name[:port],...; "none" for none')
        .argParser(checked(parseServices))
        .default(parseServices(DEFAULT_SERVICES), DEFAULT_SERVICES),
    )
    .addOption(new Option("--mdns <name>", "be NAME.local on the link, and announce the services there").argParser(hostLabel))
    .addOption(new Option("--small <list>", "echo, discard, daytime, chargen, time of the module itself").argParser(checked(smallServices)))
    .option("--json", "print the ready line as JSON")
    .addHelpText("after", UP_EXAMPLES)
    .action(async () => done(await up(stackOptions(), command.opts<UpOptions>())));
  return command;
}

async function up(options: StackOptions, { service, json = false, mdns, small }: UpOptions): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(mdns === undefined ? options : { ...options, mdns });
  try {
    const services = serveOn(session, service);
    if (small !== undefined) serveSmall(session, small);
    if (mdns !== undefined) announce(session, service, mdns);
    console.log(json ? JSON.stringify(readyObject(session, service)) : readyLine(session, service));
    await Promise.race([interrupts.came, session.failed]);
    services.close();
  } finally {
    await session.close();
  }
  return 0;
}

function serveSmall({ stack }: Session, small: number): void {
  try {
    stack.serveSmall(small);
  } catch (error) {
    throw new Failure(`--small: ${oneLine(error)}; --service serves ports too (--service none: no others)`, USAGE);
  }
}

/** Bits of the services that a list names. */
function smallServices(text: string): number {
  return text.split(",").reduce((bits, name) => {
    const bit = SmallService[name.toUpperCase() as keyof typeof SmallService];
    if (!bit) throw new Error(`unknown service "${name}", expected ${Object.keys(SmallService).join(", ").toLowerCase()}`);
    return bits | bit;
  }, 0);
}

/** Announces the services that DNS-SD has types for. */
function announce({ stack }: Session, services: readonly ServicePort[], name: string): void {
  for (const { name: service, port } of services) stack.advertise({ name, type: `_${service}._tcp`, port });
}

function readyObject({ interfaces }: Session, services: readonly ServicePort[]) {
  const described = services.map(({ name, port }) => ({ name, port, protocols: name === "http" ? ["tcp"] : ["tcp", "udp"] }));
  return { ready: true, devices: interfaces, services: described };
}

function readyLine({ interfaces }: Session, services: readonly ServicePort[]): string {
  const devices = interfaces.map(({ name, kind, addresses, mac, mtu }) =>
    [kind, name, addresses.join(","), ...(mac ? [`mac ${mac}`] : []), `mtu ${mtu}`].join(" "),
  );
  return `ready ${devices.join("; ")}; services ${serviceNames(services).join(" ") || "none"}`;
}

import { isHostName } from "../resolver.js";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { hostOrName, otherHost } from "./addresses.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { PING_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession, type Session } from "./session.js";
import { catchSignals, type Interrupts } from "./signals.js";
import { decimal, integer } from "./values.js";

interface PingOptions {
  count: number;
  interval: number;
  size: number;
  timeout: number;
}

/** Longest data of an echo request in an IPv4 packet. */
const DATA_MAX = 65_507;

/** `ringwire ping`: asks a host whether it is there. */
export function pingCommand(done: (status: number) => void): Command {
  const command = new Command("ping").description("Send ICMP echo requests to HOST and show the answers.");
  const stackOptions = addStackOptions(command);
  command
    .argument("<host>", "IPv4 address or name")
    .addOption(
      new Option("-c, --count <n>", "requests to send")
        .argParser(integer(1, 1_000_000_000))
        .default(Number.POSITIVE_INFINITY, "until SIGINT"),
    )
    .addOption(new Option("-i, --interval <seconds>", "time between requests").argParser(decimal(0, 3600, "seconds")).default(1))
    .addOption(new Option("-s, --size <octets>", "data in a request").argParser(integer(0, DATA_MAX)).default(56))
    .addOption(
      new Option("-W, --timeout <seconds>", "how long to wait for an answer").argParser(decimal(0.001, 3600, "seconds")).default(2),
    )
    .addHelpText("after", PING_EXAMPLES)
    .action(async (host: string) => done(await ping(host, stackOptions(), command.opts<PingOptions>())));
  return command;
}

async function ping(host: string, stackOptions: StackOptions, options: PingOptions): Promise<number> {
  checkHost(host, stackOptions);
  const interrupts = catchSignals();
  const session = await openSession(stackOptions);
  try {
    console.log(`PING ${host}: ${options.size} data octets`);
    const { sent, times } = await pingAll(session, host, options, interrupts);
    console.log(summary(host, sent, times));
    return times.length ? 0 : 1;
  } finally {
    await session.close();
  }
}

/** Whether a loopback device reaches an address: one of ours, or of 127/8. */
export function isInside(host: string, devices: StackOptions["devices"]): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(host) || devices.some(({ addresses }) => addresses.some(({ address }) => address === host));
}

/** Throws a failure when the host is no address, or one of ours. */
export function checkHost(host: string, { devices, loopback }: StackOptions): void {
  try {
    if (loopback && isInside(host, devices)) return;
    if (isHostName(host)) hostOrName(host);
    else
      otherHost(
        host,
        devices.flatMap(({ addresses }) => addresses),
      );
  } catch (error) {
    throw new Failure(`HOST: ${oneLine(error)}`, USAGE);
  }
}

/** Sends the requests one after another; answers how many went out and the round trips in milliseconds. */
async function pingAll(
  { stack }: Session,
  host: string,
  options: PingOptions,
  interrupts: Interrupts,
): Promise<{ sent: number; times: number[] }> {
  const times: number[] = [];
  let sent = 0;
  while (sent < options.count && !interrupts.signal.aborted) {
    const next = performance.now() + options.interval * 1000;
    sent++;
    const ms = await Promise.race([pingOnce(stack, host, sent, options), interrupts.came]);
    if (ms === undefined) break;
    if (!Number.isNaN(ms)) times.push(ms);
    const wait = next - performance.now();
    if (sent < options.count && wait > 0) await sleep(wait, undefined, { signal: interrupts.signal }).catch(() => {});
  }
  return { sent, times };
}

async function pingOnce(stack: Session["stack"], host: string, sequence: number, { size, timeout }: PingOptions): Promise<number> {
  try {
    const { ms, intact } = await stack.ping(host, { timeout: timeout * 1000, size });
    if (!intact) throw new Error("the answer holds other data than the request");
    console.log(`${size + 8} octets from ${host}: seq=${sequence} time=${ms.toFixed(3)} ms`);
    return ms;
  } catch (error) {
    console.log(`seq=${sequence}: ${oneLine(error)}`);
    return Number.NaN;
  }
}

function summary(host: string, sent: number, times: readonly number[]): string {
  const lost = sent ? Number((((sent - times.length) * 100) / sent).toFixed(2)) : 0;
  const line = `--- ${host}: ${sent} sent, ${times.length} answered, ${lost} % lost`;
  if (!times.length) return line;
  const average = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  return `${line}; round trip min/avg/max ${[Math.min(...times), average, Math.max(...times)].map((ms) => ms.toFixed(3)).join("/")} ms`;
}

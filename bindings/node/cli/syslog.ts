import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import type { Stack } from "../index.js";
import { check } from "../error.js";
import { Failure, oneLine } from "./failure.js";
import { SYSLOG_EXAMPLES } from "./help.js";
import { addStackOptions } from "./options.js";
import { checkHost } from "./ping.js";
import { port } from "./values.js";
import { inSession } from "./work.js";

/** By number. RFC 5424 §6.2.1. */
const SEVERITIES = ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];
const FACILITIES = "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock"
  .split(" ")
  .concat(Array.from({ length: 8 }, (_, i) => `local${i}`));
/** Milliseconds a message may wait for a neighbour that does not answer. */
const PATIENCE = 5000;
const LOOK = 10;

interface Options {
  severity: string;
  facility: string;
  name: string;
  port?: number;
}

/** `ringwire syslog`: sends one log message. */
export function syslogCommand(done: (status: number) => void): Command {
  const command = new Command("syslog").description("Send TEXT as a log message to HOST (RFC 5424, UDP).");
  const stackOptions = addStackOptions(command);
  command
    .argument("<host>", "IPv4 address or name of a log server")
    .argument("<text>", "the message")
    .addOption(new Option("--severity <name>", "how grave it is").choices(SEVERITIES).default("informational"))
    .addOption(new Option("--facility <name>", "what it is about").choices(FACILITIES).default("user"))
    .addOption(new Option("--name <name>", "who sends it").default("ringwire"))
    .addOption(new Option("--port <n>", "the server's port (default: 514)").argParser(port))
    .addHelpText("after", SYSLOG_EXAMPLES)
    .action(async (host: string, text: string) => {
      const given = stackOptions();
      checkHost(host, given);
      const options = command.opts<Options>();
      done(
        await inSession(given, async ({ stack }) => {
          await send(stack, host, text, options).catch((error: unknown) => {
            throw new Failure(`${host}: ${oneLine(error)}`);
          });
          return 0;
        }),
      );
    });
  return command;
}

async function send(stack: Stack, host: string, text: string, { severity, facility, name, port: number = 514 }: Options): Promise<void> {
  const [address = ""] = await stack.resolve(host);
  const { core } = stack;
  check(core.syslog_start({ address, port: number }, name), "syslog");
  const [sent, lost] = [core.counter("UDP_OUT"), core.counter("ARP_FAILED")];
  check(core.syslog_send(FACILITIES.indexOf(facility) * 8 + SEVERITIES.indexOf(severity), text), "syslog");
  stack.schedule();
  for (let left = PATIENCE; core.counter("UDP_OUT") === sent || core.pools().HOLD.used; left -= LOOK) {
    if (left <= 0) throw new Failure("it could not leave");
    await sleep(LOOK);
  }
  if (core.counter("ARP_FAILED") !== lost) throw new Failure("no such host on the link, or no way there");
  core.syslog_stop();
}

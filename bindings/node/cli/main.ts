#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { digCommand } from "./dig.js";
import { demoCommand } from "./demo.js";
import { dhcpdCommand } from "./dhcpd.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { MAIN_EXAMPLES } from "./help.js";
import { httpdCommand } from "./httpd.js";
import { ncCommand } from "./nc.js";
import { netstatCommand } from "./netstat.js";
import { pingCommand } from "./ping.js";
import { traceCommand, withTrace } from "./trace.js";
import { tracerouteCommand } from "./traceroute.js";
import { scanCommand } from "./scan.js";
import { sntpCommand } from "./sntp.js";
import { syslogCommand } from "./syslog.js";
import { tftpCommand } from "./tftp.js";
import { tftpdCommand } from "./tftpd.js";
import { upCommand } from "./up.js";
import { version } from "./version.js";

/** All of them, in the order of the help. */
const COMMANDS = [
  ...[upCommand, pingCommand, tracerouteCommand, ncCommand, scanCommand, digCommand, sntpCommand],
  ...[syslogCommand, tftpCommand, tftpdCommand, dhcpdCommand, httpdCommand, netstatCommand, traceCommand, demoCommand],
];

/** Runs a command line (without node and script); answers the exit status. Errors are one line on stderr. */
async function main(args: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command("ringwire")
    .description("A TCP/IP stack for WebAssembly, on a TAP or TUN device of this machine.")
    .version(version())
    .helpCommand(false)
    .addHelpText("after", MAIN_EXAMPLES);
  const done = (code: number) => {
    status = code;
  };
  for (const command of COMMANDS) program.addCommand(command(done));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  try {
    if (!args.length)
      throw new Failure(`say what to do: ${program.commands.map((each) => each.name()).join(", ")} (ringwire --help tells more)`, USAGE);
    await program.parseAsync(withTrace(args, program.commands), { from: "user" });
    return status;
  } catch (error) {
    return report(error);
  }
}

/** Tells what went wrong in one line; answers the exit status. */
function report(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
  console.error(`ringwire: ${oneLine(error).replace(/^error: /, "")}`);
  if (process.env.RINGWIRE_DEBUG && error instanceof Error) console.error(error.stack);
  if (error instanceof CommanderError) return USAGE;
  return error instanceof Failure ? error.status : 1;
}

/** Ends the process when everything written has left it. */
function leave(status: number): void {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
}

process.stdout.on("error", () => process.kill(process.pid, "SIGTERM")); // nobody reads any more: end cleanly
process.on("uncaughtException", (error) => leave(report(error)));
leave(await main(process.argv.slice(2)));

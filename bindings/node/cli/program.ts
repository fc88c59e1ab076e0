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
import { runCommand } from "./run.js";
import { scanCommand } from "./scan.js";
import { sntpCommand } from "./sntp.js";
import { syslogCommand } from "./syslog.js";
import { tftpCommand } from "./tftp.js";
import { tftpdCommand } from "./tftpd.js";
import { upCommand } from "./up.js";
import { version } from "./version.js";

/** All of them, in the order of the help. */
const COMMANDS = [
  ...[upCommand, runCommand, pingCommand, tracerouteCommand, ncCommand, scanCommand, digCommand, sntpCommand],
  ...[syslogCommand, tftpCommand, tftpdCommand, dhcpdCommand, httpdCommand, netstatCommand, traceCommand, demoCommand],
];

/** Where help and refusals go. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const PROCESS: Output = { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text) };

/** Runs a command line (without node and script); answers the exit status. Errors are one line. */
export async function run(args: readonly string[], { out, err }: Output = PROCESS): Promise<number> {
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
    command.exitOverride().configureOutput({ writeOut: out, outputError: () => {} });
  }
  try {
    if (!args.length)
      throw new Failure(`say what to do: ${program.commands.map((each) => each.name()).join(", ")} (ringwire --help tells more)`, USAGE);
    await program.parseAsync(withTrace(args, program.commands), { from: "user" });
    return status;
  } catch (error) {
    return report(error, err);
  }
}

/** Tells what went wrong in one line; answers the exit status. */
export function report(error: unknown, err = PROCESS.err): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
  err(`ringwire: ${oneLine(error).replace(/^error: /, "")}\n`);
  if (process.env.RINGWIRE_DEBUG && error instanceof Error) err(`${error.stack}\n`);
  if (error instanceof CommanderError) return USAGE;
  return error instanceof Failure ? error.status : 1;
}

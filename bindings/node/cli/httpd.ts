import { statSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { filesBelow } from "./files.js";
import { HTTPD_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { openSession } from "./session.js";
import { catchSignals } from "./signals.js";
import { integer } from "./values.js";

interface Options {
  root: string;
  port: number;
  write?: boolean;
}

/** `ringwire httpd`: serves the files of a directory over HTTP/1.1 until a signal comes. */
export function httpdCommand(done: (status: number) => void): Command {
  const command = new Command("httpd").description("Serve the files of a directory over HTTP/1.1 until SIGINT or SIGTERM.");
  const stackOptions = addStackOptions(command);
  command
    .addOption(new Option("--root <dir>", "the directory").argParser(directory).default("."))
    .addOption(new Option("--port <number>", "where to listen").argParser(integer(1, 65535)).default(80))
    .option("--write", "PUT and DELETE change files (default: 405)")
    .addHelpText("after", HTTPD_EXAMPLES)
    .action(async () => done(await httpd(stackOptions(), command.opts<Options>())));
  return command;
}
function directory(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new InvalidArgumentError("there is no such directory");
}

async function httpd(stackOptions: StackOptions, { root, port, write = false }: Options): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(stackOptions);
  try {
    session.stack.serveHttp({ port }, filesBelow(root, write));
    console.log(`ready ${session.interfaces.map(({ name }) => name).join(" ")}; ${root} on port ${port}`);
    await Promise.race([interrupts.came, session.failed]);
  } finally {
    await session.close();
  }
  return 0;
}

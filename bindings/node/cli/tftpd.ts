import { once } from "node:events";
import { Command } from "commander";
import { serveTftp, type TftpDecision } from "../index.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { Folder } from "./folder.js";
import { TFTPD_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import type { Session } from "./session.js";
import { inSession } from "./work.js";

interface Options {
  root: string;
  writable?: boolean;
}

const REFUSED: Record<number, string> = { 1: "not found", 2: "not allowed", 3: "disk full" };

/** `ringwire tftpd`: serves the files of a folder until a signal comes. */
export function tftpdCommand(done: (status: number) => void): Command {
  const command = new Command("tftpd").description("Serve the files of a folder by TFTP until SIGINT or SIGTERM.");
  const stackOptions = addStackOptions(command, false);
  command
    .requiredOption("--root <dir>", "the folder; nothing outside it is read or written")
    .option("--writable", "take files, too; one of the same name is replaced when the new one is whole")
    .addHelpText("after", TFTPD_EXAMPLES)
    .action(async () => done(await tftpd(stackOptions(), command.opts<Options>())));
  return command;
}

async function tftpd(stackOptions: StackOptions, { root, writable = false }: Options): Promise<number> {
  const folder = opened(root, writable);
  const decide: TftpDecision = ({ name, writes, address }) => {
    const file = writes ? folder.write(name) : folder.read(name);
    if (typeof file === "number") console.log(`${address} ${writes ? "put" : "get"} ${JSON.stringify(name)}: ${REFUSED[file]}`);
    return file;
  };
  const work = async ({ stack, interfaces }: Session, signal: AbortSignal) => {
    serveTftp(stack, decide, ({ name, address, writes, octets, failed }) =>
      console.log(`${address} ${writes ? "put" : "get"} ${JSON.stringify(name)}: ${octets} octets${failed ? `, ${failed}` : ""}`),
    );
    console.log(`ready ${interfaces[0]?.name}; ${writable ? "reading and writing" : "reading"} ${root}`);
    if (!signal.aborted) await once(signal, "abort");
    return 0;
  };
  return inSession(stackOptions, work, 0);
}

function opened(root: string, writable: boolean): Folder {
  try {
    return new Folder(root, writable);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Failure(`--root: ${isMissing ? `there is no ${root}` : oneLine(error)}`, USAGE);
  }
}

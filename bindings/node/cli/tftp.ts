import { readFile, rename, rm } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { type TftpOptions, tftpGet, tftpPut } from "../index.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { TFTP_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { checkHost } from "./ping.js";
import type { Session } from "./session.js";
import { integer, port } from "./values.js";
import { inSession } from "./work.js";

interface Options {
  output?: string;
  input?: string;
  port?: number;
  block?: number;
  quiet?: boolean;
}
interface Wish {
  what: "get" | "put";
  host: string;
  file: string;
}

/** `ringwire tftp`: gets a file from a server, or puts one there. */
export function tftpCommand(done: (status: number) => void): Command {
  const command = new Command("tftp").description("Get FILE from a TFTP server, or put it there.");
  const stackOptions = addStackOptions(command);
  command
    .usage("get|put HOST FILE [options]")
    .argument("<arguments...>", "get or put, HOST, and the server's name of the FILE")
    .option("--output <path>", 'get: where to; "-" is stdout (default: the last part of FILE, here)')
    .option("--input <path>", 'put: where from; "-" is stdin (default: FILE)')
    .addOption(new Option("--port <n>", "the server's port (default: 69)").argParser(port))
    .addOption(new Option("--block <octets>", "octets of a block (default: the longest that fits)").argParser(integer(8, 1468)))
    .option("-q, --quiet", "say nothing when it is done")
    .addHelpText("after", TFTP_EXAMPLES)
    .action(async (args: string[]) => done(await tftp(wish(args, command.opts<Options>()), stackOptions(), command.opts<Options>())));
  return command;
}

function wish(args: readonly string[], { output, input }: Options): Wish {
  const [what = "", host = "", file = "", ...more] = args;
  if ((what !== "get" && what !== "put") || !host || !file || more.length) throw new Failure("tftp needs get or put, HOST and FILE", USAGE);
  if (what === "get" ? input !== undefined : output !== undefined)
    throw new Failure(`tftp ${what} takes no ${what === "get" ? "--input" : "--output"}`, USAGE);
  if (what === "get" && output === undefined && !basename(file)) throw new Failure(`FILE "${file}": say --output`, USAGE);
  return { what, host, file };
}

async function tftp({ what, host, file }: Wish, stackOptions: StackOptions, options: Options): Promise<number> {
  checkHost(host, stackOptions);
  const octets = what === "put" ? await content(options.input ?? file) : new Uint8Array(0);
  return inSession(stackOptions, async (session, signal) => {
    const how: TftpOptions = {
      signal,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.block === undefined ? {} : { block: options.block }),
    };
    const began = performance.now();
    let count = octets.length;
    try {
      if (what === "put") await tftpPut(session.stack, host, file, octets, how);
      else count = await get(session, host, file, options.output ?? basename(file), how);
    } catch (error) {
      throw new Failure(oneLine(error));
    }
    if (!options.quiet) console.error(`${file}: ${count} octets in ${((performance.now() - began) / 1000).toFixed(3)} s`);
    return 0;
  });
}

async function content(path: string): Promise<Uint8Array> {
  try {
    return path === "-" ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    throw new Failure(oneLine(error));
  }
}

/** Writes a file as it comes; it has its name only when it is whole. Answers its octets. */
async function get({ stack }: Session, host: string, file: string, to: string, how: TftpOptions): Promise<number> {
  let count = 0;
  const counted = async function* () {
    for await (const block of tftpGet(stack, host, file, how)) {
      count += block.length;
      yield block;
    }
  };
  if (to === "-") {
    await pipeline(counted, process.stdout, { end: false });
    return count;
  }
  const part = `${to}.${process.pid}.part`;
  try {
    await pipeline(counted, createWriteStream(part, { flags: "wx" }));
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return count;
}

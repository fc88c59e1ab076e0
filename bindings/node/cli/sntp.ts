import { Command, Option } from "commander";
import { askTime } from "../index.js";
import { Failure, oneLine } from "./failure.js";
import { SNTP_EXAMPLES } from "./help.js";
import { addStackOptions } from "./options.js";
import { checkHost } from "./ping.js";
import { decimal, port } from "./values.js";
import { inSession } from "./work.js";

interface Options {
  wait: number;
  port?: number;
}

/** `ringwire sntp`: asks a server what time it is. */
export function sntpCommand(done: (status: number) => void): Command {
  const command = new Command("sntp").description("Ask HOST what time it is.");
  const stackOptions = addStackOptions(command);
  command
    .argument("<host>", "IPv4 address or name of an NTP server")
    .addOption(new Option("-w, --wait <seconds>", "for the answer").argParser(decimal(0.01, 3600, "seconds")).default(5))
    .addOption(new Option("--port <n>", "the server's port (default: 123)").argParser(port))
    .addHelpText("after", SNTP_EXAMPLES)
    .action(async (host: string) => {
      const options = command.opts<Options>();
      const given = stackOptions();
      checkHost(host, given);
      done(
        await inSession(given, async ({ stack }) => {
          const how = { timeout: options.wait * 1000, ...(options.port === undefined ? {} : { port: options.port }) };
          const time = await askTime(stack, host, how).catch((error: unknown) => {
            throw new Failure(oneLine(error));
          });
          const ahead = (time.unix - Date.now()) / 1000;
          const own = `${Math.abs(ahead).toFixed(3)} s ${ahead < 0 ? "behind" : "ahead of"} this machine`;
          console.log(`${new Date(time.unix).toISOString()} +-${time.uncertainty} ms, stratum ${time.stratum}, ${own}`);
          return 0;
        }),
      );
    });
  return command;
}

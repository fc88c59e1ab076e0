// The time by SNTP, over the calls of the module. RFC 4330.
import { Err } from "./constants.js";
import { check, errorOf, RingwireError } from "./error.js";
import type { Host } from "./host.js";
import type { ServerTime } from "./servicecalls.js";
import { integer, number, only } from "./validate.js";

/** How a server is asked for the time. */
export interface SntpOptions {
  /** The server's port. Default 123. */
  port?: number;
  /** Milliseconds to wait for the answer. Default 5000. */
  timeout?: number;
}

/** Asks a server once; rejects with TIMED_OUT, REFUSED, UNREACHABLE, ... */
export async function askTime(
  stack: Host & { resolve(name: string): Promise<string[]> },
  host: string,
  options: SntpOptions = {},
): Promise<ServerTime> {
  stack.ensureOpen();
  only(options, ["port", "timeout"], "sntp");
  const port = integer(options.port ?? 123, 1, 65_535, "sntp: port");
  const timeout = number(options.timeout ?? 5000, 1, 0x7fffffff, "sntp: timeout");
  const [address = ""] = await stack.resolve(host);
  stack.ensureOpen();
  check(stack.core.sntp_start({ address, port }), `sntp ${host}`);
  let unlook = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ServerTime>((resolve, reject) => {
      timer = setTimeout(() => reject(new RingwireError("TIMED_OUT", `sntp ${host}: no answer within ${timeout} ms`)), timeout);
      unlook = stack.looking(() => {
        const time = stack.core.sntp_time();
        if (typeof time !== "number") resolve(time);
        else if (time !== Err.WOULD_BLOCK) reject(errorOf(time, `sntp ${host}`));
      });
      stack.schedule();
    });
  } finally {
    clearTimeout(timer);
    unlook();
    stack.core.sntp_stop();
  }
}

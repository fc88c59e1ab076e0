import { connect } from "node:net";
import { type EchoResult, exchange } from "./octets.js";
import { getPage, type PageResult } from "./page.js";
import { rawPing } from "./rawping.js";

// The kernel's side of the demonstration: a process in the namespace whose sockets are the Linux kernel's.
// Started by kernel.ts with an IPC channel; tells its progress and its result over it.

/** What this process tells the one that started it. */
export type PeerMessage = { progress: number } | { echo: EchoResult } | { pings: number[] } | { page: PageResult };

/** How long an echo reply may take, in milliseconds. */
const PING_TIMEOUT = 2000;
/** Octets between two progress messages. */
const PROGRESS = 1_000_000;

function tell(message: PeerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

async function echo(host: string, port: number, total: number): Promise<void> {
  const socket = connect({ host, port, allowHalfOpen: true });
  let told = 0;
  const progress = (octets: number) => {
    if (octets - told < PROGRESS) return;
    told = octets;
    void tell({ progress: octets });
  };
  await tell({ echo: await exchange(socket, total, progress) });
}

async function run([task, host = "", ...rest]: readonly string[]): Promise<void> {
  if (task === "ping") return tell({ pings: rawPing(host, Number(rest[0]), PING_TIMEOUT) });
  if (task === "http") return tell({ page: await getPage(host, "/") });
  if (task === "echo") return echo(host, Number(rest[0]), Number(rest[1]));
  throw new Error(`unknown task ${task}`);
}

process.on("disconnect", () => process.exit(1)); // whoever started this is gone
try {
  await run(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

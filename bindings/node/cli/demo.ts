import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { NO_TAP } from "./demo/exit.js";
import { Report } from "./demo/report.js";
import { demoOverWire } from "./demo/wire.js";
import { oneLine } from "./failure.js";
import { DEMO_EXAMPLES } from "./help.js";
import { catchSignals, statusOf, type Interrupts } from "./signals.js";

const KERNEL = fileURLToPath(new URL("./demo/kernel.js", import.meta.url));
const TUN = "/dev/net/tun";

/** `ringwire demo`: shows the stack at work against the Linux kernel, or where that cannot be, against itself. */
export function demoCommand(done: (status: number) => void): Command {
  return new Command("demo")
    .description("Show the stack at work against the Linux kernel, in a network namespace of its own.")
    .option("--wire", "use the virtual wire between two stacks even where a TAP device could be made")
    .addHelpText("after", DEMO_EXAMPLES)
    .action(async ({ wire = false }: { wire?: boolean }) => done(await demo(wire)));
}

async function demo(wire: boolean): Promise<number> {
  const interrupts = catchSignals();
  const why = wire ? "--wire was given" : await overKernel(interrupts);
  if (interrupts.signal.aborted) return interrupts.status; // the child was told by SIGTERM, whatever came here
  if (typeof why === "number") return why;
  const report = new Report();
  report.say(`${wire ? why : `No TAP device here (${why})`}: the same between two Ringwire stacks over a virtual wire.`);
  return demoOverWire(report, interrupts);
}

/** Runs the demonstration against the kernel; answers its exit status, or why that cannot be. */
async function overKernel(interrupts: Interrupts): Promise<number | string> {
  const found = namespaceCommand();
  if (typeof found === "string") return found;
  const [program, ...args] = found;
  const child = spawn(program, [...args, process.execPath, KERNEL], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let why = "";
  child.on("message", (message) => {
    why = String(message);
  });
  interrupts.signal.addEventListener("abort", () => child.kill("SIGTERM"));
  const status = await exitStatus(child);
  return status === NO_TAP ? why || "it cannot be opened" : status;
}

/** The command that makes a network namespace and runs the rest of its line in it, or why there is none. */
function namespaceCommand(): [string, ...string[]] | string {
  if (process.platform !== "linux") return `TAP devices need Linux, this is ${process.platform}`;
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
  } catch (error) {
    return `${TUN} cannot be opened: ${(error as NodeJS.ErrnoException).code}`;
  }
  const ways = process.getuid?.() === 0 ? ["-n", "-Urn"] : ["-Urn"];
  let why = "";
  for (const way of ways) {
    const tried = spawnSync("unshare", [way, "--", "true"], { encoding: "utf8" });
    if (tried.status === 0) return ["unshare", way, "--"];
    why = tried.error
      ? `unshare of util-linux cannot be run: ${oneLine(tried.error)}`
      : tried.stderr.trim().split("\n").at(-1) || `unshare ${way} failed`;
  }
  return why;
}

function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal ? statusOf(signal) : 1)));
  });
}

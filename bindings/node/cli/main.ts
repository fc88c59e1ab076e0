#!/usr/bin/env node
import { report, run } from "./program.js";

/** Ends the process when everything written has left it. */
function leave(status: number): void {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
}

process.stdout.on("error", () => process.kill(process.pid, "SIGTERM")); // nobody reads any more: end cleanly
process.on("uncaughtException", (error) => leave(report(error)));
leave(await run(process.argv.slice(2)));

import { constants } from "node:os";

/** SIGINT, SIGTERM and SIGHUP as an abort signal: the first asks for a clean end, another one after `GRACE` ends at once. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly came: Promise<void>;
  /** Exit status of a process that the first signal has interrupted. */
  readonly status: number;
}

/** Those that ask for an end. */
export const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** How long further signals are ignored, in milliseconds: a terminal and `sudo` may both pass the same one on. */
const GRACE = 1000;

/** Exit status of a process that a signal has ended, as shells count it: 130 for Ctrl-C, 143 for SIGTERM. */
export function statusOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}

/** Takes over SIGINT, SIGTERM and SIGHUP until the process ends. */
export function catchSignals(): Interrupts {
  const controller = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  let status = statusOf("SIGINT");
  const take = (name: NodeJS.Signals) => {
    if (performance.now() - first > GRACE) process.exit(statusOf(name));
    if (!controller.signal.aborted) status = statusOf(name);
    first = Math.min(first, performance.now());
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, take);
  const came = new Promise<void>((resolve) => controller.signal.addEventListener("abort", () => resolve(), { once: true }));
  return {
    signal: controller.signal,
    came,
    get status() {
      return status;
    },
  };
}

/** SIGINT, SIGTERM and SIGHUP as an abort signal: the first asks for a clean end, another one after `GRACE` ends at once. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly came: Promise<void>;
}

/** Those that ask for an end. */
export const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Exit status of a process that ended because of Ctrl-C, as shells count it. */
export const INTERRUPTED = 130;

/** How long further signals are ignored, in milliseconds: a terminal and `sudo` may both pass the same one on. */
const GRACE = 1000;

/** Takes over SIGINT, SIGTERM and SIGHUP until the process ends. */
export function catchSignals(): Interrupts {
  const controller = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  const take = () => {
    if (performance.now() - first > GRACE) process.exit(INTERRUPTED);
    first = Math.min(first, performance.now());
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, take);
  const came = new Promise<void>((resolve) => controller.signal.addEventListener("abort", () => resolve(), { once: true }));
  return { signal: controller.signal, came };
}

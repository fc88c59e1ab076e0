/** SIGINT and SIGTERM as an abort signal: the first asks for a clean end, a second one ends at once. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly came: Promise<void>;
  /** Gives the signals back to Node's default. */
  release(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Exit status of a process that ended because of Ctrl-C, as shells count it. */
export const INTERRUPTED = 130;

/** Takes over SIGINT, SIGTERM and SIGHUP. */
export function catchSignals(): Interrupts {
  const controller = new AbortController();
  const take = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, take);
  const came = new Promise<void>((resolve) => controller.signal.addEventListener("abort", () => resolve(), { once: true }));
  return {
    signal: controller.signal,
    came,
    release() {
      for (const name of SIGNALS) process.off(name, take);
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { StackOptions } from "./options.js";
import { openSession, type Session } from "./session.js";
import { catchSignals } from "./signals.js";

/** Milliseconds that work has to clean up after its end was asked for. */
const PATIENCE = 1000;

/** Runs work on a stack until it is done, a device is lost or a signal comes; answers the exit status. `interrupted`: that after a signal. */
export async function inSession(
  options: StackOptions,
  work: (session: Session, signal: AbortSignal) => Promise<number>,
  interrupted?: number,
): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(options);
  const done = work(session, interrupts.signal);
  const over = done.then(
    () => {},
    () => {}, // an interrupted one ends with an error that nobody waits for
  );
  try {
    return (await Promise.race([done, interrupts.came, session.failed])) ?? interrupted ?? interrupts.status;
  } finally {
    await session.close();
    await Promise.race([over, sleep(PATIENCE)]); // a timer that holds the process: the work alone may not
  }
}

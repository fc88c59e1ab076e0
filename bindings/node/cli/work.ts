import type { StackOptions } from "./options.js";
import { openSession, type Session } from "./session.js";
import { catchSignals, INTERRUPTED } from "./signals.js";

/** Runs work on a stack until it is done, a device is lost or a signal comes; answers the exit status. */
export async function inSession(
  options: StackOptions,
  work: (session: Session, signal: AbortSignal) => Promise<number>,
  interrupted = INTERRUPTED,
): Promise<number> {
  const interrupts = catchSignals();
  const session = await openSession(options);
  try {
    const done = work(session, interrupts.signal);
    done.catch(() => {}); // an interrupted one ends with an error that nobody waits for
    return (await Promise.race([done, interrupts.came, session.failed])) ?? interrupted;
  } finally {
    await session.close();
  }
}

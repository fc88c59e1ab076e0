/** A mistake or a condition that the user can do something about: one line on stderr and an exit status, never a stack trace. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.name = "Failure";
    this.status = status;
  }
}

/** Exit status of a command line that cannot be understood. */
export const USAGE = 2;

/** The first line of what went wrong, without a stack. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, "; ").trim();
}

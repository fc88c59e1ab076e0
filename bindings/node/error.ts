import { Err } from "./constants.js";

/** Name of what went wrong: one of the host interface's error names, or `LINK` for a device of the operating system. */
export type ErrorCode = keyof typeof Err | "LINK";

const NAMES = new Map<number, keyof typeof Err>(Object.entries(Err).map(([name, value]) => [value, name as keyof typeof Err]));

const MEANINGS: Partial<Record<ErrorCode, string>> = {
  BAD_HANDLE: "the socket is gone",
  BAD_STATE: "not allowed in this state of the socket",
  BAD_ARGUMENT: "an argument is out of range",
  NO_SOCKET: "all sockets of this kind are taken",
  NO_ROOM: "a table is full",
  IN_USE: "address and port are in use",
  BAD_ADDRESS: "the local address is not ours, or the remote one is not one host's",
  NO_ROUTE: "no route to the destination",
  WOULD_BLOCK: "nothing is ready yet",
  RESET: "connection reset by peer",
  REFUSED: "connection refused",
  TIMED_OUT: "connection timed out",
  UNREACHABLE: "destination unreachable",
  ABORTED: "connection aborted by this side",
  TOO_LONG: "longer than a datagram may be",
  END: "the peer has closed",
  BROADCAST_OFF: "broadcast is not allowed for this socket",
  NO_NAME: "there is no such name",
  NOT_READY: "the stack is not running",
};

/** An error of the stack or of its host. `code` is the name of the host interface's error. */
export class RingwireError extends Error {
  /** Which error. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message?: string) {
    super(message ?? MEANINGS[code] ?? code);
    this.name = "RingwireError";
    this.code = code;
  }
}

/** The name of a negative answer of the host interface. */
export function errorName(result: number): keyof typeof Err {
  return NAMES.get(result) ?? "BAD_STATE";
}

/** The error for a negative answer, with what was being done in front. */
export function errorOf(result: number, doing?: string): RingwireError {
  const code = errorName(result);
  const meaning = MEANINGS[code] ?? code;
  return new RingwireError(code, doing ? `${doing}: ${meaning}` : meaning);
}

/** Answers what is not negative; throws what is. */
export function check(result: number, doing?: string): number {
  if (result < 0) throw errorOf(result, doing);
  return result;
}

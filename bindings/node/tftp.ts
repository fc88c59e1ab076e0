// Files by TFTP over the calls of the module. RFC 1350, RFC 2347 to 2349. One block is on its way at a time.
import { Err, TransferState } from "./constants.js";
import { check, errorOf, RingwireError } from "./error.js";
import type { Host } from "./host.js";
import type { TftpRequest } from "./tftpcalls.js";
import { integer, only } from "./validate.js";

/** What the codes of error packets say. RFC 1350 §5, RFC 2347. */
const CODES = [
  "the other side gave no reason",
  "file not found",
  "access violation",
  "the disk is full",
  "illegal operation",
  "unknown transfer",
  "the file exists already",
  "no such user",
  "an option was refused",
];

/** How a file is asked for or offered. */
export interface TftpOptions {
  /** The server's port. Default 69. */
  port?: number;
  /** Octets of a block, 8 to 1,468. Default: the longest that fits. */
  block?: number;
  /** Gives up when it is aborted. */
  signal?: AbortSignal;
}

/** A file that a client wants, or brings. */
export interface TftpFile {
  /** Octets of it, for a client that wants it. */
  readonly size?: number;
  /** The next octets of it, up to `most`: fewer only at its end. */
  read?(most: number): Uint8Array;
  /** A block that a client brings. */
  write?(block: Uint8Array): void;
  /** It is over; `whole`: all of it went over. */
  ended(whole: boolean): void;
}

/** Decides about a client: the file, or a code of RFC 1350 §5 that refuses it. */
export type TftpDecision = (request: TftpRequest & { address: string }) => TftpFile | number;

/** What a server tells when a transfer has ended. */
export interface TftpEnd {
  /** The client's. */
  readonly address: string;
  readonly name: string;
  readonly writes: boolean;
  readonly octets: number;
  /** Why it ended before its end, or null. */
  readonly failed: string | null;
}

/** What sockets and services need of a stack. */
type TftpHost = Host & { resolve(name: string): Promise<string[]> };

/** Asks a server for a file: yields it block by block. Throws RingwireError: TIMED_OUT, REFUSED with what the server said, ... */
export async function* tftpGet(
  stack: TftpHost,
  host: string,
  name: string,
  options: TftpOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { server, block } = await asked(stack, host, options);
  const transfer = check(stack.core.tftp_get(server, name, block), `tftp ${host}`);
  const moved = new Moves(stack, options.signal);
  try {
    for (;;) {
      const octets = stack.core.tftp_read(transfer);
      if (octets === Err.END) return;
      if (octets === Err.WOULD_BLOCK) await moved.next();
      else if (typeof octets === "number") throw failed(stack, transfer, octets, host, name);
      else {
        stack.schedule();
        yield octets;
      }
    }
  } finally {
    moved.stop();
    letGo(stack, transfer);
  }
}

/** Brings a file to a server; settles when the server has all of it. */
export async function tftpPut(stack: TftpHost, host: string, name: string, file: Uint8Array, options: TftpOptions = {}): Promise<void> {
  const { server, block } = await asked(stack, host, options);
  const transfer = check(stack.core.tftp_put(server, name, file.length, block), `tftp ${host}`);
  const moved = new Moves(stack, options.signal);
  try {
    for (let at = 0; ; ) {
      const { state } = stack.core.tftp_status(transfer);
      if (state === TransferState.DONE) return;
      if (state < 0) throw failed(stack, transfer, state, host, name);
      const space = stack.core.tftp_space(transfer);
      if (space <= 0) {
        await moved.next();
        continue;
      }
      at += check(stack.core.tftp_write(transfer, file, at), `tftp ${host}`);
      stack.schedule();
    }
  } finally {
    moved.stop();
    letGo(stack, transfer);
  }
}

/** Serves files on port 69; answers what ends it. `decide` is asked about each client, `ended` told of each transfer. */
export function serveTftp(stack: Host, decide: TftpDecision, ended: (end: TftpEnd) => void = () => {}): () => void {
  stack.ensureOpen();
  check(stack.core.tftp_serve(), "tftp server");
  const serving = new Set<Serving>();
  const stop = stack.looking(() => {
    for (let request = stack.core.tftp_asked(); typeof request !== "number"; request = stack.core.tftp_asked()) {
      const started = begin(stack, request, decide, ended);
      if (started) serving.add(started);
    }
    for (const each of serving) if (each.move()) serving.delete(each);
  });
  stack.schedule();
  return () => {
    stop();
    for (const each of serving) each.end("the server was stopped");
    stack.core.tftp_serve(false);
    stack.schedule();
  };
}

function begin(stack: Host, request: TftpRequest, decide: TftpDecision, ended: (end: TftpEnd) => void): Serving | null {
  const { address } = stack.core.remote;
  const file = decide({ ...request, address });
  stack.schedule();
  if (typeof file === "number") {
    stack.core.tftp_drop(request.transfer, file);
    return null;
  }
  stack.core.tftp_allow(request.transfer, file.size ?? 0);
  return new Serving(stack, { ...request, address }, file, ended);
}

/** A transfer with a client. */
class Serving {
  #octets = 0;
  #over = false;

  constructor(
    private readonly stack: Host,
    private readonly request: TftpRequest & { address: string },
    private readonly file: TftpFile,
    private readonly told: (end: TftpEnd) => void,
  ) {}

  /** Moves what can be moved; answers whether it is over. */
  move(): boolean {
    try {
      for (let moved = true; moved && !this.#over; ) moved = this.request.writes ? this.#take() : this.#give();
    } catch (error) {
      this.end((error as Error).message, (error as NodeJS.ErrnoException).code === "ENOSPC" ? 3 : 0);
    }
    return this.#over;
  }
  /** Ends it: `failed` says why it is not whole. */
  end(failed: string | null, code = 0): void {
    if (this.#over) return;
    this.#over = true;
    this.stack.core.tftp_drop(this.request.transfer, code);
    this.stack.schedule();
    this.file.ended(failed === null);
    const { name, writes, address } = this.request;
    this.told({ address, name, writes, octets: this.#octets, failed });
  }

  #give(): boolean {
    const { core } = this.stack;
    const { transfer } = this.request;
    const { state } = core.tftp_status(transfer);
    if (state === TransferState.DONE) this.end(null);
    else if (state < 0) this.end(reason(this.stack, transfer, state));
    if (this.#over) return false;
    const space = core.tftp_space(transfer);
    if (space <= 0) return false;
    const block = this.file.read?.(space) ?? new Uint8Array(0);
    this.#octets += check(core.tftp_write(transfer, block), "tftp");
    this.stack.schedule();
    return true;
  }
  #take(): boolean {
    const block = this.stack.core.tftp_read(this.request.transfer);
    if (block === Err.WOULD_BLOCK) return false;
    if (block === Err.END) this.end(null);
    else if (typeof block === "number") this.end(reason(this.stack, this.request.transfer, block));
    else {
      this.file.write?.(block);
      this.#octets += block.length;
      this.stack.schedule();
    }
    return !this.#over;
  }
}

async function asked(stack: TftpHost, host: string, options: TftpOptions) {
  stack.ensureOpen();
  only(options, ["port", "block", "signal"], "tftp");
  const port = integer(options.port ?? 69, 1, 65_535, "tftp: port");
  const block = options.block === undefined ? 0 : integer(options.block, 8, 1468, "tftp: block");
  const [address = ""] = await stack.resolve(host);
  stack.ensureOpen();
  options.signal?.throwIfAborted();
  return { server: { address, port }, block };
}

/** Waits for the stack to have run. */
class Moves {
  readonly stop: () => void;
  #wake = () => {};
  #fail = (_: unknown) => {};

  constructor(
    private readonly stack: Host,
    private readonly signal: AbortSignal | undefined,
  ) {
    const unlook = stack.looking(() => this.#wake());
    const aborted = () => this.#fail(signal?.reason);
    signal?.addEventListener("abort", aborted);
    this.stop = () => {
      unlook();
      signal?.removeEventListener("abort", aborted);
    };
  }
  next(): Promise<void> {
    this.signal?.throwIfAborted();
    this.stack.ensureOpen();
    this.stack.schedule();
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      this.#fail = reject;
    });
  }
}

function letGo(stack: Host, transfer: number): void {
  stack.core.tftp_drop(transfer);
  stack.schedule();
}
function reason(stack: Host, transfer: number, error: number): string {
  const { code } = stack.core.tftp_status(transfer);
  return error === Err.REFUSED ? (CODES[code] ?? `error ${code}`) : errorOf(error).message;
}
function failed(stack: Host, transfer: number, error: number, host: string, name: string): RingwireError {
  const text = error === Err.TIMED_OUT ? "no answer" : reason(stack, transfer, error);
  return new RingwireError(errorOf(error).code, `${host}: ${name}: ${text}`);
}

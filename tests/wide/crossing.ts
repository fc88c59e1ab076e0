// Octets both ways at once between two stacks in virtual time.
import { type Core, Err, State } from "../../bindings/node/core.js";
import type { Setting } from "../bench/loss/transfer.js";
import { ADDRESSES, type VirtualOptions, VirtualPair } from "../bench/loss/virtual.js";

/** A connection between stack 0 and stack 1, over which both send all octets and close. */
export interface CrossingOptions extends VirtualOptions {
  /** What stack 0 sends, and stack 1. */
  octets: readonly [Uint8Array, Uint8Array];
  /** Socket options: the connecting one's of its connection, the other's of its listener. */
  sockets: readonly [Setting[], Setting[]];
  /** Which of them connects. */
  client: 0 | 1;
  /** Milliseconds of virtual time, at most. */
  limit: number;
}

const PORT = 80;

/** Runs until both have got everything and the end; answers the milliseconds. Throws when an octet is wrong, or at the limit. */
export async function cross(options: CrossingOptions): Promise<number> {
  const pair = await VirtualPair.make(options);
  const ends = ([0, 1] as const).map((i) => new End(pair.cores[i], i, options)) as [End, End];
  try {
    pair.run([() => ends[0].serve(), () => ends[1].serve()], () => ends.every((end) => end.isDone), options.limit);
  } finally {
    pair.close();
  }
  return pair.now;
}

/** One end: writes all it has as room comes, closes its half, and compares what it reads. */
class End {
  readonly #core: Core;
  readonly #mine: Uint8Array;
  readonly #theirs: Uint8Array;
  readonly #listener: number;
  #handle: number;
  #written = 0;
  #read = 0;
  #closed = false;
  #ended = false;

  constructor(core: Core, i: 0 | 1, { octets, sockets, client }: CrossingOptions) {
    const other = i === 0 ? 1 : 0;
    this.#core = core;
    this.#mine = octets[i];
    this.#theirs = octets[other];
    this.#listener = i === client ? 0 : core.tcp_listen({ port: PORT });
    this.#handle = i === client ? core.tcp_connect({ address: ADDRESSES[other], port: PORT }) : 0;
    for (const [option, value] of sockets[i]) check(core.socket_set(this.#handle || this.#listener, option, value), "socket_set");
  }
  get isDone(): boolean {
    return this.#ended && this.#closed;
  }
  serve(): boolean {
    if (!this.#handle) this.#handle = Math.max(0, this.#core.tcp_accept(this.#listener));
    if (!this.#handle || this.isDone) return false;
    const wrote = this.#write();
    return this.#takeAll() || wrote;
  }
  #write(): boolean {
    if (this.#closed) return false;
    const count = check(this.#core.tcp_write(this.#handle, this.#mine, this.#written), "tcp_write");
    this.#written += count;
    if (this.#written < this.#mine.length || this.#core.tcp_status(this.#handle) === State.SYN_SENT) return count > 0;
    this.#closed = true;
    this.#core.tcp_close(this.#handle, true);
    return true;
  }
  #takeAll(): boolean {
    const before = this.#read;
    while (!this.#ended) {
      const part = this.#core.tcp_read(this.#handle);
      if (part === null) break;
      if (part === Err.END) this.#end();
      else this.#compare(typeof part === "number" ? fail("tcp_read", part) : part);
    }
    return this.#read > before;
  }
  #compare(part: Uint8Array): void {
    if (Buffer.compare(part, this.#theirs.subarray(this.#read, this.#read + part.length)) !== 0)
      throw new Error(`octets from ${this.#read} on are wrong`);
    this.#read += part.length;
  }
  #end(): void {
    if (this.#read !== this.#theirs.length) throw new Error(`the end came after ${this.#read} octets`);
    this.#ended = true;
  }
}

function check(result: number, call: string): number {
  return result < 0 ? fail(call, result) : result;
}
function fail(call: string, result: number): never {
  throw new Error(`${call} answered ${result}`);
}

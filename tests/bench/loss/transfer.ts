// A bulk transfer from stack 0 to stack 1 in virtual time, measured where it arrives.
import { type Core, type Option, State, type Status } from "../../../bindings/node/core.js";
import { octetStream } from "../../../bindings/node/cli/demo/octets.js";
import { countsOfStack, type Measured } from "./counts.js";
import { ADDRESSES, VirtualPair, type VirtualOptions } from "./virtual.js";

/** A transfer. */
export interface TransferOptions extends VirtualOptions {
  octets: number;
  /** Socket options of the sender, and those of the receiver's listener. */
  sender?: Setting[];
  receiver?: Setting[];
  /** Called whenever the sender has run. */
  watch?: (status: Status, now: number) => void;
}

/** A socket option and its value. */
export type Setting = readonly [option: Option, value: number];

/** Longest transfer, milliseconds of virtual time. */
const LIMIT = 3_600_000;
const PORT = 9;

/** Runs one transfer; throws when an octet is wrong. */
export async function transfer(options: TransferOptions): Promise<Measured> {
  const pair = await VirtualPair.make(options);
  const [sender, receiver] = pair.cores;
  const octets = Buffer.concat([...octetStream(options.octets, 1)]);
  const source = new Source(sender, octets, options);
  const sink = new Sink(receiver, octets, options.receiver ?? []);
  try {
    pair.run([() => source.serve(pair.now), () => sink.serve(pair.now)], () => sink.endedAt >= 0, LIMIT);
  } finally {
    pair.close();
  }
  const ms = sink.endedAt - sink.beganAt;
  const duplicates = receiver.counter("TCP_DUPLICATE") + receiver.counter("TCP_UNACCEPTABLE");
  const counts = countsOfStack(sender.counters(), pair.link.stats.forward.lost, duplicates);
  return { ms, goodput: (options.octets * 1000) / ms, counts, stalled: source.stalled };
}

/** Writes all octets and closes. */
class Source {
  stalled = 0;
  readonly #core: Core;
  readonly #octets: Uint8Array;
  readonly #handle: number;
  readonly #watch: TransferOptions["watch"];
  readonly #patience: number;
  #written = 0;
  #closed = false;
  #frames = 0;
  #sentAt = -1;

  constructor(core: Core, octets: Uint8Array, { sender = [], watch, link }: TransferOptions) {
    this.#core = core;
    this.#octets = octets;
    this.#watch = watch;
    this.#patience = 4 * (link.delay ?? 0);
    this.#handle = core.tcp_connect({ address: ADDRESSES[1], port: PORT });
    if (this.#handle < 0) throw new Error(`tcp_connect answered ${this.#handle}`);
    apply(core, this.#handle, sender);
  }
  serve(now: number): boolean {
    this.#note(now);
    if (this.#watch) {
      const status = this.#core.status(this.#handle);
      if (status) this.#watch(status, now);
    }
    if (this.#closed) return false;
    const count = this.#core.tcp_write(this.#handle, this.#octets, this.#written);
    if (count < 0) throw new Error(`the sender's connection is gone: ${count}`);
    this.#written += count;
    if (this.#written < this.#octets.length || this.#core.tcp_status(this.#handle) === State.SYN_SENT) return count > 0;
    this.#closed = true;
    this.#core.tcp_close(this.#handle, true);
    return true;
  }
  #note(now: number): void {
    const frames = this.#core.counter("FRAMES_OUT");
    if (frames === this.#frames) return;
    if (this.#sentAt >= 0 && now - this.#sentAt > this.#patience) this.stalled += now - this.#sentAt;
    this.#frames = frames;
    this.#sentAt = now;
  }
}

/** Reads all octets and compares them. */
class Sink {
  beganAt = -1;
  endedAt = -1;
  readonly #core: Core;
  readonly #octets: Uint8Array;
  readonly #listener: number;
  #handle = 0;
  #read = 0;

  constructor(core: Core, octets: Uint8Array, settings: Setting[]) {
    this.#core = core;
    this.#octets = octets;
    this.#listener = core.tcp_listen({ port: PORT });
    apply(core, this.#listener, settings);
  }
  serve(now: number): boolean {
    if (this.endedAt >= 0) return false;
    if (!this.#handle) {
      const handle = this.#core.tcp_accept(this.#listener);
      if (handle <= 0) return false;
      this.#handle = handle;
      this.beganAt = now;
    }
    const before = this.#read;
    for (let part = this.#core.tcp_read(this.#handle); part !== null; part = this.#core.tcp_read(this.#handle)) {
      if (typeof part === "number") throw new Error(`the receiver's connection ended with ${part} after ${this.#read} octets`);
      const expected = this.#octets.subarray(this.#read, this.#read + part.length);
      if (Buffer.compare(part, expected) !== 0) throw new Error(`octets from ${this.#read} on are wrong`);
      this.#read += part.length;
      if (this.#read < this.#octets.length) continue;
      this.endedAt = now;
      break;
    }
    return this.#read > before;
  }
}

function apply(core: Core, handle: number, settings: Setting[]): void {
  for (const [option, value] of settings) {
    const result = core.socket_set(handle, option, value);
    if (result < 0) throw new Error(`socket option ${option} = ${value}: ${result}`);
  }
}

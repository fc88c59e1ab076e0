// Two stacks over the simulated link, in virtual time: as fast as the processor goes, and the same again for the same seed.
import { type Core, type CoreOptions, instantiate } from "../../../bindings/node/core.js";
import { Link, type LinkOptions } from "../../../bindings/node/link.js";
import { PcapWriter } from "../../../bindings/node/pcap.js";

/** What a pair of stacks takes. */
export interface VirtualOptions {
  link: LinkOptions;
  /** Octets of the rings of each connection. Default 262,144. */
  rings?: { receive: number; send: number };
  mtu?: number;
  /** Settings of each. */
  settings?: readonly [CoreOptions["settings"], CoreOptions["settings"]];
  capacities?: CoreOptions["capacities"];
  /** Paths of the modules of the two. Default: the one shipped. */
  modules?: readonly [string?, string?];
  /** A capture of what the first stack sends and receives. */
  pcap?: string;
}

/** The work of an application at one end; answers whether it made calls that the stack should act upon now. */
export type Serve = (core: Core, now: number) => boolean;

/** Address of stack 0 and of stack 1. */
export const ADDRESSES = ["10.0.0.1", "10.0.0.2"] as const;
/** Polls at one instant, at most. */
const POLLS_MAX = 100_000;

/** Two stacks, a link between them and one clock. */
export class VirtualPair {
  /** Milliseconds since the start. */
  now = 0;
  readonly link: Link;
  readonly cores: readonly [Core, Core];
  readonly #due: [number, number] = [0, 0];
  readonly #capture: PcapWriter | null;

  private constructor(cores: readonly [Core, Core], { link, pcap }: VirtualOptions) {
    this.cores = cores;
    this.link = new Link({ ...link, virtual: true });
    this.#capture = pcap ? new PcapWriter(pcap, "ethernet", () => this.now) : null;
    for (const end of [0, 1] as const) this.link.receive(end, (frame, length) => this.#arrives(end, frame, length));
  }

  /** Two stacks that know nothing of each other yet. */
  static async make(options: VirtualOptions): Promise<VirtualPair> {
    const one = (end: 0 | 1) => instantiate(coreOptions(options, end));
    return new VirtualPair([await one(0), await one(1)], options);
  }

  /** Runs until `isDone`, or throws when more than `limit` milliseconds have passed. Each stack's application has its turn whenever the stack has run. */
  run(serve: readonly [Serve, Serve], isDone: () => boolean, limit: number): void {
    const end = this.now + limit;
    this.#due.fill(this.now);
    for (;;) {
      for (const i of [0, 1] as const) if (this.#due[i] <= this.now) this.#settle(i, serve[i]);
      if (isDone()) return;
      const next = Math.max(this.now, Math.min(this.#due[0], this.#due[1], this.now + this.link.next()));
      if (next > end) throw new Error(`not done after ${limit} ms of virtual time`);
      this.now = next;
      this.link.advance(Math.max(0, next - this.link.now));
    }
  }
  /** Lets time pass with the applications at rest. */
  rest(ms: number): void {
    const end = this.now + ms;
    const idle = () => false;
    while (this.now < end) {
      for (const i of [0, 1] as const) if (this.#due[i] <= this.now) this.#settle(i, idle);
      this.now = Math.max(this.now, Math.min(end, this.#due[0], this.#due[1], this.now + this.link.next()));
      this.link.advance(Math.max(0, this.now - this.link.now));
    }
  }
  /** Writes the capture to its end. */
  close(): void {
    this.#capture?.close();
    this.link.stop();
  }

  #arrives(end: 0 | 1, frame: Uint8Array, length: number): boolean {
    if (!this.cores[end].device(0).input(frame, length)) return false;
    if (end === 0) this.#capture?.write(frame, length);
    this.#due[end] = this.now;
    return true;
  }
  /** Polls a stack until it has nothing more to do now. */
  #settle(i: 0 | 1, serve: Serve): void {
    const core = this.cores[i];
    const [ms, us] = [Math.floor(this.now), Math.floor((this.now % 1) * 1000)];
    for (let polls = 0; polls < POLLS_MAX; polls++) {
      const wait = core.poll(ms, us);
      const sent = this.#send(i);
      const served = serve(core, this.now);
      if (wait === 0 || sent || served) continue;
      this.#due[i] = this.now + wait;
      return;
    }
    throw new Error("the stack does not come to rest");
  }
  #send(i: 0 | 1): boolean {
    const rings = this.cores[i].device(0);
    let sent = false;
    for (let frame = rings.peek(); frame; frame = rings.peek()) {
      if (i === 0) this.#capture?.write(frame, rings.length);
      if (isArp(frame)) this.#arrives(i === 0 ? 1 : 0, frame, rings.length);
      else this.link.send(i, frame, rings.length);
      rings.take();
      sent = true;
    }
    return sent;
  }
}

/** ARP crosses without loss and at once: it gives up after a few losses, and is not what is measured. */
function isArp(frame: Uint8Array): boolean {
  return frame[12] === 0x08 && frame[13] === 0x06;
}
function coreOptions({ rings, mtu, settings, capacities, modules }: VirtualOptions, end: 0 | 1): CoreOptions {
  return {
    wasm: modules?.[end],
    seed: Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11 + end) & 255),
    devices: [{ kind: "ethernet", rxSlots: 1024, txSlots: 1024 }],
    interfaces: [{ mac: `02:00:00:00:00:0${end + 1}`, mtu, addresses: [`${ADDRESSES[end]}/24`] }],
    capacities: { classes: [{ sockets: 4, ...(rings ?? { receive: 262_144, send: 262_144 }) }], ...capacities },
    settings: { clockGranularity: 1, ...settings?.[end] },
  };
}

// Two stacks on a wire without loss, in virtual time, and a connection between them.
import assert from "node:assert/strict";
import { type Core, type CoreOptions, instantiate, State } from "../../bindings/node/core.js";
import { stream } from "./peer.js";

const LATENCY = 1;

export class Pair {
  ms = 0;
  /** Octets each side has read. */
  readonly got = [0, 0];

  private constructor(
    readonly cores: readonly [Core, Core],
    readonly handles: readonly [number, number],
  ) {}

  /** Two stacks with rings of these octets; the first has connected to the second. */
  static async make(rings: { receive: number; send: number }, settings: CoreOptions["settings"] = {}): Promise<Pair> {
    const one = (last: number) =>
      instantiate({
        seed: Uint8Array.from({ length: 32 }, (_, i) => i * last),
        devices: [{ kind: "ethernet" }],
        interfaces: [{ mac: `02:00:00:00:00:0${last}`, addresses: [`10.0.0.${last}/24`] }],
        capacities: { classes: [{ sockets: 2, ...rings }] },
        settings,
      });
    const cores = [await one(1), await one(2)] as const;
    const listener = cores[1].tcp_listen({ port: 80 });
    const client = cores[0].tcp_connect({ address: "10.0.0.2", port: 80 });
    const handles: [number, number] = [client, 0];
    const pair = new Pair(cores, handles);
    pair.advance(100);
    handles[1] = cores[1].tcp_accept(listener);
    assert.equal(cores[0].tcp_status(client), State.ESTABLISHED);
    assert.ok(handles[1] > 0);
    return pair;
  }

  /** Both sides write until neither ring takes more. */
  fill(): void {
    const sent = [0, 0];
    for (let i = 0; i < 200; i++) {
      for (const side of [0, 1] as const) {
        const written = this.cores[side].tcp_write(this.handles[side], stream(sent[side] ?? 0, 1000));
        assert.ok(written >= 0);
        sent[side] = (sent[side] ?? 0) + written;
      }
      this.advance(100);
    }
    assert.deepEqual(sent, [12_000, 12_000], "a full send ring behind a full receive ring");
  }
  /** One application reads all there is; answers how many octets. */
  read(side: 0 | 1): number {
    let count = 0;
    for (let octets = this.#take(side); octets; octets = this.#take(side)) {
      assert.deepEqual(octets, stream((this.got[side] ?? 0) + count, octets.length));
      count += octets.length;
    }
    this.got[side] = (this.got[side] ?? 0) + count;
    return count;
  }
  #take(side: 0 | 1): Uint8Array | null {
    const octets = this.cores[side].tcp_read(this.handles[side]);
    return octets instanceof Uint8Array ? octets : null;
  }
  /** Lets time pass; frames take a millisecond, `each` runs after every step. */
  advance(ms: number, each: () => void = () => {}): void {
    const [a, b] = this.cores;
    for (const end = this.ms + ms; this.ms < end; ) {
      const wait = Math.min(a.poll(this.ms), b.poll(this.ms));
      const moved = a.transfer(b) + b.transfer(a);
      each();
      this.ms += moved ? LATENCY : Math.max(LATENCY, Math.min(wait, end - this.ms, 100));
    }
  }
}

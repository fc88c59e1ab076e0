// Two stacks on a raw IP wire whose delay can change, in virtual time, and a connection between them.
import assert from "node:assert/strict";
import { type Core, instantiate } from "../../bindings/node/core.js";

/** A wire with a delay and a way to lose single packets. */
export class Delayed {
  ms = 0;
  delay = 10;
  /** Packets that carry text and are lost, counted down. */
  lose = 0;
  #way: { at: number; to: Core; packet: Uint8Array }[] = [];

  private constructor(
    readonly a: Core,
    readonly b: Core,
    public client: number,
    public server: number,
  ) {}

  /** A connection with rings of these octets. */
  static async make(octets: number): Promise<Delayed> {
    const one = (last: number) =>
      instantiate({
        seed: Uint8Array.from({ length: 32 }, (_, i) => i * last + 1),
        devices: [{ kind: "ip", rxSlots: 256, txSlots: 256 }],
        interfaces: [{ mtu: 1500, addresses: [`10.0.0.${last}/24`] }],
        capacities: { classes: [{ sockets: 2, receive: octets, send: octets }] },
      });
    const wire = new Delayed(await one(1), await one(2), 0, 0);
    const listener = wire.b.tcp_listen({ port: 80 });
    wire.client = wire.a.tcp_connect({ address: "10.0.0.2", port: 80 });
    wire.until(() => {
      wire.server = wire.b.tcp_accept(listener);
      return wire.server > 0;
    });
    return wire;
  }
  /** Polls both, carries packets, lets time pass to whatever comes next. */
  step(): void {
    const wait = Math.min(this.a.poll(this.ms), this.b.poll(this.ms));
    const before = this.#way.length;
    this.#carry(this.a, this.b);
    this.#carry(this.b, this.a);
    const hasMoved = this.#way.length > before;
    const arrival = this.#way[0]?.at ?? Number.POSITIVE_INFINITY;
    if (!hasMoved && wait > 0) this.ms = Math.min(this.ms + wait, Math.max(arrival, this.ms));
    while (this.#way[0] && this.#way[0].at <= this.ms) {
      const { to, packet } = this.#way[0];
      if (!to.input(packet)) break;
      this.#way.shift();
    }
  }
  #carry(from: Core, to: Core): void {
    for (const packet of from.output()) {
      const isLost = packet.length > 60 && this.lose > 0 && from === this.a;
      if (isLost) this.lose--;
      else this.#way.push({ at: this.ms + this.delay, to, packet });
    }
  }
  /** Steps until `done`, at most for a day. */
  until(done: () => boolean, limit = 86_400_000): void {
    const end = this.ms + limit;
    while (!done()) {
      this.step();
      assert.ok(this.ms < end, `not within ${limit} ms`);
    }
  }
  /** Sends octets from client to server and reads them, one write at a time. */
  send(octets: number): void {
    assert.equal(this.a.tcp_write(this.client, new Uint8Array(octets)), octets);
    let got = 0;
    this.until(() => {
      const read = this.b.tcp_read(this.server);
      if (read instanceof Uint8Array) got += read.length;
      return got >= octets;
    });
  }
}

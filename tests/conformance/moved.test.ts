// A host whose network card is exchanged under an open connection: another MAC address, the same IP address.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, instantiate, State } from "../../bindings/node/core.js";
import { arp, ETHER, ethernet, EVERYBODY, mac } from "./packets.js";

const LATENCY = 10;
const [OLD, NEW] = ["02:00:00:00:00:02", "02:00:00:00:00:99"] as const;

/** Two stacks with a connection from the first to the second, whose card can be exchanged. */
class Network {
  ms = 0;
  got = 0;
  #card: string = OLD;
  #frames: { at: number; to: 0 | 1; frame: Uint8Array }[] = [];
  readonly #due: [number, number] = [0, 0];
  #served = 0;

  private constructor(
    readonly cores: readonly [Core, Core],
    readonly client: number,
    readonly listener: number,
  ) {}

  static async make(): Promise<Network> {
    const one = (last: number) =>
      instantiate({
        seed: Uint8Array.from({ length: 32 }, (_, i) => i * last),
        devices: [{ kind: "ethernet" }],
        interfaces: [{ mac: `02:00:00:00:00:0${last}`, addresses: [`10.0.0.${last}/24`] }],
      });
    const cores = [await one(1), await one(2)] as const;
    const listener = cores[1].tcp_listen({ port: 80 });
    const network = new Network(cores, cores[0].tcp_connect({ address: "10.0.0.2", port: 80 }), listener);
    network.until(() => network.cores[0].tcp_status(network.client) === State.ESTABLISHED, 1000);
    return network;
  }

  /** The same, when a thousand octets have crossed. */
  static async used(): Promise<Network> {
    const network = await Network.make();
    network.write(1000);
    network.until(() => network.got === 1000, 1000);
    return network;
  }

  /** From now on the second stack has the other card. */
  exchange(): void {
    this.#card = NEW;
  }
  /** The new card says that it is there, ahead of what is on its way. */
  announce(): void {
    this.#frames.unshift({
      at: this.ms,
      to: 0,
      frame: ethernet(EVERYBODY, NEW, ETHER.ARP, arp({ senderMac: NEW, senderIp: "10.0.0.2", targetIp: "10.0.0.2" })),
    });
  }
  write(octets: number): void {
    assert.equal(this.cores[0].tcp_write(this.client, new Uint8Array(octets)), octets);
    this.#due[0] = this.ms;
  }
  rest(ms: number): void {
    const end = this.ms + ms;
    this.until(() => this.ms >= end, ms, end);
  }
  /** Runs until it is so; answers how many milliseconds that took. */
  until(isSo: () => boolean, limit: number, end = this.ms + limit): number {
    const began = this.ms;
    for (;;) {
      this.#deliver();
      for (const side of [0, 1] as const) if (this.#due[side] <= this.ms) this.#poll(side);
      if (isSo()) return this.ms - began;
      const next = Math.min(end, this.#due[0], this.#due[1], ...this.#frames.map(({ at }) => at));
      assert.ok(this.ms < end, `not within ${limit} ms`);
      this.ms = Math.max(next, this.ms + 1);
    }
  }

  #deliver(): void {
    const due = this.#frames.filter(({ at }) => at <= this.ms);
    this.#frames = this.#frames.filter(({ at }) => at > this.ms);
    for (const { to, frame } of due) {
      this.#due[to] = this.ms;
      assert.ok(this.cores[to].input(frame));
    }
  }
  #poll(side: 0 | 1): void {
    for (let wait = 0; !wait; ) {
      wait = this.cores[side].poll(this.ms);
      if (side) this.#serve();
      const frames = this.cores[side].output();
      for (const frame of frames) this.#send(side, frame);
      if (frames.length) wait = 0;
      this.#due[side] = this.ms + wait;
    }
  }
  #serve(): void {
    if (!this.#served) this.#served = Math.max(this.cores[1].tcp_accept(this.listener), 0);
    if (!this.#served) return;
    for (let part = this.cores[1].tcp_read(this.#served); part instanceof Uint8Array; part = this.cores[1].tcp_read(this.#served))
      this.got += part.length;
  }
  /** Frames to a card that is not there are lost; the stack behind the card knows its own address only. */
  #send(from: 0 | 1, frame: Uint8Array): void {
    const at = this.ms + LATENCY;
    const copy = Uint8Array.from(frame);
    if (from === 1) {
      exchanged(copy, 6, OLD, this.#card);
      if (frame[13] === 0x06) exchanged(copy, 22, OLD, this.#card); // the sender in an ARP packet
      this.#frames.push({ at, to: 0, frame: copy });
    } else if (isAt(copy, 0, EVERYBODY) || isAt(copy, 0, this.#card)) {
      exchanged(copy, 0, this.#card, OLD);
      this.#frames.push({ at, to: 1, frame: copy });
    }
  }
}

function isAt(frame: Uint8Array, offset: number, address: string): boolean {
  return mac(address).every((octet, i) => frame[offset + i] === octet);
}
function exchanged(frame: Uint8Array, offset: number, before: string, after: string): void {
  if (isAt(frame, offset, before)) frame.set(mac(after), offset);
}

describe("a network card is exchanged under an open connection", () => {
  for (const seconds of [0, 10, 30, 50]) {
    test(`1122-2.3.2.1a: in silence, ${seconds} s after the last segment: what is sent then arrives within ten seconds`, async () => {
      const network = await Network.used();
      network.rest(100 + seconds * 1000);
      network.exchange();
      network.write(1000);
      network.until(() => network.got === 2000, 10_000);
    });
  }

  test("1122-2.3.2.1a: it announces itself, and what acknowledges older octets comes after that", async () => {
    const network = await Network.used();
    network.exchange();
    network.announce(); // the acknowledgement is on its way
    network.rest(100);
    network.write(1000);
    network.until(() => network.got === 2000, 10_000);
  });

  test("1122-2.3.2.1a: it announces itself while nothing is on its way", async () => {
    const network = await Network.used();
    network.rest(5000);
    network.exchange();
    network.announce();
    network.rest(5000);
    network.write(1000);
    network.until(() => network.got === 2000, 1000);
  });
});

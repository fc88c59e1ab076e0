// The stack that is exhausted, a second one as its peer, and between them a TCP transfer that must go on whatever is full.
import assert from "node:assert/strict";
import { type Capacities, type Core, type CoreOptions, Err, instantiate, type Settings } from "../../bindings/node/core.js";
import { read, type Seen } from "../conformance/packets.js";
import { arpReply, PEER, SEED, US } from "../conformance/tester.js";

const TRANSFER_PORT = 7000;
/** Buffer class of the transfer in the stack under test; class 0 belongs to the scenario. */
const TRANSFER_CLASS = 1;
const STAGE = 3000;
const RECENT = 64;

/** Octet `i` of the transfer. */
const octetOf = (i: number) => (i * 31 + (i >>> 8)) & 255;

/** Both stacks, their time, and what the first one sent. */
export class World {
  ms = 0;
  /** Frames that the stack under test sent since they were last looked at. */
  sent: Seen[] = [];
  /** The last frames that it sent, up to 64. */
  readonly recent: Seen[] = [];
  /** Hosts that a test plays: they answer ARP; what goes to their MAC stays with the test. */
  readonly answering = new Map<string, string>();
  #sender = 0;
  #receiver = 0;
  #written = 0;
  #read = 0;

  private constructor(
    readonly core: Core,
    readonly peer: Core,
  ) {}

  /** A stack with these capacities; `classes` 0 is the scenario's. */
  static async make(capacities: Capacities = {}, more: { settings?: Settings; devices?: CoreOptions["devices"] } = {}): Promise<World> {
    const classes = [capacities.classes?.[0] ?? { sockets: 4, receive: 2048, send: 2048 }, { sockets: 1, receive: 4096, send: 4096 }];
    const core = await instantiate({
      seed: SEED,
      devices: more.devices ?? [{ kind: "ethernet", rxSlots: 256, txSlots: 256 }],
      interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/8`] }],
      capacities: { ...capacities, classes },
      settings: more.settings,
    });
    const peer = await instantiate({
      seed: SEED.slice().reverse(),
      devices: [{ kind: "ethernet", rxSlots: 1024, txSlots: 256 }],
      interfaces: [{ device: 0, mac: PEER.mac, addresses: [`${PEER.ip}/8`] }],
      capacities: { classes: [{ sockets: 256, receive: 16_384, send: 16_384 }], listeners: 8, synQueue: 64, timeWait: 64 },
    });
    const world = new World(core, peer);
    world.#begin();
    return world;
  }
  #begin(): void {
    const listener = this.peer.tcp_listen({ port: TRANSFER_PORT });
    this.#sender = this.core.tcp_connect({ address: PEER.ip, port: TRANSFER_PORT }, {}, TRANSFER_CLASS);
    assert.ok(this.#sender > 0 && listener > 0);
    this.until(() => {
      this.#receiver = this.peer.tcp_accept(listener);
      return this.#receiver > 0;
    });
    this.goesOn();
  }

  /** Handle of the transfer, and the peer's port of it. */
  get honest(): number {
    return this.#sender;
  }
  readonly transferPort = TRANSFER_PORT;

  /** One millisecond: both stacks are polled, frames pass, the transfer is fed and read. */
  step(): void {
    this.ms++;
    this.core.poll(this.ms);
    this.core.drain((frame) => this.#deliver(frame.slice()));
    this.peer.poll(this.ms);
    this.peer.transfer(this.core);
    this.#feed();
  }
  #deliver(frame: Uint8Array): void {
    const seen = read(frame);
    this.sent.push(seen);
    this.recent.push(seen);
    if (this.recent.length > RECENT) this.recent.shift();
    const asked = seen.arp?.operation === 1 && this.answering.get(seen.arp.targetIp);
    if (asked) assert.ok(this.core.input(arpReply({ ip: seen.arp?.targetIp ?? "", mac: asked })));
    else if (![...this.answering.values()].includes(seen.to)) assert.ok(this.peer.input(frame), "the peer's ring is full");
  }
  #feed(): void {
    if (!this.#receiver || this.#receiver < 0) return;
    const written = this.core.tcp_write(
      this.#sender,
      Uint8Array.from({ length: 1000 }, (_, i) => octetOf(this.#written + i)),
    );
    assert.ok(written >= 0, `the transfer ended: ${written}`);
    this.#written += written;
    for (let got = this.peer.tcp_read(this.#receiver); got instanceof Uint8Array; got = this.peer.tcp_read(this.#receiver)) {
      const from = this.#read;
      assert.ok(
        got.every((octet, i) => octet === octetOf(from + i)),
        `octets changed after ${from}`,
      );
      this.#read += got.length;
    }
  }
  /** Lets time pass. */
  run(ms: number): void {
    for (let i = 0; i < ms; i++) this.step();
  }
  /** Lets time pass until something is so. */
  until(done: () => boolean, limit = 20_000): void {
    for (let i = 0; !done(); i++) {
      assert.ok(i < limit, `not within ${limit} ms`);
      this.step();
    }
  }
  /** The transfer delivers some thousand octets more, the right ones. */
  goesOn(): void {
    const goal = this.#read + STAGE;
    this.until(() => this.#read >= goal, 5000);
  }
  /** Frames put in as if somebody had sent them; then a millisecond passes. */
  inject(...frames: Uint8Array[]): Seen[] {
    this.sent = [];
    for (const frame of frames) assert.ok(this.core.input(frame));
    this.step();
    return this.sent;
  }
  /** A connection between both on this port; the stack under test opens it. */
  open(port: number, bufferClass = 0): { mine: number; theirs: number } {
    const listener = this.#listener(port);
    const mine = this.core.tcp_connect({ address: PEER.ip, port }, {}, bufferClass);
    assert.ok(mine > 0, `connect: ${mine}`);
    let theirs: number = Err.WOULD_BLOCK;
    this.until(() => {
      theirs = this.peer.tcp_accept(listener);
      return theirs > 0;
    });
    return { mine, theirs };
  }
  readonly #listeners = new Map<number, number>();
  #listener(port: number): number {
    const known = this.#listeners.get(port);
    if (known) return known;
    const listener = this.peer.tcp_listen({ port }, 0, 64);
    assert.ok(listener > 0);
    this.#listeners.set(port, listener);
    return listener;
  }
}

// An example as one end of a simulated link, in virtual time.
import assert from "node:assert/strict";
import { Err, State } from "../../bindings/node/constants.js";
import { type Core, instantiate } from "../../bindings/node/core.js";
import { type Faults, Link } from "../../bindings/node/index.js";
import { noise } from "../node/network.js";

/** Addresses of the client and of the example. */
export const CLIENT = "10.0.0.1";
export const SERVER = "10.0.0.2";

/** A client of the shipped module and an example, with a simulated link and virtual time between them. */
export class Pair {
  ms = 0;
  private constructor(
    readonly client: Core,
    readonly example: Core,
    readonly link: Link,
  ) {
    link.receive(0, (frame, length) => client.input(frame.subarray(0, length)));
    link.receive(1, (frame, length) => example.input(frame.subarray(0, length)));
  }
  static async make(wasm: URL, faults: Faults = {}, classes = [{ sockets: 64, receive: 16_384, send: 16_384 }]): Promise<Pair> {
    const core = (address: string, more: { wasm?: URL }) =>
      instantiate({
        ...more,
        seed: noise(32, address.length + address.charCodeAt(7)),
        devices: [{ kind: "ethernet" }],
        interfaces: [{ mac: `02:00:00:00:00:0${address.at(-1)}`, addresses: [`${address}/24`] }],
        capacities: { classes, synQueue: 64 },
        settings: { msl: 500 },
      });
    return new Pair(await core(CLIENT, {}), await core(SERVER, { wasm }), new Link({ ...faults, seed: 3, virtual: true }));
  }
  /** The example with the capacities that it was built with, and no address where `hasAddress` is false; the client has 16 connections. */
  static async built(wasm: URL, faults: Faults = {}, hasAddress = true): Promise<Pair> {
    const core = (n: number, more: { wasm?: URL; capacities?: object }, addresses: string[]) =>
      instantiate({
        ...more,
        seed: noise(32, n),
        devices: [{ kind: "ethernet" }],
        interfaces: [{ mac: `02:00:00:00:00:0${n}`, addresses }],
      });
    const example = await core(2, { wasm }, hasAddress ? [`${SERVER}/24`] : []);
    return new Pair(await core(1, {}, [`${CLIENT}/24`]), example, new Link({ ...faults, seed: 3, virtual: true }));
  }
  /** Lets both run until `done`, which may speak with the client; time passes when nobody has more to say. Fails after `limit` milliseconds of virtual time. */
  until(done: () => boolean, limit = 300_000): void {
    let quiet = 0;
    for (const end = this.ms + limit; !done(); ) {
      assert.ok(this.ms < end, `not within ${limit} ms of virtual time`);
      const wait = Math.min(this.client.poll(this.ms), this.example.poll(this.ms), end - this.ms);
      const sent = this.client.drain((frame) => this.link.send(0, frame)) + this.example.drain((frame) => this.link.send(1, frame));
      quiet = sent ? 0 : quiet + 1;
      const pass = quiet > 1 ? Math.max(1, Math.ceil(Math.min(wait, this.link.next()))) : 0;
      this.link.advance(pass);
      this.ms += pass;
    }
  }
  connect(port: number): number {
    const handle = this.client.tcp_connect({ address: SERVER, port });
    assert.ok(handle > 0, `${handle}`);
    return handle;
  }
  /** Sends octets, closes that half, and reads until the example closes too. */
  exchange(handle: number, sent: Uint8Array): Buffer {
    this.until(() => this.client.tcp_status(handle) >= State.ESTABLISHED);
    const parts: Uint8Array[] = [];
    let written = 0;
    let read: Uint8Array | number | null = null;
    this.until(() => {
      if (written < sent.length) written += Math.max(0, this.client.tcp_write(handle, sent, written));
      if (written === sent.length) this.client.tcp_close(handle, true);
      for (read = this.client.tcp_read(handle); read instanceof Uint8Array; read = this.client.tcp_read(handle)) parts.push(read);
      return typeof read === "number";
    });
    assert.equal(read, Err.END);
    this.client.tcp_close(handle);
    return Buffer.concat(parts);
  }
  /** Sends octets, however small the ring. */
  write(handle: number, octets: Uint8Array): void {
    let written = 0;
    this.until(() => {
      written += Math.max(0, this.client.tcp_write(handle, octets, written));
      return written === octets.length;
    });
  }
  /** After all are closed the example holds nothing but its listener. */
  assertEmpty(): void {
    this.until(() => [this.client, this.example].every((core) => core.pools().TCP0.used + core.pools().TIME_WAIT.used === 0));
    const { LISTENER, HALF_OPEN, UDP } = this.example.pools();
    assert.deepEqual([LISTENER.used, HALF_OPEN.used, UDP.used], [1, 0, 0]);
  }
}

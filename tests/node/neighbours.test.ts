import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, type CoreOptions, Err, RingwireError, instantiate } from "../../bindings/node/core.js";

const SEED = "00112233445566778899aabbccddeeff".repeat(2);
const ARP_TIMEOUT = 8000;

function stack(last: number, more: Partial<CoreOptions> = {}): Promise<Core> {
  return instantiate({
    seed: SEED,
    devices: [{ kind: "ethernet" }, { kind: "ethernet" }],
    interfaces: [
      { device: 1, mac: `02:00:00:00:01:0${last}`, addresses: [`10.0.1.${last}/24`] },
      { device: 0, mac: `02:00:00:00:00:0${last}`, addresses: [`10.0.0.${last}/24`] },
    ],
    settings: { arpTimeout: ARP_TIMEOUT },
    ...more,
  });
}

/** Polls both at `ms` until neither has a frame for the other. */
function settle(a: Core, b: Core, ms: number): void {
  do {
    a.poll(ms);
    b.poll(ms);
  } while (a.transfer(b) + b.transfer(a) + a.transfer(b, 1, 1) + b.transfer(a, 1, 1));
}

describe("neighbours", () => {
  test("there are none at first, whatever was announced", async () => {
    const [a, b] = [await stack(1), await stack(2)];
    settle(a, b, 0);
    assert.deepEqual(a.neighbours(), []);
  });
  test("one that answered shows its address, MAC, interface and age; a connection pins it", async () => {
    const [a, b] = [await stack(1), await stack(2)];
    assert.ok(b.tcp_listen({ port: 80 }) > 0);
    const client = a.tcp_connect({ address: "10.0.0.2", port: 80 });
    settle(a, b, 5);
    const known = { address: "10.0.0.2", mac: "02:00:00:00:00:02", state: "VALID", interface: 1 } as const;
    assert.deepEqual(a.neighbours(), [{ ...known, pins: 1, age: 0 }]);
    a.poll(47);
    assert.deepEqual(a.neighbours(), [{ ...known, pins: 1, age: 42 }]);
    a.tcp_abort(client);
    a.poll(50);
    assert.deepEqual(a.neighbours(), [{ ...known, pins: 0, age: 45 }]);
  });
  test("the first interface has index 0", async () => {
    const [a, b] = [await stack(1), await stack(2)];
    a.udp_write(a.ping_open(), Buffer.from("x"), { address: "10.0.1.2", port: 1 });
    settle(a, b, 1);
    assert.deepEqual(
      a.neighbours().map(({ address, mac, interface: index }) => ({ address, mac, index })),
      [{ address: "10.0.1.2", mac: "02:00:00:00:01:02", index: 0 }],
    );
  });
  test("one that never answers is asked, then failed, then gone", async () => {
    const a = await stack(1);
    const client = a.tcp_connect({ address: "10.0.0.9", port: 80 });
    a.poll(0);
    assert.deepEqual(a.neighbours(), [{ address: "10.0.0.9", mac: null, state: "ASKED", interface: 1, pins: 1, age: null }]);
    for (let ms = 0; ms <= 3000; ms += 1000) a.poll(ms);
    assert.equal(a.counter("ARP_FAILED"), 1);
    assert.equal(a.neighbours()[0]?.state, "FAILED");
    a.tcp_abort(client);
    for (let ms = 4000; ms <= 4000 + 2 * ARP_TIMEOUT; ms += 1000) a.poll(ms);
    assert.deepEqual(a.neighbours(), []);
    assert.equal(a.pools().NEIGHBOUR.used, 0);
  });
  test("an age counts from the stack's own clock: back in time none passes, and 2^32 is no border", async () => {
    const start = 2 ** 32 - 10;
    const [a, b] = [await stack(1, { ms: start }), await stack(2, { ms: start })];
    a.udp_write(a.ping_open(), Buffer.from("x"), { address: "10.0.0.2", port: 1 });
    settle(a, b, start);
    const age = () => a.neighbours()[0]?.age;
    assert.equal(age(), 0);
    a.receive(start + 20);
    assert.equal(age(), 20);
    a.poll(start + 5);
    assert.equal(age(), 20);
    a.poll(start + 8);
    assert.equal(age(), 23);
  });
});

describe("what core passes on", () => {
  test("a local port without a local address is kept", async () => {
    const a = await stack(1);
    const client = a.tcp_connect({ address: "10.0.0.2", port: 80 }, { port: 5000 });
    assert.deepEqual(a.status(client)?.local, { address: "10.0.0.1", port: 5000, interface: -1 });
    assert.equal(a.tcp_connect({ address: "10.0.0.2", port: 80 }, { port: 5000 }), Err.IN_USE);
  });
  test("a ping socket is bound to what is asked for, not to what the last call left", async () => {
    const a = await stack(1);
    assert.ok(a.udp_bind({ address: "10.0.1.1", port: 9, interface: 0 }) > 0);
    const any = a.ping_open();
    assert.equal(a.status(any)?.local.address, "0.0.0.0");
    assert.equal(a.status(any)?.local.interface, -1);
    assert.equal(a.status(a.ping_open(0, { address: "10.0.0.1" }))?.local.address, "10.0.0.1");
    assert.equal(a.ping_open(0, { address: "10.9.9.9" }), Err.BAD_ADDRESS);
  });
  test("a module without the state hash says so", async () => {
    const tiny = await stack(1, { wasm: new URL("../../../ringwire-tiny.wasm", import.meta.url) });
    assert.throws(
      () => tiny.stateHash(),
      (error) => error instanceof RingwireError && error.code === "NOT_SUPPORTED",
    );
    assert.equal(typeof (await stack(1)).stateHash(), "number");
  });
});

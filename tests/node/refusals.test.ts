// What callers get wrong, each refused in one line and with nothing lost.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantiate } from "../../bindings/node/core.js";
import { createStack, RingwireError } from "../../bindings/node/index.js";
import { createWire } from "../../bindings/node/wire.js";

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i);

function is(code: string, message: RegExp) {
  return (error: unknown) => error instanceof RingwireError && error.code === code && message.test(error.message);
}

describe("refusals", () => {
  test("a driver serves one stack: a second one is refused, and the first goes on", async () => {
    const [a, b] = createWire();
    const first = await createStack({ interfaces: [{ driver: a, addresses: ["10.0.0.1/24"] }] });
    const other = await createStack({ interfaces: [{ driver: b, addresses: ["10.0.0.2/24"] }] });
    await assert.rejects(createStack({ interfaces: [{ driver: a, addresses: ["10.0.0.3/24"] }] }), is("IN_USE", /driver/));
    assert.equal((await first.ping("10.0.0.2")).intact, true);
    await Promise.all([first.close(), other.close()]);
    await assert.rejects(createStack({ interfaces: [{ driver: a, addresses: ["10.0.0.1/24"] }] }), is("IN_USE", /driver/));
  });
  test("what is no octets is refused, and later datagrams leave", async () => {
    const [a, b] = createWire();
    const one = await createStack({ interfaces: [{ driver: a, addresses: ["10.0.0.1/24"] }] });
    const two = await createStack({ interfaces: [{ driver: b, addresses: ["10.0.0.2/24"] }] });
    const socket = one.bindUdp();
    const heard = two.bindUdp({ port: 9 });
    for (const wrong of [undefined, null, 5, {}, [1, 2]]) {
      await assert.rejects(socket.send(wrong as never, 9, "10.0.0.2"), is("BAD_ARGUMENT", /Uint8Array/));
    }
    await socket.send("good", 9, "10.0.0.2");
    for await (const { data } of heard) {
      assert.equal(String(data), "good");
      break;
    }
    for (const size of [-1, 1.5, 1e9, "a"])
      await assert.rejects(one.ping("10.0.0.2", { size: size as number }), is("BAD_ARGUMENT", /size/));
    await assert.rejects(one.ping("10.0.0.2", { timeout: 1e12 }), is("BAD_ARGUMENT", /timeout/));
    await Promise.all([one.close(), two.close()]);
  });
  test("core: writes take octets from a place inside them; a gateway is another host", async () => {
    const interfaces = [{ device: 0, mac: "02:00:00:00:00:01", addresses: ["10.0.0.1/24"] }];
    const core = await instantiate({ seed: SEED, devices: [{ kind: "ethernet" }], interfaces });
    const handle = core.tcp_connect({ address: "10.0.0.2", port: 7 });
    assert.throws(() => core.tcp_write(handle, new Uint8Array(10), -5), is("BAD_ARGUMENT", /from/));
    assert.throws(() => core.tcp_write(handle, "abc" as never), is("BAD_ARGUMENT", /Uint8Array/));
    assert.throws(() => core.input("abc" as never), is("BAD_ARGUMENT", /Uint8Array/));
    assert.equal(core.status(handle)?.unsent, 0);
    for (const gateway of ["10.0.0.1", "10.0.0.255", "10.0.0.0"]) {
      const wrong = [{ ...interfaces[0], device: 0, addresses: ["10.0.0.1/24"], gateway }];
      await assert.rejects(instantiate({ seed: SEED, devices: [{ kind: "ethernet" }], interfaces: wrong }), is("BAD_INTERFACE", /gateway/));
    }
  });
  test("core: a time that is no number is refused, and time does not move; a counter that is none too", async () => {
    const given = { seed: SEED, devices: [{ kind: "ip" as const }], interfaces: [{ addresses: ["10.0.0.1/24"] }] };
    const core = await instantiate({ ...given, ms: 1000 });
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, undefined, "5", null]) {
      assert.throws(() => core.poll(wrong as never), is("BAD_ARGUMENT", /^ms: .* is no time \(expected a finite number\)$/));
      assert.throws(() => core.receive(wrong as never), is("BAD_ARGUMENT", /^ms: /));
    }
    assert.throws(() => core.poll(1001, Number.NaN), is("BAD_ARGUMENT", /^us: NaN is no time/));
    await assert.rejects(instantiate({ ...given, ms: Number.NaN }), is("BAD_ARGUMENT", /^ms: NaN/));
    assert.ok(core.poll(1001.5) > 0);
    for (const wrong of ["nope", "COUNT", "toString", "", undefined]) {
      assert.throws(() => core.counter(wrong as never), is("BAD_ARGUMENT", /^counter: ".*" is not known/));
    }
    assert.equal(core.counter("FRAMES_IN"), 0);
  });
  test("a buffer class without sockets is refused where it is named, before there is a socket", async () => {
    const [driver] = createWire();
    const tcp = { sockets: 4, classes: [{ sockets: 2, receive: 1024, send: 1024 }, { sockets: 0, receive: 1024, send: 1024 }] }; // biome-ignore format: short
    const stack = await createStack({ interfaces: [{ driver, addresses: ["10.0.0.1/24"] }], tcp });
    for (const wrong of [2, 3]) {
      const message = new RegExp(`^class: buffer class ${wrong} has no sockets`);
      assert.throws(() => stack.listen({ port: 7, class: wrong }), is("BAD_ARGUMENT", message));
      await assert.rejects(stack.connect({ host: "10.0.0.2", port: 7, class: wrong }), is("BAD_ARGUMENT", message));
    }
    assert.throws(() => stack.listen({ port: 7, class: 4 }), is("BAD_ARGUMENT", /^class: 4 is out of range/));
    assert.deepEqual(stack.sockets(), []);
    assert.equal(stack.listen({ port: 7, class: 1 }).listening, true);
    await stack.close();
  });
});

// VLANs, loopback and addresses that change, by the library.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createStack, createWire } from "../../bindings/node/index.js";

describe("interfaces of one driver", () => {
  test("VLANs share a driver; each carries a connection of its own", async () => {
    const [left, right] = createWire();
    const make = (driver: typeof left, last: number) =>
      createStack({ interfaces: [0, 5].map((vlan) => ({ driver, vlan, addresses: [`10.${vlan}.0.${last}/24`] })) });
    const [one, other] = [await make(left, 1), await make(right, 2)];
    other.listen({ port: 7 }).on("connection", (socket) => socket.end(socket.localAddress));
    for (const host of ["10.0.0.2", "10.5.0.2"]) {
      const socket = await one.connect({ host, port: 7 });
      let text = "";
      for await (const part of socket) text += String(part);
      assert.equal(text, host);
      socket.end();
    }
    assert.deepEqual(
      one.interfaces().map((it) => it.vlan),
      [0, 5],
    );
    await Promise.all([one.close(), other.close()]);
  });

  test("the same VLAN twice on a driver is refused", async () => {
    const [driver] = createWire();
    const twice = [1, 2].map((last) => ({ driver, vlan: 5, addresses: [`10.5.${last}.1/24`] }));
    await assert.rejects(createStack({ interfaces: twice }), { code: "IN_USE" });
  });
});

describe("loopback", () => {
  test("a stack connects to itself, by 127.0.0.1 and by its address", async () => {
    const [driver] = createWire();
    const stack = await createStack({ interfaces: [{ driver, addresses: ["10.0.0.1/24"] }], loopback: true });
    stack.listen({ port: 7 }).on("connection", (socket) => socket.pipe(socket));
    for (const host of ["127.0.0.1", "10.0.0.1"]) {
      const socket = await stack.connect({ host, port: 7 });
      socket.end("to myself");
      let text = "";
      for await (const part of socket) text += String(part);
      assert.equal(text, "to myself");
    }
    await stack.close();
  });
});

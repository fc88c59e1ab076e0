import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createStack, createWire, type StackOptions } from "../../bindings/node/index.js";

/** Two stacks on a wire: 10.0.0.1 as the options say, and 10.0.0.2, whose way to everywhere is the first. */
async function two(options: Partial<StackOptions> = {}, transparent = false) {
  const [left, right] = createWire();
  const first = await createStack({ interfaces: [{ driver: left, addresses: ["10.0.0.1/24"], transparent }], ...options });
  const second = await createStack({ interfaces: [{ driver: right, addresses: ["10.0.0.2/24"], gateway: "10.0.0.1" }] });
  return { first, second, close: () => Promise.all([first.close(), second.close()]) };
}

describe("the filter of a stack", () => {
  test("rules in words open one port, and count; others are refused", async () => {
    const { first, second, close } = await two({ filter: ["in tcp port 80 new accept", "in established accept", "policy in reject"] });
    first.listen({ port: 80 }).on("connection", (socket) => socket.end("welcome"));
    first.listen({ port: 81 });
    const socket = await second.connect({ host: "10.0.0.1", port: 80 });
    let text = "";
    for await (const data of socket) text += String(data);
    assert.equal(text, "welcome");
    await assert.rejects(second.connect({ host: "10.0.0.1", port: 81 }), { code: "REFUSED" });
    const [open, established] = first.filter.rules();
    assert.deepEqual([open?.text, open?.packets], ["in tcp port 80 new accept", 1]);
    assert.ok((established?.packets ?? 0) >= 2);
    first.filter.remove(0).add("in tcp port 81 accept", 0);
    assert.equal(first.filter.length, 2);
    (await second.connect({ host: "10.0.0.1", port: 81 })).destroy();
    await close();
  });

  test("a rule that is none, or a port that cannot be forwarded, makes no stack", async () => {
    const [left] = createWire();
    const interfaces = [{ driver: left, addresses: ["10.0.0.1/24"] }];
    await assert.rejects(createStack({ interfaces, filter: ["in tcp port eighty accept"] }), { code: "BAD_ARGUMENT" });
    const [again] = createWire();
    await assert.rejects(createStack({ interfaces: [{ driver: again, addresses: ["10.0.0.1/24"], napt: true }] }), { code: "BAD_STATE" });
  });
});

describe("a transparent stack", () => {
  test("takes connections to anybody, asks the application first, and knows to whom they were", async () => {
    const { first, second, close } = await two({}, true);
    const asked: string[] = [];
    const listener = first.listen({
      transparent: true,
      decide: async ({ local }) => {
        asked.push(`${local.address}:${local.port}`);
        return local.port !== 25;
      },
    });
    listener.on("connection", (socket) => socket.end(`you wanted ${socket.localAddress}:${socket.localPort}`));
    const socket = await second.connect({ host: "198.51.100.7", port: 443 });
    let text = "";
    for await (const data of socket) text += String(data);
    assert.equal(text, "you wanted 198.51.100.7:443");
    await assert.rejects(second.connect({ host: "203.0.113.5", port: 25 }), { code: "REFUSED" });
    assert.deepEqual(asked, ["198.51.100.7:443", "203.0.113.5:25"]);
    await close();
  });

  test("UDP to anybody is answered in their name", async () => {
    const { first, second, close } = await two({}, true);
    const all = first.bindUdp({ transparent: true });
    all.on(
      "message",
      (data, { address, port, to, toPort }) => void all.send(`${data} to ${to}:${toPort}`, port, address, { address: to, port: toPort }),
    );
    const socket = second.bindUdp();
    await socket.send("query", 53, "198.51.100.7");
    const { data, remote } = await socket.receive();
    assert.equal(String(data), "query to 198.51.100.7:53");
    assert.deepEqual([remote.address, remote.port], ["198.51.100.7", 53]);
    await close();
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { createStack, createWire, type Driver, type Stack } from "../../bindings/node/index.js";

const EXAMPLE = "examples/proxy/proxy.mjs";
type Proxy = (driver: Driver, dial: (port: number, host: string) => net.Socket) => Promise<Stack>;

describe(EXAMPLE, () => {
  test("is under 60 lines, passes on what comes for anybody, and refuses what it is refused", async () => {
    assert.ok(readFileSync(EXAMPLE, "utf8").trimEnd().split("\n").length < 60);
    const { proxy } = (await import(pathToFileURL(EXAMPLE).href)) as { proxy: Proxy };
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const dialled: string[] = [];
    const [left, right] = createWire("ip");
    const stack = await proxy(left, (wanted, host) => {
      dialled.push(`${host}:${wanted}`);
      return net.connect({ port: wanted === 443 ? port : 1, host: "127.0.0.1", allowHalfOpen: true });
    });
    const client = await createStack({ interfaces: [{ driver: right, addresses: ["10.255.0.2/30"], gateway: "10.255.0.1" }] });
    const socket = await client.connect({ host: "198.51.100.7", port: 443, allowHalfOpen: true });
    socket.end("there and back");
    let text = "";
    for await (const data of socket) text += String(data);
    assert.equal(text, "there and back");
    await assert.rejects(client.connect({ host: "198.51.100.8", port: 25 }), { code: "REFUSED" });
    assert.deepEqual(dialled, ["198.51.100.7:443", "198.51.100.8:25"]);
    await Promise.all([stack.close(), client.close()]);
    server.close();
  });
});

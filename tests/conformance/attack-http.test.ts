// Attacks on the HTTP services: the one of `ringwire up` and the one inside the module.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStack, createWire, type Stack, type StackOptions } from "../../bindings/node/index.js";
import { startServices } from "../../bindings/node/cli/services/run.js";
import type { Status } from "../../bindings/node/cli/services/status.js";

const MODULE = new URL("../../../../build/examples/http.wasm", import.meta.url);
const SERVER = "10.0.0.2";
const STATUS: Status = { name: "ringwire", version: "1", uptime: 1, interfaces: [], services: [], sockets: [], pools: {}, counters: {} };

/** A client's stack and a server on a virtual wire, with the HTTP service of `ringwire up` or the example of that module. */
async function served(wasm?: URL): Promise<{ client: Stack; server: Stack; close: () => Promise<unknown> }> {
  const [near, far] = createWire();
  const make = (driver: StackOptions["interfaces"][number]["driver"], address: string, more = {}) =>
    createStack({ ...more, interfaces: [{ driver, addresses: [`${address}/24`] }] });
  const client = await make(near, "10.0.0.1");
  const server = await make(far, SERVER, wasm ? { wasm } : {});
  if (!wasm) startServices(server, [{ name: "http", port: 80 }], { status: () => STATUS, broadcasts: new Set(), addresses: [] });
  return { client, server, close: () => Promise.all([client.close(), server.close()]) };
}
/** Sends text, reads until the server ends or resets; answers what came. */
async function exchange(client: Stack, text: string | Buffer): Promise<string> {
  const socket = await client.connect({ host: SERVER, port: 80 });
  let answer = "";
  socket.on("data", (part: Buffer) => {
    answer += part;
  });
  socket.on("error", () => {}); // a reset is an answer too
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.write(text);
  await closed;
  return answer;
}
const REQUEST = "GET /status.txt HTTP/1.1\r\nHost: ringwire\r\nConnection: close\r\n\r\n";
/** The next request is answered. */
async function assertAnswers(client: Stack): Promise<void> {
  assert.match(await exchange(client, REQUEST), /^HTTP\/1\.1 200 OK\r\n/);
}

const LONG: [string, (octets: number) => string][] = [
  ["header line", (octets) => `GET / HTTP/1.1\r\nHost: ringwire\r\nConnection: close\r\nX-Long: ${"x".repeat(octets)}\r\n\r\n`],
  ["header name", (octets) => `GET / HTTP/1.1\r\nHost: ringwire\r\nConnection: close\r\n${"x".repeat(octets)}: 1\r\n\r\n`],
  ["path", (octets) => `GET /${"x".repeat(octets)} HTTP/1.1\r\nHost: ringwire\r\nConnection: close\r\n\r\n`],
  ["method", (octets) => `${"X".repeat(octets)} / HTTP/1.1\r\nHost: ringwire\r\nConnection: close\r\n\r\n`],
];
for (const [name, wasm] of [
  ["ringwire up", undefined],
  ["the example inside the module", MODULE],
] as const) {
  test(`TFTP/HTTP-01: ${name}: a header line of 8 KB and of 1 MB is answered or closed, and the next request is served`, async (t) => {
    const { client, server, close } = await served(wasm);
    t.after(close);
    for (const [what, make] of LONG) {
      for (const octets of [8192, 1_000_000]) {
        const answer = await exchange(client, make(octets));
        assert.match(answer, /^(HTTP\/1\.1 [1-5]\d\d |$)/, `${what} of ${octets} octets`);
        await assertAnswers(client);
      }
    }
    assert.match(await exchange(client, LONG[0]?.[1](100) ?? ""), /^HTTP\/1\.1 200 /, "a short one is answered");
    assert.ok(server.sockets().filter(({ state }) => state === "ESTABLISHED").length <= 1);
  });

  test(`TCP-50: ${name}: clients that never end their request or never read hold their own sockets, and others are served`, async (t) => {
    const { client, server, close } = await served(wasm);
    t.after(close);
    const slow = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const socket = await client.connect({ host: SERVER, port: 80 });
        socket.on("error", () => {});
        socket.pause();
        socket.write(i % 2 ? "GET / HTTP/1.1\r\nHost: ringwire\r\nX: " : REQUEST);
        return socket;
      }),
    );
    for (let round = 0; round < 5; round++) {
      for (const socket of slow.filter((_, i) => i % 2)) socket.write("x");
      await assertAnswers(client);
    }
    const busy = server.sockets().filter(({ protocol, state }) => protocol === "tcp" && state !== "TIME_WAIT");
    assert.ok(busy.length >= 6 && busy.length <= 14, `${busy.length} sockets`);
    for (const socket of slow) socket.destroy();
    await assertAnswers(client);
  });
}

// 1 GB each way between our sockets and the kernel's, compared by SHA-256.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { after, afterEach, before, describe, type TestContext, test } from "node:test";
import { octetStream } from "../../bindings/node/cli/demo/octets.js";
import type { Stack } from "../../bindings/node/index.js";
import { Lab, missing } from "../interop/lab.js";
import { digestOf } from "../interop/streams.js";

const OCTETS = 1_000_000_000;
const LIMIT = { timeout: 400_000 };
const BUFFERS = { tcp: { receive: 262_144, send: 262_144 } };
let lab: Lab;
let expected = "";

function tellRate(t: TestContext, ms: number): void {
  t.diagnostic(`${(ms / 1000).toFixed(1)} s, ${(OCTETS / ms / 1000).toFixed(0)} MB/s`);
}

/** Reads one connection to its end. */
async function receiveOn(stack: Stack, port: number): Promise<{ sha256: string; octets: number }> {
  const listener = stack.listen({ port });
  const socket = await listener.accept();
  const hash = createHash("sha256");
  let octets = 0;
  for await (const part of socket) {
    hash.update(part as Buffer);
    octets += (part as Buffer).length;
  }
  listener.close();
  return { sha256: hash.digest("hex"), octets };
}

describe("a gigabyte", { skip: missing }, () => {
  before(() => {
    lab = new Lab();
    expected = digestOf(OCTETS);
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  test("from the kernel to us", LIMIT, async (t) => {
    const stack = await lab.stack(BUFFERS);
    const receiving = receiveOn(stack, 9);
    const { ms } = await lab.kernel("send", { host: lab.device().us, port: 9, octets: OCTETS });
    assert.deepEqual(await receiving, { sha256: expected, octets: OCTETS });
    tellRate(t, ms);
  });
  test("from us to the kernel", LIMIT, async (t) => {
    const stack = await lab.stack(BUFFERS);
    await lab.kernel("serve", { port: 7001, what: "digest" });
    const began = performance.now();
    const socket = await stack.connect({ host: lab.device().kernel, port: 7001, allowHalfOpen: true });
    const answered = once(socket, "data");
    await pipeline(octetStream(OCTETS, 1), socket, { end: false });
    socket.end();
    assert.equal(String((await answered)[0]), expected);
    tellRate(t, performance.now() - began);
  });
  test("through `ringwire up` and back", LIMIT, async (t) => {
    const device = lab.device();
    await lab.up(...device.options, "--service", "echo");
    const { returned, sent, received, ms } = await lab.kernel("echo", { host: device.us, port: 7, octets: OCTETS });
    assert.equal(returned, OCTETS);
    assert.equal(sent, expected);
    assert.equal(received, expected);
    tellRate(t, ms);
  });
});

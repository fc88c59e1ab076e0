// The short ways that usual packets take change nothing, and are really taken.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { network, noise } from "../node/network.js";
import { MODULES, runSeeds } from "./seeds.js";

const OCTETS = 1_000_000;

test("200 seeds are the same, frame by frame and in their last states, without header prediction and without what is remembered", {
  timeout: 110_000,
}, async () => {
  const sum = await runSeeds(1, 200, MODULES.release, 2, undefined, MODULES.plain);
  assert.deepEqual(sum.failed, []);
  assert.equal(sum.seeds, 200);
});
test("header prediction takes nine in ten segments of a bulk transfer, at both ends", async () => {
  const { a, b, close } = await network();
  try {
    b.listen({ port: 7 }).on("connection", (socket) => socket.pipe(socket));
    const socket = await a.connect({ host: "10.0.0.2", port: 7 });
    let read = 0;
    socket.on("data", (part: Buffer) => {
      read += part.length;
    });
    socket.end(noise(OCTETS));
    await once(socket, "close");
    assert.equal(read, OCTETS);
    for (const stack of [a, b]) {
      const { TCP_IN: all = 0, TCP_PREDICTED: predicted = 0 } = stack.counters();
      assert.ok(all > OCTETS / 1460 && predicted / all >= 0.9, `${predicted} of ${all}`);
    }
  } finally {
    await close();
  }
});

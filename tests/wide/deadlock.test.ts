// XDEAD-1: two stacks with both receive rings full and octets queued both ways, nobody reads for a minute.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LinkOptions } from "../../bindings/node/index.js";
import { readAll } from "../interop/streams.js";
import { delay, network, noise, sha, until } from "../node/network.js";

const OCTETS = 1_000_000;
const MINUTE = 60_000;
/** A lost window update is made good by the next probe, up to a minute later, and that may be lost, too. */
const PATIENCE = 10 * MINUTE;

async function survives(faults: LinkOptions | null): Promise<void> {
  const { a, b, close } = await network(faults, { tcp: { userTimeout: 300_000, receive: 20_000, send: 30_000 } });
  try {
    const listener = b.listen({ port: 80, allowHalfOpen: true });
    const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80, allowHalfOpen: true }), listener.accept()]);
    const [upwards, downwards] = [noise(OCTETS, 1), noise(OCTETS, 2)];
    client.end(upwards);
    server.end(downwards);
    const isFull = () => [client, server].every((socket) => socket.status()?.rcvWnd === 0 && socket.status()?.writable === 0);
    await until(isFull, "both receive rings and both send rings are full", MINUTE);
    await delay(MINUTE);
    assert.ok(isFull(), "nothing has moved");
    assert.ok(a.counters().TCP_PROBES > 3 && b.counters().TCP_PROBES > 3, "both probe");
    assert.equal(sha(await readAll(server.iterator({ destroyOnReturn: false }))), sha(upwards), "one side reads, the other does not");
    assert.equal(sha(await readAll(client.iterator({ destroyOnReturn: false }))), sha(downwards));
    await until(() => a.pools().TCP0.used + b.pools().TCP0.used === 0, "both are closed", 2 * MINUTE);
    assert.equal(a.counters().TCP_GIVEN_UP + b.counters().TCP_GIVEN_UP, 0);
  } finally {
    await close();
  }
}

describe("two stacks with full rings and octets queued both ways do not deadlock (XDEAD-1)", {
  concurrency: true,
  timeout: PATIENCE,
}, () => {
  test("on a clean wire", () => survives(null));
  test("on a link with delay", () => survives({ seed: 1, delay: 5 }));
  test("on a link that loses, reorders and duplicates", () => survives({ seed: 2, loss: 0.1, reorder: 0.1, duplicate: 0.05 }));
});

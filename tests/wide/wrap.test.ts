// More than 2 GiB on one connection: what compares positions must not look half a space back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate } from "../../bindings/node/core.js";

const RING = 1 << 20;
const TOTAL = 2.6e9;

test("after 2 GiB the send ring still has no more room than it has, and a loss is still repaired at once", {
  timeout: 600_000,
}, async () => {
  const one = (last: number) =>
    instantiate({
      seed: Uint8Array.from({ length: 32 }, (_, i) => i * last + 1),
      devices: [{ kind: "ip", rxSlots: 64, txSlots: 64 }],
      interfaces: [{ mtu: 65_000, addresses: [`10.0.0.${last}/24`] }],
      capacities: { classes: [{ sockets: 2, receive: RING, send: RING }] },
    });
  const [a, b] = [await one(1), await one(2)];
  const listener = b.tcp_listen({ port: 80 });
  const client = a.tcp_connect({ address: "10.0.0.2", port: 80 });
  let ms = 0;
  const step = () => {
    a.poll(ms);
    a.transfer(b);
    b.poll(ms);
    b.transfer(a);
    ms++;
  };
  for (let i = 0; i < 10; i++) step();
  const server = b.tcp_accept(listener);
  assert.ok(server > 0);
  let got = 0;
  while (got < TOTAL) {
    for (let space = a.tcp_send_space(client); space > 0; space = a.tcp_send_space(client)) a.tcp_send_commit(client, space, false);
    const status = a.status(client);
    assert.ok((status?.unsent ?? 0) + (status?.unacknowledged ?? 0) <= RING, `${got} octets through`);
    step();
    for (let ready = b.tcp_receive_ready(server); ready > 0; ready = b.tcp_receive_ready(server)) {
      b.tcp_receive_release(server, ready);
      got += ready;
    }
  }
  const timeouts = a.counter("TCP_TIMEOUTS");
  a.poll(ms);
  for (const packet of a.output().slice(1)) b.input(packet);
  for (let i = 0; i < 50; i++) {
    for (let space = a.tcp_send_space(client); space > 0; space = a.tcp_send_space(client)) a.tcp_send_commit(client, space, false);
    step();
    for (let ready = b.tcp_receive_ready(server); ready > 0; ready = b.tcp_receive_ready(server)) b.tcp_receive_release(server, ready);
  }
  assert.ok(a.counter("TCP_FAST_RETRANSMITS") >= 1);
  assert.equal(a.counter("TCP_TIMEOUTS"), timeouts, "no timeout was needed");
});

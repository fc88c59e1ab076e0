// Faults that a bug hunt found, each kept as a test: what grows, wraps or stands still in a long life.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { Delayed } from "./delayed.js";

test("a round trip that grows beyond the RTO is learnt: backoff holds until something is measured (Karn)", async () => {
  const wire = await Delayed.make(65_536);
  for (let i = 0; i < 20; i++) wire.send(100);
  wire.delay = 1500;
  const before = wire.a.status(wire.client)?.retransmissions ?? 0;
  for (let i = 0; i < 30; i++) wire.send(100);
  const status = wire.a.status(wire.client);
  const timeouts = (status?.retransmissions ?? 99) - before - wire.a.counter("TCP_LOSS_PROBES");
  assert.ok(timeouts <= 8, `${timeouts} retransmissions besides loss probes`);
  assert.ok((status?.rto ?? 0) >= 3000, `rto ${status?.rto}`);
});

test("MUST-37: a closed window whose peer answers the probes outlasts a short user timeout", async () => {
  const wire = await Delayed.make(1000);
  assert.equal(wire.a.socket_set(wire.client, Option.USER_TIMEOUT, 10_000), 0);
  wire.a.tcp_write(wire.client, new Uint8Array(1000));
  wire.until(() => wire.a.status(wire.client)?.sndWnd === 0);
  assert.equal(wire.a.tcp_write(wire.client, new Uint8Array(1000)), 1000);
  const end = wire.ms + 400_000;
  wire.until(() => wire.ms >= end);
  assert.ok((wire.a.status(wire.client)?.unsent ?? 0) > 0, "still waiting");
  let got = 0;
  wire.until(() => {
    const read = wire.b.tcp_read(wire.server);
    if (read instanceof Uint8Array) got += read.length;
    return got === 2000;
  }, 200_000);
});

test("the microsecond clock goes on after an hour without a call: round trips are still measured", async () => {
  const wire = await Delayed.make(65_536);
  wire.delay = 400;
  for (let i = 0; i < 20; i++) wire.send(100);
  wire.until(() => wire.a.status(wire.client)?.unacknowledged === 0);
  wire.ms += 40 * 60_000;
  const before = wire.a.status(wire.client)?.retransmissions ?? 0;
  for (let i = 0; i < 40; i++) wire.send(100);
  const status = wire.a.status(wire.client);
  assert.ok((status?.srtt ?? 0) > 700_000, `srtt ${status?.srtt}`);
  assert.ok((status?.retransmissions ?? 99) - before <= 2);
});

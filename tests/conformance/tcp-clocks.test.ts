// Faults that a bug hunt found, each kept as a test: what grows, wraps or stands still in a long life.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { Delayed } from "./delayed.js";
import { timestamps } from "./frames.js";
import { blocks, Peer } from "./peer.js";
import { Wire } from "./wire.js";

const MSS = 1000;

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

test("MUST-8: initial sequence numbers of the same ends differ by the clock alone, 250 steps a millisecond, also where it has wrapped to just behind the last", async () => {
  const wire = await Wire.make({ ms: 1000 });
  const peer = new Peer(wire);
  peer.listen();
  const isn = () => {
    wire.peers.length = 0;
    const next = new Peer(wire);
    next.syn();
    next.send({ ctl: "RST", seq: 1 });
    return next.irs ?? 0;
  };
  const first = isn();
  assert.equal((isn() - first) >>> 0, 1, "in the same millisecond");
  wire.ms += 1;
  assert.equal((isn() - first) >>> 0, 250);
  const turn = 1_133_871_104; // milliseconds after which a clock of 250 steps each stands 65,536 steps lower
  wire.ms += turn;
  assert.equal((isn() - first) | 0, 250 - 65_536);
  wire.ms += 1;
  assert.equal((isn() - first) | 0, 500 - 65_536);
});

test("RFC6298-4, MUST-18: what leaves once more as a probe of a closed window is not measured", async () => {
  const peer = await Peer.client();
  peer.write(100);
  peer.expectSegment({ seq: 1, data: 100 });
  const { srtt, rttvar, rto } = peer.status;
  peer.send({ ack: 1, win: 0 });
  while (!peer.counter("TCP_PROBES")) peer.advance(10);
  peer.expectSegment({ seq: 1, data: 1 });
  peer.send({ ack: 101, win: 1000 });
  const after = peer.status;
  assert.deepEqual([after.srtt, after.rttvar, after.rto, after.unacknowledged], [srtt, rttvar, rto, 0]);
});

for (const [age, isMeasured] of [
  [1_800_000, true],
  [1_800_001, false],
] as const) {
  test(`an echo ${age} ms old is ${isMeasured ? "measured" : "not believed: half an hour is the longest round trip"}`, async () => {
    const peer = await Peer.client({ tsVal: 5000, mss: MSS });
    for (let i = 0; i < 2; i++) peer.write(MSS - 12);
    const [one, two] = peer.take();
    peer.send({ ack: two?.seq });
    const { srtt } = peer.status;
    const echo = ((one?.options.timestamps?.[0] ?? 0) - age) >>> 0;
    peer.send({ ack: peer.seen, stamp: null, options: timestamps(5000 + peer.wire.ms, echo) });
    assert.equal(peer.status.unacknowledged, 0);
    assert.equal(peer.status.srtt, isMeasured ? Math.floor((srtt * 7 + age * 1000) / 8) : srtt);
  });
}

test("RFC7323-4: what the SYN-ACK's timestamp forbids is an old duplicate at once, however long the stack has run", async () => {
  const peer = await Peer.client({ ms: 25 * 86_400_000, tsVal: 5000 });
  peer.send({ seq: 1, data: 10, stamp: 5000 + peer.wire.ms - 1 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.deepEqual([peer.counter("TCP_PAWS"), peer.status.readable], [1, 0]);
  peer.send({ seq: 1, data: 10 });
  assert.equal(peer.read(), 10);
});

test("a timeout forgets what growth was saved up: after it the window grows by whole rounds again", async () => {
  const peer = new Peer(await Wire.make({ settings: { congestion: 0 } }), { mss: MSS });
  peer.listen();
  peer.handshake();
  peer.write(10 * MSS);
  const timeout = () => {
    const { timeouts } = peer.status;
    while (peer.status.timeouts === timeouts) peer.advance(10);
  };
  let acked = 0;
  const grows = (count: number) =>
    Array.from({ length: count }, () => {
      peer.send({ ack: 1 + ++acked * MSS });
      return peer.status.cwnd / MSS;
    });
  timeout();
  assert.deepEqual([peer.status.cwnd, peer.status.ssthresh], [MSS, 5 * MSS]);
  assert.deepEqual(grows(5), [2, 3, 4, 5, 5]);
  timeout();
  assert.deepEqual([peer.status.cwnd, peer.status.ssthresh], [MSS, 2.5 * MSS]);
  assert.deepEqual(grows(4), [2, 3, 3, 3]);
});

test("RFC6298-4: what was sent once, but before a timeout, is not measured when it is SACKed after it; what leaves later is", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true });
  peer.write(MSS);
  peer.advance(20);
  peer.send({ ack: 1 + MSS });
  peer.take();
  const first = peer.seen;
  peer.write(3 * MSS);
  const has = (from: number, to: number) => blocks(peer, first + from * MSS, first + to * MSS);
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  const { srtt, rttvar } = peer.status;
  peer.take();
  peer.send({ ack: first, options: has(1, 2) });
  assert.deepEqual([peer.status.srtt, peer.status.rttvar, peer.status.sacked], [srtt, rttvar, MSS]);
  peer.send({ ack: first + 3 * MSS });
  assert.deepEqual([peer.status.srtt, peer.status.unacknowledged], [srtt, 0]);
  peer.write(MSS);
  peer.advance(30);
  peer.send({ ack: first + 4 * MSS });
  assert.equal(peer.status.srtt, Math.floor((srtt * 7 + 30_000) / 8));
});

test("RFC6298-4: an echo of what left before a timeout is not measured, one of what left at it or behind it is", async () => {
  for (const port of [5000, 5001, 5002, 5003]) {
    const peer = await Peer.client({ port, mss: MSS, tsVal: 5000 });
    peer.write(2 * 988);
    const original = peer.take()[0]?.options.timestamps?.[0] ?? 0;
    while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
    const again = peer.expectSegment({ seq: 1, data: 988 }).options.timestamps?.[0] ?? 0;
    const { srtt } = peer.status;
    peer.advance(40);
    const echoes = (echo: number) => timestamps(5000 + peer.wire.ms, echo >>> 0);
    peer.send({ ack: 1 + 500, stamp: null, options: echoes(original) });
    assert.equal(peer.status.srtt, srtt);
    peer.send({ ack: 1 + 600, stamp: null, options: echoes(again - 1) });
    assert.equal(peer.status.srtt, srtt);
    peer.send({ ack: 1 + 700, stamp: null, options: echoes(again) });
    assert.equal(peer.status.srtt, Math.floor((srtt * 7 + 40_000) / 8));
  }
});

for (const minutes of [1, 30, 40, 70, 75]) {
  test(`RFC8985-1: after ${minutes} minutes of silence a segment that one SACK overtakes is waited for a quarter of a round trip, and no other leaves again`, async () => {
    const peer = new Peer(await Wire.make(), { mss: MSS, sack: true });
    peer.listen();
    peer.syn();
    peer.advance(20);
    peer.send();
    peer.accept();
    peer.write(MSS);
    peer.advance(20);
    peer.send({ ack: 1 + MSS });
    peer.take();
    peer.advance(minutes * 60_000);
    peer.write(3 * MSS);
    const said = () => peer.take().map(({ seq }) => seq);
    const [first = 0, second = 0, third = 0] = said();
    peer.advance(30);
    assert.deepEqual(said(), []);
    peer.send({ ack: first, options: blocks(peer, second, third) });
    assert.deepEqual(said(), [], "not at once");
    const from = peer.wire.ms;
    while (!peer.queue.length) peer.advance(1);
    assert.deepEqual(said(), [first]);
    assert.ok(
      [5, 8].includes(peer.wire.ms - from),
      "a quarter of the smallest round trip: of the first, or of the last where that is forgotten",
    );
    peer.send({ ack: third + MSS });
    peer.advance(1000);
    assert.deepEqual([said(), peer.counter("TCP_RETRANSMITTED")], [[], 1]);
  });
}

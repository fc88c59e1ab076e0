// SYN cookies, the path MTU and pacing, where a mutant showed that nothing else looked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Offer, Option } from "../../bindings/node/core.js";
import { timestamps } from "./frames.js";
import { Peer, type PeerOptions } from "./peer.js";
import { Wire } from "./wire.js";

const STAMP = 70_000;
const COOKIE_LIFE = 2 * 65_536;

/** A listener with cookies whose SYN queue of one is taken by somebody who never answers. */
async function flooded(): Promise<Wire> {
  const wire = await Wire.make({ receive: 200_000 });
  const forger = new Peer(wire, { port: 4000 });
  forger.listen(1);
  const offer = Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS | Offer.COOKIES;
  assert.equal(wire.core.socket_set(forger.listener, Option.OFFER, offer), 0);
  forger.syn();
  forger.expectSegment({ ctl: "SYN,ACK" });
  return wire;
}
/** A SYN that is answered with a cookie; answers the timestamp of the SYN-ACK. */
function asked(peer: Peer): number {
  const used = peer.core.pools().HALF_OPEN.used;
  peer.syn({ options: [...peer.synOptions, ...timestamps(STAMP, 0)] });
  const { options } = peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  assert.equal(peer.core.pools().HALF_OPEN.used, used, "nothing is kept");
  return options.timestamps?.[0] ?? 0;
}
const client = (wire: Wire, more: PeerOptions = {}) => new Peer(wire, { mss: 1300, shift: 7, sack: true, ...more });

test("RFC4987-1: while the SYN queue is full a cookie opens the connection, with the MSS, scale and SACK of its SYN", async () => {
  const wire = await flooded();
  const peer = client(wire);
  const listener = (wire.peers[0] as Peer).listener;
  const echo = asked(peer);
  peer.send({ win: 100, options: timestamps(STAMP + 1, echo) });
  peer.handle = wire.core.tcp_accept(listener);
  assert.ok(peer.handle > 0, `accept: ${peer.handle}`);
  assert.equal(peer.counter("TCP_COOKIES_IN"), 1);
  assert.deepEqual([peer.status.mss, peer.status.sndWnd, peer.state], [1300 - 12, 100 << 7, "ESTABLISHED"]);
  peer.send({ seq: 101, data: 50, options: timestamps(STAMP + 2, echo) });
  assert.deepEqual(peer.take().at(-1)?.sack, [[101, 151]]);
});

test("RFC4987-1: an ACK with a guessed number opens nothing, nor does a cookie of another connection", async () => {
  const wire = await flooded();
  const peer = client(wire);
  const echo = asked(peer);
  for (const guess of [2, 257, 0x100000]) {
    peer.send({ ack: guess, options: timestamps(STAMP + 1, echo) });
    peer.expectSegment({ ctl: "RST", seq: guess });
  }
  const other = client(wire, { port: 5001 });
  other.irs = peer.irs;
  other.send({ seq: 1, ack: 1, options: timestamps(STAMP + 1, echo) });
  other.expectSegment({ ctl: "RST", seq: 1 });
  assert.equal(wire.core.pools().TCP0.used, 0);
  peer.send({ ack: 1, options: timestamps(STAMP + 1, echo) });
  assert.equal(wire.core.pools().TCP0.used, 1);
});

test("RFC4987-1: a cookie that comes back after more than two steps of its clock opens nothing", async () => {
  const wire = await flooded();
  const [late, fresh] = [client(wire), client(wire, { port: 5001 })];
  const echo = asked(late);
  wire.advance(COOKIE_LIFE + 1000);
  const forger = new Peer(wire, { port: 4001 });
  forger.syn();
  forger.take();
  const freshEcho = asked(fresh);
  late.send({ options: timestamps(STAMP + 1, echo) });
  late.expectSegment({ ctl: "RST", seq: 1 });
  fresh.send({ options: timestamps(STAMP + 1, freshEcho) });
  assert.equal(wire.core.pools().TCP0.used, 1);
});

test("4821-1: when long segments vanish in silence shorter ones leave, and later a long one is tried again", async () => {
  const peer = await Peer.server({ send: 65_536 });
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 600_000), 0);
  const passed: number[] = [];
  let acked = 1;
  const run = (ms: number, most: number): void => {
    for (let i = 0; i < ms / 50; i++) {
      peer.advance(50);
      for (const { seq, data } of peer.take()) {
        if (!data.length || data.length > most) continue;
        passed.push(data.length);
        if (seq === acked) acked += data.length;
      }
      peer.send({ ack: acked });
    }
  };
  peer.write(30_000);
  run(20_000, 1000);
  assert.equal(peer.counter("TCP_BLACK_HOLES"), 1);
  assert.equal(acked, 30_001);
  assert.ok(peer.status.mss <= 1024 - 40 && passed.length >= 30);
  run(61_000, 1460);
  peer.write(30_000);
  run(5000, 1460);
  assert.equal(acked, 60_001);
  assert.equal(peer.status.mss, 1460);
  assert.ok(passed.includes(1460));
});

test("4821-1: a long segment that is tried and lost leaves the segments as short as they were", async () => {
  const peer = await Peer.server({ send: 65_536 });
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 600_000), 0);
  let acked = 1;
  for (let write = 0; write < 4; write++) {
    peer.write(30_000);
    for (let i = 0; i < 800; i++) {
      peer.advance(50);
      for (const { seq, data } of peer.take()) {
        if (data.length && data.length <= 1000 && seq === acked) acked += data.length;
      }
      peer.send({ ack: acked });
    }
  }
  assert.equal(acked, 120_001);
  assert.equal(peer.counter("TCP_BLACK_HOLES"), 1);
  assert.ok(peer.status.mss <= 1024 - 40);
});

test("RFC5681-7: a window that may leave at once is spread over the round trip, but for 64 segments", async () => {
  const peer = await Peer.client({ mss: 1000, shift: 6, sack: true, send: 1_048_576 });
  const fill = () => {
    for (let filled = peer.write(100_000); typeof filled === "number" && filled > 0; ) filled = peer.write(100_000);
  };
  while (peer.status.cwnd < 300_000) {
    fill();
    peer.advance(100);
    for (const { seq, data } of peer.take()) if (data.length) peer.send({ ack: seq + data.length });
  }
  for (let round = 0; peer.status.unacknowledged && round < 100; round++) {
    peer.advance(100);
    for (const { seq, data } of peer.take()) if (data.length) peer.send({ ack: seq + data.length });
  }
  peer.advance(50);
  peer.take();
  fill();
  const burst = peer.take().length;
  peer.advance(110);
  const rest = peer.take();
  assert.ok(burst <= 140, `${burst} segments at once`);
  assert.ok(burst + rest.length >= 290, `${burst} and ${rest.length} in a round trip`);
  assert.ok(new Set(rest.map(({ ms }) => ms)).size >= 20, "one after another");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { Pair } from "./pair.js";
import { Peer, stream } from "./peer.js";

/** Fills the receive ring of the stack with segments of 1000 octets. */
function fill(peer: Peer, octets: number): void {
  for (let left = octets; left > 0; left -= 1000) peer.send({ data: Math.min(left, 1000) });
  peer.advance(50);
}

test("A080, SHLD-14: the right edge of a scaled window stays where it is while the window is filled", async () => {
  const peer = await Peer.server({ receive: 100_000, shift: 3 });
  peer.send({ data: 1 });
  const first = peer.expectSegment({ ctl: "ACK", ack: 2 });
  const edge = first.ack + first.window;
  while (peer.nxt < edge) peer.send({ data: Math.min(1000, edge - peer.nxt) });
  peer.advance(50);
  const acks = peer.take();
  assert.ok(acks.every(({ ack, window }) => ack + window === edge));
  assert.equal(acks.at(-1)?.ack, edge);
  assert.equal(peer.read(), edge - 1);
});

test("A080: what any ACK has offered is taken, also when rounding draws the next edge back", async () => {
  const peer = await Peer.server({ receive: 200_000, shift: 3 });
  while (peer.nxt < peer.edge) peer.send({ data: Math.min(999, peer.edge - peer.nxt) });
  peer.advance(50);
  const { edge } = peer;
  assert.equal(peer.take().at(-1)?.ack, edge);
  assert.equal(peer.read(), edge - 1);
});

test("A089, MUST-39: a window that was full opens by a segment or half the ring, never by one octet", async () => {
  const peer = await Peer.server({ receive: 8000 });
  fill(peer, 8000);
  assert.equal(peer.take().at(-1)?.win, 0);
  assert.equal(peer.read(1), 1);
  peer.advance(1000);
  peer.expectSilence();
  assert.equal(peer.read(1000), 1000);
  peer.expectSilence();
  peer.send({ seq: peer.nxt - 1, data: 0 });
  assert.equal(peer.expectSegment({ ctl: "ACK" }).win, 0);
  assert.equal(peer.read(3000), 3000);
  const update = peer.expectSegment({ ctl: "ACK", ack: 8001 });
  assert.ok(update.win >= 1460, `a window of ${update.win}`);
});

test("MUST-36, SHLD-29, SHLD-30: a closed window is probed after an RTO, then twice as late each time, to a minute or more", async () => {
  const peer = await Peer.client({ win: 0 });
  const began = peer.wire.ms;
  peer.write(1000);
  peer.expectSilence();
  const times: number[] = [];
  for (let i = 0; i < 12; i++) {
    while (!peer.queue.length) peer.advance(100);
    const probe = peer.expectSegment({ seq: 1 });
    assert.ok(probe.data.length <= 1);
    times.push(probe.ms);
    peer.send({ ack: 1, win: 0 });
  }
  const gaps = times.map((ms, i) => ms - (i ? (times[i - 1] ?? 0) : began));
  assert.ok((gaps[0] ?? 0) <= 1000);
  for (let i = 1; i < 8; i++) assert.ok(Math.abs((gaps[i] ?? 0) / (gaps[i - 1] ?? 1) - 2) < 0.3, `gaps ${gaps}`);
  assert.ok((gaps.at(-1) ?? 0) >= 60_000, `gaps ${gaps}`);
});

test("MUST-37, SHLD-17, MAY-8: a peer that answers the probes keeps the connection open for 24 hours", async () => {
  const peer = await Peer.client({ win: 0 });
  peer.write(1000);
  for (const end = peer.wire.ms + 24 * 3_600_000; peer.wire.ms < end; ) {
    peer.advance(10_000);
    for (const probe of peer.take()) peer.send({ ack: Math.min(probe.seq, 1), win: 0 });
  }
  assert.equal(peer.state, "ESTABLISHED");
  peer.send({ ack: 1, win: 5000 });
  peer.advance(130_000);
  assert.equal(peer.seen, 1001);
});

test("MUST-34, SHLD-15, SHLD-16: a window that shrinks holds back new text, what is in flight is sent again, and all goes on when it opens", async () => {
  const peer = await Peer.client({ win: 10_000, mss: 1000 });
  peer.write(20_000);
  assert.equal(peer.take().length, 10);
  peer.send({ ack: 2001, win: 1000 });
  peer.expectSilence();
  peer.advance(400);
  const again = peer.take();
  assert.ok(again.length > 0 && again.every(({ seq, data }) => seq + data.length <= 3001), "nothing beyond the edge");
  assert.equal(again[0]?.seq, 2001);
  for (let i = 0; i < 40 && peer.seen < 20_001; i++) {
    peer.send({ win: 20_000 });
    peer.advance(300);
  }
  assert.equal(peer.seen, 20_001);
  assert.equal(peer.state, "ESTABLISHED");
});

test("MUST-35: a window that shrinks to zero with octets in flight is probed", async () => {
  const peer = await Peer.client({ win: 5000, mss: 1000 });
  peer.write(5000);
  peer.take();
  peer.send({ ack: 1001, win: 0 });
  peer.advance(3000);
  const probe = peer.expectSegment({ seq: 1001 });
  assert.ok(probe.data.length <= 1, `${probe.data.length} octets into a closed window`);
  assert.ok(peer.counter("TCP_PROBES") >= 1);
});

test("A087, MUST-34, MUST-35: octets in flight behind a closed window are sent again when it opens", async () => {
  const peer = await Peer.client();
  peer.core.socket_set(peer.handle, Option.NODELAY, 1);
  peer.write(3);
  peer.write(3);
  peer.expectSegment({ seq: 1, data: 3 });
  peer.expectSegment({ seq: 4, data: 3 });
  peer.send({ ack: 4, win: 0 });
  peer.send({ ack: 4, win: 256 });
  peer.advance(1500);
  assert.ok(peer.take().some(({ seq, data }) => seq === 4 && data.length === 3));
});

test("MUST-38: tiny windows are not filled with tiny segments", async () => {
  const peer = await Peer.client({ win: 4000, mss: 1000 });
  peer.write(20_000);
  peer.take();
  peer.send({ ack: 4001, win: 0 });
  for (let win = 50; win <= 450; win += 50) peer.send({ ack: 4001, win });
  peer.expectSilence();
  peer.send({ ack: 4001, win: 1000 });
  peer.expectSegment({ seq: 4001, data: 1000 });
});

test("MUST-38: half of the largest window is enough, and the override timer sends what is less after 0.1 to 1 s", async () => {
  const small = await Peer.client({ win: 400, mss: 1000 });
  small.write(2000);
  small.expectSegment({ seq: 1, data: 400 });
  small.send({ win: 250 });
  small.expectSegment({ seq: 401, data: 250 });
  const peer = await Peer.client({ win: 4000, mss: 1000 });
  peer.write(20_000);
  peer.take();
  peer.send({ ack: 4001, win: 300 });
  peer.expectSilence();
  const began = peer.wire.ms;
  while (!peer.queue.length) peer.advance(10);
  const waited = peer.expectSegment({ seq: 4001, data: 300 }).ms - began;
  assert.ok(waited >= 100 && waited <= 1000, `${waited} ms`);
});

test("MUST-66, SM-SEQ-1: with a closed window ACKs and URG are processed, and a RST at RCV.NXT resets", async () => {
  const peer = await Peer.server({ receive: 4000 });
  fill(peer, 4000);
  assert.equal(peer.take().at(-1)?.win, 0);
  peer.write(100);
  peer.expectSegment({ data: 100, win: 0 });
  peer.send({ ack: 101, data: 50, seq: peer.nxt });
  assert.equal(peer.status.unacknowledged, 0);
  peer.expectSegment({ ctl: "ACK", ack: 4001, win: 0 });
  peer.send({ ctl: "URG,ACK", urgent: 10 });
  assert.equal(peer.state, "ESTABLISHED");
  peer.send({ ctl: "RST" });
  assert.equal(peer.status.error, "RESET");
  assert.equal(peer.read(), 4000);
});

test("XDEAD-1, MUST-66: a probe into our closed window is answered, and its ACK counts, while we probe the peer's", async () => {
  const peer = await Peer.server({ receive: 2000 });
  fill(peer, 2000);
  peer.send({ win: 0, seq: peer.nxt });
  peer.take();
  peer.write(5000);
  peer.advance(3000);
  const probes = peer.take();
  assert.ok(probes.some(({ data }) => data.length === 1));
  peer.send({ seq: peer.nxt, data: 1, ack: 1, win: 3000 });
  const text = peer.take();
  assert.ok(
    text.some(({ data }) => data.length >= 1000),
    "our window is closed, the peer's has opened: text flows",
  );
});

test("MUST-40, SHLD-18: an ACK is delayed, by less than half a second, once a connection is no longer new", async () => {
  const peer = await Peer.server();
  for (let i = 0; i < 16; i++) peer.send({ data: 10 });
  assert.equal(peer.take().length, 16);
  peer.send({ data: 10 });
  peer.expectSilence();
  const began = peer.wire.ms;
  peer.advance(500);
  const { ms } = peer.expectSegment({ ctl: "ACK", ack: 171 });
  assert.ok(ms > began && ms < began + 500, `after ${ms - began} ms`);
});

test("SHLD-19, A276: every second full segment is acknowledged at once, whatever the peer's MSS is", async () => {
  const peer = await Peer.server({ mss: 536, receive: 65535 });
  for (let i = 0; i < 16; i++) peer.send({ data: 1460 });
  peer.take();
  for (let i = 0; i < 10; i++) peer.send({ data: 1460 });
  assert.equal(peer.take().length, 5);
  const other = await Peer.server({ mss: 1460 });
  for (let i = 0; i < 16; i++) other.send({ data: 100 });
  other.take();
  for (let i = 0; i < 8; i++) other.send({ data: 100 });
  assert.ok(other.take().length <= 4, "tiny segments are not acknowledged one by one");
});

test("MUST-58, MUST-59: segments of one poll are acknowledged together", async () => {
  const peer = await Peer.server();
  for (let i = 0; i < 16; i++) peer.send({ data: 10 });
  peer.take();
  peer.batch(Array.from({ length: 8 }, () => ({ data: 1000 })));
  const acks = peer.take();
  assert.ok(acks.length >= 1 && acks.length <= 4, `${acks.length} ACKs`);
  assert.equal(acks.at(-1)?.ack, 1 + 160 + 8000);
});

test("MUST-17, SHLD-7: Nagle holds a second small write until the ACK; NODELAY does not", async () => {
  const peer = await Peer.server();
  peer.write(10);
  peer.write(10);
  peer.expectSegment({ seq: 1, data: 10 });
  peer.expectSilence();
  peer.send();
  peer.expectSegment({ seq: 11, data: 10 });
  peer.send();
  assert.equal(peer.core.socket_set(peer.handle, Option.NODELAY, 1), 0);
  peer.write(10);
  peer.write(10);
  peer.expectSegment({ seq: 21, data: 10 });
  peer.expectSegment({ seq: 31, data: 10 });
});

test("MUST-60, MUST-61, MAY-15: one octet on an idle connection leaves at once, the last segment of a write has PSH", async () => {
  const peer = await Peer.server({ mss: 1000 });
  peer.write(1);
  peer.expectSegment({ ctl: "PSH,ACK", seq: 1, data: 1 });
  peer.send();
  peer.write(3000);
  assert.deepEqual(
    peer.take().map(({ ctl }) => ctl),
    ["ACK", "ACK", "PSH,ACK"],
  );
});

test("SHLD-27, SHLD-28, MAY-16: small writes while the window is closed leave as full segments", async () => {
  const peer = await Peer.client({ win: 0, mss: 500 });
  for (let i = 0; i < 40; i++) peer.write(50);
  peer.send({ ack: 1, win: 10_000 });
  assert.deepEqual(
    peer.take().map(({ data }) => data.length),
    [500, 500, 500, 500],
  );
});

test("SM-ACK-3: an older segment does not change the send window", async () => {
  const peer = await Peer.server();
  peer.send({ data: 10, win: 5000 });
  assert.equal(peer.status.sndWnd, 5000);
  peer.send({ seq: 101, data: 10, win: 5500 });
  assert.equal(peer.status.sndWnd, 5500);
  peer.send({ seq: 11, data: 10, win: 9000 });
  assert.equal(peer.status.sndWnd, 5500);
  peer.nxt = 111;
  peer.send({ seq: 21, data: 80, win: 9000 });
  assert.equal(peer.status.sndWnd, 5500);
  peer.send({ win: 6000 });
  assert.equal(peer.status.sndWnd, 6000);
  peer.write(100);
  peer.send({ ack: 101, win: 6000 });
  peer.send({ ack: 1, win: 100 });
  assert.equal(peer.status.sndWnd, 6000);
});

test("SM-SEQ-1: segments at the edges of the window", async () => {
  const peer = await Peer.server({ receive: 4000 });
  peer.send({ seq: 0, data: 0 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  peer.send({ seq: 4001, data: 10 });
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  peer.send({ seq: 3001, data: 1400 });
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  peer.send({ seq: -500, data: 1400 });
  peer.expectSegment({ ctl: "ACK", ack: 900 });
  for (const seq of [900, 1900, 2501]) peer.send({ seq, data: 1000 });
  assert.equal(peer.take().at(-1)?.ack, 4001);
  peer.send({ seq: 4001, data: 1 });
  peer.expectSegment({ ctl: "ACK", ack: 4001, win: 0 });
  peer.send({ seq: 4000, data: 0 });
  peer.expectSegment({ ctl: "ACK", ack: 4001 });
  assert.equal(peer.read(), 4000);
});

test("SM-SEQ-2: text that overlaps is delivered once, and the first copy is kept", async () => {
  const peer = await Peer.server();
  peer.send({ seq: 1, data: 100 });
  peer.send({ seq: 51, data: new Uint8Array(100).fill(255) });
  peer.expectSegment({ ack: 101 });
  peer.expectSegment({ ack: 151 });
  const octets = peer.core.tcp_read(peer.handle);
  assert.ok(octets instanceof Uint8Array && octets.length === 150);
  assert.deepEqual(octets.subarray(0, 100), stream(0, 100));
  assert.ok(octets.subarray(100).every((octet) => octet === 255));
});

test("SHLD-31, MAY-13, RFC5681-8: text ahead of a hole is kept and acknowledged at once, and so is what fills it", async () => {
  const peer = await Peer.server();
  for (let i = 0; i < 16; i++) peer.send({ data: 10 });
  peer.take();
  for (const seq of [261, 361, 461]) {
    peer.send({ seq, data: 100 });
    peer.expectSegment({ ctl: "ACK", ack: 161 });
  }
  peer.send({ seq: 161, data: 100 });
  peer.expectSegment({ ctl: "ACK", ack: 561 });
  assert.equal(peer.read(), 560);
});

test("RFC2018-2: SACK blocks tell what lies ahead, the newest first, at most four", async () => {
  const peer = await Peer.server({ sack: true });
  for (const seq of [101, 301, 501, 701, 901]) peer.send({ seq, data: 100 });
  const acks = peer.take();
  assert.deepEqual(acks[0]?.sack, [[101, 201]]);
  assert.deepEqual(acks.at(-1)?.sack, [
    [901, 1001],
    [701, 801],
    [501, 601],
    [301, 401],
  ]);
  peer.send({ seq: 201, data: 100 });
  assert.deepEqual(peer.expectSegment({ ack: 1 }).sack[0], [101, 401]);
  peer.send({ seq: 1, data: 100 });
  assert.deepEqual(peer.expectSegment({ ack: 401 }).sack, [
    [901, 1001],
    [701, 801],
    [501, 601],
  ]);
});

test("RFC2018-1: without SACK-permitted no block is sent", async () => {
  const peer = await Peer.server({ sack: false });
  peer.send({ seq: 101, data: 100 });
  assert.deepEqual(peer.expectSegment({ ack: 1 }).options.kinds, []);
});

test("A289, MUST-30, MUST-31, MUST-62, SM-URG-1, RFC6093-1: urgent octets stay in the stream, in order, also when the pointer lies ahead", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "URG,ACK", urgent: 5, data: 10 });
  peer.send({ ctl: "URG,ACK", urgent: 65535, data: 10 });
  peer.send({ data: 10 });
  assert.equal(peer.read(), 30);
  peer.send({ ctl: "FIN,ACK" });
  peer.send({ ctl: "URG,ACK", urgent: 9 });
  assert.equal(peer.state, "CLOSE_WAIT");
  assert.equal(peer.read(), "END");
  const { wire } = peer;
  assert.equal(wire.others.length, 0);
});

test("A266: a FIN behind text that has been received already is processed", async () => {
  const peer = await Peer.server();
  peer.send({ data: 4 });
  peer.expectSegment({ ack: 5 });
  peer.send({ ctl: "FIN,ACK", seq: 1, data: 4 });
  peer.expectSegment({ ctl: "ACK", ack: 6 });
  assert.equal(peer.state, "CLOSE_WAIT");
  assert.equal(peer.read(), 4);
});

test("XDEAD-1: two stacks with full rings and text both ways go on as soon as one application reads", async () => {
  const pair = await Pair.make({ receive: 4000, send: 8000 });
  pair.fill();
  pair.advance(60_000);
  const before = pair.read(1);
  assert.ok(before > 0, "one application reads");
  pair.advance(60_000, () => pair.read(1));
  assert.equal(pair.got[1], 12_000, "everything of the other side arrives");
  pair.advance(60_000, () => pair.read(0));
  assert.equal(pair.got[0], 12_000);
});

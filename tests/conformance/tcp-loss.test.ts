import assert from "node:assert/strict";
import { test } from "node:test";
import { sack } from "./frames.js";
import { Peer, type Segment, tells } from "./peer.js";

const seqs = (segments: Segment[]): number[] => segments.map(({ seq }) => seq);

/** A client whose congestion window has grown by ACKs of everything until `segments` full segments may be in flight, all acknowledged. */
async function grown(segments: number, mss = 1000): Promise<Peer> {
  const peer = await Peer.client({ mss, shift: 4, send: 262_144, receive: 4096 });
  while (peer.status.cwnd < segments * mss) {
    peer.write(60_000);
    peer.advance(10);
    for (const { seq, data } of peer.take()) peer.send({ ack: seq + data.length });
  }
  while (peer.status.unsent || peer.status.unacknowledged) peer.send();
  peer.take();
  return peer;
}

test("A075, RFC5681-1, RFC6928-1: the first flight is ten segments for a small and for a large MSS", async () => {
  for (const mss of [100, 536, 1460]) {
    const peer = await Peer.client({ mss });
    peer.write(20_000);
    const flight = peer.take();
    assert.equal(flight.length, 10, `MSS ${mss}`);
    assert.ok(flight.every(({ data }) => data.length === mss));
  }
});

test("A075, RFC6928-1: with segments of 8960 octets the first flight is two of them", async () => {
  const peer = await Peer.client({ mss: 8960, mtu: 9000 });
  peer.write(60_000);
  assert.equal(peer.take().length, 2);
});

test("MUST-19, RFC5681-2: slow start doubles the flight in each round trip", async () => {
  const peer = await Peer.client({ mss: 1000, shift: 4, send: 262_144 });
  const flights: number[] = [];
  for (let round = 0; round < 4; round++) {
    peer.write(200_000);
    peer.advance(50);
    const flight = peer.take();
    flights.push(flight.length);
    for (const { seq, data } of flight) peer.send({ ack: seq + data.length });
  }
  assert.deepEqual(flights, [10, 20, 40, 80]);
});

test("RFC5681-2: an ACK split into many does not inflate the window", async () => {
  const peer = await Peer.client({ mss: 1000, shift: 4, send: 262_144 });
  peer.write(200_000);
  peer.take();
  for (let ack = 101; ack <= 1001; ack += 100) peer.send({ ack });
  assert.ok(peer.status.cwnd <= 11_000, `cwnd ${peer.status.cwnd}`);
  assert.equal(peer.take().length, 2);
});

test("A077: the window grows to megabytes and never falls without a loss", async () => {
  const peer = await Peer.client({ mss: 1460, shift: 8, send: 4_000_000 });
  let last = 0;
  for (let round = 0; round < 12; round++) {
    for (let filled = peer.write(500_000); typeof filled === "number" && filled > 0; ) filled = peer.write(500_000);
    peer.take();
    peer.send();
    peer.wire.run();
    const { cwnd } = peer.status;
    assert.ok(cwnd >= last && cwnd < 2 ** 31, `cwnd ${cwnd} after ${last}`);
    last = cwnd;
  }
  while (peer.status.cwnd < 2_000_000) {
    peer.write(500_000);
    for (const { seq, data } of peer.take()) peer.put({ ack: seq + data.length });
    peer.wire.run();
    assert.ok(peer.status.cwnd >= last);
    last = peer.status.cwnd;
  }
});

test("RFC5681-5, RFC3042-1, A086: two duplicate ACKs let a new segment out each, the third repeats the lost one before the RTO", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(20_000);
  assert.equal(peer.take().length, 10);
  peer.send({ ack: 1 });
  peer.expectSegment({ seq: 10_001, data: 1000 });
  peer.send({ ack: 1 });
  peer.expectSegment({ seq: 11_001, data: 1000 });
  peer.send({ ack: 1 });
  peer.expectSegment({ seq: 1, data: 1000 });
  peer.expectSilence();
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
});

test("RFC5681-6: text, window updates and ACKs with nothing outstanding are no duplicate ACKs", async () => {
  const peer = await Peer.client({ mss: 1000 });
  for (let i = 0; i < 4; i++) peer.send();
  peer.write(10_000);
  assert.equal(peer.take().length, 10);
  for (let i = 0; i < 4; i++) peer.send({ ack: 1, data: 10 });
  for (let i = 1; i <= 4; i++) peer.send({ ack: 1, win: 65_535 - i });
  assert.ok(peer.take().every(({ data }) => data.length === 0));
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 0);
  for (let i = 0; i < 3; i++) peer.send({ ack: 1, win: 65_531 });
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
});

test("A086, RFC6582-1: a partial ACK repeats the next hole at once; three losses of ten are mended without an RTO", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(10_000);
  peer.take();
  for (let i = 0; i < 3; i++) peer.send({ ack: 1 });
  assert.ok(seqs(peer.take()).includes(1));
  peer.send({ ack: 2001 });
  peer.expectSegment({ seq: 2001, data: 1000 });
  peer.send({ ack: 5001 });
  peer.expectSegment({ seq: 5001, data: 1000 });
  peer.send({ ack: 10_001 });
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
  assert.equal(peer.status.unacknowledged, 0);
  assert.equal(peer.status.retransmissions, 3);
});

test("RFC5681-3: after a loss ssthresh is half of what was in flight", async () => {
  const peer = await grown(40);
  peer.write(20_000);
  const flight = peer.status.unacknowledged;
  assert.equal(flight, 20_000);
  for (let i = 0; i < 3; i++) peer.send({ ack: peer.seen - flight });
  assert.equal(peer.status.ssthresh, flight / 2);
});

test("A274, RFC5681-5: duplicate ACKs beyond the third inflate the window, also when they come in one batch", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(40_000);
  assert.equal(peer.take().length, 10);
  peer.batch(Array.from({ length: 8 }, () => ({ ack: 1 })));
  const sent = seqs(peer.take());
  assert.ok(sent.includes(1));
  const limit = peer.status.ssthresh + 8 * 1000;
  assert.ok(peer.status.unacknowledged <= limit);
  assert.ok(peer.status.unacknowledged > limit - 1000, `${peer.status.unacknowledged} in flight, ${limit} are allowed`);
  assert.ok(sent.length > 1, "new segments follow the one that is repeated");
});

test("A083, A354, RFC5681-4: after an RTO exactly one segment goes out, then slow start", async () => {
  const peer = await Peer.client({ mss: 8960 });
  peer.write(50_000);
  const flight = peer.take();
  assert.ok(flight.length >= 10 && flight.every(({ data }) => data.length <= 1460));
  peer.advance(1000);
  const again = peer.take();
  assert.ok(again.length >= 1 && again.every(({ seq }) => seq === 1), `${seqs(again)}`);
  assert.equal(new Set(again.map(({ ms }) => ms)).size, again.length, "one at a time");
  assert.equal(peer.status.cwnd, peer.status.mss);
  peer.send({ ack: 1461 });
  assert.equal(peer.take().length, 2);
});

test("A017: after an RTO an ACK bears the highest sequence number ever sent", async () => {
  const peer = await Peer.client({ mss: 100 });
  peer.write(500);
  assert.equal(peer.take().length, 5);
  for (let i = 0; i < 5; i++) peer.send({ ack: 1, data: 100 });
  peer.take();
  peer.advance(250);
  peer.expectSegment({ seq: 1, data: 100 });
  peer.send({ ack: 1, seq: 1, data: 100 });
  peer.expectSegment({ ctl: "ACK", seq: 501, ack: 501, data: 0 });
});

test("A017: two sides whose timers run out at once get on", async () => {
  const peer = await Peer.client({ mss: 100 });
  peer.write(500);
  peer.take();
  peer.advance(250);
  peer.expectSegment({ seq: 1 });
  for (let i = 0; i < 5; i++) peer.send({ ack: 1, data: 100 });
  assert.ok(peer.take().every(({ data, seq }) => data.length > 0 || seq === 501));
  peer.send({ ack: 501 });
  assert.equal(peer.status.unacknowledged, 0);
  assert.equal(peer.read(), 500);
});

test("RFC6582-2: ACKs below the point of an RTO start no second fast retransmission", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(10_000);
  peer.take();
  peer.advance(250);
  peer.take();
  peer.send({ ack: 1001 });
  for (let i = 0; i < 4; i++) peer.send({ ack: 1001 });
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 0);
});

test("RFC2018-3: blocks are advice: octets a peer said it had are sent again when it forgets them", async () => {
  const peer = await Peer.client({ mss: 1000, sack: true });
  peer.write(3000);
  peer.take();
  const base = peer.irs ?? 0;
  peer.send({ ack: 1, options: sack((base + 1001) >>> 0, (base + 3001) >>> 0) });
  peer.take();
  for (let i = 0; i < 20 && peer.status.unacknowledged; i++) {
    peer.advance(300);
    const [first] = peer.take();
    if (first) peer.send({ ack: first.seq + first.data.length });
  }
  assert.equal(peer.status.unacknowledged, 0);
  assert.ok(peer.status.retransmissions >= 3);
});

test("A254, RFC5681-7: after a silence the first flight is at most the initial window", async () => {
  const peer = await grown(20);
  peer.advance(10_000);
  peer.write(40_000);
  assert.equal(peer.take().length, 10);
});

test("A254, RFC7661-1: the window does not grow while the application does not fill it", async () => {
  const peer = await Peer.client({ mss: 1000, shift: 4, send: 262_144 });
  for (let i = 0; i < 100; i++) {
    peer.write(1000);
    peer.advance(20);
    peer.send();
  }
  assert.ok(peer.status.cwnd <= 11_000, `cwnd ${peer.status.cwnd}`);
  peer.take();
  peer.write(100_000);
  assert.ok(peer.take().length <= 11);
});

test("A277: a lost SYN makes the first window one segment and says nothing of ssthresh", async () => {
  const peer = new Peer((await Peer.client()).wire, { port: 5001, mss: 1000, shift: 4 });
  peer.connect();
  peer.expectSegment({ ctl: "SYN" });
  peer.advance(1100);
  peer.expectSegment({ ctl: "SYN", seq: 0 });
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  peer.take();
  const flights: number[] = [];
  peer.write(60_000);
  for (let round = 0; round < 5; round++) {
    peer.advance(20);
    const flight = peer.take().filter(({ data }) => data.length);
    flights.push(flight.length);
    for (const { seq, data } of flight) peer.send({ ack: seq + data.length });
  }
  assert.deepEqual(flights, [1, 2, 4, 8, 16]);
});

test("RFC6928-1: a listener's connection whose SYN-ACK was lost begins with one segment too", async () => {
  const peer = new Peer((await Peer.client()).wire, { port: 5001, mss: 1000 });
  peer.listen();
  peer.syn();
  peer.advance(1100);
  assert.equal(peer.take().length, 2);
  peer.send();
  peer.accept();
  peer.write(10_000);
  assert.equal(peer.take().length, 1);
});

test("SHLD-6, 1191-1, 1191-3: ICMP fragmentation needed makes segments smaller; a quote outside the flight does nothing", async () => {
  const peer = await Peer.client({ mss: 1460 });
  peer.write(2920);
  peer.take();
  tells(peer, 1000, 50_000);
  assert.equal(peer.status.mss, 1460);
  assert.equal(peer.counter("ICMP_ERROR_UNMATCHED"), 1);
  tells(peer, 1000, 1);
  assert.equal(peer.status.mss, 960);
  const again = peer.take();
  assert.ok(again.length >= 1 && again.every(({ data, dontFragment }) => data.length <= 960 && dontFragment));
  tells(peer, 1400, 1);
  assert.equal(peer.status.mss, 960);
  tells(peer, 100, 1);
  assert.equal(peer.status.mss, 552 - 40);
});

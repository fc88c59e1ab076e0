// What leaves first and what is remembered when a window closes, a timer runs out or a path is missing: found by single changed instructions of the module.
import assert from "node:assert/strict";
import { test } from "node:test";
import { icmp, timestamps } from "./frames.js";
import { blocks, Peer } from "./peer.js";
import { STACK, Wire } from "./wire.js";

const MSS = 1000;

const seqs = (peer: Peer): number[] => peer.take().map(({ seq }) => seq);
/** Where a segment of full size stands. */
const at = (segment: number): number => 1 + segment * MSS;

test("RFC5681-8, MAY-13: what arrives ahead is acknowledged by itself and first, also when text is due", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true });
  peer.put({ seq: 11, data: 10 });
  peer.write(100);
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1, data: 0, sack: [[11, 21]] });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1, data: 100, sack: [] });
  peer.expectSilence();
  peer.put({ seq: 11, data: 10 });
  peer.core.tcp_write(peer.handle, new Uint8Array(0));
  peer.wire.run();
  peer.expectSegment({ ctl: "ACK", seq: 101, ack: 1, data: 0, sack: [[11, 21], [11, 21]] }); // biome-ignore format: pairs
  peer.expectSilence();
});

test("MUST-34: an ACK stands at the edge of a window that has shrunk, and at the end of the text when it is open again", async () => {
  const peer = await Peer.client({ mss: MSS });
  peer.write(5 * MSS);
  assert.deepEqual(seqs(peer), [0, 1, 2, 3, 4].map(at));
  peer.send({ data: 1, ack: at(0) });
  peer.advance(100);
  peer.take();
  for (const [win, seq] of [
    [1500, at(1) + 1500],
    [0, at(1)],
    [3999, at(5) - 1],
    [4001, at(5)],
  ] as const) {
    peer.send({ ack: at(1), win });
    peer.take();
    peer.send({ seq: 1, data: 1, ack: at(1), win });
    peer.expectSegment({ ctl: "ACK", seq, ack: 2, data: 0 });
  }
});

test("probes of a closed window are twice as far apart each time, 120 seconds at most", async () => {
  const peer = await Peer.client({ mss: MSS });
  peer.send({ win: 0 });
  peer.write(10);
  const times: number[] = [peer.wire.ms];
  const { rto } = peer.status;
  while (times.length < 14) {
    peer.advance(1);
    for (const { seq, data, ms } of peer.take()) {
      assert.deepEqual([seq, data.length], [1, 1]);
      times.push(ms);
      peer.send({ ack: 1, win: 0 });
    }
  }
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  assert.deepEqual(
    gaps,
    gaps.map((_, i) => Math.min(rto << i, 120_000)),
  );
  assert.equal(gaps.at(-1), 120_000);
});

test("a connection for whose neighbour there is no place asks again after a second", async () => {
  const wire = await Wire.make({ capacities: { neighbours: 1 } });
  wire.hosts.push({ address: "10.0.0.3", mac: "02:00:00:00:00:03" });
  const first = new Peer(wire);
  first.connect();
  first.send({ ctl: "SYN,ACK", options: first.synOptions });
  const second = new Peer(wire, { address: "10.0.0.3" });
  const began = wire.ms;
  assert.ok(wire.core.tcp_connect({ address: second.address, port: second.port }, { address: STACK.address, port: 3333 }) > 0);
  second.stackPort = 3333;
  wire.run();
  assert.equal(wire.core.counter("ARP_FULL"), 1);
  wire.advance(10);
  first.abort();
  wire.advance(989);
  second.expectSilence();
  wire.advance(1);
  assert.equal(second.expectSegment({ ctl: "SYN", seq: 0 }).ms - began, 1000);
});

test("RFC8985-2: a tail loss probe that had to wait for the device repeats what is still missing, not what was SACKed meanwhile", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, txSlots: 8 });
  peer.write(2 * MSS);
  assert.deepEqual(seqs(peer), [at(0), at(1)]);
  peer.wire.busy = true;
  for (let i = 0; i < 12; i++) peer.wire.inject(1, icmp(8, 0, Uint8Array.of(i)));
  peer.advance(4);
  assert.equal(peer.counter("TCP_LOSS_PROBES"), 0);
  peer.send({ ack: at(0), options: blocks(peer, at(1), at(2)) });
  peer.wire.busy = false;
  peer.wire.run();
  assert.deepEqual([peer.counter("TCP_LOSS_PROBES"), ...seqs(peer)], [1, at(0)]);
});

test("a late ACK of what went once more as a probe of a closed window is no sign of reordering", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true });
  peer.write(9 * MSS);
  peer.take();
  peer.advance(40);
  peer.send({ ack: at(0), win: 0, options: blocks(peer, at(1), at(8)) });
  while (!peer.counter("TCP_PROBES")) peer.advance(1);
  peer.take();
  peer.advance(40);
  peer.send({ ack: at(9) });
  peer.expectSilence();
  peer.write(4 * MSS);
  assert.equal(peer.take().length, 4);
  peer.advance(40);
  const fast = peer.counter("TCP_FAST_RETRANSMITS");
  peer.send({ ack: at(9), options: blocks(peer, at(10), at(13)) });
  assert.deepEqual([seqs(peer)[0], peer.counter("TCP_FAST_RETRANSMITS")], [at(9), fast + 1]);
});

test("RFC5682-1: a timeout in the midst of fast recovery is put in doubt, too: the first ACK lets new text out", async () => {
  const peer = await Peer.client({ mss: MSS });
  peer.write(20 * MSS);
  const sent = seqs(peer).length;
  for (let i = 0; i < 3; i++) peer.send({ ack: at(0) });
  assert.deepEqual([peer.status.phase, peer.counter("TCP_FAST_RETRANSMITS")], ["RECOVERY", 1]);
  const next = at(sent + 2);
  assert.ok(peer.take().some(({ seq }) => seq === at(0)));
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  assert.deepEqual([seqs(peer), peer.status.phase, peer.status.cwnd], [[at(0)], "LOSS", MSS]);
  peer.send({ ack: at(1) });
  assert.deepEqual(seqs(peer), [next, next + MSS]);
});

test("what a timeout put in doubt is measured again, also when the next silence lasts 40 minutes", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, tsVal: 5000 });
  const size = MSS - 12;
  peer.write(10 * size);
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  while (peer.status.unacknowledged) {
    peer.advance(10);
    for (const { seq, data } of peer.take()) peer.send({ ack: seq + data.length });
  }
  peer.take();
  peer.advance(2_400_000);
  const first = peer.seen;
  peer.write(5 * size);
  assert.equal(peer.take().length, 5);
  peer.advance(1);
  peer.send({ ack: first, options: blocks(peer, first + size, first + 4 * size) });
  assert.equal(seqs(peer)[0], first);
  const { srtt } = peer.status;
  peer.advance(1);
  peer.send({ ack: first, options: blocks(peer, first + size, first + 5 * size) });
  assert.equal(peer.status.srtt, Math.floor((srtt * 7 + 2000) / 8));
});

test("the first probe of a closed window leaves after the RTO, to the millisecond, also where that is 119,999", async () => {
  const peer = await Peer.client({ mss: MSS, tsVal: 5000, ms: 500_000 });
  for (let i = 0; i < 2; i++) peer.write(MSS - 12);
  const [one, two] = peer.take();
  peer.send({ ack: two?.seq });
  const echo = ((one?.options.timestamps?.[0] ?? 0) - 106_665) >>> 0;
  peer.send({ stamp: null, win: 0, options: timestamps(5000 + peer.wire.ms, echo) });
  assert.deepEqual([peer.status.unacknowledged, peer.status.rto], [0, 119_999]);
  peer.write(10);
  peer.advance(119_998);
  peer.expectSilence();
  peer.advance(1);
  assert.equal(peer.expectSegment({ data: 1 }).seq, two?.seq && two.seq + two.data.length);
});

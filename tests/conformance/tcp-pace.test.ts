// Pacing to the millisecond: when each segment of a window that may leave at once leaves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OFFLOADS } from "./nic.js";
import { blocks, Peer, type PeerOptions, type Segment } from "./peer.js";

const MSS = 1000;
const RTT = 900;
const BURST = 64 * MSS;

/** A connection over a path of 900 ms, or another, that has grown its window to `segments` or a little more and is at rest. */
async function grown(segments: number, more: PeerOptions = {}, rtt = RTT): Promise<Peer> {
  const settings = { congestion: 0 };
  const peer = await Peer.client({ send: 1 << 20, settings, mss: MSS, sack: true, shift: 6, rtt, ...more });
  peer.write(10 * MSS);
  while (peer.status.unacknowledged) {
    peer.advance(rtt);
    for (const { seq, data } of peer.take()) {
      peer.send({ ack: seq + data.length });
      if (peer.status.cwnd < segments * MSS) peer.write(2 * MSS);
    }
  }
  return peer;
}
/** The first segment of a flight is lost, sent again and got; then nothing is outstanding. */
function lose(peer: Peer, segments: number): void {
  peer.write(segments * MSS);
  peer.advance(RTT);
  const flight = peer.take();
  const [first, second] = flight.map(({ seq }) => seq);
  const end = (flight.at(-1)?.seq ?? 0) + MSS;
  peer.send({ ack: first, options: blocks(peer, second ?? 0, end) });
  peer.send({ ack: end });
  peer.write(MSS); // its acknowledgement leaves no more than a burst of what the long one let out
  peer.send();
  peer.take();
}
/** When each of `segments` leaves that the application writes at once after a rest, by the formula. */
function schedule(peer: Peer, segments: number): number[] {
  const { cwnd, ssthresh, srtt } = peer.status;
  const rate = cwnd < ssthresh ? cwnd * 2 : cwnd + Math.floor(cwnd / 4);
  let now = peer.wire.ms;
  let stamp = now;
  let credit = BURST;
  return Array.from({ length: segments }, () => {
    const left = now;
    credit = Math.min(credit + Math.floor((rate * Math.min((now - stamp) * 1000, srtt)) / srtt), BURST) - MSS;
    stamp = now;
    if (credit < MSS) now += Math.max(Math.floor(((2 * MSS - credit) * srtt) / rate / 1000), 1);
    return left;
  });
}
function flight(peer: Peer, segments: number): Segment[] {
  peer.write(segments * MSS);
  peer.advance(RTT);
  return peer.take();
}

test("in slow start 64 segments leave at once, and the others at the rate of two windows a round trip", async () => {
  const peer = await grown(80);
  const segments = Math.floor(peer.status.cwnd / MSS);
  assert.ok(segments >= 80 && peer.status.cwnd < peer.status.ssthresh);
  const times = schedule(peer, segments);
  assert.ok(new Set(times).size > 10, times.join());
  const sent = flight(peer, segments);
  assert.deepEqual(
    sent.map(({ ms, data }) => [ms, data.length]),
    times.map((ms) => [ms, MSS]),
  );
});

test("after a loss 64 segments leave at once, and the others at the rate of a window and a quarter a round trip", async () => {
  const peer = await grown(180);
  lose(peer, 180);
  const segments = Math.floor(peer.status.cwnd / MSS);
  assert.ok(segments >= 80 && peer.status.cwnd >= peer.status.ssthresh, `${segments}`);
  const times = schedule(peer, segments);
  assert.ok(new Set(times).size > 10, times.join());
  const sent = flight(peer, segments);
  assert.deepEqual(
    sent.map(({ ms }) => ms),
    times,
  );
});

test("an acknowledgement lets two segments out for each it speaks of, before the pace would", async () => {
  const peer = await grown(80);
  peer.write(100 * MSS);
  const first = peer.take();
  assert.equal(first.length, 64);
  for (const { seq, data } of first.slice(0, 3)) {
    peer.send({ ack: seq + data.length });
    assert.equal(peer.take().length, 2);
  }
});

test("with a NIC that cuts, what was held back leaves by and by too, and no segment is empty", async () => {
  const peer = await grown(80, { offload: OFFLOADS });
  const segments = Math.floor(peer.status.cwnd / MSS);
  const sent = flight(peer, segments);
  assert.deepEqual(
    sent.map(({ data }) => data.length),
    Array(segments).fill(MSS),
  );
  const start = sent[0]?.ms ?? 0;
  assert.equal(sent.filter(({ ms }) => ms === start).length, 64);
  assert.deepEqual(
    sent.map(({ ms }) => ms),
    sent.map(({ ms }) => ms).sort((a, b) => a - b),
  );
  assert.ok(new Set(sent.map(({ ms }) => ms)).size > 4);
});

test("with a NIC that cuts, what is sent again after a timeout leaves in frames of its own, each counted", async () => {
  const peer = await Peer.client({ mss: MSS, offload: OFFLOADS, settings: { congestion: 0 } });
  peer.write(10 * MSS);
  assert.equal(peer.take().length, 10);
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(10);
  assert.deepEqual(
    peer.take().map(({ seq }) => seq),
    [1],
  );
  peer.wire.given.splice(0);
  for (const acked of [1, 3]) peer.send({ ack: 1 + acked * MSS });
  assert.deepEqual(
    peer.wire.given.map(({ segmentSize, frames }) => [segmentSize, frames.length]),
    Array(5).fill([0, 1]),
  );
  assert.deepEqual(
    peer.take().map(({ seq, data }) => [seq, data.length]),
    [1, 2, 3, 4, 5].map((segment) => [1 + segment * MSS, MSS]),
  );
  assert.equal(peer.status.retransmissions, 6);
  assert.equal(peer.status.unacknowledged, 7 * MSS);
});

for (const [rtt, burst] of [
  [1, 80],
  [2, 64],
] as const) {
  test(`a round trip of ${rtt} ms: of 80 segments ${burst} leave at once`, async () => {
    const peer = await grown(80, {}, rtt);
    assert.ok(peer.status.cwnd >= 80 * MSS);
    assert.equal(peer.status.srtt, rtt * 1000);
    peer.write(80 * MSS);
    assert.equal(peer.take().length, burst);
    peer.advance(1);
    assert.equal(peer.take().length, 80 - burst);
  });
}

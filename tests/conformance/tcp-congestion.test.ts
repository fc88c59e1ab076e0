// Congestion control over a path that is modelled: a delay, and a bottleneck that sends one segment after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { timestamps } from "./frames.js";
import { blocks, Peer, type PeerOptions, type Segment } from "./peer.js";

const MSS = 1000;
const NEVER = 2 ** 30;

/** A path to the peer that acknowledges each segment one round trip later; segments in a row leave the bottleneck `gap` ms apart. */
class Path {
  /** Acknowledgements on their way: when, and of what. */
  readonly #way: { at: number; ack: number }[] = [];
  #free = 0;
  #got = 1;
  readonly #above: [number, number][] = [];

  constructor(
    readonly peer: Peer,
    readonly delay: number,
    readonly gap = 0,
    readonly loses: (segment: Segment) => boolean = () => false,
  ) {}

  /** Lets time pass with the send ring always full. */
  run(ms: number, watch: () => void = () => {}): void {
    const end = this.peer.wire.ms + ms;
    while (this.peer.wire.ms < end) {
      if (this.peer.status.unsent < 100_000) this.peer.write(100_000);
      for (const segment of this.peer.take()) if (segment.data.length && !this.loses(segment)) this.#carry(segment);
      this.peer.advance(1);
      while (this.#way[0] && this.#way[0].at <= this.peer.wire.ms) this.peer.send({ ack: this.#way.shift()?.ack });
      watch();
    }
  }
  #carry({ seq, data }: Segment): void {
    this.#free = Math.max(this.#free, this.peer.wire.ms) + this.gap;
    this.#above.push([seq, seq + data.length]);
    this.#above.sort(([a], [b]) => a - b);
    while (this.#above[0] && this.#above[0][0] <= this.#got) this.#got = Math.max(this.#got, this.#above.shift()?.[1] ?? 0);
    this.#way.push({ at: this.#free + this.delay, ack: this.#got });
  }
}

async function client(more: PeerOptions = {}): Promise<Peer> {
  return Peer.client({ mss: MSS, shift: 8, send: 1 << 20, receive: 4096, ...more });
}

/** A connection that has lost one segment at a window of about `segments` and has just recovered. */
async function afterLoss(control: number, segments: number): Promise<{ path: Path; peer: Peer; before: number }> {
  const peer = await client({ settings: { congestion: control } });
  assert.equal(peer.core.socket_get(peer.handle, Option.CONGESTION), control);
  let lost = -1;
  let before = 0;
  const path = new Path(peer, 100, 0, (segment) => {
    if (lost >= 0 || peer.status.cwnd < segments * MSS) return false;
    lost = segment.seq;
    return true;
  });
  for (let i = 0; i < 5000 && peer.status.ssthresh === NEVER; i++) {
    before = peer.status.unacknowledged;
    path.run(1);
  }
  while (peer.status.cwnd > peer.status.ssthresh * 1.02 || peer.status.retransmissions === 0) path.run(1);
  path.run(120);
  return { path, peer, before };
}

test("RFC9438-1, MAY-18: after a loss CUBIC keeps seven tenths, and grows as 0.4 (t - K)^3 + Wmax", async () => {
  const { path, peer, before } = await afterLoss(1, 100);
  assert.ok(Math.abs(peer.status.ssthresh / before - 0.7) < 0.08, `${peer.status.ssthresh} of ${before}`);
  const start = peer.status.cwnd / MSS;
  const most = start / 0.7;
  const k = Math.cbrt((most - start) / 0.4);
  for (let t = 0.5; t < k + 2.5; t += 0.5) {
    path.run(500);
    const want = 0.4 * (t - k) ** 3 + most;
    const have = peer.status.cwnd / MSS;
    assert.ok(Math.abs(have / want - 1) < 0.12, `${have.toFixed(1)} segments ${t} s after the loss, the formula says ${want.toFixed(1)}`);
  }
});

test("MAY-18, RFC5681-3: after a loss NewReno keeps half, and grows by one segment each round trip", async () => {
  const { path, peer, before } = await afterLoss(0, 100);
  assert.ok(Math.abs(peer.status.ssthresh / before - 0.5) < 0.06, `${peer.status.ssthresh} of ${before}`);
  const start = peer.status.cwnd / MSS;
  path.run(2000);
  const rounds = peer.status.cwnd / MSS - start;
  assert.ok(rounds >= 16 && rounds <= 21, `${rounds} segments in 20 round trips`);
});

test("RFC9406-1: slow start ends when the round trip grows, before anything is lost", async () => {
  const peer = await client({ sack: true });
  const path = new Path(peer, 50, 1);
  path.run(4000);
  assert.ok(peer.status.ssthresh < NEVER, "slow start has ended");
  assert.ok(peer.status.ssthresh >= 50 * MSS, `${peer.status.ssthresh} octets, the path holds 50,000`);
  // The growth is seen at 168 segments, in the second round with a queue; five cautious rounds make them 3.05 times as many.
  assert.ok(peer.status.ssthresh <= 560 * MSS, `${peer.status.ssthresh} octets`);
  assert.equal(peer.status.retransmissions, 0);
});

test("RFC9406-1: slow start goes on while the round trip stays as it is", async () => {
  const peer = await client({ sack: true });
  new Path(peer, 50).run(800);
  assert.equal(peer.status.ssthresh, NEVER);
  assert.ok(peer.status.cwnd >= 600 * MSS, `${peer.status.cwnd} octets after 16 round trips`);
});

/** A client whose handshake took `rtt` ms. */
function over(rtt: number, more: PeerOptions = {}): Promise<Peer> {
  return Peer.client({ mss: MSS, sack: true, rtt, ...more });
}
const seqs = (segments: Segment[]) => segments.map(({ seq }) => seq);
/** Milliseconds until the stack says something, which must be the one segment at `seq`. */
function waitFor(peer: Peer, seq: number): number {
  const start = peer.wire.ms;
  while (!peer.queue.length && peer.wire.ms < start + 5000) peer.advance(1);
  assert.deepEqual(seqs(peer.take()), [seq]);
  return peer.wire.ms - start;
}
/** Two segments leave; the second is SACKed 20 ms later. Answers how long the first is then waited for; all is acknowledged at the end. */
function overtaken(peer: Peer): number {
  peer.write(2 * MSS);
  const [first = 0, second = 0] = seqs(peer.take());
  peer.advance(20);
  peer.send({ ack: first, options: blocks(peer, second, second + MSS) });
  peer.expectSilence();
  const waited = waitFor(peer, first);
  peer.send({ ack: second + MSS });
  peer.expectSilence();
  return waited;
}

test("RFC8985-1: what may only be reordered is waited for a quarter of the round trip, to the millisecond", async () => {
  const peer = await over(20);
  assert.equal(overtaken(peer), 5);
  assert.deepEqual([peer.status.phase, peer.status.lost, peer.status.minRtt], ["OPEN", 0, 20_000]);
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
});

test("RFC8985-1, RFC2883-1: a DSACK makes the reordering window a quarter longer, for 16 recoveries, and once a round trip", async () => {
  const peer = await over(20);
  peer.write(MSS);
  peer.advance(20);
  const first = peer.seen;
  peer.send({ ack: first });
  peer.write(MSS);
  for (let i = 0; i < 2; i++) peer.send({ ack: first, options: blocks(peer, first - MSS, first) });
  peer.advance(20);
  peer.send();
  peer.take();
  assert.equal(peer.counter("TCP_DSACK_IN"), 2);
  const waited = Array.from({ length: 18 }, () => overtaken(peer));
  assert.deepEqual(waited, [...Array(16).fill(10), 5, 5]);
  peer.send({ ack: peer.seen, options: blocks(peer, first - MSS, first) });
  peer.write(MSS);
  peer.advance(20);
  peer.send();
  peer.take();
  peer.send({ ack: peer.seen, options: blocks(peer, first - MSS, first) });
  assert.equal(overtaken(peer), 15);
});

for (const [more, minRtt] of [
  [0, 20_000],
  [1, 40_000],
] as const) {
  test(`RFC8985-1: the smallest round-trip time is believed for 300 s: ${more} ms later it is ${minRtt / 1000} ms`, async () => {
    const peer = await over(20);
    const trip = (ms: number) => {
      peer.write(MSS);
      peer.advance(ms);
      peer.send();
    };
    trip(20);
    peer.advance(200_000);
    trip(20); // as short: believed from now on
    peer.advance(300_000 - 40 + more);
    assert.equal(peer.status.minRtt, 20_000);
    trip(40);
    assert.equal(peer.status.minRtt, minRtt);
  });
}

for (const [rtt, segments, wait] of [
  [0, 2, 3],
  [1, 2, 3],
  [2, 2, 4],
  [10, 3, 20],
  [10, 1, 220],
  [0, 1, 203],
] as const) {
  test(`RFC8985-2: a round trip of ${rtt} ms, ${segments} in flight: the tail is probed after ${wait} ms`, async () => {
    const peer = await over(rtt, { settings: { minRto: 1000 } });
    peer.write(segments * MSS);
    const last = peer.take().at(-1)?.seq ?? 0;
    assert.equal(waitFor(peer, last), wait);
    assert.equal(peer.counter("TCP_LOSS_PROBES"), 1);
    peer.advance(999);
    peer.expectSilence();
    peer.advance(1);
    assert.equal(peer.counter("TCP_TIMEOUTS"), 1);
  });
}

// 8002 octets are in flight, so that 4001 remain. Of 3000 delivered at once half may leave, of 4000 the one octet that is missing.
for (const [got, want] of [
  [
    [3, 4, 5, 6],
    [6500, 5002, 6000, 4002, 4001, 3002, 4001, 2002],
  ],
  [
    [4, 5, 5, 7],
    [4001, 4002, 4001, 3002, 4001, 3002, 4001, 1002],
  ],
] as const) {
  test(`RFC9937-1: in recovery the window is what is in the network and what may still leave, to the octet: ${got.join()} of 8 arrive`, async () => {
    const peer = await over(20, { settings: { congestion: 0 } });
    assert.equal(peer.core.socket_set(peer.handle, Option.NODELAY, 1), 0);
    peer.write(2);
    peer.write(8 * MSS);
    assert.equal(peer.take().length, 9);
    peer.advance(20);
    const windows = got.flatMap((segments) => {
      peer.send({ ack: 1, options: blocks(peer, 3, 3 + segments * MSS) });
      return [peer.status.cwnd, peer.status.pipe];
    });
    assert.deepEqual(windows, want);
    assert.equal(peer.status.ssthresh, 4001);
    assert.deepEqual(seqs(peer.take()), [1]);
    peer.send({ ack: 3 + 8 * MSS });
    assert.deepEqual([peer.status.phase, peer.status.cwnd], ["OPEN", 4001]);
  });
}

test("RFC9937-1: while more has left than what arrived allows, the window is what is in the network", async () => {
  const peer = await over(20, { settings: { congestion: 0 } });
  peer.write(8 * MSS);
  peer.take();
  peer.advance(20);
  peer.send({ ack: 1, options: blocks(peer, 1 + MSS, 1 + 2 * MSS) });
  assert.deepEqual([peer.status.phase, peer.status.pipe], ["OPEN", 7 * MSS]);
  assert.equal(waitFor(peer, 1), 5);
  assert.deepEqual([peer.status.cwnd, peer.status.pipe, peer.status.ssthresh], [6 * MSS, 7 * MSS, 4 * MSS]);
  peer.send({ ack: 1, options: blocks(peer, 1 + MSS, 1 + 3 * MSS) });
  assert.deepEqual([peer.status.cwnd, peer.status.pipe], [6 * MSS, 6 * MSS]);
});

/** Ten segments of fifteen have left and timed out; the first is sent again. No SACK. */
async function timedOut(): Promise<Peer> {
  const peer = await over(20, { sack: false, settings: { congestion: 0 } });
  peer.write(15 * MSS);
  assert.equal(peer.take().length, 10);
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  assert.deepEqual(seqs(peer.take()), [1]);
  assert.deepEqual([peer.status.cwnd, peer.status.ssthresh, peer.status.phase], [MSS, 5 * MSS, "LOSS"]);
  return peer;
}
const at = (...segments: number[]) => segments.map((segment) => 1 + segment * MSS);

test("RFC5682-1: a duplicate before anything new is acknowledged ends F-RTO: old segments leave, no new text", async () => {
  const peer = await timedOut();
  peer.send({ ack: 1 });
  peer.expectSilence();
  peer.send({ ack: 1 + MSS });
  assert.deepEqual(seqs(peer.take()), at(1, 2));
  peer.send({ ack: 1 + 2 * MSS });
  assert.deepEqual(seqs(peer.take()), at(3, 4));
  assert.deepEqual([peer.status.cwnd, peer.counter("TCP_UNDONE")], [3 * MSS, 0]);
});

test("RFC5682-1: a duplicate after the new text of F-RTO has three old segments leave, the next one none again", async () => {
  const peer = await timedOut();
  peer.send({ ack: 1 + MSS });
  assert.deepEqual(seqs(peer.take()), at(10, 11));
  peer.send({ ack: 1 + MSS });
  assert.deepEqual(seqs(peer.take()), at(1, 2, 3));
  for (let i = 0; i < 3; i++) peer.send({ ack: 1 + MSS });
  peer.expectSilence();
  assert.deepEqual([peer.status.cwnd, peer.counter("TCP_FAST_RETRANSMITS")], [3 * MSS, 0]);
  peer.send({ ack: 1 + 4 * MSS });
  assert.deepEqual(seqs(peer.take()), at(4, 5, 6, 7));
});

test("RFC5682-1: new text of F-RTO that is acknowledged shows that the timeout was for nothing", async () => {
  const peer = await timedOut();
  peer.send({ ack: 1 + MSS });
  assert.deepEqual(seqs(peer.take()), at(10, 11));
  peer.send({ ack: 1 + 2 * MSS });
  assert.deepEqual([peer.status.phase, peer.status.cwnd, peer.status.ssthresh], ["OPEN", 10 * MSS, NEVER]);
  assert.deepEqual([peer.counter("TCP_UNDONE"), peer.status.retransmissions], [1, 1]);
});

/** Two of ten segments are lost; the second of them leaves again 2 ms after it left first, and a second later an echo of `echoed` ms speaks of it. */
async function echoes(echoed: number): Promise<Peer> {
  const peer = await over(900, { tsVal: 5000, send: 65_536, settings: { congestion: 0 } });
  const size = MSS - 12;
  peer.write(10 * size);
  const sent = peer.take();
  const stamp = sent[0]?.options.timestamps?.[0] ?? 0;
  const edge = (segment: number) => (sent[0]?.seq ?? 0) + segment * size;
  const answer = (echo: number, ...edges: number[]) =>
    peer.send({ ack: edge(0), stamp: null, options: [...timestamps(5000 + peer.wire.ms, echo), ...blocks(peer, ...edges)] });
  peer.advance(1);
  answer(stamp, edge(2), edge(5));
  assert.deepEqual(seqs(peer.take()), [edge(0)]);
  peer.advance(1);
  answer(stamp, edge(2), edge(7));
  assert.deepEqual(seqs(peer.take()), [edge(1)]);
  peer.advance(1000);
  answer(stamp + echoed, edge(1), edge(7));
  assert.equal(peer.status.phase, "RECOVERY");
  return peer;
}
test("RFC8985-1: an echo older than the copy speaks for the segment that left first, and says nothing of other copies", async () => {
  (await echoes(0)).expectSilence();
});
test("RFC8985-1: an echo as old as the copy, or a tick of the clock older, speaks for the copy, and what left before it is lost", async () => {
  for (const echoed of [1, 2])
    assert.deepEqual(
      seqs((await echoes(echoed)).take()),
      [0, 7, 8, 9].map((segment) => 1 + segment * (MSS - 12)),
    );
});

test("RFC6298-3: after a timeout a segment that was sent once and is SACKed is measured, then and 40 minutes later", async () => {
  const peer = await over(20, { settings: { congestion: 0 } });
  peer.write(MSS);
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  peer.send({ ack: 1 + MSS });
  peer.take();
  const trip = () => {
    peer.write(peer.status.cwnd - (peer.status.cwnd % MSS));
    peer.advance(20);
    for (const { seq, data } of peer.take()) peer.send({ ack: seq + data.length });
  };
  while (peer.status.cwnd < 4 * MSS) trip();
  const measure = () => {
    peer.write(3 * MSS);
    const [first = 0, second = 0, third = 0] = seqs(peer.take());
    peer.advance(30);
    peer.send({ ack: first, options: blocks(peer, second, third) });
    assert.equal(waitFor(peer, first), 5);
    const { srtt } = peer.status;
    peer.send({ ack: first, options: blocks(peer, second, third + MSS) });
    assert.equal(peer.status.srtt, Math.floor((7 * srtt + 35_000) / 8));
    peer.send({ ack: third + MSS });
  };
  measure();
  while (peer.status.cwnd < 4 * MSS) trip();
  for (let i = 0; i < 4; i++) {
    peer.advance(600_000);
    trip();
  }
  measure();
});

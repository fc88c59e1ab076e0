// Congestion control over a path that is modelled: a delay, and a bottleneck that sends one segment after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { Peer, type PeerOptions, type Segment } from "./peer.js";

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

// CUBIC and NewReno beside a model of RFC 9438 §4 and RFC 5681 §3.1 in floating point, acknowledgement by acknowledgement.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { sack } from "./frames.js";
import { Peer } from "./peer.js";
import { Wire } from "./wire.js";

const MSS = 1000;
const RTT = 400;
const C = 0.4;
const BETA = 0.7;

/** The window as RFC 9438 §4 has it, in octets and seconds. */
class Model {
  #wMax = 0;
  #prior = 0;
  #epoch = -1;
  #wEst = 0;
  #origin = 0;
  #k = 0;
  constructor(public cwnd: number) {}

  lost(before: number, flight: number): void {
    this.#wMax = before < this.#wMax ? (before * (1 + BETA)) / 2 : before;
    this.#prior = before;
    this.cwnd = flight * BETA;
    this.#epoch = -1;
  }
  acknowledged(octets: number, now: number): void {
    if (this.#epoch < 0) this.#begin(now);
    const alpha = this.#wEst < this.#prior ? (3 * (1 - BETA)) / (1 + BETA) : 1;
    this.#wEst += (alpha * octets * MSS) / this.cwnd;
    const t = now - this.#epoch + RTT / 1000 - this.#k;
    const target = Math.min(Math.max(this.#origin + C * t ** 3 * MSS, this.cwnd), 1.5 * this.cwnd);
    const next = this.cwnd + ((target - this.cwnd) * octets) / this.cwnd;
    this.cwnd = Math.max(next, this.#wEst, this.cwnd);
  }
  #begin(now: number): void {
    this.#epoch = now;
    this.#wEst = this.cwnd;
    this.#origin = Math.max(this.#wMax, this.cwnd);
    this.#k = Math.cbrt((this.#origin - this.cwnd) / MSS / C);
  }
}

/** A connection whose window was grown to `segments`, all of it in flight. */
async function full(control: number, segments: number): Promise<Peer> {
  const peer = new Peer(await Wire.make({ send: 1_048_576, receive: 65_536 }), { mss: MSS, sack: true, shift: 6 });
  peer.connect();
  assert.equal(peer.core.socket_set(peer.handle, Option.CONGESTION, control), 0);
  peer.advance(RTT);
  peer.take();
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  fill(peer);
  while (peer.status.cwnd < segments * MSS) round(peer, () => {});
  return peer;
}
function fill(peer: Peer): void {
  for (let filled = peer.write(100_000); typeof filled === "number" && filled > 0; ) filled = peer.write(100_000);
}
/** A round trip: what left is acknowledged, segment by segment. */
function round(peer: Peer, each: (octets: number) => void): void {
  peer.advance(RTT);
  for (const { seq, data } of peer.take()) {
    if (seq + data.length <= acked(peer)) continue;
    peer.send({ ack: seq + data.length });
    fill(peer);
    each(data.length);
  }
}
const acked = (peer: Peer): number => peer.seen - peer.status.unacknowledged;

/** The first segment in flight is lost, sent again and got; answers window and flight when the loss was found, and when all was over. */
function lose(peer: Peer): { before: number; flight: number } {
  const before = peer.status.cwnd;
  peer.advance(RTT);
  const flying = peer.take().filter(({ seq }) => seq >= acked(peer));
  const [first, second] = flying.map(({ seq }) => seq);
  const last = flying.at(-1);
  const end = (last?.seq ?? 0) + (last?.data.length ?? 0);
  const flight = peer.status.unacknowledged;
  const edges = [second ?? 0, end].map((edge) => ((peer.irs ?? 0) + edge) >>> 0);
  peer.send({ ack: first, options: sack(...edges) });
  peer.send({ ack: end });
  return { before, flight: Math.min(flight, before) };
}
function assertNear(actual: number, expected: number, share: number, what: string): void {
  assert.ok(Math.abs(actual / expected - 1) <= share, `${what}: ${actual}, but the model has ${expected.toFixed(0)}`);
}

test("RFC9438-1: after one loss, and after a second one below the last maximum, the window follows the cubic function", async () => {
  const peer = await full(1, 60);
  const model = new Model(peer.status.cwnd);
  for (const rounds of [4, 25]) {
    const { before, flight } = lose(peer);
    model.lost(before, flight);
    model.acknowledged(MSS, peer.wire.ms / 1000); // the ACK that ends the recovery tells of one segment more
    assertNear(peer.status.cwnd, model.cwnd, 0.01, "after the loss");
    for (let i = 0; i < rounds; i++) {
      round(peer, (octets) => model.acknowledged(octets, peer.wire.ms / 1000));
      assertNear(peer.status.cwnd, model.cwnd, 0.01, `${rounds} rounds, after round ${i}`);
    }
  }
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
});

test("RFC5681-2, RFC5681-3: NewReno halves, then gains a segment in each round trip", async () => {
  const peer = await full(0, 40);
  const { flight } = lose(peer);
  const { cwnd } = peer.status;
  assertNear(cwnd, flight / 2, 0.02, "half");
  for (let i = 1; i <= 12; i++) {
    round(peer, () => {});
    assert.ok(Math.abs(peer.status.cwnd - cwnd - i * MSS) <= MSS, `round ${i}: ${peer.status.cwnd} from ${cwnd}`);
  }
});

/** The window in whole octets and milliseconds, exactly as the stack reckons RFC 9438 §4. */
class Exact {
  #wMax = 0;
  #prior = 0;
  #hasEpoch = false;
  #epoch = 0;
  #lastGrown = 0;
  #wEst = 0;
  #origin = 0;
  #k = 0;
  #part = 0;
  constructor(
    public cwnd: number,
    readonly mss: number,
  ) {}

  lost(flight: number): void {
    this.#wMax = this.cwnd < this.#wMax ? Math.floor((this.cwnd * 17) / 20) : this.cwnd;
    this.#prior = this.cwnd;
    this.#hasEpoch = false;
    this.cwnd = Math.floor((flight * 7) / 10);
  }
  acknowledged(octets: number, before: number, now: number, srtt: number): void {
    if (before + this.mss < this.cwnd) return this.#isUnused(now);
    if (!this.#hasEpoch) this.#begin(now);
    this.#lastGrown = now;
    const gained = Math.floor((octets * this.mss) / this.cwnd);
    this.#wEst += this.#wEst < this.#prior ? Math.floor((gained * 9) / 17) : gained;
    const t = now - this.#epoch + Math.floor(srtt / 1000) - this.#k;
    const cubed = Math.trunc((Math.trunc(t ** 3 / 1000) * this.mss * 4) / 10_000_000);
    const wanted = Math.min(Math.max(this.#origin + cubed, this.cwnd), this.cwnd + Math.floor(this.cwnd / 2));
    const share = Math.floor(((wanted - this.cwnd) * octets * 256) / this.cwnd) + this.#part;
    this.#part = share % 256;
    this.cwnd = Math.max(this.cwnd + Math.floor(share / 256), this.#wEst);
  }
  #isUnused(now: number): void {
    if (!this.#hasEpoch) return;
    this.#epoch += now - this.#lastGrown;
    this.#lastGrown = now;
  }
  #begin(now: number): void {
    this.#hasEpoch = true;
    this.#epoch = now;
    this.#part = 0;
    this.#wEst = this.cwnd;
    this.#origin = Math.max(this.#wMax, this.cwnd);
    this.#k = Math.floor(Math.cbrt(Math.floor(((this.#origin - this.cwnd) * 2_500_000_000) / this.mss)) + 1e-9);
  }
}
/** A connection in slow start until its window is exactly `segments`, all of it in flight. */
async function filledTo(segments: number): Promise<Peer> {
  const peer = await full(1, 10);
  while (peer.status.cwnd < segments * MSS) {
    peer.advance(RTT);
    for (const { seq, data } of peer.take()) {
      if (peer.status.cwnd === segments * MSS) break;
      peer.send({ ack: seq + data.length });
      fill(peer);
    }
  }
  return peer;
}
/** Rounds acknowledged segment by segment; after each the window is the model's, to the octet. */
function compare(peer: Peer, model: Exact, rounds: number, fills = true): void {
  for (let i = 0; i < rounds; i++) {
    peer.advance(RTT);
    for (const { seq, data } of peer.take()) {
      if (seq + data.length <= acked(peer)) continue;
      const before = peer.status.unacknowledged;
      peer.send({ ack: seq + data.length });
      if (fills) fill(peer);
      model.acknowledged(data.length, before, peer.wire.ms, peer.status.srtt);
      assert.equal(peer.status.cwnd, model.cwnd, `round ${i}, at ${seq}`);
    }
  }
}

// 36 segments lose 10,800 octets; the cubic function makes them good in 3000 ms without a rest. RFC 9438 §4.2.
for (const segments of [36, 53]) {
  test(`RFC9438-1: ${segments} segments: every acknowledgement after a loss makes the window what the cubic function has, to the octet`, async () => {
    const peer = await filledTo(segments);
    const model = new Exact(peer.status.cwnd, MSS);
    assert.equal(model.cwnd, segments * MSS);
    for (const rounds of [10, 4]) {
      const { flight } = lose(peer);
      model.lost(flight);
      model.acknowledged(MSS, flight, peer.wire.ms, peer.status.srtt);
      assert.equal(peer.status.cwnd, model.cwnd, "after the loss");
      fill(peer);
      compare(peer, model, rounds);
    }
  });
}

test("RFC9406-1: five rounds of conservative slow start, then the window becomes ssthresh", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 262_144, shift: 4 });
  const never = peer.status.ssthresh;
  fill(peer);
  for (const delay of [100, 150, 150, 150, 150, 150]) {
    const flight = peer.take();
    peer.wire.ms += delay;
    for (const { seq, data } of flight) {
      peer.send({ ack: seq + data.length });
      fill(peer);
    }
    assert.equal(peer.status.ssthresh, never);
  }
  const second = peer.take()[1]?.seq;
  peer.wire.ms += 150;
  const { cwnd } = peer.status;
  peer.send({ ack: second });
  assert.deepEqual([peer.status.ssthresh, peer.status.cwnd], [cwnd, cwnd + MSS / 4]);
  assert.equal(peer.status.retransmissions, 0);
});

test("RFC9438-1: a timeout in recovery remembers the window as it was, not as duplicates without SACK have inflated it", async () => {
  const peer = await Peer.client({ settings: { congestion: 1 }, mss: MSS, rtt: 100 });
  peer.write(10 * MSS);
  assert.equal(peer.status.unacknowledged, 10 * MSS);
  for (let i = 0; i < 300; i++) peer.send({ ack: 1 });
  assert.ok(peer.status.cwnd > 200 * MSS, "inflated");
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  peer.send({ ack: 1 + 10 * MSS });
  const round = () => {
    const at = peer.seen;
    peer.write(peer.status.cwnd - (peer.status.cwnd % MSS));
    peer.advance(100);
    peer.take();
    peer.send({ ack: Math.max(at, peer.seen) });
  };
  while (peer.status.cwnd < peer.status.ssthresh) round();
  const begin = peer.status.cwnd;
  for (let i = 0; i < 5; i++) round();
  assert.ok(peer.status.cwnd <= begin + 6 * MSS, `from ${begin} to ${peer.status.cwnd} in five round trips`);
});

// Loss recovery with records of sent segments (RACK-TLP, PRR, undo), ECN, CUBIC and timestamps, where a mutant showed that nothing else looked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { ipv4, timestamps } from "./frames.js";
import { blocks, Peer, type PeerOptions, type Segment, type Sends } from "./peer.js";
import { STACK, Wire } from "./wire.js";

const MSS = 1000;
const RTT = 100;

/** A connection that the stack has opened to a peer with SACK: round trips of 100 ms, a window of at least `segments`, nothing outstanding. */
async function warm(segments: number): Promise<Peer> {
  const peer = new Peer(await Wire.make({ send: 262_144, receive: 65_536 }), { mss: MSS, sack: true, shift: 4 });
  peer.connect();
  peer.advance(RTT);
  peer.take();
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  for (let round = 0; round < 10; round++) {
    peer.write(MSS);
    roundTrip(peer);
  }
  for (let round = 0; round < 100 && peer.status.cwnd < segments * MSS; round++) {
    peer.write(Math.min(peer.status.cwnd, segments * MSS));
    roundTrip(peer);
  }
  for (let round = 0; peer.status.unacknowledged && round < 100; round++) roundTrip(peer);
  assert.ok(peer.status.cwnd >= segments * MSS, `cwnd ${peer.status.cwnd}`);
  assert.ok(Math.abs(peer.status.srtt - RTT * 1000) < 5000);
  peer.take();
  return peer;
}
/** A round trip later all that was sent is acknowledged, segment by segment. */
function roundTrip(peer: Peer): void {
  peer.advance(RTT);
  for (const { seq, data } of peer.take()) if (data.length) peer.send({ ack: seq + data.length });
}
const seqs = (segments: Segment[]): number[] => segments.map(({ seq }) => seq);

test("RFC8985-1: a segment that one SACK overtakes is sent again only a quarter of a round trip later", async () => {
  const peer = await warm(10);
  peer.write(3 * MSS);
  const [first = 0] = seqs(peer.take());
  peer.advance(RTT);
  peer.take();
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  peer.expectSilence();
  peer.advance(RTT / 4 - 10);
  peer.expectSilence();
  peer.advance(40);
  assert.deepEqual(seqs(peer.take()), [first]);
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
});

test("RFC8985-1: a segment that was only late is not sent again", async () => {
  const peer = await warm(10);
  peer.write(3 * MSS);
  const [first = 0] = seqs(peer.take());
  peer.advance(RTT);
  peer.take();
  const { cwnd } = peer.status;
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  peer.advance(10);
  peer.send({ ack: first + 3 * MSS });
  peer.advance(1000);
  peer.expectSilence();
  assert.ok(peer.status.cwnd >= cwnd);
});

test("RFC9937-1: during recovery about one segment leaves for two that arrive, from the beginning", async () => {
  const peer = await warm(40);
  peer.write(80 * MSS);
  const flight = peer.take();
  const first = flight[0]?.seq ?? 0;
  peer.advance(RTT);
  peer.take();
  const count = flight.length;
  const leaving: number[] = [];
  for (let i = 2; i <= count; i++) {
    peer.send({ ack: first, options: blocks(peer, first + MSS, first + i * MSS) });
    leaving.push(peer.take().length);
  }
  const half = leaving.slice(3, Math.floor(count / 2)).reduce((a, b) => a + b, 0);
  const all = leaving.reduce((a, b) => a + b, 0);
  assert.ok(half >= count / 8, `${half} of ${count} segments in the first half: ${leaving}`);
  assert.ok(all >= count * 0.4 && all <= count * 0.6, `${all} for ${count}: ${leaving}`);
  assert.ok(Math.max(...leaving.slice(3)) <= 2, `no burst: ${leaving}`);
});

test("RFC8985-2: when the last segments are lost a probe leaves after two round trips, and the loss it mends costs half the window", async () => {
  const peer = await warm(10);
  peer.write(3 * MSS);
  const sent = peer.take();
  const first = sent[0]?.seq ?? 0;
  const began = peer.wire.ms;
  peer.advance(2 * RTT + 40);
  const [probe, ...more] = peer.take();
  assert.deepEqual([probe?.seq, more.length], [first + 2 * MSS, 0]);
  const wait = (probe?.ms ?? 0) - began;
  assert.ok(wait >= 2 * RTT - 10 && wait <= 2 * RTT + 30, `after ${wait} ms`);
  assert.equal(peer.counter("TCP_LOSS_PROBES"), 1);
  const { cwnd } = peer.status;
  peer.send({ ack: first + 3 * MSS });
  peer.write(MSS);
  peer.take();
  peer.send({ ack: first + 4 * MSS });
  assert.ok(peer.status.cwnd <= cwnd * 0.8, `cwnd ${peer.status.cwnd} after ${cwnd}`);
});

test("RFC2883-1, RFC5682-1: when a DSACK shows that nothing was lost, the window is given back", async () => {
  const peer = await warm(10);
  peer.write(6 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  peer.advance(RTT);
  peer.take();
  const { cwnd } = peer.status;
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 6 * MSS) });
  peer.advance(5);
  assert.deepEqual(seqs(peer.take()), [first]);
  assert.ok(peer.status.cwnd < cwnd);
  peer.send({ ack: first + 6 * MSS });
  peer.send({ ack: first + 6 * MSS, options: blocks(peer, first, first + MSS) });
  assert.equal(peer.counter("TCP_DSACK_IN"), 1);
  assert.equal(peer.counter("TCP_UNDONE"), 1);
  assert.ok(peer.status.cwnd >= cwnd, `cwnd ${peer.status.cwnd} after ${cwnd}`);
});

test("RFC2883-1: octets that arrive twice are told in a DSACK block, once", async () => {
  const peer = await Peer.server({ sack: true });
  peer.send({ data: 1000 });
  peer.take();
  peer.send({ seq: 1, data: 500 });
  peer.expectSegment({ ctl: "ACK", ack: 1001, sack: [[1, 501]] });
  peer.send({ seq: 2001, data: 100 });
  peer.expectSegment({ ack: 1001, sack: [[2001, 2101]] });
  peer.send({ seq: 2001, data: 100 });
  const { sack: told } = peer.expectSegment({ ack: 1001 });
  assert.deepEqual(told, [
    [2001, 2101],
    [2001, 2101],
  ]);
});

/** A peer with timestamps: it echoes what it is told to. */
class Stamped {
  value = 5000;
  private constructor(readonly peer: Peer) {}
  static async make(options: PeerOptions = {}): Promise<Stamped> {
    const stamped = new Stamped(new Peer(await Wire.make(options), { mss: MSS, sack: true, ...options }));
    const { peer } = stamped;
    peer.listen();
    peer.syn({ options: [...peer.synOptions, ...timestamps(stamped.value, 0)] });
    const { options: answer } = peer.expectSegment({ ctl: "SYN,ACK" });
    assert.equal(answer.timestamps?.[1], stamped.value);
    stamped.send({}, answer.timestamps?.[0]);
    peer.accept();
    return stamped;
  }
  /** Sends a segment that echoes `echo`; its own stamp goes on by ten. */
  send(given: Sends, echo = 0, stamp = 0): void {
    this.value += 10;
    const value = stamp || this.value;
    this.peer.send({ ...given, options: [...timestamps(value, echo), ...(given.options ?? [])] });
  }
}

test("RFC7323-3: the echo is the stamp of the segment that fills the gap, not of text ahead of it", async () => {
  const { peer } = await Stamped.make();
  const send = (seq: number, value: number) => peer.send({ seq, data: 100, options: timestamps(value, 0) });
  send(1, 6000);
  assert.equal(peer.take().at(-1)?.options.timestamps?.[1], 6000);
  send(201, 6100);
  assert.equal(peer.take().at(-1)?.options.timestamps?.[1], 6000);
  send(101, 6050);
  assert.equal(peer.take().at(-1)?.options.timestamps?.[1], 6050);
});

test("RFC7323-4: text with an old stamp draws an ACK and is not taken, a RST with one is", async () => {
  const stamped = await Stamped.make();
  const { peer } = stamped;
  peer.take();
  stamped.send({ seq: 1, data: 10 }, 0, 4000);
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  assert.equal(peer.counter("TCP_PAWS"), 1);
  stamped.send({ ctl: "FIN,ACK", seq: 1 }, 0, 4000);
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  assert.equal(peer.counter("TCP_PAWS"), 2);
  assert.equal(peer.read(), 0);
  peer.send({ seq: 1, data: 10 });
  peer.expectSilence();
  assert.equal(peer.counter("TCP_NO_TIMESTAMP"), 1);
  stamped.send({ seq: 1, data: 10 }, 0);
  assert.equal(peer.read(), 10);
  stamped.send({ ctl: "RST", seq: 11 }, 0, 4000);
  assert.equal(peer.read(), "RESET");
});

test("RFC7323-4: after 24 idle days an old stamp is taken", async () => {
  const stamped = await Stamped.make();
  const { peer } = stamped;
  peer.advance(25 * 86_400_000);
  peer.take();
  stamped.send({ seq: 1, data: 10 }, 0, 4000);
  assert.equal(peer.read(), 10);
});

test("RFC7323-5: stamps of two connections, and of two seeds, begin at unrelated values", async () => {
  const values: number[] = [];
  for (const octet of [1, 2]) {
    const wire = await Wire.make({ seed: Uint8Array.from({ length: 32 }, (_, i) => (i * 29 + octet) & 255) });
    for (const port of [5001, 5002]) {
      const peer = new Peer(wire, { port });
      peer.connect();
      const [value = 0] = peer.expectSegment({ ctl: "SYN" }).options.timestamps ?? [];
      values.push(value);
    }
  }
  for (const [i, one] of values.entries()) {
    for (const other of values.slice(i + 1)) assert.ok(Math.abs((one - other) | 0) > 10_000, `${values}`);
  }
});

test("RFC5682-1: an echo of the first copy undoes a spurious timeout", async () => {
  const stamped = await Stamped.make({ send: 65_536 });
  const { peer } = stamped;
  peer.take();
  peer.write(4 * MSS);
  const first = peer.take();
  const { cwnd } = peer.status;
  const echo = first[0]?.options.timestamps?.[0] ?? 0;
  const last = (first.at(-1)?.seq ?? 0) + (first.at(-1)?.data.length ?? 0);
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(50);
  assert.ok(peer.status.cwnd < cwnd);
  peer.take();
  stamped.send({ ack: last }, echo);
  assert.equal(peer.counter("TCP_UNDONE"), 1);
  assert.ok(peer.status.cwnd >= cwnd);
});

/** A server whose connection has ECN: the SYN asked for it, and the SYN-ACK agreed. */
async function marked(): Promise<Peer> {
  const peer = new Peer(await Wire.make({ send: 262_144 }), { mss: MSS, sack: true });
  peer.listen();
  peer.syn({ ctl: "SYN,ECE,CWR" });
  const answer = peer.queue.shift();
  assert.equal(answer?.ctl, "SYN,ECE,ACK");
  assert.equal((answer?.tos ?? 0) & 3, 0);
  peer.send();
  peer.accept();
  return peer;
}

test("RFC3168-1, SHLD-8: an echo of congestion halves the window once in a round trip, and CWR tells that it was heard", async () => {
  const peer = await marked();
  peer.write(30 * MSS);
  const flight = peer.take();
  assert.ok(
    flight.every(({ tos }) => (tos & 3) === 2),
    "text may be marked",
  );
  const { cwnd } = peer.status;
  const ends = flight.map(({ seq, data }) => seq + data.length);
  peer.send({ ctl: "ACK,ECE", ack: ends[0] });
  const halved = peer.status.cwnd;
  assert.ok(halved <= cwnd * 0.6, `cwnd ${halved} after ${cwnd}`);
  for (const ack of ends.slice(1, 8)) peer.send({ ctl: "ACK,ECE", ack });
  assert.ok(peer.status.cwnd >= halved, "once in a round trip");
  const next = peer.take();
  assert.ok(next[0]?.ctl.includes("CWR"), next[0]?.ctl);
  assert.ok(next.slice(1).every(({ ctl }) => !ctl.includes("CWR")));
});

test("RFC3168-1, SHLD-8: a mark on what arrives is echoed in every ACK until CWR comes", async () => {
  const peer = await marked();
  const send = (given: Sends, tos: number) => {
    const data = ipv4({ source: peer.address, destination: STACK.address, protocol: 6, tos }, peer.segment(given));
    peer.wire.put(data);
    peer.wire.run();
    peer.advance(500);
  };
  send({ seq: 1, data: 100 }, 3);
  assert.equal(peer.take().at(-1)?.ctl, "ECE,ACK");
  send({ seq: 101, data: 100 }, 2);
  assert.equal(peer.take().at(-1)?.ctl, "ECE,ACK");
  assert.equal(peer.counter("TCP_CE_IN"), 1);
  send({ ctl: "ACK,CWR", seq: 201, data: 100 }, 2);
  assert.equal(peer.take().at(-1)?.ctl, "ACK");
});

/** A connection past a loss: its window grows linearly from now on. */
async function avoiding(control: number): Promise<Peer> {
  const peer = await warm(30);
  assert.equal(peer.core.socket_set(peer.handle, Option.CONGESTION, control), 0);
  peer.write(60 * MSS);
  const flight = peer.take();
  const first = flight[0]?.seq ?? 0;
  const end = (flight.at(-1)?.seq ?? 0) + MSS;
  peer.advance(RTT);
  peer.take();
  for (let i = 4; i <= flight.length; i++) peer.send({ ack: first, options: blocks(peer, first + MSS, first + i * MSS) });
  peer.send({ ack: end });
  for (let round = 0; peer.status.unacknowledged && round < 50; round++) roundTrip(peer);
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
  return peer;
}

test("RFC5681-2: in congestion avoidance the window grows by one segment in a round trip", async () => {
  const peer = await avoiding(0);
  const { cwnd, ssthresh } = peer.status;
  assert.ok(cwnd >= ssthresh && cwnd < ssthresh + 4 * MSS, `cwnd ${cwnd}, ssthresh ${ssthresh}`);
  for (let round = 0; round < 5; round++) {
    peer.write(60 * MSS);
    roundTrip(peer);
  }
  const gained = peer.status.cwnd - cwnd;
  assert.ok(gained >= 3 * MSS && gained <= 6 * MSS, `${gained} octets in five round trips`);
});

test("RFC9438-1: with CUBIC seven tenths of the flight remain after a loss", async () => {
  const [reno, cubic] = [(await avoiding(0)).status.ssthresh, (await avoiding(1)).status.ssthresh];
  assert.ok(Math.abs(cubic / reno - 1.4) < 0.1, `${cubic} against ${reno}`);
});

test("RFC9406-1: slow start grows by a quarter when the round trip has become longer", async () => {
  const stamped = await Stamped.make({ send: 262_144, shift: 7 });
  const { peer } = stamped;
  const growth = (delay: number): number => {
    for (let filled = peer.write(20 * MSS); typeof filled === "number" && filled > 0; ) filled = peer.write(20 * MSS);
    const { cwnd } = peer.status;
    peer.advance(delay);
    for (const { seq, data, options } of peer.take()) stamped.send({ ack: seq + data.length }, options.timestamps?.[0]);
    return (peer.status.cwnd - cwnd) / cwnd;
  };
  const steady = [growth(RTT), growth(RTT)];
  assert.ok(
    steady.every((share) => share > 0.8),
    `${steady}`,
  );
  const longer = [growth(RTT + 40), growth(RTT + 40)];
  assert.ok((longer[1] ?? 1) < 0.5, `${longer}`);
});

test("RFC8985-1: what one acknowledgement tells of at once has not overtaken each other: the third SACKed segment still means a loss", async () => {
  const peer = await warm(12);
  peer.write(12 * MSS);
  const [first = 0] = seqs(peer.take());
  peer.advance(RTT);
  peer.take();
  // Four arrived in order, the fifth is missing, the sixth has come: one acknowledgement for all.
  peer.send({ ack: first + 4 * MSS, options: blocks(peer, first + 5 * MSS, first + 6 * MSS) });
  peer.take();
  peer.send({ ack: first + 4 * MSS, options: blocks(peer, first + 5 * MSS, first + 7 * MSS) });
  peer.take();
  peer.send({ ack: first + 4 * MSS, options: blocks(peer, first + 5 * MSS, first + 8 * MSS) });
  assert.ok(seqs(peer.take()).includes(first + 4 * MSS), "sent again without waiting for a quarter of a round trip");
});

test("RFC8985-1: a segment that comes after a later one, in an acknowledgement of its own, has been overtaken: from then on time alone tells", async () => {
  const peer = await warm(12);
  peer.write(12 * MSS);
  const [first = 0] = seqs(peer.take());
  peer.advance(RTT);
  peer.take();
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  peer.send({ ack: first + 2 * MSS });
  peer.take();
  peer.send({ ack: first + 2 * MSS, options: blocks(peer, first + 3 * MSS, first + 6 * MSS) });
  assert.ok(!seqs(peer.take()).includes(first + 2 * MSS));
  peer.advance(RTT / 2);
  assert.ok(seqs(peer.take()).includes(first + 2 * MSS));
});

test("RFC5681-3: FlightSize is what was in flight before the acknowledgement that shows the loss", async () => {
  const peer = await warm(12);
  const had = peer.status.cwnd;
  peer.write(had);
  const [first = 0] = seqs(peer.take());
  peer.advance(RTT);
  peer.take();
  peer.send({ ack: first + 6 * MSS, options: blocks(peer, first + 7 * MSS, first + 10 * MSS) });
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
  assert.equal(peer.status.ssthresh, had >> 1);
});

test("RFC3042-1: with SACK too the first two duplicates of a batch let a new segment out each, before the third begins the recovery", async () => {
  const peer = await warm(12);
  const had = peer.status.cwnd;
  peer.write(had + 10 * MSS);
  const [first = 0] = seqs(peer.take());
  peer.advance(RTT);
  peer.take();
  peer.batch([2, 3, 4].map((segments) => ({ ack: first, options: blocks(peer, first + MSS, first + segments * MSS) })));
  const [one, two, again] = seqs(peer.take());
  assert.deepEqual([one, two, again], [first + had, first + had + MSS, first]);
});

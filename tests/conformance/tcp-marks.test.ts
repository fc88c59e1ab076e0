// What a connection remembers of clocks, windows and lost segments, to the last digit: each test here has caught a changed instruction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { timestamps } from "./frames.js";
import { blocks, Peer, type PeerOptions, type Segment } from "./peer.js";
import { Wire } from "./wire.js";

const MSS = 1000;
const DAY = 86_400_000;

const seqs = (segments: Segment[]): number[] => segments.map(({ seq }) => seq);

/** A connection of the stack with timestamps, whose peer echoes what a test says. */
async function stamped(more: PeerOptions = {}): Promise<Peer> {
  const peer = new Peer(await Wire.make(more), { mss: MSS, ...more });
  peer.connect();
  const syn = peer.expectSegment({ ctl: "SYN" });
  peer.send({ ctl: "SYN,ACK", options: [...peer.synOptions, ...timestamps(7000, syn.options.timestamps?.[0] ?? 0)] });
  peer.take();
  return peer;
}
const stampOf = (segment?: Segment): number => segment?.options.timestamps?.[0] ?? 0;
/** An ACK with this echo. */
function echoes(peer: Peer, ack: number, echo: number, more: number[] = []): void {
  peer.send({ ack, options: [...timestamps(7000 + peer.wire.ms, echo), ...more] });
}
function untilTimeout(peer: Peer): Segment[] {
  const before = peer.counter("TCP_TIMEOUTS");
  while (peer.counter("TCP_TIMEOUTS") === before) peer.advance(1);
  return peer.take();
}

for (const hasSack of [false, true]) {
  const name = hasSack ? "with SACK" : "without SACK";
  test(`RFC5682-1: ${name}, an echo of the first copy undoes a timeout: nothing more is sent again, and nothing is undone twice`, async () => {
    const peer = await stamped({ sack: hasSack });
    peer.write(5 * MSS);
    const flight = peer.take();
    const first = flight[0]?.seq ?? 0;
    const { cwnd } = peer.status;
    const again = untilTimeout(peer);
    assert.equal(again.at(-1)?.seq, first);
    echoes(peer, first + (flight[0]?.data.length ?? 0), stampOf(flight[0]));
    assert.equal(peer.counter("TCP_UNDONE"), 1);
    peer.expectSilence();
    assert.ok(peer.status.cwnd >= cwnd);
    const second = flight[1]?.seq ?? 0;
    if (hasSack) echoes(peer, second, stampOf(flight[1]), blocks(peer, first, second));
    assert.deepEqual([peer.counter("TCP_UNDONE"), peer.status.undone, peer.status.lost], [1, 1, 0]);
  });
  test(`RFC5682-1: ${name}, an echo of the second copy undoes nothing, nor does an older one that comes later`, async () => {
    const peer = await stamped({ sack: hasSack });
    peer.write(5 * MSS);
    const flight = peer.take();
    const again = untilTimeout(peer).at(-1);
    echoes(peer, flight[1]?.seq ?? 0, stampOf(again));
    assert.equal(peer.counter("TCP_UNDONE"), 0);
    echoes(peer, flight[2]?.seq ?? 0, stampOf(flight[0]));
    assert.equal(peer.counter("TCP_UNDONE"), 0);
  });
}

test("RFC6298-4, RFC7323-3: after a timeout the echo of the second copy is measured, to the millisecond, one of the first is not", async () => {
  for (let port = 5000; port < 5006; port++) {
    const peer = await stamped({ port });
    peer.write(100);
    peer.take();
    const again = untilTimeout(peer).at(-1);
    const { srtt } = peer.status;
    peer.advance(80);
    echoes(peer, peer.seen, stampOf(again));
    assert.equal(peer.status.srtt, Math.floor((srtt * 7 + 80_000) / 8));
    peer.write(100);
    const [copy] = peer.take();
    untilTimeout(peer);
    const before = peer.status.srtt;
    peer.advance(10);
    echoes(peer, peer.seen, stampOf(copy));
    assert.equal(peer.status.srtt, before, `port ${port}`);
  }
});

test("RFC7323-4: the 24 days for which TS.Recent is believed begin when it was last renewed", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn({ options: timestamps(5000, 0) });
  peer.take();
  peer.send({ options: timestamps(5010, 0) });
  peer.accept();
  peer.advance(20 * DAY);
  peer.send({ data: 10, options: timestamps(6000, 0) });
  assert.equal(peer.status.readable, 10);
  peer.advance(20 * DAY);
  peer.send({ data: 10, options: timestamps(5900, 0) });
  assert.equal(peer.status.readable, 10);
  assert.equal(peer.counter("TCP_PAWS"), 1);
});

test("TCP-16, TCP-20: each second ten empty segments that do not fit are answered, and ten RSTs challenged, counted from the first", async () => {
  const peer = await Peer.server();
  peer.advance(5000);
  const burst = (what: "ACK" | "RST"): number => {
    for (let i = 0; i < 12; i++) peer.send({ ctl: what, seq: what === "RST" ? 100 : 900_000 });
    return peer.take().length;
  };
  assert.deepEqual([burst("ACK"), burst("RST")], [10, 10]);
  peer.advance(999);
  assert.deepEqual([burst("ACK"), burst("RST")], [0, 0]);
  peer.advance(1);
  assert.deepEqual([burst("ACK"), burst("RST")], [10, 10]);
});

test("RFC5681-1: the first window after a simultaneous open is ten segments, one when our SYN was lost", async () => {
  for (const isLost of [false, true]) {
    const peer = new Peer(await Wire.make(), { mss: MSS });
    peer.connect();
    if (isLost) peer.advance(1500);
    peer.take();
    peer.send({ ctl: "SYN", options: peer.synOptions });
    peer.send({ ctl: "ACK", ack: 1 });
    assert.equal(peer.state, "ESTABLISHED");
    assert.equal(peer.status.cwnd, isLost ? MSS : 10 * MSS);
  }
});

test("RFC3168-1: a SYN that crosses ours and asks for ECN is answered with ECE", async () => {
  const peer = new Peer(await Wire.make(), { mss: MSS });
  peer.connect();
  peer.take();
  peer.send({ ctl: "SYN,ECE,CWR", options: peer.synOptions });
  peer.expectSegment({ ctl: "SYN,ECE,ACK" });
});

test("RFC5681-5, RFC6582-1: without SACK the third duplicate sets the window, each more adds a segment, a partial ACK takes what it told", async () => {
  const peer = await Peer.client({ mss: MSS, send: 65_536 });
  peer.write(10 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  for (let i = 0; i < 3; i++) peer.send({ ack: first });
  const { ssthresh, cwnd } = peer.status;
  assert.equal(cwnd, ssthresh + 3 * MSS);
  peer.send({ ack: first });
  assert.equal(peer.status.cwnd, cwnd + MSS);
  peer.send({ ack: first + 2 * MSS });
  assert.equal(peer.status.cwnd, cwnd);
  peer.send({ ack: first + 2 * MSS + 100 });
  assert.equal(peer.status.cwnd, cwnd - 100);
});

test("RFC5681-5: duplicates are counted anew after each ACK that tells of more", async () => {
  const peer = await Peer.client({ mss: MSS, send: 65_536 });
  peer.write(10 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  for (const segment of [0, 1]) {
    for (let i = 0; i < 2; i++) peer.send({ ack: first + segment * MSS });
    peer.send({ ack: first + (segment + 1) * MSS });
  }
  assert.deepEqual([peer.counter("TCP_FAST_RETRANSMITS"), peer.counter("TCP_RETRANSMITTED")], [0, 0]);
  for (let i = 0; i < 3; i++) peer.send({ ack: first + 2 * MSS });
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
});

test("RFC8985-1: of segments sent in the same tick one that arrived tells nothing of those behind it", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  peer.write(4 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  peer.advance(10);
  peer.take();
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  peer.advance(30);
  assert.deepEqual(seqs(peer.take()), [first]);
  assert.deepEqual([peer.status.lost, peer.status.cwnd], [0, 2 * MSS]);
});

test("RFC8985-1: what left later than all that arrived is not taken for lost", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  const send = (count: number): number => {
    peer.write(count * MSS);
    return peer.take()[0]?.seq ?? 0;
  };
  send(1);
  peer.wire.ms += 100;
  peer.send({ ack: peer.seen });
  const first = send(2);
  peer.wire.ms += 50;
  const last = send(1);
  peer.wire.ms += 50;
  peer.send({ ack: first, options: blocks(peer, first + MSS, last) });
  peer.advance(90);
  assert.deepEqual([seqs(peer.take()), peer.status.lost], [[first], 0]);
});

test("RFC8985-1: a segment that left a microsecond earlier is found lost", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  const { core, wire } = peer;
  peer.wire.busy = true;
  const text = new Uint8Array(MSS);
  const first = peer.seen;
  for (const us of [1, 2]) {
    assert.equal(core.tcp_write(peer.handle, text), MSS);
    core.poll(wire.ms, us);
  }
  core.output();
  peer.wire.busy = false;
  peer.wire.ms += 20;
  peer.put({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  core.poll(wire.ms);
  core.poll(wire.ms + 20);
  core.poll(wire.ms + 30);
  assert.equal(core.counter("TCP_RETRANSMITTED"), 1);
});

test("RFC8985-2: a tail that is lost again is probed again", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true });
  for (let i = 0; i < 3; i++) {
    peer.write(100);
    peer.advance(20);
    peer.send();
    peer.take();
  }
  const { ssthresh } = peer.status;
  for (const probes of [1, 2]) {
    peer.write(100);
    peer.take();
    while (!peer.queue.length) peer.advance(1);
    assert.equal(peer.counter("TCP_LOSS_PROBES"), probes);
    peer.send({ ack: peer.seen, options: blocks(peer, peer.seen - 100, peer.seen) });
    assert.equal(peer.status.ssthresh, ssthresh, "a probe that was not needed costs nothing");
    peer.take();
  }
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
});

test("RFC8985-1, RFC9937-1: what is in the network is known to the octet while segments are SACKed, lost, sent again and acknowledged in part", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  peer.write(8 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  const at = (segment: number) => first + segment * MSS;
  const known = () => [peer.status.pipe, peer.status.sacked, peer.status.lost];
  assert.deepEqual(known(), [8 * MSS, 0, 0]);
  peer.send({ ack: first, options: blocks(peer, at(5), at(8)) });
  assert.deepEqual(known(), [3 * MSS, 3 * MSS, 2]);
  assert.deepEqual(seqs(peer.take()), [at(0), at(1), at(2)]);
  peer.send({ ack: at(1) + 400, options: blocks(peer, at(5), at(8)) });
  const again = peer.take();
  assert.ok(again.length > 0);
  const resent = again.reduce((sum, { data }) => sum + data.length, 0);
  assert.deepEqual(known(), [2 * MSS - 400 + resent, 3 * MSS, 2 - again.length]);
  peer.send({ ack: at(6) + 300 });
  assert.deepEqual(known(), [0, 2 * MSS - 300, 0]);
  peer.send({ ack: at(8) });
  assert.deepEqual([...known(), peer.status.unacknowledged], [0, 0, 0, 0]);
});

test("RFC9937-1: a second recovery counts what arrives and leaves from its own beginning", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 262_144, shift: 4 });
  peer.write(200 * MSS);
  let first = 1;
  for (let round = 0; round < 3; round++) {
    const flight = peer.take();
    first = (flight.at(-1)?.seq ?? 0) + (flight.at(-1)?.data.length ?? 0);
    peer.advance(20);
    peer.send({ ack: first });
  }
  for (const recovery of [1, 2]) {
    const flight = peer.take();
    const [start = 0] = seqs(flight);
    const end = start + flight.length * MSS;
    peer.advance(20);
    const leaving: number[] = [];
    for (let i = 2; i <= flight.length; i++) {
      peer.send({ ack: start, options: blocks(peer, start + MSS, start + i * MSS) });
      leaving.push(peer.take().length);
    }
    assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), recovery);
    const all = leaving.reduce((a, b) => a + b, 0);
    assert.ok(all >= 0.45 * flight.length && all <= 0.55 * flight.length, `${all} of ${flight.length}: ${leaving}`);
    assert.ok(Math.max(...leaving.slice(3)) <= 1, `no burst: ${leaving}`);
    peer.send({ ack: end });
    const more = peer.take();
    peer.send({ ack: peer.seen });
    void more;
  }
});

test("MAY-5: keepalives set anew begin anew: all of them leave before the connection ends", async () => {
  const peer = await Peer.server();
  const { core, handle } = peer;
  core.socket_set(handle, Option.KEEP_IDLE, 1000);
  core.socket_set(handle, Option.KEEP_INTERVAL, 1000);
  core.socket_set(handle, Option.KEEP_COUNT, 3);
  core.socket_set(handle, Option.KEEPALIVE, 1);
  peer.wire.run();
  peer.advance(1500);
  core.socket_set(handle, Option.KEEPALIVE, 1);
  peer.wire.run();
  peer.advance(3500);
  assert.deepEqual([peer.counter("TCP_KEEPALIVES"), peer.state], [4, "ESTABLISHED"]);
  peer.advance(1000);
  assert.equal(peer.read(), "TIMED_OUT");
});

test("SHLD-19: full segments are of 536 octets at least, whatever shorter ones come and however short the link's are", async () => {
  for (const mtu of [1500, 552]) {
    for (const [octets, isAtOnce] of [
      [1072, true],
      [1071, false],
    ] as const) {
      const peer = await Peer.server({ mtu });
      for (let i = 0; i < 20; i++) peer.send({ data: 10 });
      peer.advance(1000);
      peer.take();
      const [half, rest] = [300, 1072 - 900];
      for (const data of [half, half, half]) peer.send({ data });
      peer.expectSilence();
      peer.send({ data: rest - (1072 - octets) });
      assert.equal(peer.take().length, isAtOnce ? 1 : 0, `${octets} octets, MTU ${mtu}`);
    }
  }
});

test("MUST-16: a peer that wants segments of fewer than 64 octets gets 64", async () => {
  const peer = await Peer.client({ mss: 10 });
  peer.write(1000);
  assert.equal(Math.max(...peer.take().map(({ data }) => data.length)), 64);
});

test("A080: an active open offers in its first ACK the 65,535 octets of its SYN", async () => {
  const peer = await Peer.client({ receive: 65_536 });
  assert.deepEqual([peer.status.rcvWnd, peer.edge], [65_535, 65_536]);
});

test("SM-ACK-3: the window of a peer whose numbers lie in the upper half is updated by an ACK that tells nothing else", async () => {
  const peer = await Peer.client({ iss: 0x9000_0000 });
  peer.send({ win: 4321 });
  assert.equal(peer.status.sndWnd, 4321);
});

test("MUST-36: probes of a window that closes again begin with an RTO, and none is later than two minutes after the one before", async () => {
  const peer = await Peer.client({ mss: MSS });
  const pauses = (count: number): number[] => {
    const times: number[] = [peer.wire.ms];
    while (times.length <= count) {
      while (!peer.queue.length) peer.advance(1);
      times.push(peer.take().at(-1)?.ms ?? 0);
      peer.send({ win: 0 });
    }
    return times.slice(1).map((time, i) => time - (times[i] ?? 0));
  };
  peer.send({ win: 0 });
  peer.write(3 * MSS);
  const [once = 0, ...later] = pauses(12);
  assert.deepEqual(later.slice(-2), [120_000, 120_000]);
  peer.send({ win: 500 });
  peer.advance(300);
  peer.take();
  peer.send({ ack: peer.seen, win: 0 });
  const [again = 0] = pauses(1);
  assert.ok(Math.abs(again - once) < 50, `${once} ms, then ${again} ms`);
});

test("RFC8985-1: a repeated segment that is lost again leaves a third time, and before a later one", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  peer.write(10 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  const at = (segment: number) => first + segment * MSS;
  const tells = (...edges: number[]): number[] => {
    peer.wire.ms += 30;
    peer.put({ ack: first, options: blocks(peer, ...edges) });
    peer.wire.run();
    return seqs(peer.take()).filter((seq) => seq < at(8));
  };
  assert.deepEqual(tells(at(1), at(4)), [first]);
  assert.deepEqual(tells(at(5), at(7), at(1), at(4)), [at(4)]);
  assert.deepEqual(tells(at(8), at(9), at(4), at(7), at(1), at(4)), [first, at(7)]);
});

// Small differences that a transfer of octets does not show: each test here has caught a mutant that all others let through.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL, Offer, Option, STATUS } from "../../bindings/node/core.js";
import { sackPermitted, scale, timestamps } from "./frames.js";
import { Peer, type Segment } from "./peer.js";
import { STACK, Wire } from "./wire.js";

const HOUR = 3_600_000;

/** Times between segments, milliseconds. */
function gaps(segments: Segment[]): number[] {
  return segments.slice(1).map(({ ms }, i) => ms - (segments[i]?.ms ?? 0));
}

test("SM-SEQ-1: a RST at the last octet of the window is challenged, one behind it draws nothing", async () => {
  const peer = await Peer.server({ receive: 8192 });
  const edge = peer.edge;
  peer.take();
  peer.send({ ctl: "RST", seq: edge });
  peer.expectSilence();
  assert.equal(peer.counter("TCP_UNACCEPTABLE"), 1);
  peer.send({ ctl: "RST", seq: edge - 1 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.equal(peer.counter("TCP_CHALLENGE_ACKS"), 1);
  assert.equal(peer.state, "ESTABLISHED");
});

test("SM-SEQ-2: text behind a FIN that waits for a hole is acknowledged and not kept", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "FIN,ACK", seq: 101, data: 100 });
  peer.take();
  peer.send({ seq: 202, data: 50 });
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  peer.send({ seq: 1, data: 100 });
  peer.expectSegment({ ctl: "ACK", ack: 202 });
  assert.equal(peer.read(), 200);
  assert.equal(peer.state, "CLOSE_WAIT");
});

test("MUST-10, SM-USER-1: CLOSE in SYN-RECEIVED is not forgotten: the FIN follows when the peer has acknowledged our SYN", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.expectSegment({ ctl: "SYN", seq: 0 });
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  assert.equal(peer.state, "SYN_RECEIVED");
  assert.equal(peer.core.tcp_close(peer.handle, true), 0);
  peer.send();
  peer.expectSegment({ ctl: "FIN,ACK", seq: 1, ack: 1 });
  assert.equal(peer.state, "FIN_WAIT_1");
});

test("MUST-18, RFC6298-4: a segment that was repeated fast is no measurement", async () => {
  const peer = await Peer.client({ mss: 1000 });
  for (let i = 0; i < 20; i++) {
    peer.write(100);
    peer.advance(100);
    peer.send();
  }
  const { srtt } = peer.status;
  assert.ok(Math.abs(srtt - 100_000) < 10_000, `SRTT ${srtt}`);
  peer.write(6000);
  peer.advance(100);
  const first = peer.take().at(-6)?.seq ?? 0;
  for (let i = 0; i < 3; i++) peer.send({ ack: first });
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1);
  peer.advance(90);
  peer.send({ ack: peer.seen });
  assert.equal(peer.status.srtt, srtt);
});

test("RFC6298-5: the pauses between repetitions grow to two minutes and no further", async () => {
  const peer = await Peer.server();
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 2 * HOUR), 0);
  peer.write(100);
  peer.advance(HOUR);
  const waits = gaps(peer.take());
  assert.ok(waits.length > 20, `${waits.length} repetitions`);
  assert.equal(Math.max(...waits), 120_000);
});

test("RFC6298-2: each measurement moves SRTT by an eighth and RTTVAR by a quarter of the difference", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.advance(100);
  peer.take();
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  assert.deepEqual([peer.status.srtt, peer.status.rttvar], [100_000, 50_000]);
  peer.write(100);
  peer.advance(200);
  peer.send();
  assert.deepEqual([peer.status.srtt, peer.status.rttvar], [112_500, 62_500]);
  assert.equal(peer.status.rto, 363);
});

test("MUST-36: when the window has opened no probe goes out any more, though the octet of the probe is still unacknowledged", async () => {
  const peer = await Peer.server({ sack: true });
  peer.send({ win: 0 });
  peer.write(1);
  peer.advance(1500);
  const probes = peer.counter("TCP_PROBES");
  assert.ok(probes > 0);
  peer.take();
  peer.send({ win: 8000, ack: 1 });
  peer.expectSegment({ seq: 1, data: 1 });
  peer.advance(10_000);
  assert.equal(peer.counter("TCP_PROBES"), probes);
  assert.ok(peer.counter("TCP_TIMEOUTS") >= 2, "the retransmission timer watches the octet");
});

test("SHLD-14: the window is what is free behind the octets that nobody has read", async () => {
  const peer = await Peer.server({ receive: 4096 });
  peer.take();
  for (const from of [1, 1001, 2001]) peer.send({ seq: from, data: 1000 });
  peer.advance(500);
  assert.equal(peer.edge, 4097);
  peer.send({ seq: 3001, data: 1096 });
  peer.advance(500);
  assert.equal(peer.take().at(-1)?.win, 0);
  assert.equal(peer.read(), 4096);
});

test("MUST-41, RFC4987-1: a listener whose accept queue is full answers no SYN until one is accepted", async () => {
  const wire = await Wire.make();
  const first = new Peer(wire, { port: 5001 });
  first.listen(2);
  const peers = [first, new Peer(wire, { port: 5002 }), new Peer(wire, { port: 5003 })];
  for (const peer of peers.slice(0, 2)) {
    peer.syn();
    peer.expectSegment({ ctl: "SYN,ACK" });
    peer.send();
  }
  const late = peers[2] as Peer;
  late.syn();
  late.expectSilence();
  assert.equal(late.counter("TCP_ACCEPT_FULL"), 1);
  first.accept();
  late.syn();
  late.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
});

test("MUST-41: connections are accepted in the order in which they were established", async () => {
  const wire = await Wire.make();
  const peers = [5001, 5002, 5003].map((port) => new Peer(wire, { port }));
  peers[0]?.listen();
  for (const peer of peers) {
    peer.syn();
    peer.expectSegment({ ctl: "SYN,ACK" });
    peer.send();
  }
  const listener = peers[0]?.listener ?? 0;
  const ports = peers.map(() => wire.core.status(wire.core.tcp_accept(listener))?.remote.port);
  assert.deepEqual(ports, [5001, 5002, 5003]);
});

test("MUST-42: of two listeners on a port the one on the address that was called takes the connection", async () => {
  const wire = await Wire.make();
  const any = wire.core.tcp_listen({ port: 80 });
  const exact = wire.core.tcp_listen({ address: STACK.address, port: 80 });
  assert.ok(any > 0 && exact > 0);
  const peer = new Peer(wire);
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK" });
  peer.send();
  assert.ok(wire.core.tcp_accept(any) < 0);
  assert.ok(wire.core.tcp_accept(exact) > 0);
});

test("SM-USER-1: closing a listener resets what waits to be accepted and forgets what is half open", async () => {
  const wire = await Wire.make();
  const peer = new Peer(wire);
  peer.listen();
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK" });
  peer.send();
  const half = new Peer(wire, { port: 5001 });
  half.syn();
  half.expectSegment({ ctl: "SYN,ACK" });
  assert.equal(wire.core.tcp_close(peer.listener), 0);
  wire.run();
  peer.expectSegment({ ctl: "RST,ACK", seq: 1, ack: 1 });
  assert.equal(wire.core.pools().TCP0.used, 0);
  assert.equal(wire.core.pools().HALF_OPEN.used, 0);
  half.send();
  half.expectSegment({ ctl: "RST", seq: 1 });
});

/** What a connection has agreed on: bits of Offer. */
function agreed({ core, handle }: Peer): number {
  core.tcp_status(handle);
  return core.view.getUint32(core.view.getUint32(core.control + CONTROL.status, true) + STATUS.agreed, true);
}
const ALL = [...scale(3), ...sackPermitted, ...timestamps(7000, 0)];
/** Kinds of the options that a set of offers puts into a SYN. */
const kindsOf = (offers: number): number[] =>
  [2, offers & Offer.SCALE ? 3 : 0, offers & Offer.SACK ? 4 : 0, offers & Offer.TIMESTAMPS ? 8 : 0].filter((kind) => kind);
const OFFERS = [0, Offer.SCALE, Offer.SACK, Offer.TIMESTAMPS, Offer.SACK | Offer.TIMESTAMPS];

for (const offers of OFFERS) {
  test(`RFC7323-1, RFC2018-1: a listener that offers ${offers} takes no more from a SYN that has everything`, async () => {
    const peer = new Peer(await Wire.make());
    peer.listen();
    assert.equal(peer.core.socket_set(peer.listener, Option.OFFER, offers), 0);
    peer.syn({ options: ALL });
    assert.deepEqual(peer.expectSegment({ ctl: "SYN,ACK" }).options.kinds, kindsOf(offers));
    peer.send({ options: offers & Offer.TIMESTAMPS ? timestamps(7001, 0) : [] });
    peer.accept();
    assert.equal(agreed(peer), offers);
  });

  test(`RFC7323-1, RFC2018-1: a stack that offers ${offers} in its SYN takes no more from a SYN-ACK`, async () => {
    const peer = new Peer(await Wire.make({ settings: { offer: offers } }));
    peer.connect();
    assert.deepEqual(peer.expectSegment({ ctl: "SYN" }).options.kinds, kindsOf(offers));
    peer.send({ ctl: "SYN,ACK", options: ALL });
    assert.equal(agreed(peer), offers);
    const { options } = peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
    assert.deepEqual(options.kinds, offers & Offer.TIMESTAMPS ? [8] : []);
  });
}

test("RFC5681-8: without SACK each segment out of order draws an ACK of its own, also when they come together", async () => {
  const peer = await Peer.server();
  peer.take();
  peer.batch([101, 201, 301].map((seq) => ({ seq, data: 100 })));
  assert.deepEqual(
    peer.take().map(({ ctl, ack }) => [ctl, ack]),
    [1, 2, 3].map(() => ["ACK", 1]),
  );
});

test("RFC5681-8: duplicate ACKs of a hole that the same poll has filled are not sent, then or later", async () => {
  const peer = await Peer.server();
  peer.take();
  for (let round = 0; round < 4; round++) {
    const at = peer.nxt;
    peer.batch([100, 200, 300, 0].map((more) => ({ seq: at + more, data: 100 })));
    peer.nxt = at + 400;
    const acks = peer.take().map(({ ctl, ack }) => [ctl, ack]);
    assert.deepEqual(acks, [["ACK", at + 400]], `round ${round}`);
    peer.read(400);
  }
});

test("MUST-39: reading opens the window when it was nearly closed, or when a quarter of the ring or two segments have come free", async () => {
  const peer = await Peer.server({ receive: 16_384, mss: 1460 });
  for (let i = 0; i < 8; i++) peer.send({ data: 1000 });
  peer.advance(500);
  peer.take();
  assert.equal(peer.edge, 16_385);
  peer.read(1000);
  peer.wire.run();
  peer.expectSilence();
  peer.read(1900);
  peer.wire.run();
  peer.expectSilence();
  peer.read(1200);
  peer.wire.run();
  assert.equal(peer.take().length, 1, "a quarter of the ring");
  assert.equal(peer.edge, 16_385 + 4100);
});

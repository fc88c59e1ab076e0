// Timestamps, PAWS and TIME-WAIT by timestamp: RFC 7323 §3 to §5, RFC 6191.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Offer, Option } from "../../bindings/node/core.js";
import { mss, timestamps } from "./frames.js";
import { Peer, type PeerOptions, type Segment } from "./peer.js";
import { Wire } from "./wire.js";

const DAY = 86_400_000;
const MSL = 30_000;
const T0 = 1_000_000;
/** A peer whose segments carry timestamps. */
const STAMPED = { tsVal: T0, sack: true, shift: 2 } as const;

/** TSval and TSecr of a segment, which must have them. */
function stampOf({ options, ctl, seq }: Segment): [number, number] {
  assert.ok(options.timestamps, `${ctl} at ${seq} carries timestamps`);
  return options.timestamps;
}
/** The stack acknowledges this and echoes TSval `echo`. */
function answers(peer: Peer, ack: number, echo: number): Segment {
  const segment = peer.expectSegment({ ctl: "ACK", ack });
  assert.equal(stampOf(segment)[1], echo, "TSecr");
  return segment;
}
/** A connection in TIME-WAIT: what we sent ends at 2, the stack's at 2. */
async function timeWait(options: PeerOptions = STAMPED): Promise<Peer> {
  const peer = await Peer.server(options);
  peer.close();
  peer.send();
  peer.take();
  peer.send({ ctl: "FIN,ACK" });
  peer.expectSegment({ ctl: "ACK", ack: 2 });
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  return peer;
}

test("RFC7323-2, A262: behind a handshake with timestamps every segment but a RST carries them, whatever made it leave", async () => {
  const peer = await Peer.server({ ...STAMPED, mss: 1000 });
  const made: Record<string, () => void> = {
    text: () => peer.write(500),
    retransmission: () => peer.advance(1500),
    "ACK of old text": () => peer.send({ seq: -50, data: 10 }),
    "ACK of text ahead": () => peer.send({ seq: 100, data: 10 }),
    "ACK of text in order": () => {
      peer.send({ data: 99 });
      peer.nxt = 110;
    },
    "challenge ACK": () => peer.send({ ctl: "SYN", seq: 5 }),
    "zero-window probe": () => {
      peer.send({ win: 0 });
      peer.write(10);
      peer.advance(3000);
    },
    FIN: () => {
      peer.send({ win: 1000 });
      peer.close();
    },
    "ACK in TIME-WAIT": () => {
      peer.send();
      peer.send({ ctl: "FIN,ACK" });
    },
  };
  for (const [what, make] of Object.entries(made)) {
    peer.take();
    make();
    const sent = peer.take();
    assert.ok(sent.length, what);
    for (const segment of sent)
      assert.equal(stampOf(segment)[0] - sent[0].ms, stampOf(sent[0])[0] - sent[0].ms + (segment.ms - sent[0].ms), what);
  }
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
});

test("RFC7323-2: a keep-alive and the ACK of a half-open connection carry them too", async () => {
  const peer = await Peer.server(STAMPED);
  for (const [option, value] of [[Option.KEEP_IDLE, 1000], [Option.KEEPALIVE, 1]] as const) peer.core.socket_set(peer.handle, option, value); // biome-ignore format: short
  peer.advance(1000);
  stampOf(peer.expectSegment({ ctl: "ACK", seq: 0 }));
  const other = new Peer(peer.wire, { ...STAMPED, port: 5001 });
  other.syn();
  const [value, echo] = stampOf(other.expectSegment({ ctl: "SYN,ACK" }));
  assert.equal(echo, T0 + 1000);
  other.send({ seq: 100_000, data: 10 });
  assert.deepEqual(stampOf(other.expectSegment({ ctl: "ACK", ack: 1 })), [value, T0 + 1000]);
});

test("RFC7323-2: TSecr is 0 without ACK; what only one side offers is not used", async () => {
  const peer = new Peer(await Wire.make(), { port: 80 });
  peer.connect();
  assert.equal(stampOf(peer.expectSegment({ ctl: "SYN" }))[1], 0);
  peer.send({ ctl: "SYN,ACK", options: mss(1460) });
  assert.deepEqual(peer.expectSegment({ ctl: "ACK" }).options.kinds, []);
  const deaf = new Peer(await Wire.make({ settings: { offer: Offer.SCALE | Offer.SACK } }), STAMPED);
  deaf.listen();
  deaf.syn();
  assert.deepEqual(deaf.expectSegment({ ctl: "SYN,ACK" }).options.kinds, [2, 3, 4]);
  deaf.send();
  deaf.accept();
  deaf.write(10);
  assert.deepEqual(deaf.expectSegment({ data: 10 }).options.kinds, []);
});

test("RFC7323-2: a SYN-ACK answers timestamps with timestamps, and text leaves room for them", async () => {
  const peer = await Peer.server({ ...STAMPED, mss: 1000 });
  peer.write(5000);
  const sent = peer.take();
  assert.deepEqual([...new Set(sent.map(({ data }) => data.length))], [988]);
  assert.equal(peer.status.mss, 988);
});

test("RFC7323-2, TCP-37: a segment without timestamps behind such a handshake is dropped in silence and counted; with them it is taken", async () => {
  const peer = await Peer.server(STAMPED);
  peer.send({ data: 10, stamp: null, seq: 1 });
  peer.expectSilence();
  assert.equal(peer.counter("TCP_NO_TIMESTAMP"), 1);
  assert.equal(peer.status.readable, 0);
  peer.send({ data: 10 });
  answers(peer, 11, T0);
  assert.equal(peer.read(), 10);
  assert.equal(peer.counter("TCP_NO_TIMESTAMP"), 1);
});

test("TCP-37: a peer that stops sending timestamps is given up in time, and a RST without them still ends the connection", async () => {
  const lost = await Peer.server({ ...STAMPED, settings: { userTimeout: 10_000 } });
  lost.write(100);
  lost.send({ ack: 101, stamp: null });
  assert.equal(lost.status.unacknowledged, 100);
  lost.advance(10_000);
  assert.equal(lost.read(), "TIMED_OUT");
  const reset = await Peer.server(STAMPED);
  reset.send({ ctl: "RST", stamp: null });
  assert.equal(reset.read(), "RESET");
});

test("TCP-37: timestamps that come later than the SYN are no timestamps: the text is taken and the answers have none", async () => {
  const peer = await Peer.server();
  for (const value of [500, 400, 0xffffffff]) {
    peer.send({ data: 10, options: timestamps(value, 7) });
    assert.deepEqual(peer.expectSegment({ ctl: "ACK" }).options.kinds, []);
  }
  assert.equal(peer.read(), 30);
  assert.equal(peer.counter("TCP_PAWS"), 0);
});

test("RFC7323-3, A275: TSecr is the stamp of the last segment that moved the ACK, not of one that came ahead or behind", async () => {
  const peer = await Peer.server(STAMPED);
  peer.send({ data: 10, stamp: T0 + 100 });
  answers(peer, 11, T0 + 100);
  peer.send({ seq: 21, data: 10, stamp: T0 + 200 });
  answers(peer, 11, T0 + 100);
  peer.send({ seq: 11, data: 10, stamp: T0 + 150 });
  answers(peer, 31, T0 + 150);
  peer.send({ seq: 1, data: 10, stamp: T0 + 300 });
  answers(peer, 31, T0 + 150);
  peer.nxt = 31;
  peer.send({ data: 10, stamp: T0 + 301 });
  answers(peer, 41, T0 + 301);
});

test("RFC7323-3: a delayed ACK echoes the first of the segments it speaks for", async () => {
  const peer = await Peer.server({ ...STAMPED, receive: 65_536 });
  // Quick ACKs come first: text until one is held back.
  for (let i = 0; i < 100; i++) {
    peer.send({ data: 10, stamp: T0 + i });
    if (!peer.queue.length) break;
    peer.take();
  }
  const first = (peer.nxt - 1) / 10 - 1;
  peer.send({ data: 10, stamp: T0 + first + 50 });
  peer.advance(500);
  answers(peer, peer.nxt, T0 + first);
});

test("a window probe that leaves again is not measured from its first copy, which the peer may have taken and still echo", async () => {
  const peer = await Peer.client({ ...STAMPED, win: 0 });
  const { rto } = peer.status;
  peer.write(1000);
  const probes: Segment[] = [];
  while (probes.length < 5) {
    peer.advance(100);
    probes.push(...peer.take());
  }
  const [first] = stampOf(probes[0] as Segment);
  peer.send({ ack: 2, win: 0, stamp: null, options: timestamps(T0 + peer.wire.ms, first) });
  assert.ok(peer.status.rto <= rto, `an RTO of ${peer.status.rto} ms: the peer was silent, not slow`);
  peer.send({ ack: 2, win: 5000, stamp: null, options: timestamps(T0 + peer.wire.ms, first) });
  peer.take();
  peer.advance(20);
  peer.send({ ack: 1001 });
  assert.ok(peer.status.srtt > 1000 && peer.status.srtt <= 20_000, `what left afterwards is measured: ${peer.status.srtt} us`);
});

test("RFC7323-4: PAWS: text with an older stamp is acknowledged, counted and not taken; the same stamp is taken", async () => {
  const peer = await Peer.server(STAMPED);
  peer.send({ data: 10, stamp: T0 + 100 });
  answers(peer, 11, T0 + 100);
  peer.send({ seq: 11, data: 10, stamp: T0 + 99 });
  answers(peer, 11, T0 + 100);
  assert.equal(peer.counter("TCP_PAWS"), 1);
  assert.equal(peer.read(), 10);
  peer.send({ data: 10, stamp: T0 + 100 });
  answers(peer, 21, T0 + 100);
  assert.equal(peer.read(), 10);
});

test("RFC7323-4: PAWS holds over the wrap of the peer's clock", async () => {
  const peer = await Peer.server({ ...STAMPED, tsVal: 0xffffff00 });
  peer.send({ data: 10, stamp: 0xfffffff0 });
  answers(peer, 11, 0xfffffff0);
  peer.send({ data: 10, stamp: 5 });
  answers(peer, 21, 5);
  peer.send({ seq: 21, data: 10, stamp: 0xffffffff });
  answers(peer, 21, 5);
  assert.equal(peer.counter("TCP_PAWS"), 1);
});

test("RFC7323-4: an old stamp does not protect a connection from a RST", async () => {
  const peer = await Peer.server(STAMPED);
  peer.send({ data: 10, stamp: T0 + 100 });
  peer.send({ ctl: "RST", stamp: 5 });
  assert.equal(peer.status.error, "RESET");
});

test("RFC7323-4: after 25 days of silence any stamp is taken, after 23 days none that is older", async () => {
  for (const [days, isTaken] of [
    [23, false],
    [25, true],
  ] as const) {
    // biome-ignore format: short
    const peer = await Peer.server(STAMPED);
    peer.send({ data: 10, stamp: T0 + 100 });
    peer.advance(days * DAY);
    peer.send({ seq: 11, data: 10, stamp: T0 + 99 });
    peer.advance(50);
    assert.equal(stampOf(peer.take().at(-1) as Segment)[1], isTaken ? T0 + 99 : T0 + 100, "it is acknowledged, too");
    assert.equal(peer.read(), isTaken ? 20 : 10);
    assert.equal(peer.counter("TCP_PAWS"), isTaken ? 0 : 1);
  }
});

test("RFC7323-4: two confused peers do not answer each other's old stamps for ever", async () => {
  const peer = await Peer.server(STAMPED);
  peer.send({ data: 10, stamp: T0 + 100 });
  peer.take();
  for (let i = 0; i < 100; i++) peer.send({ stamp: T0 });
  assert.equal(peer.counter("TCP_PAWS"), 100);
  const answered = peer.take().length;
  assert.ok(answered >= 1 && answered <= 10, `${answered} answers to 100 empty segments`);
});

test("RFC7323-5: the clock ticks once a millisecond, and each connection's begins elsewhere", async () => {
  const wire = await Wire.make();
  const values: number[] = [];
  for (let port = 5000; port < 5012; port++) {
    const peer = new Peer(wire, { ...STAMPED, port });
    if (port > 5000) peer.listener = 1;
    else peer.listen();
    peer.syn();
    const [value] = stampOf(peer.expectSegment({ ctl: "SYN,ACK" }));
    values.push(value);
    peer.advance(25);
    peer.send({ seq: 100_000, data: 1 });
    assert.equal((stampOf(peer.expectSegment({ ctl: "ACK" }))[0] - value) >>> 0, 25);
  }
  const spread = new Set(values.map((value) => value >>> 28));
  assert.ok(spread.size >= 5, `12 connections in ${spread.size} of 16 parts of the space`);
  const far = values.filter((value) => value > 60_000).length;
  assert.ok(far >= 11, "none tells how long the stack runs");
});

test("RFC7323-5: an identical tuple has an identical offset, so that the clock of its stamps goes on", async () => {
  const peer = await timeWait();
  peer.advance(2 * MSL);
  const again = new Peer(peer.wire, STAMPED);
  peer.wire.peers.splice(0, 1);
  const before = peer.wire.ms;
  again.syn();
  const [first] = stampOf(again.expectSegment({ ctl: "SYN,ACK" }));
  again.send({ ctl: "RST", seq: 1 });
  again.irs = null;
  again.advance(1000);
  again.send({ ctl: "SYN", seq: 0, options: again.synOptions });
  const [second] = stampOf(again.expectSegment({ ctl: "SYN,ACK" }));
  assert.equal(second - first, peer.wire.ms - before);
});

test("SHLD-4, RFC6191-1: in TIME-WAIT a SYN with a later stamp opens anew, also with a number that was used; one with an earlier stamp does not", async () => {
  const peer = await timeWait();
  const options = peer.synOptions;
  peer.send({ ctl: "SYN", seq: 50_000, options, stamp: T0 - 1 });
  answers(peer, 2, T0);
  peer.send({ ctl: "SYN", seq: 1, options, stamp: T0 });
  answers(peer, 2, T0);
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  peer.edge = -2000;
  peer.send({ ctl: "SYN", seq: -1000, options, stamp: T0 + 1 });
  const answer = peer.expectSegment({ ctl: "SYN,ACK", ack: -999 });
  assert.equal(stampOf(answer)[1], T0 + 1);
  assert.ok(answer.seq > 2, `a new ISN at ${answer.seq}`);
  assert.equal(peer.core.pools().TIME_WAIT.used, 0);
});

test("SHLD-4, RFC6191-1: with the same stamp the sequence number decides; a SYN without one is judged by its number", async () => {
  for (const stamp of [T0, null]) {
    const peer = await timeWait();
    const { synOptions: options } = peer;
    peer.send({ ctl: "SYN", seq: 1, options, stamp });
    peer.expectSegment({ ctl: "ACK", ack: 2 });
    peer.send({ ctl: "SYN", seq: 50_000, options, stamp });
    assert.equal(peer.expectSegment({ ctl: "SYN,ACK", ack: 50_001 }).options.kinds.includes(8), stamp !== null);
  }
});

test("RFC6191-1: in TIME-WAIT of a connection without stamps a SYN that has them opens anew, whatever its number; one without is judged by it", async () => {
  for (const isStamped of [false, true]) {
    const peer = await timeWait({});
    peer.edge = -2000;
    peer.send({ ctl: "SYN", seq: -1000, options: isStamped ? timestamps(200, 0) : [] });
    peer.expectSegment(isStamped ? { ctl: "SYN,ACK", ack: -999 } : { ctl: "ACK", ack: 2 });
  }
});

test("TCP-36: stamps far ahead in segments that are not in order, not acceptable or acknowledge nonsense poison nothing", async () => {
  const peer = await Peer.server(STAMPED);
  const future = T0 + 0x7000_0000;
  peer.send({ seq: 5000, data: 10, stamp: future });
  peer.send({ seq: -3000, data: 10, stamp: future });
  peer.send({ seq: 90_000, data: 10, stamp: future });
  peer.send({ seq: 1, ack: 5000, stamp: future });
  peer.send({ seq: 1, ack: 5000, data: 10, stamp: future });
  peer.take();
  peer.send({ data: 10, stamp: T0 + 1 });
  answers(peer, 11, T0 + 1);
  assert.equal(peer.read(), 10);
  assert.equal(peer.counter("TCP_PAWS"), 0);
});

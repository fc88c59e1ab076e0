// SYN cookies: RFC 4987 §3.6.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Offer } from "../../bindings/node/core.js";
import { Peer, type PeerOptions } from "./peer.js";
import { PEER, Wire } from "./wire.js";

const QUEUE = 8;
const STRANGER = { address: "10.0.0.77", mac: "02:00:00:00:00:77" };

/** A listener whose SYN queue strangers have filled. */
async function flooded(options: PeerOptions = {}, strangers = QUEUE): Promise<Wire> {
  const wire = await Wire.make({ capacities: { synQueue: QUEUE }, ...options });
  wire.hosts.push(STRANGER);
  assert.ok(wire.core.tcp_listen({ port: 80 }, 0, 1000) > 0);
  for (let i = 0; i < strangers; i++) {
    const stranger = new Peer(wire, { address: STRANGER.address, port: 1024 + (i % 60_000), iss: i * 7919 });
    wire.peers.pop();
    stranger.syn();
  }
  wire.others.length = 0;
  assert.equal(wire.core.pools().HALF_OPEN.used, QUEUE);
  return wire;
}
/** An honest peer of that listener. */
function honest(wire: Wire, options: PeerOptions = {}): Peer {
  const peer = new Peer(wire, { mss: 1460, ...options });
  peer.listener = wire.core.sockets().find(({ protocol }) => protocol === "listener")?.handle ?? 0;
  return peer;
}

test("TCP-15, RFC4987-1: ten thousand SYNs of strangers leave the queue as long as it is, and honest clients are served", async () => {
  const wire = await flooded({}, 10_000);
  assert.equal(wire.core.counter("TCP_SYN_QUEUE_FULL"), 10_000 - QUEUE);
  const peer = honest(wire);
  peer.handshake();
  peer.send({ data: 100 });
  assert.equal(peer.read(), 100);
  assert.equal(peer.write(5000), 5000);
  for (let i = 0; i < 10; i++) peer.send();
  assert.equal(peer.seen, 5001);
  assert.equal(wire.core.counter("TCP_COOKIES_IN"), 1);
  assert.equal(wire.core.pools().HALF_OPEN.used, QUEUE);
  assert.equal(wire.core.pools().TCP0.used, 1);
});

test("TCP-15, RFC4987-1: a connection that stood before the flood goes on", async () => {
  const wire = await Wire.make({ capacities: { synQueue: QUEUE } });
  const peer = new Peer(wire);
  peer.listen();
  peer.handshake();
  for (let i = 0; i < 5000; i++) {
    const stranger = new Peer(wire, { address: STRANGER.address, port: 1024 + i, iss: i });
    wire.peers.pop();
    wire.put(stranger.packet({ ctl: "SYN", seq: 0, options: stranger.synOptions }));
    if (i % 100) continue;
    wire.run();
    peer.send({ data: 10 });
  }
  assert.equal(peer.read(), 500);
  assert.ok(wire.core.counter("TCP_SYN_QUEUE_FULL") > 4000);
});

test("TCP-15: with timestamps a cookie keeps scale, SACK and the MSS; all three are agreed on, and as the SYN-ACK said", async () => {
  const wire = await flooded();
  const peer = honest(wire, { tsVal: 5000, shift: 4, sack: true });
  const answer = peer.handshake();
  assert.deepEqual(answer.options.kinds, [2, 3, 4, 8]);
  const { agreed, sndShift, mss } = peer.status;
  assert.deepEqual(agreed, { windowScaling: true, sack: true, timestamps: true, ecn: false });
  assert.deepEqual([sndShift, mss], [4, 1448]);
  peer.send({ seq: 101, data: 10 });
  assert.deepEqual(peer.expectSegment({ ctl: "ACK", ack: 1 }).sack, [[101, 111]]);
});

test("TCP-15: without timestamps it keeps the MSS, and offers nothing that it would forget", async () => {
  const wire = await flooded();
  for (const [i, [given, taken]] of [
    [1460, 1460],
    [1400, 1300],
    [700, 536],
    [64, 64],
  ].entries()) {
    // biome-ignore format: short
    const peer = honest(wire, { port: 6000 + i, shift: 4, sack: true, mss: given });
    assert.deepEqual(peer.handshake().options.kinds, [2]);
    assert.deepEqual(peer.status.agreed, { windowScaling: false, sack: false, timestamps: false, ecn: false });
    assert.equal(peer.status.mss, taken);
  }
});

test("TCP-15: ECN asked for in the SYN survives a cookie", async () => {
  const wire = await flooded();
  const peer = honest(wire, { tsVal: 5000 });
  peer.syn({ ctl: "SYN,ECE,CWR" });
  assert.equal(peer.expectSegment({ seq: 0, ack: 1 }).ctl, "SYN,ECE,ACK");
  peer.send();
  peer.accept();
  assert.equal(peer.status.agreed.ecn, true);
});

test("TCP-15: an ACK that bears no cookie draws a RST and takes no socket; guesses do not get in", async () => {
  const wire = await flooded();
  const peer = honest(wire);
  peer.syn();
  const { seq } = peer.expectSegment({ ctl: "SYN,ACK" });
  let resets = 0;
  for (let i = 1; i <= 2000; i++) {
    peer.send({ ack: seq + 1 + i * 1_000_003 });
    resets += peer.take().filter(({ ctl }) => ctl === "RST").length;
    if (i % 40 === 0) peer.advance(1000);
  }
  assert.ok(resets > 100, `${resets} resets`);
  assert.equal(wire.core.counter("TCP_COOKIES_IN"), 0);
  assert.equal(wire.core.pools().TCP0.used, 0);
});

test("TCP-15: a cookie is good for a minute, and not for three", async () => {
  for (const [seconds, isGood] of [
    [60, true],
    [180, false],
  ] as const) {
    // biome-ignore format: short
    const wire = await flooded();
    const peer = honest(wire);
    peer.syn();
    peer.expectSegment({ ctl: "SYN,ACK" });
    peer.advance(seconds * 1000);
    peer.take();
    peer.send();
    assert.equal(wire.core.pools().TCP0.used, isGood ? 1 : 0);
    if (!isGood) peer.expectSegment({ ctl: "RST" });
  }
});

test("TCP-15: a cookie is answered to the very connection that asked: another address, port or number is refused", async () => {
  const wire = await flooded();
  const peer = honest(wire);
  peer.syn();
  const answer = peer.expectSegment({ ctl: "SYN,ACK" });
  for (const other of [{ port: 5001 }, { address: STRANGER.address }, { iss: 0x20001 }] as const) {
    const thief = new Peer(wire, { port: peer.port, iss: peer.iss, ...other });
    thief.irs = peer.irs;
    thief.seen = answer.seq + 1;
    thief.nxt = 1;
    wire.peers.splice(0, wire.peers.length, thief);
    thief.send();
    thief.expectSegment({ ctl: "RST" });
  }
  wire.peers.splice(0, wire.peers.length, peer);
  peer.send();
  assert.equal(wire.core.pools().TCP0.used, 1);
});

test("RFC4987-1: a stack that is told to answers no SYN beyond its queue", async () => {
  const wire = await flooded({ settings: { offer: Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS } });
  const peer = honest(wire, { address: PEER.address });
  peer.syn();
  peer.expectSilence();
  assert.equal(wire.core.counter("TCP_COOKIES_OUT"), 0);
  assert.equal(wire.core.counter("TCP_SYN_QUEUE_FULL"), 1);
});

// Explicit congestion notification: RFC 3168 §6.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Offer, Option } from "../../bindings/node/core.js";
import { mss } from "./frames.js";
import { blocks, Peer, type PeerOptions, type Segment } from "./peer.js";
import { Wire } from "./wire.js";

const ECT0 = 2;
const CE = 3;
const ASKING = { settings: { offer: Offer.SCALE | Offer.SACK | Offer.ECN } };

/** A connection that the peer opened with ECN. */
async function server(options: PeerOptions = {}): Promise<Peer> {
  const peer = new Peer(await Wire.make(options), { mss: 1000, ...options });
  peer.listen();
  peer.syn({ ctl: "SYN,ECE,CWR" });
  assert.equal(peer.expectSegment({ seq: 0, ack: 1 }).ctl, "SYN,ECE,ACK");
  peer.send();
  peer.accept();
  return peer;
}
const ecnOf = ({ tos, ctl }: Segment) => [tos & 3, ctl.includes("ECE"), ctl.includes("CWR")] as const;

test("SHLD-8, RFC3168-1: a SYN with ECE and CWR is answered by a SYN-ACK with ECE alone; neither is itself capable", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn({ ctl: "SYN,ECE,CWR" });
  const answer = peer.expectSegment();
  assert.deepEqual([answer.ctl, answer.tos], ["SYN,ECE,ACK", 0]);
  assert.equal(new Set(["SYN,ECE", "SYN,CWR", "SYN"]).size, 3);
  for (const [i, ctl] of ["SYN,ECE", "SYN,CWR", "SYN"].entries()) {
    const other = new Peer(peer.wire, { port: 5001 + i });
    other.syn({ ctl });
    assert.equal(other.expectSegment().ctl, "SYN,ACK", `no answer to ${ctl}`);
  }
});

test("SHLD-8, RFC3168-1: a SYN of ours asks only where told to; ECE alone in the SYN-ACK agrees, both bits or none do not", async () => {
  const plain = new Peer(await Wire.make(), { port: 80 });
  plain.connect();
  assert.equal(plain.expectSegment().ctl, "SYN");
  for (const [ctl, isAgreed] of [
    ["SYN,ECE,ACK", true],
    ["SYN,ECE,CWR,ACK", false],
    ["SYN,ACK", false],
  ] as const) {
    // biome-ignore format: short
    const peer = new Peer(await Wire.make(ASKING), { port: 80 });
    peer.connect();
    assert.equal(peer.expectSegment().ctl, "SYN,ECE,CWR");
    peer.send({ ctl, options: mss(1460) });
    assert.equal(peer.expectSegment({ seq: 1, ack: 1 }).ctl, "ACK");
    assert.equal(peer.status.agreed.ecn, isAgreed);
    peer.write(10);
    assert.deepEqual(ecnOf(peer.expectSegment({ data: 10 })), [isAgreed ? ECT0 : 0, false, false]);
  }
});

test("RFC3168-1: a SYN that asks and is not answered is at last sent without asking", async () => {
  const peer = new Peer(await Wire.make(ASKING), { port: 80 });
  peer.connect();
  peer.advance(8000);
  const asked = peer.take().map(({ ctl }) => ctl);
  assert.ok(asked.length >= 3);
  assert.equal(asked[0], "SYN,ECE,CWR");
  assert.equal(asked.at(-1), "SYN");
});

test("SHLD-8, RFC3168-1: new text is ECN-capable beside its DSCP; ACKs, retransmissions, window probes and the RST are not", async () => {
  const peer = await server();
  assert.equal(peer.core.socket_set(peer.handle, Option.TOS, 0xb8), 0);
  peer.write(500);
  assert.equal(peer.expectSegment({ data: 500 }).tos, 0xb8 | ECT0);
  peer.advance(1500);
  for (const again of peer.take()) assert.deepEqual([again.tos, again.data.length], [0xb8, 500]);
  peer.send({ ack: 501, win: 0 });
  peer.write(10);
  peer.advance(3000);
  const probes = peer.take();
  assert.ok(probes.length > 0 && probes.every(({ tos }) => tos === 0xb8));
  peer.send({ data: 10, win: 0 });
  assert.equal(peer.expectSegment({ ctl: "ACK", ack: 11 }).tos, 0xb8);
  peer.abort();
  assert.equal(peer.expectSegment({ ctl: "RST,ACK" }).tos, 0xb8);
});

test("SHLD-8, RFC3168-1: a CE mark is echoed at once and in every ACK, until the peer's text says CWR; a new mark begins anew", async () => {
  const peer = await server();
  peer.send({ data: 10, tos: CE });
  assert.equal(peer.expectSegment({ ack: 11 }).ctl, "ECE,ACK");
  peer.send({ data: 10, tos: ECT0 });
  peer.advance(100);
  assert.equal(peer.expectSegment({ ack: 21 }).ctl, "ECE,ACK");
  peer.write(10);
  assert.ok(peer.expectSegment({ data: 10 }).ctl.includes("ECE"), "on text too");
  peer.send({ data: 10, tos: ECT0, ctl: "CWR,ACK" });
  peer.advance(100);
  assert.equal(peer.expectSegment({ ack: 31 }).ctl, "ACK");
  peer.send({ data: 10, tos: CE, ctl: "CWR,ACK" });
  assert.equal(peer.expectSegment({ ack: 41 }).ctl, "ECE,ACK");
  assert.equal(peer.counter("TCP_CE_IN"), 2);
});

test("RFC3168-1, TCP-54: a mark on a SYN, outside the window, or without agreement says nothing", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn({ tos: CE });
  assert.equal(peer.expectSegment().ctl, "SYN,ACK");
  peer.send({ tos: CE });
  peer.accept();
  peer.send({ data: 10, tos: CE });
  assert.equal(peer.expectSegment({ ack: 11 }).ctl, "ACK");
  const agreed = await server();
  agreed.send({ seq: 200_000, data: 10, tos: CE });
  assert.equal(agreed.expectSegment({ ack: 1 }).ctl, "ACK");
  assert.equal(peer.counter("TCP_CE_IN") + agreed.counter("TCP_CE_IN"), 0);
  agreed.send({ data: 10, tos: CE });
  assert.equal(agreed.expectSegment({ ack: 11 }).ctl, "ECE,ACK");
});

test("SHLD-8, RFC3168-1: an echo halves the window once a round trip without sending anything again; the next new text says CWR, once", async () => {
  const peer = await server();
  peer.write(20_000);
  peer.take();
  const { cwnd } = peer.status;
  peer.send({ ctl: "ECE,ACK", ack: 1001 });
  const reduced = peer.status.cwnd;
  assert.ok(reduced <= cwnd / 2 && reduced >= 2000, `${cwnd} to ${reduced}`);
  for (const ack of [2001, 4001]) peer.send({ ctl: "ECE,ACK", ack });
  assert.equal(peer.status.cwnd, reduced, "once for what was in flight");
  peer.send({ ctl: "ECE,ACK", ack: 8001 });
  const sent = peer.take();
  assert.ok(sent.length >= 2 && sent.every(({ seq }) => seq > 9000), "new text only");
  assert.deepEqual(sent.map(({ ctl }) => ctl.includes("CWR")), sent.map((_, i) => i === 0)); // biome-ignore format: short
  assert.equal(peer.status.retransmissions, 0);
  peer.send({ ctl: "ECE,ACK" });
  assert.equal(peer.counter("TCP_ECE_IN"), 2);
});

test("RFC3168-1, RFC6582-1: what is lost of a window that an echo has halved leaves again at the third duplicate, and halves nothing more", async () => {
  for (const ack of [2001, 10_001]) {
    const peer = await server();
    peer.write(20_000);
    peer.take();
    peer.send({ ctl: "ECE,ACK", ack: 2001 });
    const { ssthresh } = peer.status;
    if (ack > 2001) peer.send({ ack });
    peer.take();
    for (let i = 0; i < 3; i++) peer.send({ ack });
    assert.ok(peer.take().some(({ seq }) => seq === ack));
    assert.equal(peer.status.phase, "RECOVERY");
    assert.equal(peer.status.ssthresh === ssthresh, ack === 2001, "but what left after it does");
  }
});

test("RFC3168-1, RFC6675-1: with SACK, too", async () => {
  const peer = await server({ sack: true });
  peer.write(20_000);
  peer.take();
  peer.send({ ctl: "ECE,ACK", ack: 2001 });
  const { ssthresh } = peer.status;
  peer.send({ ack: 2001, options: blocks(peer, 3001, 6001) });
  assert.equal(peer.take()[0]?.seq, 2001);
  assert.deepEqual([peer.status.phase, peer.status.ssthresh], ["RECOVERY", ssthresh]);
});

test("RFC3168-1: an echo counts on an ACK that acknowledges nothing new, too", async () => {
  const peer = await server({ sack: true });
  peer.write(20_000);
  peer.take();
  const { cwnd } = peer.status;
  peer.send({ ctl: "ECE,ACK", ack: 1, options: blocks(peer, 1001, 2001) });
  assert.deepEqual([peer.status.cwnd, peer.counter("TCP_ECE_IN")], [cwnd / 2, 1]);
  peer.expectSilence();
  peer.send({ ctl: "ECE,ACK", ack: 1, options: blocks(peer, 1001, 3001) });
  assert.equal(peer.counter("TCP_ECE_IN"), 1);
  peer.send({ ack: 10_001 });
  assert.ok(peer.take()[0]?.ctl.includes("CWR"));
});

test("TCP-54: a peer that echoes for ever leaves two segments of window, and the text arrives", async () => {
  const peer = await server({ send: 200_000 });
  assert.equal(peer.write(100_000), 100_000);
  for (let i = 0; i < 2000 && peer.seen < 100_001; i++) {
    peer.send({ ctl: "ECE,ACK" });
    assert.ok(peer.status.cwnd >= 1000 && peer.status.ssthresh >= 2000);
    if (!peer.queue.length) peer.advance(50);
    peer.take();
  }
  assert.equal(peer.seen, 100_001);
  assert.ok(peer.counter("TCP_ECE_IN") > 5);
  assert.ok(peer.status.timeouts <= 2, `${peer.status.timeouts} timeouts`);
});

test("TCP-54: ECE and CWR mean nothing without agreement", async () => {
  const peer = await Peer.server({ mss: 1000 });
  peer.write(20_000);
  const { cwnd } = peer.status;
  for (const ack of [1001, 2001, 3001]) peer.send({ ctl: "ECE,CWR,ACK", ack });
  assert.ok(peer.status.cwnd >= cwnd);
  assert.equal(peer.counter("TCP_ECE_IN"), 0);
  for (const { ctl, tos } of peer.take()) assert.ok(!ctl.includes("ECE") && !ctl.includes("CWR") && tos === 0);
});

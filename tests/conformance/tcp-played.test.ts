// What playing other stacks' packetdrill suites has shown: F-RTO without new text, DSACKs of something else, backed-off timeouts, SYNs in TIME-WAIT.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, Peer, type PeerOptions, tells } from "./peer.js";

const MSS = 1000;
const RTT = 50;

function opened(sack: boolean, more: PeerOptions = {}): Promise<Peer> {
  return Peer.client({ settings: { congestion: 0 }, mss: MSS, sack, rtt: RTT, ...more });
}
/** Until the retransmission timer has run out once. */
function timeOut(peer: Peer): void {
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  peer.take();
}
/** Ten segments have timed out, two new ones wait, and the first of the ten is acknowledged. */
async function timedOutWithNews(sack: boolean): Promise<Peer> {
  const peer = await opened(sack);
  peer.write(10 * MSS);
  timeOut(peer);
  peer.write(2 * MSS);
  peer.take();
  peer.send({ ack: 1 + MSS });
  return peer;
}
function seqs(peer: Peer): number[] {
  return peer.take().map(({ seq }) => seq);
}

for (const sack of [false, true]) {
  const how = sack ? "with SACK" : "without SACK";
  test(`RFC5682-1: when only a part of a segment is new, which Nagle keeps, what is lost leaves again at once, ${how}`, async () => {
    const peer = await opened(sack);
    peer.write(5 * MSS + 500);
    assert.equal(peer.take().length, 5);
    timeOut(peer);
    peer.send({ ack: 1 + MSS });
    assert.equal(seqs(peer)[0], 1 + MSS);
    const more = await opened(sack);
    more.write(10 * MSS);
    timeOut(more);
    more.write(500);
    more.take();
    more.send({ ack: 1 + MSS });
    assert.equal(seqs(more)[0], 1 + MSS);
  });
  test(`RFC5682-1: when the window has no room for a whole new segment, what is lost leaves again at once, ${how}`, async () => {
    const peer = await opened(sack, { win: 10 * MSS + 600 });
    peer.write(10 * MSS);
    timeOut(peer);
    peer.write(3 * MSS);
    peer.take();
    peer.send({ ack: 1 + MSS, win: 9 * MSS + 600 });
    assert.equal(seqs(peer)[0], 1 + MSS);
  });
  test(`RFC5682-1: new text that can leave does, and nothing again until it is known whether the timeout was right, ${how}`, async () => {
    const peer = await timedOutWithNews(sack);
    assert.deepEqual(seqs(peer), [1 + 10 * MSS, 1 + 11 * MSS]);
    peer.advance(RTT);
    peer.expectSilence();
  });
  test(`1191-1: new text of F-RTO that is too long for the path leaves again in pieces, within cwnd, and so does what was lost, ${how}`, async () => {
    const peer = await timedOutWithNews(sack);
    assert.deepEqual(seqs(peer), [1 + 10 * MSS, 1 + 11 * MSS]);
    const { cwnd } = peer.status;
    tells(peer, 600, 1 + 10 * MSS);
    const again = peer.take();
    const octets = again.reduce((sum, { data }) => sum + data.length, 0);
    assert.equal(again[0]?.seq, 1 + MSS);
    assert.ok(octets <= cwnd, `${octets} octets, cwnd is ${cwnd}`);
  });
}

test("RFC5682-1: a DSACK for what arrived before the reduction does not undo it; one for each copy since does", async () => {
  const peer = await opened(true);
  peer.write(3 * MSS);
  peer.take();
  while (!peer.counter("TCP_LOSS_PROBES")) peer.advance(1);
  assert.deepEqual(seqs(peer), [1 + 2 * MSS]);
  peer.send({ ack: 1 + 3 * MSS });
  peer.write(10 * MSS);
  peer.take();
  peer.advance(RTT);
  const base = 1 + 3 * MSS;
  peer.send({ ack: base, options: blocks(peer, base + MSS, base + 4 * MSS) });
  assert.equal(seqs(peer)[0], base);
  const { ssthresh } = peer.status;
  assert.equal(ssthresh, 5 * MSS);
  peer.send({ ack: base, options: blocks(peer, base - MSS, base, base + MSS, base + 4 * MSS) });
  assert.deepEqual([peer.status.phase, peer.status.ssthresh, peer.status.undone], ["RECOVERY", ssthresh, 0]);
  peer.send({ ack: base + 4 * MSS, options: blocks(peer, base, base + MSS) });
  assert.deepEqual([peer.status.phase, peer.status.undone], ["OPEN", 1]);
});

test("RFC5682-1: a DSACK for what the network doubled before the reduction does not undo it", async () => {
  const peer = await opened(true);
  peer.write(2 * MSS);
  peer.take();
  peer.advance(RTT);
  const base = 1 + 2 * MSS;
  peer.send({ ack: base });
  peer.write(10 * MSS);
  peer.take();
  peer.advance(RTT);
  peer.send({ ack: base, options: blocks(peer, base + MSS, base + 4 * MSS) });
  assert.equal(seqs(peer)[0], base);
  const { ssthresh } = peer.status;
  peer.send({ ack: base, options: blocks(peer, base - MSS, base, base + MSS, base + 4 * MSS) });
  assert.deepEqual([peer.status.phase, peer.status.ssthresh, peer.status.undone], ["RECOVERY", ssthresh, 0]);
  peer.send({ ack: base + 4 * MSS, options: blocks(peer, base, base + MSS) });
  assert.deepEqual([peer.status.phase, peer.status.undone], ["OPEN", 1]);
});

test("RFC5682-1: a DSACK for a later probe does not undo a reduction that was right", async () => {
  const peer = await opened(true);
  peer.write(10 * MSS);
  peer.take();
  peer.advance(RTT);
  peer.send({ ack: 1, options: blocks(peer, 1 + MSS, 1 + 4 * MSS) });
  assert.equal(seqs(peer)[0], 1);
  peer.send({ ack: 1 + 10 * MSS });
  const { ssthresh } = peer.status;
  assert.equal(ssthresh, 5 * MSS);
  peer.write(2 * MSS);
  peer.take();
  while (!peer.counter("TCP_LOSS_PROBES")) peer.advance(1);
  assert.deepEqual(seqs(peer), [1 + 11 * MSS]);
  peer.send({ ack: 1 + 12 * MSS, options: blocks(peer, 1 + 11 * MSS, 1 + 12 * MSS) });
  assert.deepEqual([peer.status.ssthresh, peer.status.undone], [ssthresh, 0]);
});

test("RFC5682-1: a DSACK for a probe that left before the reduction does not undo it", async () => {
  const peer = await opened(true);
  peer.write(10 * MSS);
  peer.take();
  while (!peer.counter("TCP_LOSS_PROBES")) peer.advance(1);
  assert.deepEqual(seqs(peer), [1 + 9 * MSS]);
  peer.send({ ack: 1, options: blocks(peer, 1 + MSS, 1 + 10 * MSS) });
  peer.advance(1);
  assert.equal(seqs(peer)[0], 1);
  assert.equal(peer.status.phase, "RECOVERY");
  peer.send({ ack: 1, options: blocks(peer, 1 + 9 * MSS, 1 + 10 * MSS, 1 + MSS, 1 + 10 * MSS) });
  assert.deepEqual([peer.status.phase, peer.status.undone], ["RECOVERY", 0]);
});

test("RFC8985-2: a tail loss probe halves nothing when the window was halved for that flight since", async () => {
  const peer = await opened(true);
  peer.write(10 * MSS);
  peer.take();
  while (!peer.counter("TCP_LOSS_PROBES")) peer.advance(1);
  assert.deepEqual(seqs(peer), [1 + 9 * MSS]);
  peer.send({ ack: 1, options: blocks(peer, 1 + MSS, 1 + 10 * MSS) });
  assert.equal(seqs(peer)[0], 1);
  const { ssthresh } = peer.status;
  assert.equal(ssthresh, 5 * MSS);
  peer.write(4 * MSS);
  peer.take();
  peer.send({ ack: 1 + 12 * MSS });
  assert.deepEqual([peer.status.phase, peer.status.ssthresh], ["OPEN", ssthresh]);
});

test("RFC8985-2: a probe that repaired a loss halves the window, whatever a DSACK says of other octets", async () => {
  for (const isTold of [false, true]) {
    const peer = await opened(true);
    peer.write(10 * MSS);
    peer.take();
    peer.advance(RTT);
    peer.send({ ack: 1 + 9 * MSS });
    while (!peer.counter("TCP_LOSS_PROBES")) peer.advance(1);
    assert.deepEqual(seqs(peer), [1 + 9 * MSS]);
    const { cwnd } = peer.status;
    peer.send({ ack: 1 + 10 * MSS });
    peer.write(2 * MSS);
    peer.take();
    peer.send({ ack: 1 + 12 * MSS, options: isTold ? blocks(peer, 1, 1 + MSS) : [] });
    assert.ok(peer.status.cwnd < cwnd, `${peer.status.cwnd} of ${cwnd}, ${isTold}`);
  }
});

test("RFC6298-2: a backed-off RTO ends with the first SACKed segment that left once, though the timed one is lost", async () => {
  const peer = await opened(true);
  peer.write(MSS);
  peer.advance(2000);
  assert.ok(peer.status.rto >= 1000);
  peer.take();
  peer.send({ ack: 1 + MSS });
  peer.write(2 * MSS);
  assert.equal(peer.take().length, 2);
  peer.advance(RTT);
  peer.send({ ack: 1 + MSS, options: blocks(peer, 1 + 2 * MSS, 1 + 3 * MSS) });
  assert.ok(peer.status.rto <= 500, `${peer.status.rto} ms`);
});

test("RFC6191-1: a SYN that nobody listens for leaves TIME-WAIT as it is: the peer's FIN is acknowledged once more", async () => {
  const peer = await opened(false);
  peer.core.tcp_close(peer.handle);
  peer.wire.run();
  peer.expectSegment({ ctl: "FIN,ACK", seq: 1 });
  peer.send({ ctl: "FIN,ACK", ack: 2 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.send({ ctl: "SYN", seq: 1_000_000, ack: 0 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.expectSilence();
  peer.send({ ctl: "FIN,ACK", seq: 1, ack: 2 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
});

test("RFC7661-1: a burst that filled the window makes it grow for all of it, however it is acknowledged; half-empty windows do not", async () => {
  for (const step of [1, 2, 5, 10]) {
    const peer = await opened(true);
    peer.write(10 * MSS);
    assert.equal(peer.take().length, 10);
    peer.advance(RTT);
    for (let acked = step; acked <= 10; acked += step) peer.send({ ack: 1 + acked * MSS });
    assert.equal(peer.status.cwnd, (10 + (10 / step) * Math.min(step, 8)) * MSS, `${step} segments an ACK`);
    const { cwnd } = peer.status;
    for (let i = 0; i < 5; i++) {
      peer.write(4 * MSS);
      peer.take();
      peer.advance(RTT);
      peer.send();
    }
    assert.equal(peer.status.cwnd, cwnd);
  }
});

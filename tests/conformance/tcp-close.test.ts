import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, Option, PoolIndex } from "../../bindings/node/core.js";
import { Peer, type PeerOptions } from "./peer.js";
import { Wire } from "./wire.js";

const MSL = 30_000;

/** The stack has closed first and both FINs are acknowledged: RFC 9293 figure 12. */
async function timeWait(options: PeerOptions = {}): Promise<Peer> {
  const peer = await Peer.server(options);
  peer.close();
  peer.expectSegment({ ctl: "FIN,ACK", seq: 1, ack: 1 });
  peer.send();
  peer.send({ ctl: "FIN,ACK" });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  assert.equal(peer.state, "TIME_WAIT");
  return peer;
}

test("SM-FIN-1, MUST-13: normal close, RFC 9293 figure 12", async () => {
  const peer = await Peer.server();
  peer.close();
  peer.expectSegment({ ctl: "FIN,ACK", seq: 1, ack: 1 });
  assert.equal(peer.state, "FIN_WAIT_1");
  peer.send();
  assert.equal(peer.state, "FIN_WAIT_2");
  peer.send({ ctl: "FIN,ACK" });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  peer.advance(2 * MSL - 1);
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  peer.advance(1);
  assert.equal(peer.core.pools().TIME_WAIT.used, 0);
});

test("SM-FIN-1, SM-FIN-4: passive close: CLOSE-WAIT, LAST-ACK, and the ACK of our FIN ends it", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "FIN,ACK" });
  peer.expectSegment({ ctl: "ACK", ack: 2 });
  assert.equal(peer.state, "CLOSE_WAIT");
  assert.equal(peer.read(), "END");
  peer.write(10);
  peer.expectSegment({ seq: 1, data: 10 });
  peer.close("whole");
  peer.send({ ack: 11 });
  peer.expectSegment({ ctl: "FIN,ACK", seq: 11, ack: 2 });
  assert.equal(peer.core.pools().TCP0.used, 1);
  peer.send({ ack: 12 });
  assert.equal(peer.core.pools().TCP0.used, 0);
  assert.equal(peer.core.pools().TIME_WAIT.used, 0);
});

test("SM-FIN-1: simultaneous close, RFC 9293 figure 13", async () => {
  const peer = await Peer.server();
  peer.close();
  peer.expectSegment({ ctl: "FIN,ACK", seq: 1, ack: 1 });
  peer.send({ ctl: "FIN,ACK", ack: 1 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  assert.equal(peer.state, "CLOSING");
  peer.send({ ack: 2 });
  assert.equal(peer.state, "TIME_WAIT");
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
});

test("SM-FIN-1: a FIN with text, and a FIN that acknowledges ours", async () => {
  const peer = await Peer.server();
  peer.close();
  peer.take();
  peer.send({ ctl: "FIN,ACK", data: 50 });
  peer.expectSegment({ ctl: "ACK", ack: 52 });
  assert.equal(peer.state, "TIME_WAIT");
  assert.equal(peer.read(), 50);
  assert.equal(peer.read(), "END");
});

test("A081, SM-FIN-2: a FIN above a hole is kept and counts once the hole is filled", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "FIN,ACK", seq: 5, data: 4 });
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  assert.equal(peer.state, "ESTABLISHED");
  peer.send({ seq: 1, data: 4 });
  peer.expectSegment({ ctl: "ACK", ack: 10 });
  assert.equal(peer.state, "CLOSE_WAIT");
  assert.equal(peer.read(), 8);
  assert.equal(peer.read(), "END");
});

test("A270, SM-DATA-1: octets beyond the FIN are no part of the stream", async () => {
  const peer = await Peer.server();
  peer.send({ seq: 5, data: 12 });
  peer.expectSegment({ ctl: "ACK", ack: 1 });
  peer.send({ ctl: "FIN,ACK", seq: 1, data: 12 });
  peer.expectSegment({ ctl: "ACK", ack: 14 });
  assert.equal(peer.read(), 12);
  assert.equal(peer.read(), "END");
  peer.send({ seq: 14, data: 10 });
  peer.take();
  assert.equal(peer.read(), "END");
  assert.equal(peer.counter("TCP_AFTER_FIN"), 1);
});

test("A258, MUST-13, SM-FIN-3: in TIME-WAIT a repeated FIN is acknowledged and the wait begins anew; afterwards it draws a RST", async () => {
  const peer = await timeWait({ settings: { arpTimeout: 600_000 } });
  peer.core.tcp_close(peer.listener, false);
  peer.advance(20_000);
  peer.send({ ctl: "FIN,ACK", seq: 1 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.advance(2 * MSL - 1000);
  peer.send({ ctl: "FIN,ACK", seq: 1 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.advance(2 * MSL);
  peer.send({ ctl: "FIN,ACK", seq: 1, ack: 2 });
  peer.expectSegment({ ctl: "RST", seq: 2 });
});

test("A268: repeated FINs are acknowledged each time, in TIME-WAIT and in CLOSE-WAIT", async () => {
  const waiting = await timeWait();
  const closed = await Peer.server();
  closed.send({ ctl: "FIN,ACK" });
  closed.expectSegment({ ack: 2 });
  for (const peer of [waiting, closed]) {
    for (let i = 0; i < 4; i++) {
      peer.advance(200);
      peer.send({ ctl: "FIN,ACK", seq: 1 });
      peer.expectSegment({ ctl: "ACK", ack: 2 });
      peer.expectSilence();
    }
  }
});

test("A228: an ACK of TIME-WAIT has the TTL of its connection", async () => {
  const peer = await Peer.server();
  peer.core.socket_set(peer.handle, Option.TTL, 5);
  peer.close();
  peer.take();
  peer.send();
  peer.send({ ctl: "FIN,ACK" });
  assert.equal(peer.expectSegment({ ack: 2 }).ttl, 5);
});

test("RFC1337-1: a RST does not end TIME-WAIT", async () => {
  const peer = await timeWait();
  peer.send({ ctl: "RST" });
  peer.send({ ctl: "RST,ACK" });
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  assert.equal(peer.counter("TCP_RST_IN"), 2);
  peer.send({ ctl: "FIN,ACK", seq: 1 });
  peer.expectSegment({ ctl: "ACK", ack: 2 });
});

test("MAY-2, A093: in TIME-WAIT a SYN beyond the old sequence space opens anew, with an ISN beyond ours; an older one draws an ACK", async () => {
  const peer = await timeWait();
  peer.send({ ctl: "SYN", seq: 1, options: peer.synOptions });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.send({ ctl: "SYN", seq: 50_000, options: peer.synOptions });
  const answer = peer.expectSegment({ ctl: "SYN,ACK", ack: 50_001 });
  assert.ok(answer.seq > 2, `a new ISN at ${answer.seq}`);
});

test("A093: an active open on the ports of a TIME-WAIT is refused, and the TIME-WAIT lives on", async () => {
  const peer = await Peer.client();
  const { local } = peer.status;
  peer.close();
  peer.take();
  peer.send();
  peer.send({ ctl: "FIN,ACK" });
  peer.expectSegment({ ack: 2 });
  const again = peer.core.tcp_connect({ address: peer.address, port: peer.port }, { address: local.address, port: local.port });
  assert.equal(again, Err.IN_USE);
  peer.send({ ctl: "FIN,ACK", seq: 1 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.advance(2 * MSL);
  assert.ok(peer.core.tcp_connect({ address: peer.address, port: peer.port }, { address: local.address, port: local.port }) > 0);
});

test("A088, SM-FIN-5: a peer that never closes does not hold a closed connection for ever", async () => {
  const peer = await Peer.server();
  peer.close("whole");
  peer.expectSegment({ ctl: "FIN,ACK" });
  peer.send();
  assert.equal(peer.core.pools().TCP0.used, 1);
  peer.advance(59_000);
  assert.equal(peer.core.pools().TCP0.used, 1);
  peer.advance(600_000);
  assert.equal(peer.core.pools().TCP0.used, 0);
});

test("SM-FIN-5, MAY-1: after a half close the peer's text is still delivered, however long it takes", async () => {
  const peer = await Peer.server();
  peer.close("half");
  peer.expectSegment({ ctl: "FIN,ACK" });
  peer.send();
  peer.advance(3_600_000);
  assert.equal(peer.state, "FIN_WAIT_2");
  for (let i = 0; i < 100; i++) {
    peer.send({ data: 1000 });
    assert.equal(peer.read(), 1000);
  }
  peer.send({ ctl: "FIN,ACK" });
  assert.equal(peer.read(), "END");
});

test("SM-FIN-4, RFC6298-5: an unanswered FIN is sent again with backoff", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "FIN,ACK" });
  peer.expectSegment({ ack: 2 });
  peer.close();
  const began = peer.expectSegment({ ctl: "FIN,ACK", seq: 1 }).ms;
  peer.advance(10_000);
  const times = peer.take().map(({ ctl, seq, ms }) => {
    assert.deepEqual([ctl, seq], ["FIN,ACK", 1]);
    return ms - began;
  });
  assert.ok(times.length >= 3);
  for (let i = 2; i < times.length; i++) {
    const ratio = ((times[i] ?? 0) - (times[i - 1] ?? 0)) / ((times[i - 1] ?? 0) - (times[i - 2] ?? 0));
    assert.ok(Math.abs(ratio - 2) < 0.1, `${times}`);
  }
});

test("A271, MUST-12: the application learns whether the peer closed or reset", async () => {
  const closed = await Peer.server();
  closed.send({ ctl: "FIN,ACK", data: 5 });
  assert.equal(closed.read(), 5);
  assert.equal(closed.read(), "END");
  assert.equal(closed.status.error, null);
  const peer = await Peer.server({ win: 0 });
  peer.send({ ctl: "FIN,ACK" });
  peer.write(100);
  assert.equal(peer.state, "CLOSE_WAIT");
  peer.send({ ctl: "RST" });
  assert.equal(peer.status.error, "RESET");
  assert.equal(peer.read(), "RESET");
  assert.equal(peer.write(1), "RESET");
});

test("SHLD-3: letting go with octets unread, and text after that, draw a RST", async () => {
  const unread = await Peer.server();
  unread.send({ data: 10 });
  unread.take();
  unread.close("whole");
  unread.expectSegment({ ctl: "RST,ACK", seq: 1, ack: 11 });
  assert.equal(unread.core.pools().TCP0.used, 0);
  const late = await Peer.server();
  late.close("whole");
  late.expectSegment({ ctl: "FIN,ACK", seq: 1 });
  late.send();
  late.send({ data: 10 });
  assert.ok(late.take().some(({ ctl, seq }) => ctl === "RST,ACK" && seq === 2));
  assert.equal(late.core.pools().TCP0.used, 0);
});

test("MUST-12: an abort sends a RST at SND.NXT and the handle is stale", async () => {
  const peer = await Peer.server();
  peer.write(10);
  peer.take();
  peer.abort();
  peer.expectSegment({ ctl: "RST,ACK", seq: 11, ack: 1 });
  assert.equal(peer.core.tcp_status(peer.handle), Err.BAD_HANDLE);
  assert.equal(peer.core.socket_at(PoolIndex.TCP0, 0), 0);
});

test("SM-CLOSED-1, MUST-2: a closed port answers every segment but a RST as RFC 9293 says", async () => {
  const peer = new Peer(await Wire.make());
  peer.put({ ctl: "RST" });
  peer.wire.core.tcp_connect({ address: peer.address, port: 1 });
  peer.wire.run();
  peer.irs = 0;
  peer.send({ ctl: "SYN", seq: 0, options: peer.synOptions });
  peer.expectSegment({ ctl: "RST,ACK", seq: 0, ack: 1 });
  peer.send({ ctl: "ACK", seq: 7, ack: 77 });
  peer.expectSegment({ ctl: "RST", seq: 77 });
  peer.send({ ctl: "FIN", seq: 7, data: 3 });
  peer.expectSegment({ ctl: "RST,ACK", seq: 0, ack: 11 });
  peer.send({ ctl: "", seq: 7, data: 3 });
  peer.expectSegment({ ctl: "RST,ACK", seq: 0, ack: 10 });
  peer.send({ ctl: "FIN,PSH,URG", seq: 7 });
  peer.expectSegment({ ctl: "RST,ACK", seq: 0, ack: 8 });
  peer.send({ ctl: "SYN,FIN", seq: 7, data: 0 });
  peer.expectSegment({ ctl: "RST,ACK", seq: 0, ack: 9 });
});

test("SM-CLOSED-1, 1122-2.3.2.2: the RST for a host whose MAC address is not known yet leaves when ARP has answered", async () => {
  const peer = new Peer(await Wire.make());
  peer.send({ ctl: "SYN", seq: 0, options: peer.synOptions });
  peer.irs = 0;
  peer.advance(100);
  peer.expectSegment({ ctl: "RST,ACK", ack: 1 });
});

test("SM-CLOSED-2: a RST never draws a RST", async () => {
  const peer = await Peer.server();
  const other = new Peer(peer.wire, { port: 5001, stackPort: 81 });
  for (const ctl of ["RST", "RST,ACK", "SYN,RST", "FIN,RST,ACK"]) other.send({ ctl, seq: 5, ack: 5 });
  other.expectSilence();
  assert.equal(peer.counter("TCP_NO_CONNECTION"), 4);
  other.send({ ctl: "ACK", seq: 5, ack: 5 });
  other.expectSegment({ ctl: "RST" });
});

test("SM-LISTEN-1: LISTEN: a RST is ignored, an ACK draws a RST without ACK, a SYN a SYN-ACK", async () => {
  const peer = await Peer.server();
  const other = new Peer(peer.wire, { port: 5001 });
  other.irs = 0;
  other.send({ ctl: "RST", seq: 5 });
  other.expectSilence();
  other.send({ ctl: "ACK", seq: 5, ack: 99 });
  other.expectSegment({ ctl: "RST", seq: 99 });
  other.irs = null;
  other.syn();
  other.expectSegment({ ctl: "SYN,ACK", ack: 1 });
});

test("SM-LISTEN-2: text with a SYN is never delivered before the handshake ends, and once", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.send({ ctl: "SYN", seq: 0, data: 10, options: peer.synOptions });
  const { ack } = peer.expectSegment({ ctl: "SYN,ACK" });
  assert.equal(peer.core.tcp_accept(peer.listener), Err.WOULD_BLOCK);
  peer.nxt = ack;
  if (ack === 1) peer.send({ data: 10 });
  else peer.send();
  peer.accept();
  assert.equal(peer.read(), 10);
  assert.equal(peer.read(), 0);
});

test("SM-USER-1, MUST-21: the user timeout ends a connection whose peer is silent, when the application says so", async () => {
  const peer = await Peer.server();
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 20_000), 0);
  peer.write(100);
  peer.advance(19_000);
  assert.equal(peer.state, "ESTABLISHED");
  peer.advance(2000);
  assert.equal(peer.read(), "TIMED_OUT");
  assert.equal(peer.counter("TCP_GIVEN_UP"), 1);
});

test("a connection dropped in FIN-WAIT-2 waits for the peer's FIN as long as is set, one dropped before from then on", async () => {
  for (const isDroppedLate of [true, false]) {
    const peer = await Peer.server({ settings: { finWait2: 2000 } });
    peer.close(isDroppedLate ? "half" : "whole");
    peer.expectSegment({ ctl: "FIN,ACK" });
    peer.advance(isDroppedLate ? 0 : 100);
    peer.take();
    peer.send();
    if (isDroppedLate) {
      peer.advance(10_000);
      assert.equal(peer.state, "FIN_WAIT_2");
      peer.close("whole");
      peer.wire.run();
    }
    peer.advance(1990);
    assert.equal(peer.core.pools().TCP0.used, 1);
    peer.advance(20);
    assert.equal(peer.core.pools().TCP0.used, 0);
  }
});

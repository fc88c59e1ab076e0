// Limits, echoes and records to the last digit: each test here has caught a changed instruction that no other test saw.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL, Option, STATUS } from "../../bindings/node/core.js";
import { ipv4, timestamps } from "./frames.js";
import { blocks, Peer } from "./peer.js";
import { PEER, STACK, Wire } from "./wire.js";

const MSS = 1000;
const DAY = 86_400_000;

function field(peer: Peer, name: keyof typeof STATUS): number {
  const { core } = peer;
  assert.ok(core.tcp_status(peer.handle) >= 0);
  return core.view.getUint32(core.view.getUint32(core.control + CONTROL.status, true) + STATUS[name], true);
}

test("MUST-49, SM-USER-1: STATUS tells the TOS of the last segment, and no urgent octets where there are none", async () => {
  const peer = await Peer.server();
  assert.deepEqual([field(peer, "receivedTos"), field(peer, "urgent")], [0, 0]);
  peer.wire.put(ipv4({ source: PEER.address, destination: STACK.address, protocol: 6, tos: 0x28 }, peer.segment({ data: 10 })));
  peer.wire.run();
  assert.deepEqual([field(peer, "receivedTos"), field(peer, "urgent")], [0x28, 0]);
  peer.send({ ctl: "ACK,URG", seq: 11, data: 10, urgent: 5 });
  assert.ok(field(peer, "urgent") >= 15);
  peer.read();
  assert.equal(field(peer, "urgent"), 0);
});

test("RFC7323-4: TS.Recent is believed for 24 days to the millisecond", async () => {
  for (const [more, isTaken] of [
    [-1, false],
    [0, true],
  ] as const) {
    const peer = new Peer(await Wire.make());
    peer.listen();
    peer.syn({ options: timestamps(5000, 0) });
    peer.expectSegment({ ctl: "SYN,ACK" });
    peer.send({ options: timestamps(5010, 0) });
    peer.accept();
    peer.advance(24 * DAY + more);
    peer.send({ seq: 1, data: 10, options: timestamps(4000, 0) });
    assert.equal(field(peer, "readable"), isTaken ? 10 : 0, `${more} ms`);
  }
});

test("RFC7323-2, RFC7323-4: a half-open connection drops what lacks a stamp or bears an old one, but answers a repeated SYN", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn({ options: timestamps(5000, 0) });
  peer.expectSegment({ ctl: "SYN,ACK" });
  peer.send({});
  assert.equal(peer.counter("TCP_NO_TIMESTAMP"), 1);
  peer.expectSilence();
  peer.send({ seq: 1, options: timestamps(4000, 0) });
  assert.equal(peer.counter("TCP_PAWS"), 1);
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  peer.syn({ options: timestamps(4000, 0) });
  peer.expectSegment({ ctl: "SYN,ACK", seq: 0 });
  assert.equal(peer.core.pools().TCP0.used, 0);
  peer.send({ seq: 1, options: timestamps(5001, 0) });
  assert.equal(peer.core.pools().TCP0.used, 1);
});

test("TCP-20: a half-open connection answers ten empty segments that do not fit, and no eleventh", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn();
  peer.take();
  for (let i = 0; i < 12; i++) peer.send({ seq: 900_000 });
  assert.equal(peer.take().length, 10);
  assert.equal(peer.counter("TCP_CHALLENGE_LIMITED"), 2);
});

test("MUST-49: an accepted connection has every option of its listener, the last one too", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  const values: [Option, number][] = [
    [Option.NODELAY, 1],
    [Option.KEEPALIVE, 1],
    [Option.KEEP_IDLE, 11],
    [Option.KEEP_INTERVAL, 12],
    [Option.KEEP_COUNT, 13],
    [Option.USER_TIMEOUT, 100_014],
    [Option.TTL, 15],
    [Option.TOS, 16],
    [Option.CONGESTION, 1],
    [Option.OFFER, 3],
    [Option.REPORTS, 1],
  ];
  for (const [option, value] of values) assert.equal(peer.core.socket_set(peer.listener, option, value), 0);
  peer.syn();
  peer.send();
  peer.accept();
  for (const [option, value] of values) assert.equal(peer.core.socket_get(peer.handle, option), value, `option ${option}`);
});

test("RFC2883-1, RFC5682-1: of two segments sent again in vain the second DSACK gives the window back, not the first", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  peer.write(8 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  const { cwnd } = peer.status;
  const at = (segment: number) => first + segment * MSS;
  peer.send({ ack: first, options: blocks(peer, at(2), at(8)) });
  peer.advance(20);
  peer.send({ ack: first, options: blocks(peer, at(2), at(8)) });
  assert.deepEqual(
    peer.take().map(({ seq }) => seq),
    [at(0), at(1)],
  );
  peer.send({ ack: at(8) });
  peer.send({ ack: at(8), options: blocks(peer, at(0), at(1)) });
  assert.equal(peer.counter("TCP_UNDONE"), 0);
  peer.send({ ack: at(8), options: blocks(peer, at(1), at(2)) });
  assert.equal(peer.counter("TCP_UNDONE"), 1);
  assert.ok(peer.status.cwnd >= cwnd);
});

/** Five segments time out; the first ACK tells of the first one. Answers where the flight began. */
async function timedOut(): Promise<[Peer, number]> {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  peer.write(5 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(20);
  peer.write(5 * MSS);
  peer.take();
  peer.send({ ack: first + MSS });
  return [peer, first];
}

test("RFC5682-1: F-RTO: when the second ACK after a timeout tells of segments sent once, nothing was lost", async () => {
  const [peer, first] = await timedOut();
  const next = peer.take();
  assert.ok(
    next.every(({ seq }) => seq >= first + 5 * MSS),
    "new text instead of old",
  );
  peer.send({ ack: first + 2 * MSS });
  assert.equal(peer.counter("TCP_UNDONE"), 1);
  assert.ok(peer.status.cwnd >= 10 * MSS);
});

test("RFC5682-1: F-RTO: duplicates after the timeout show that it was right", async () => {
  const [peer, first] = await timedOut();
  const next = peer.take();
  for (const { seq, data } of next) peer.send({ ack: first + MSS, options: blocks(peer, seq, seq + data.length) });
  assert.equal(peer.counter("TCP_UNDONE"), 0);
  assert.ok(peer.take().some(({ seq }) => seq === first + MSS));
});

test("MAY-5: setting keepalive anew forgets the probes that stayed unanswered", async () => {
  const peer = await Peer.server();
  const { core, handle } = peer;
  core.socket_set(handle, Option.KEEP_IDLE, 1000);
  core.socket_set(handle, Option.KEEP_INTERVAL, 1000);
  core.socket_set(handle, Option.KEEP_COUNT, 3);
  core.socket_set(handle, Option.KEEPALIVE, 1);
  peer.wire.run();
  peer.advance(3500);
  assert.equal(peer.counter("TCP_KEEPALIVES"), 3);
  core.socket_set(handle, Option.KEEPALIVE, 1);
  peer.wire.run();
  peer.advance(2500);
  assert.equal(peer.state, "ESTABLISHED");
  peer.advance(3000);
  assert.equal(peer.read(), "TIMED_OUT");
});

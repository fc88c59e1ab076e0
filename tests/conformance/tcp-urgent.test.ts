// What the application is told: urgent data, trouble, the DSCP of what arrives; and the choices that RFC 9293 leaves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Event, Option } from "../../bindings/node/core.js";
import { icmp } from "./frames.js";
import { Peer } from "./peer.js";

/** The events of the connection since the last look. */
function events(peer: Peer): number {
  let all = 0;
  for (let handle = peer.core.ready_next(); handle > 0; handle = peer.core.ready_next())
    if (handle === peer.handle) all |= peer.core.events;
  return all;
}
const isUrgent = (peer: Peer) => (events(peer) & Event.URGENT) !== 0;

test("MUST-32, RFC6093-1: the application is told when an urgent pointer arrives and when it moves forward, and only then", async () => {
  const peer = await Peer.server();
  peer.send({ data: 10 });
  assert.equal(isUrgent(peer), false);
  peer.send({ ctl: "URG,ACK", data: 10, urgent: 5 });
  assert.equal(isUrgent(peer), true);
  peer.send({ ctl: "URG,ACK", data: 10, urgent: 5 });
  assert.equal(isUrgent(peer), true, "it moves forward by ten");
  peer.send({ ctl: "URG,ACK", seq: 11, data: 10, urgent: 5 });
  peer.send({ ctl: "URG,ACK", seq: 21, data: 10, urgent: 5 });
  assert.equal(isUrgent(peer), false, "nor backwards nor again");
  peer.send({ data: 10 });
  assert.equal(isUrgent(peer), false);
});

test("MUST-32, MUST-33: a pointer beyond what has come tells how much is still to come, before it comes", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "URG,ACK", urgent: 5000 });
  assert.equal(isUrgent(peer), true);
  assert.equal(peer.status.urgent, 5000);
  peer.send({ data: 1000 });
  assert.equal(peer.status.urgent, 5000, "nothing was read");
  assert.equal(peer.read(), 1000);
  assert.equal(peer.status.urgent, 4000);
});

test("MUST-33, RFC6093-1: the application can learn how much is urgent; no octet leaves the stream, none is misplaced", async () => {
  const peer = await Peer.server();
  peer.send({ data: 100 });
  peer.send({ ctl: "URG,ACK", data: 100, urgent: 40 });
  peer.send({ data: 100 });
  assert.equal(peer.status.urgent, 140);
  assert.equal(peer.read(120), 120);
  assert.equal(peer.status.urgent, 20);
  assert.equal(peer.read(180), 180);
  assert.equal(peer.status.urgent, 0);
});

test("MUST-32: an urgent pointer of any size, behind the window and into octets that were read, harms nothing", async () => {
  const peer = await Peer.server();
  for (const urgent of [0, 1, 65_535]) {
    peer.send({ ctl: "URG,ACK", data: 10, urgent });
    assert.equal(peer.read(), 10);
  }
  peer.send({ ctl: "FIN,URG,ACK", urgent: 9 });
  assert.equal(peer.read(), "END");
  assert.ok(peer.status.urgent <= 65_545);
});

test("SHLD-9: the application is told when the same octets were sent again three times (R1), once, and the connection goes on", async () => {
  const peer = await Peer.server();
  peer.write(100);
  events(peer);
  let retransmitted = 0;
  for (let i = 0; i < 100 && retransmitted < 2; i++) {
    peer.advance(100);
    retransmitted = peer.status.backoff;
    assert.equal(events(peer) & Event.STALLED, 0, `after ${retransmitted} timeouts`);
  }
  peer.advance(20_000);
  assert.notEqual(events(peer) & Event.STALLED, 0);
  peer.advance(60_000);
  assert.equal(events(peer) & Event.STALLED, 0);
  peer.send();
  assert.equal(peer.status.unacknowledged, 0);
  assert.equal(peer.state, "ESTABLISHED");
});

test("SHLD-20, SHLD-9: an application that does not want reports of trouble gets none", async () => {
  for (const reports of [1, 0]) {
    const peer = await Peer.server();
    assert.equal(peer.core.socket_set(peer.handle, Option.REPORTS, reports), 0);
    peer.write(100);
    const [segment] = peer.take();
    assert.ok(segment);
    events(peer);
    const quoted = peer.packet({}).slice(0, 28);
    const view = new DataView(quoted.buffer);
    quoted.copyWithin(12, 16, 20);
    quoted.set(peer.address.split(".").map(Number), 16);
    view.setUint16(20, peer.stackPort);
    view.setUint16(22, peer.port);
    view.setUint32(24, ((peer.irs ?? 0) + segment.seq) >>> 0);
    peer.wire.inject(1, icmp(3, 1, quoted));
    assert.equal((events(peer) & Event.SOFT_ERROR) !== 0, reports === 1, "a soft error");
    peer.advance(30_000);
    assert.equal((events(peer) & Event.STALLED) !== 0, reports === 1, "R1");
    assert.equal(peer.state, "ESTABLISHED");
  }
});

test("MAY-9: the TOS octet of what arrives can be read", async () => {
  const peer = await Peer.server();
  assert.equal(peer.status.receivedTos, 0);
  for (const tos of [0xb8, 0x28]) {
    peer.send({ data: 10, tos });
    assert.equal(peer.status.receivedTos, tos);
  }
});

test("MAY-6: keep-alives carry an octet that the peer has already where that is asked for, and none otherwise", async () => {
  for (const [how, octets] of [
    [1, 0],
    [2, 1],
  ] as const) {
    // biome-ignore format: short
    const peer = await Peer.server();
    peer.write(10);
    peer.send();
    peer.take();
    peer.core.socket_set(peer.handle, Option.KEEP_IDLE, 1000);
    peer.core.socket_set(peer.handle, Option.KEEPALIVE, how);
    peer.advance(1000);
    peer.expectSegment({ ctl: "ACK", seq: 10, data: octets });
    peer.send();
    assert.equal(peer.state, "ESTABLISHED");
  }
});

test("MAY-4: the same octets sent again have the same IP identification: it is 0 with DF set", async () => {
  const peer = await Peer.server();
  peer.write(100);
  peer.advance(5000);
  const sent = peer.take();
  assert.ok(sent.length >= 2);
  for (const { dontFragment, data } of sent) assert.deepEqual([dontFragment, data.length], [true, 100]);
});

test("MAY-7: what lies beyond a window that has shrunk is not sent again before there is room for it", async () => {
  const peer = await Peer.server({ mss: 1000, win: 10_000 });
  peer.write(8000);
  assert.equal(peer.take().length, 8);
  peer.send({ ack: 1001, win: 2000 });
  peer.advance(4000);
  for (const { seq, data } of peer.take()) assert.ok(seq + data.length <= 3001, `${seq} to ${seq + data.length}`);
  peer.send({ ack: 1001, win: 10_000 });
  for (let i = 0; i < 20 && peer.status.unacknowledged; i++) {
    peer.advance(1000);
    peer.send();
  }
  assert.equal(peer.seen, 8001);
});

test("MAY-18: congestion control is chosen by socket: after a loss CUBIC keeps seven tenths, NewReno half", async () => {
  for (const [which, share] of [
    [0, 0.5],
    [1, 0.7],
  ] as const) {
    // biome-ignore format: short
    const peer = await Peer.server({ mss: 1000 });
    assert.equal(peer.core.socket_set(peer.handle, Option.CONGESTION, which), 0);
    peer.write(20_000);
    const flight = peer.status.unacknowledged;
    for (let i = 0; i < 3; i++) peer.send({ ack: 1 });
    assert.equal(peer.status.ssthresh, flight * share);
  }
});

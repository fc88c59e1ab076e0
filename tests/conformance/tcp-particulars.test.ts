// What half-open connections, ports, neighbours and acknowledgements do in particular cases: found by single changed instructions of the module.
import assert from "node:assert/strict";
import { test } from "node:test";
import { icmp } from "./frames.js";
import { Peer } from "./peer.js";
import { PEER, Wire } from "./wire.js";

const MSS = 1000;
const TCP = 6;
const HOUR = 3_600_000;

test("a half-open connection answers what lies beyond its window with an ACK, a FIN too, but never a RST", async () => {
  const peer = new Peer(await Wire.make(), { win: 500 });
  peer.listen();
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1, win: 16_384 });
  for (const ctl of ["ACK", "FIN,ACK", "FIN", "PSH,ACK"]) {
    peer.send({ ctl, seq: 1 + 16_384 });
    peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1, win: 16_384 });
  }
  for (const ctl of ["RST", "RST,ACK"]) peer.send({ ctl, seq: 1 + 16_384 });
  peer.expectSilence();
  assert.deepEqual([peer.counter("TCP_UNACCEPTABLE"), peer.counter("TCP_RST_IN")], [6, 0]);
  peer.send();
  peer.accept();
  assert.equal(peer.state, "ESTABLISHED");
});

test("a SYN from where there is no way back is forgotten at once, and costs the listener nothing", async () => {
  const wire = await Wire.make();
  const lost = new Peer(wire, { address: "192.0.2.9" });
  const peer = new Peer(wire);
  peer.listen(1);
  for (let i = 0; i < 3; i++) {
    lost.send({ ctl: "SYN", seq: i, options: lost.synOptions });
    assert.equal(wire.core.pools().HALF_OPEN.used, 0);
    assert.ok(wire.run() > 0, "nothing is due");
  }
  peer.handshake();
  assert.deepEqual([peer.state, wire.core.pools().HALF_OPEN.used, peer.counter("TCP_SYN_QUEUE_FULL")], ["ESTABLISHED", 0, 0]);
});

for (const [mtu, size] of [
  [1500, 1460],
  [1280, 1240],
] as const) {
  test(`TCP-15, MUST-14: a SYN-ACK with a cookie names the MSS of the link, ${size} octets`, async () => {
    const wire = await Wire.make({ mtu, capacities: { synQueue: 1 } });
    const [first, second] = [new Peer(wire, { port: 5001 }), new Peer(wire, { port: 5002 })];
    first.listen();
    first.syn();
    second.syn();
    const sizes = [first, second].map((peer) => peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1, win: 16_384 }).options.mss);
    assert.deepEqual([sizes, wire.core.counter("TCP_COOKIES_OUT")], [[size, size], 1]);
  });
}

test("a port that is forwarded to an inner host is not chosen for a connection of the stack's own", async () => {
  const wire = await Wire.make({
    offload: 0,
    capacities: { flows: 16, forwards: 4 },
    settings: { forwarding: 1, portFirst: 40_000, portLast: 40_003 },
  });
  for (const port of [40_000, 40_002]) assert.equal(wire.core.napt_forward(TCP, port, { address: "10.0.0.7", port: 80 }), 0);
  const ports = [1, 2].map(() => {
    const handle = wire.core.tcp_connect({ address: PEER.address, port: 80 });
    return wire.core.status(handle)?.local.port;
  });
  assert.deepEqual(ports.sort(), [40_001, 40_003]);
  assert.ok(wire.core.tcp_connect({ address: PEER.address, port: 80 }) < 0);
});

test("1122-2.3.2.1a: an acknowledgement does not bring back a neighbour whose entry has grown too old: it is asked for before text leaves", async () => {
  const peer = await Peer.server();
  const { wire } = peer;
  peer.write(100);
  peer.expectSegment({ seq: 1, data: 100 });
  const asked = wire.arps.length;
  wire.ms += HOUR;
  peer.put({ ack: 101 });
  wire.core.poll(wire.ms);
  assert.equal(peer.status.unacknowledged, 0);
  peer.write(100);
  assert.equal(wire.arps.length, asked + 1);
  peer.expectSegment({ seq: 101, data: 100 });
});

test("RFC8985-2: a loss probe that waits for a slot does not leave when an acknowledgement comes first", async () => {
  const peer = new Peer(await Wire.make({ txSlots: 4 }), { mss: MSS, sack: true });
  peer.listen();
  peer.syn();
  peer.take();
  peer.advance(20);
  peer.send();
  peer.accept();
  peer.write(2 * MSS);
  assert.equal(peer.take().length, 2);
  peer.wire.busy = true;
  for (let i = 0; i < 4; i++) peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
  peer.advance(60);
  assert.equal(peer.core.device(0).pending, 3);
  peer.put({ ack: 1 + MSS });
  peer.wire.run();
  peer.wire.busy = false;
  peer.wire.run();
  peer.expectSilence();
  assert.deepEqual([peer.counter("TCP_LOSS_PROBES"), peer.counter("TCP_TIMEOUTS"), peer.status.unacknowledged], [0, 0, MSS]);
  peer.advance(300);
  peer.expectSegment({ seq: 1 + MSS, data: MSS });
  assert.equal(peer.counter("TCP_LOSS_PROBES"), 1);
});

test("SHLD-19: behind the first sixteen, a full segment is one of the longest seen, also when the stack has closed its side", async () => {
  const peer = await Peer.server({ receive: 65_536 });
  peer.close();
  peer.expectSegment({ ctl: "FIN,ACK" });
  peer.send({ ack: 2 });
  assert.equal(peer.state, "FIN_WAIT_2");
  for (let i = 0; i < 16; i++) {
    peer.send({ data: 1460 });
    peer.expectSegment({ ctl: "ACK", ack: peer.nxt });
  }
  peer.send({ data: 1460 });
  peer.expectSilence();
  peer.send({ data: 1459 });
  peer.expectSilence();
  peer.send({ data: 1 });
  peer.expectSegment({ ctl: "ACK", ack: peer.nxt });
});

test("the counter of predicted segments counts what an open connection expects, and nothing else", async () => {
  const peer = await Peer.server();
  const predicted = () => peer.counter("TCP_PREDICTED");
  const begin = predicted();
  peer.send({ data: 10 });
  peer.send({ data: 10, ctl: "PSH,ACK" });
  assert.equal(predicted() - begin, 2);
  peer.write(10);
  peer.send();
  assert.equal(predicted() - begin, 3);
  peer.send({ seq: 100, data: 10 });
  peer.send({ seq: 1, data: 10 });
  peer.send();
  assert.equal(predicted() - begin, 3, "ahead, old, or no news");
  peer.close();
  peer.take();
  peer.send({ data: 10 });
  assert.equal(predicted() - begin, 3, "in FIN-WAIT");
});

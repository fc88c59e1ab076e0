// Corners of the state: what is forgotten, kept back or told in moments that no other test looks at. Each test here has caught a changed instruction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Event, instantiate } from "../../bindings/node/core.js";
import { icmp } from "./frames.js";
import { CTL, ipv4 as ipv4Packet, PROTOCOL, readRaw, type Seen, tcp } from "./packets.js";
import { blocks, Peer, tells } from "./peer.js";
import { frame, PEER, SEED, Tester, US } from "./tester.js";
import { Wire } from "./wire.js";

const MSS = 1000;

test("MUST-41: a connection that is reset while it waits to be accepted leaves no socket behind, and the next is accepted", async () => {
  const wire = await Wire.make();
  const peer = new Peer(wire);
  peer.listen(1);
  peer.syn();
  peer.send();
  assert.equal(peer.core.pools().TCP0.used, 1);
  peer.send({ ctl: "RST", seq: 1 });
  assert.equal(peer.core.pools().TCP0.used, 0);
  const next = new Peer(wire, { port: 5001 });
  next.listener = peer.listener;
  next.handshake();
  assert.equal(next.state, "ESTABLISHED");
  assert.equal(peer.core.pools().TCP0.used, 1);
});

test("A080, SHLD-14: an ACK for the first of many segments offers 65,535 octets when the application has read them all", async () => {
  const peer = await Peer.server({ receive: 65_536, mss: 536 });
  const { core, wire } = peer;
  for (let i = 0; i < 12; i++) peer.put({ data: 536 });
  core.receive(wire.ms);
  assert.equal((core.tcp_read(peer.handle) as Uint8Array).length, 12 * 536);
  core.transmit();
  wire.run();
  const acks = peer.take();
  assert.ok(acks.length >= 2, "an ACK speaks for eight full segments at most");
  assert.deepEqual(
    acks.map(({ win }) => win),
    acks.map(() => 65_535),
  );
});

test("MUST-66, SM-SEQ-1: a closed window is one of no octets: text in it is unacceptable, not only cut off", async () => {
  const peer = await Peer.server({ receive: 2048 });
  peer.send({ data: 1024 });
  peer.send({ data: 1024 });
  peer.take();
  assert.equal(peer.status.rcvWnd, 0);
  peer.send({ data: 1, seq: 2049 });
  peer.expectSegment({ ctl: "ACK", ack: 2049, win: 0 });
  assert.deepEqual([peer.counter("TCP_UNACCEPTABLE"), peer.counter("TCP_BEYOND_WINDOW")], [1, 0]);
});

/** A stack with two addresses. */
function twoAddresses(): Promise<Tester> {
  return Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`, "10.0.0.9/24"] }] });
}
const toSecond = (ctl: number, more: { seq?: number; ack?: number } = {}) =>
  frame(tcp(PEER.ip, 5000, "10.0.0.9", 80, { ctl, ...more }), { protocol: PROTOCOL.TCP, to: "10.0.0.9" });

test("SM-CLOSED-1: a RST comes from the address that was called; without ACK its acknowledgement number is 0", async () => {
  const tester = await twoAddresses();
  const [rst] = tester.inject(toSecond(CTL.ACK, { seq: 1000, ack: 2000 }));
  assert.deepEqual([rst?.ip?.from, rst?.tcp?.ctl, rst?.tcp?.seq, rst?.tcp?.ack], ["10.0.0.9", CTL.RST, 2000, 0]);
  assert.deepEqual([rst?.ip?.tos, rst?.tcp?.window], [0, 0]);
  const [answer] = tester.inject(toSecond(CTL.SYN, { seq: 1000 }));
  assert.deepEqual([answer?.ip?.from, answer?.tcp?.ctl, answer?.tcp?.seq, answer?.tcp?.ack], ["10.0.0.9", CTL.RST | CTL.ACK, 0, 1001]);
});

test("RFC4987-1: a cookie comes from the address that was called", async () => {
  const tester = await Tester.make({
    interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`, "10.0.0.9/24"] }],
    capacities: { synQueue: 1 },
  });
  assert.ok(tester.core.tcp_listen({ port: 80 }) > 0);
  const from = (port: number) =>
    frame(tcp(PEER.ip, port, "10.0.0.9", 80, { ctl: CTL.SYN, seq: 7 }), { protocol: PROTOCOL.TCP, to: "10.0.0.9" });
  for (const port of [5000, 5001]) {
    const [answer] = tester.inject(from(port)).filter((seen) => seen.tcp);
    assert.deepEqual([answer?.ip?.from, answer?.tcp?.ctl, answer?.tcp?.ack], ["10.0.0.9", CTL.SYN | CTL.ACK, 8]);
  }
  assert.deepEqual([tester.core.counter("TCP_COOKIES_OUT"), tester.core.counter("TCP_SYN_QUEUE_FULL")], [1, 1]);
});

/** Two slots of four are taken by echo replies that nobody fetches: what is not a reply has to wait. */
async function crowded(options: { sack?: boolean } = {}): Promise<Peer> {
  const peer = await Peer.client({ txSlots: 4, mss: MSS, ...options });
  peer.write(100);
  peer.take();
  peer.send();
  peer.write(100);
  peer.take();
  peer.wire.busy = true;
  for (let i = 0; i < 2; i++) peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
  assert.equal(waiting(peer), 2);
  return peer;
}
function waiting(peer: Peer): number {
  return peer.core.device(0).pending;
}

for (const [what, options, counter, wait] of [
  ["a retransmission", {}, "TCP_RETRANSMITTED", 500],
  ["a tail loss probe", { sack: true }, "TCP_LOSS_PROBES", 500],
] as const) {
  test(`${what} leaves the last slots of the transmit ring to replies`, async () => {
    const peer = await crowded(options);
    peer.advance(wait);
    assert.deepEqual([waiting(peer), peer.counter(counter)], [2, 0]);
    peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
    assert.equal(waiting(peer), 3, "an echo reply still finds a slot");
    peer.wire.busy = false;
    peer.wire.run();
    assert.equal(peer.counter(counter), 1);
    peer.expectSegment({ ctl: "ACK", data: 100 });
  });
}
test("a probe of a closed window leaves the last slots of the transmit ring to replies", async () => {
  const peer = await Peer.client({ txSlots: 4, mss: MSS });
  peer.send({ win: 0 });
  peer.write(100);
  peer.expectSilence();
  peer.wire.busy = true;
  for (let i = 0; i < 2; i++) peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
  peer.advance(3000);
  assert.deepEqual([waiting(peer), peer.counter("TCP_PROBES")], [2, 0]);
  peer.wire.busy = false;
  peer.wire.run();
  assert.equal(peer.counter("TCP_PROBES"), 1);
  peer.expectSegment({ ctl: "ACK", data: 1 });
});

test("1191-2, RFC8985-1: when no record is free to cut a segment in two, all that is in flight leaves anew in short ones", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536, settings: { sentRecords: 8 } });
  peer.write(8 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  peer.send({ ack: first, options: blocks(peer, first + 5 * MSS, first + 8 * MSS) });
  assert.ok(peer.status.sacked > 0 && peer.status.lost > 0);
  peer.take();
  tells(peer, 700, first);
  const { pipe, lost, sacked, mss } = peer.status;
  const again = peer.take();
  const octets = again.reduce((sum, { data }) => sum + data.length, 0);
  assert.deepEqual([mss, lost, sacked, pipe], [660, 0, 0, octets]);
  assert.equal(again[0]?.seq, first);
  assert.ok(again.every(({ data }) => data.length <= 660));
  for (let at = first; at < first + 8 * MSS; ) {
    at = Math.max(at, ...again.splice(0).map(({ seq, data }) => seq + data.length));
    peer.send({ ack: at });
    again.push(...peer.take());
    assert.ok(again.length || at >= first + 8 * MSS, "no timeout is needed");
  }
  assert.deepEqual([peer.status.pipe, peer.status.unacknowledged, peer.counter("TCP_TIMEOUTS")], [0, 0, 0]);
});

/** A stack with two interfaces, a listener on the second, and what it answers there to a segment from far away. */
async function twoWays() {
  const core = await instantiate({
    seed: SEED,
    devices: [{ kind: "ip" }, { kind: "ip" }],
    interfaces: [
      { device: 0, addresses: ["10.0.0.1/24"], gateway: "10.0.0.254" },
      { device: 1, addresses: ["10.0.1.1/24"], gateway: "10.0.1.254" },
    ],
  });
  const listener = core.tcp_listen({ port: 80, interface: 1 });
  assert.ok(listener > 0);
  const [stranger, us] = ["192.0.2.7", "10.0.1.1"];
  let ms = 0;
  const exchange = (fields: { ctl: number; seq: number; ack?: number; text?: Uint8Array }): Seen[][] => {
    assert.ok(core.input(ipv4Packet({ from: stranger, to: us, protocol: PROTOCOL.TCP }, tcp(stranger, 5000, us, 80, fields)), 1));
    for (let i = 0; i < 100; i++) core.poll(ms++);
    return [0, 1].map((device) => core.output(device).map(readRaw));
  };
  return { core, listener, exchange };
}

test("a connection accepted on one interface stays with it, though another has the default route", async () => {
  const { exchange } = await twoWays();
  const [, [synAck]] = exchange({ ctl: CTL.SYN, seq: 7 }) as [Seen[], Seen[]];
  assert.equal(synAck?.tcp?.ctl, CTL.SYN | CTL.ACK);
  const ack = (synAck?.tcp?.seq ?? 0) + 1;
  const [none, some] = exchange({ ctl: CTL.ACK, seq: 8, ack, text: new Uint8Array(10) });
  assert.deepEqual([none?.length, some?.map((seen) => seen.tcp?.ack)], [0, [18]]);
});

test("RFC6191-1: a SYN for a listener that is bound to another interface leaves TIME-WAIT as it is", async () => {
  for (const on of [0, 1]) {
    const { core, listener, exchange } = await twoWays();
    const [, [synAck]] = exchange({ ctl: CTL.SYN, seq: 7 }) as [Seen[], Seen[]];
    const ack = (synAck?.tcp?.seq ?? 0) + 1;
    exchange({ ctl: CTL.ACK, seq: 8, ack });
    const handle = core.tcp_accept(listener);
    core.tcp_close(handle);
    exchange({ ctl: CTL.FIN | CTL.ACK, seq: 8, ack });
    exchange({ ctl: CTL.ACK, seq: 9, ack: ack + 1 });
    core.tcp_close(listener);
    assert.ok(core.tcp_listen({ port: 80, interface: on }) > 0);
    const [answer] = exchange({ ctl: CTL.SYN, seq: 1_000_000 }).flat();
    const expected = on ? [CTL.SYN | CTL.ACK, 1_000_001] : [CTL.ACK, 9];
    assert.deepEqual([answer?.tcp?.ctl, answer?.tcp?.ack], expected, `the listener is on interface ${on}`);
  }
});

test("RFC7323-1: a window scale of 13 or 14 is taken as it is", async () => {
  for (const shift of [13, 14]) assert.equal((await Peer.server({ shift })).status.sndShift, shift);
});

test("of the repeated SYNs of one peer four are answered, and the first", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  for (let i = 0; i < 8; i++) peer.syn();
  assert.equal(peer.take().length, 5);
});

test("RFC4987-1: a cookie keeps a window scale of 0 apart from none", async () => {
  for (const shift of [0, undefined]) {
    const wire = await Wire.make({ receive: 131_072, capacities: { synQueue: 1 } });
    const first = new Peer(wire, { port: 5001 });
    first.listen();
    first.syn();
    const peer = new Peer(wire, { shift, tsVal: 9000, sack: true });
    peer.listener = first.listener;
    peer.handshake();
    assert.equal(peer.counter("TCP_COOKIES_IN"), 1);
    assert.equal(peer.status.agreed.windowScaling, shift === 0);
    assert.equal(peer.status.rcvShift > 0, shift === 0);
  }
});

test("what acknowledges all our text does not take back the ACK owed for what came before it", async () => {
  const peer = await Peer.client({ mss: MSS });
  peer.write(100);
  peer.take();
  peer.batch([{ data: 100, ack: peer.seen - 100 }, {}]);
  peer.expectSegment({ ctl: "ACK", ack: 101, data: 0 });
  peer.expectSilence();
});

test("MUST-12: the RST of an abort has no text and acknowledges all that came", async () => {
  const peer = await Peer.server();
  peer.send({ data: 100 });
  peer.take();
  peer.abort();
  peer.expectSegment({ ctl: "RST,ACK", seq: 1, ack: 101, data: 0 });
  peer.expectSilence();
});

test("RFC9406-1: slow start heeds a longer round trip at the eighth measurement of a round, no earlier", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 262_144, shift: 4 });
  peer.write(200 * MSS);
  const growth: number[] = [];
  for (const delay of [100, 150]) {
    const flight = peer.take();
    peer.wire.ms += delay;
    for (const { seq, data } of flight) {
      const { cwnd } = peer.status;
      peer.send({ ack: seq + data.length });
      growth.push(peer.status.cwnd - cwnd);
    }
  }
  assert.deepEqual(growth.slice(0, 18), new Array(18).fill(MSS));
  assert.deepEqual(growth.slice(18, 20), [MSS / 4, MSS / 4]);
});

for (const [segments, wait] of [
  [2, 2000],
  [1, 2200],
] as const) {
  test(`RFC8985-2: with ${segments} in flight a tail loss probe leaves after ${wait} ms where the round trip takes 1,000`, async () => {
    const peer = new Peer(await Wire.make(), { mss: MSS, sack: true });
    peer.connect();
    peer.wire.ms += 1000;
    peer.take();
    peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
    assert.equal(peer.status.srtt, 1_000_000);
    peer.take();
    const began = peer.wire.ms;
    peer.write(segments * MSS);
    peer.take();
    while (!peer.queue.length) peer.advance(1);
    assert.deepEqual([peer.counter("TCP_LOSS_PROBES"), peer.wire.ms - began], [1, wait]);
  });
}

test("SM-USER-1: what refuses, resets or gives up an opening connection is told by name and counted", async () => {
  const refused = new Peer(await Wire.make());
  refused.connect();
  refused.take();
  refused.send({ ctl: "RST,ACK", ack: 1, seq: 0 });
  assert.deepEqual([refused.read(), refused.counter("TCP_RST_IN")], ["REFUSED", 1]);
  const silent = new Peer(await Wire.make());
  silent.connect();
  silent.advance(600_000);
  assert.deepEqual([silent.read(), silent.counter("TCP_GIVEN_UP")], ["TIMED_OUT", 1]);
  const halved = new Peer(await Wire.make());
  halved.connect();
  halved.close();
  assert.equal(halved.read(), "ABORTED");
});

test("a FIN that leaves in the turn in which text came acknowledges it; no ACK follows", async () => {
  const peer = await Peer.server();
  const { core, wire } = peer;
  peer.put({ data: 100 });
  core.receive(wire.ms);
  assert.equal(core.tcp_close(peer.handle, true), 0);
  core.transmit();
  wire.run();
  peer.expectSegment({ ctl: "FIN,ACK", seq: 1, ack: 101 });
  peer.advance(100);
  assert.equal(peer.take().filter(({ ctl }) => ctl === "ACK").length, 0);
});

test("RFC3168-1: a FIN echoes a mark of congestion like any other segment", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn({ ctl: "SYN,ECE,CWR" });
  peer.expectSegment({ ctl: "SYN,ECE,ACK" });
  peer.send();
  peer.accept();
  peer.send({ data: 100, tos: 3 });
  assert.ok(peer.expectSegment().ctl.includes("ECE"));
  peer.close();
  const { ctl } = peer.expectSegment();
  assert.deepEqual([ctl.includes("FIN"), ctl.includes("ECE")], [true, true]);
});

test("SM-ACK-4: behind crossing SYNs an ACK that does not acknowledge ours draws a RST and opens nothing", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.take();
  peer.send({ ctl: "SYN", options: peer.synOptions });
  peer.expectSegment({ ctl: "SYN,ACK" });
  peer.send({ seq: 1, ack: 0 });
  peer.expectSegment({ ctl: "RST", seq: 0 });
  assert.equal(peer.state, "SYN_RECEIVED");
  peer.send({ seq: 1, ack: 1 });
  assert.equal(peer.state, "ESTABLISHED");
});

test("SM-USER-1: the application is told that the peer has finished and that the connection is over, and nothing else", async () => {
  const peer = await Peer.server();
  const { core } = peer;
  while (core.ready_next() > 0);
  peer.close();
  peer.send({ ctl: "FIN,ACK" });
  let events = 0;
  while (core.ready_next() === peer.handle) events |= core.events;
  assert.equal(events, Event.FINISHED | Event.CLOSED);
});

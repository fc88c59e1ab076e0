// What the stack reports, by counters, by STATUS and by its refusals, and the exact moments of its slower clocks: found by single changed instructions of the module.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, Option } from "../../bindings/node/core.js";
import { Peer, stream, tells } from "./peer.js";
import { Tester, US } from "./tester.js";
import { oneByOne, STACK, Wire } from "./wire.js";

const MSS = 1000;
const STEP = 65_536;
const TEN_MINUTES = 600_000;
const TIME_WAIT = 60_000;

/** The record of TIME-WAIT goes after so many milliseconds. */
function restsFor(peer: Peer, ms: number): void {
  peer.advance(ms - 1);
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  peer.advance(1);
  assert.equal(peer.core.pools().TIME_WAIT.used, 0);
}
/** A server told of a path of 1,000 octets, ten minutes later: one segment is as long as the link takes. */
async function trying(): Promise<[peer: Peer, seq: number]> {
  const peer = await Peer.server({ sack: true });
  peer.write(1460);
  tells(peer, MSS, 1);
  peer.send();
  peer.take();
  assert.deepEqual([peer.status.mss, peer.status.timerWithin], [960, TEN_MINUTES]);
  peer.advance(TEN_MINUTES);
  peer.write(1460);
  const { seq } = peer.expectSegment({ data: 1460 });
  return [peer, seq];
}

test("1191-2: a longer segment that was refused is tried again ten minutes later, to the millisecond", async () => {
  const [peer, seq] = await trying();
  tells(peer, MSS, seq);
  peer.send();
  assert.deepEqual([peer.status.mss, peer.status.unacknowledged, peer.status.timerWithin], [960, 0, TEN_MINUTES]);
});

test("1191-2: when the longest segment got through, nothing longer is waited for", async () => {
  const [peer] = await trying();
  peer.send();
  assert.deepEqual([peer.status.mss, peer.status.unacknowledged, peer.status.timerWithin], [1460, 0, null]);
});

test("a listener on all ports is refused, with an address or without, with an interface or without", async () => {
  const { core } = await Wire.make();
  for (const address of [undefined, STACK.address]) {
    for (const on of [undefined, 0, 1]) assert.equal(core.tcp_listen({ address, port: 0, interface: on }), Err.BAD_ARGUMENT);
  }
});

test("a handle that was let go is stale for every call, while the connection goes on closing", async () => {
  const peer = await Peer.server();
  const { core, handle } = peer;
  peer.close("whole");
  peer.expectSegment({ ctl: "FIN,ACK" });
  const results = [
    core.tcp_write(handle, stream(0, 1)),
    core.tcp_read(handle, 1),
    core.tcp_close(handle),
    core.tcp_abort(handle),
    core.socket_get(handle, Option.TTL),
    core.socket_set(handle, Option.TTL, 3),
  ];
  assert.deepEqual(results, Array(6).fill(Err.BAD_HANDLE));
});

test("a port of all ports is no option of a TCP socket, nor are those of UDP", async () => {
  const peer = await Peer.server();
  for (const option of [Option.ANY_PORT, Option.MULTICAST_TTL, Option.ERRORS]) {
    for (const handle of [peer.handle, peer.listener]) {
      assert.equal(peer.core.socket_get(handle, option), Err.BAD_ARGUMENT);
      assert.equal(peer.core.socket_set(handle, option, 1), Err.BAD_ARGUMENT);
    }
  }
});

test("RFC7323-4: in TIME-WAIT a FIN with an old timestamp is an old duplicate: it is acknowledged, counted, and prolongs nothing", async () => {
  const peer = await Peer.server({ tsVal: 5000 });
  peer.close();
  peer.take();
  peer.send({ ctl: "FIN,ACK", ack: 2 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  peer.advance(1000);
  peer.send({ ctl: "FIN,ACK", seq: 1, ack: 2, stamp: 4000 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2 });
  assert.equal(peer.counter("TCP_PAWS"), 1);
  restsFor(peer, TIME_WAIT - 1000);
});

test("a half-open connection takes a FIN with an old timestamp for an old duplicate", async () => {
  const peer = new Peer(await Wire.make(), { tsVal: 5000 });
  peer.listen();
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK" });
  peer.send({ ctl: "FIN,ACK", stamp: 4000 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1, data: 0 });
  assert.deepEqual([peer.counter("TCP_PAWS"), peer.core.pools().HALF_OPEN.used], [1, 1]);
});

for (const [name, again, wait] of [
  ["begins anew with the peer's FIN once more", [{ ctl: "FIN,ACK", seq: 1 }], TIME_WAIT],
  ["goes on when ACKs come, or text, or another FIN", [{}, { seq: 1 }, { data: 1, seq: 2 }, { ctl: "FIN,ACK", seq: 2 }], TIME_WAIT - 1000],
] as const) {
  test(`TIME-WAIT ${name}`, async () => {
    const peer = await Peer.server();
    peer.close();
    peer.take();
    peer.send({ ctl: "FIN,ACK", ack: 2 });
    peer.advance(1000);
    for (const given of again) peer.send({ ack: 2, ...given });
    restsFor(peer, wait);
  });
}

test("the ACK of a handshake that comes when the backlog has filled meanwhile is counted as that", async () => {
  const wire = await Wire.make();
  const [first, second] = [new Peer(wire, { port: 5001 }), new Peer(wire, { port: 5002 })];
  first.listen(1);
  first.syn();
  first.send({});
  assert.equal(wire.core.counter("TCP_ACCEPT_FULL"), 0);
  second.syn();
  second.expectSilence();
  assert.deepEqual([wire.core.counter("TCP_ACCEPT_FULL"), wire.core.counter("TCP_NO_SOCKET")], [1, 0]);
});

test("two handshakes for a backlog of two, of which one more waits: the last ACK is refused and counted", async () => {
  const wire = await Wire.make();
  const peers = [5001, 5002, 5003].map((port) => new Peer(wire, { port }));
  peers[0]?.listen(2);
  for (const peer of peers.slice(0, 2)) peer.syn();
  peers[0]?.send({});
  peers[2]?.syn();
  peers[1]?.send({});
  assert.equal(wire.core.counter("TCP_ACCEPT_FULL"), 0);
  peers[2]?.send({});
  assert.deepEqual([wire.core.counter("TCP_ACCEPT_FULL"), wire.core.counter("TCP_RST_OUT")], [1, 0]);
  assert.equal(wire.core.pools().HALF_OPEN.used, 1);
});

test("a peer that has taken back some of its window, and says so again and again, is not given up", async () => {
  const peer = await Peer.server({ mss: MSS });
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 10_000), 0);
  peer.write(4000);
  for (let i = 0; i < 6; i++) {
    peer.advance(5000);
    peer.send({ ack: 1, win: 100 });
    assert.equal(peer.state, "ESTABLISHED", `${peer.wire.ms}`);
  }
  peer.advance(9999);
  assert.equal(peer.state, "ESTABLISHED");
  peer.advance(1);
  assert.deepEqual([peer.status.error, peer.state], ["TIMED_OUT", "CLOSED"]);
});

test("MAY-15: text that was to be pushed carries PSH, also when more follows it that was not", { skip: oneByOne }, async () => {
  const peer = await Peer.client({ mss: MSS });
  peer.write(100);
  peer.expectSegment({ data: 100 });
  assert.equal(peer.core.tcp_write(peer.handle, stream(100, 500)), 500);
  assert.equal(peer.core.tcp_write(peer.handle, stream(600, 2000), 0, false), 2000);
  peer.wire.run();
  peer.send();
  assert.deepEqual(
    peer.take().map(({ seq, data, ctl }) => [seq, data.length, ctl]),
    [
      [101, 1000, "PSH,ACK"],
      [1101, 1000, "ACK"],
      [2101, 500, "PSH,ACK"],
    ],
  );
});

test("each segment of a train is a packet and a segment to the counters, and its text is text", { skip: oneByOne }, async () => {
  const peer = await Peer.client({ mss: MSS });
  const names = ["IP_OUT", "TCP_OUT", "OCTETS_OUT", "FRAMES_OUT"] as const;
  const before = names.map((name) => peer.counter(name));
  peer.write(9 * MSS);
  assert.equal(peer.take().length, 9);
  assert.deepEqual(
    names.map((name, i) => peer.counter(name) - (before[i] ?? 0)),
    [9, 9, 9 * MSS, 9],
  );
});

test("SM-USER-1: a connection that is gone waits for nothing, though text was left unsent", async () => {
  const peer = await Peer.server({ win: 1000 });
  peer.write(5000);
  assert.equal(peer.status.waits, "PEER_WINDOW");
  peer.send({ ctl: "RST" });
  assert.deepEqual([peer.state, peer.status.waits], ["CLOSED", "NOTHING"]);
});

test("RFC7323-1: without window scaling windows are what their fields say", async () => {
  for (const side of ["client", "server"] as const) {
    const peer = await Peer[side]({ win: 1000 });
    assert.deepEqual([peer.status.sndShift, peer.status.rcvShift, peer.status.sndWnd], [0, 0, 1000], side);
    peer.send({ data: 1, win: 700 });
    assert.equal(peer.status.sndWnd, 700, side);
  }
});

test("RFC7323-1: a window scale of 0 is one", async () => {
  const peer = await Peer.server({ shift: 0, win: 1000, receive: 131_072 });
  assert.deepEqual([peer.status.sndShift, peer.status.rcvShift, peer.status.agreed.windowScaling], [0, 2, true]);
});

for (const [age, isGood] of [
  [2 * STEP - 2, true],
  [2 * STEP - 1, false],
] as const) {
  test(`TCP-15: a cookie of the first millisecond is ${isGood ? "good" : "no more good"} after ${age} ms`, async () => {
    const wire = await Wire.make({ ms: 1, capacities: { synQueue: 1 } });
    const [first, peer] = [new Peer(wire, { port: 5001 }), new Peer(wire, { port: 5002, mss: 65_535 })];
    first.listen();
    first.syn();
    peer.syn();
    peer.expectSegment({ ctl: "SYN,ACK", ack: 1 });
    peer.advance(age);
    peer.send();
    assert.equal(wire.core.counter("TCP_COOKIES_IN"), isGood ? 1 : 0);
    peer.listener = first.listener;
    if (!isGood) return void peer.expectSegment({ ctl: "RST" });
    peer.accept();
    assert.equal(peer.status.mss, 1460);
  });
}

test("a SYN that the application refuses draws one RST, which is counted as that and as a segment", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  assert.equal(peer.core.socket_set(peer.listener, Option.DECIDE, 1), 0);
  peer.syn();
  peer.expectSilence();
  const before = peer.counter("TCP_OUT");
  assert.equal(peer.core.tcp_decide(peer.core.tcp_asked(peer.listener), 0), 0);
  peer.wire.run();
  peer.expectSegment({ ctl: "RST,ACK", ack: 1, win: 0, data: 0 });
  assert.deepEqual([peer.counter("TCP_RST_OUT"), peer.counter("TCP_OUT") - before, peer.core.pools().HALF_OPEN.used], [1, 1, 0]);
});

test("while no place is free for its neighbour a SYN-ACK waits a second each time; then it is the first, and not sent again", async () => {
  const wire = await Wire.make({ capacities: { neighbours: 4 } });
  const [silent, peer] = [new Peer(wire, { address: "10.0.0.9" }), new Peer(wire)];
  silent.listen();
  silent.syn();
  peer.syn();
  peer.advance(33_999);
  const left = peer.take().map(({ ctl, ms }) => [ctl, ms]);
  assert.deepEqual(
    left,
    [3000, 4000, 6000, 10_000, 18_000].map((ms) => ["SYN,ACK", ms]),
  );
  assert.deepEqual([peer.counter("ARP_FULL"), peer.counter("TCP_RETRANSMITTED"), wire.core.pools().HALF_OPEN.used], [3, 4, 1]);
  peer.advance(1);
  assert.deepEqual([peer.counter("TCP_SYN_EXPIRED"), wire.core.pools().HALF_OPEN.used], [1, 0]);
});

test("while no place is free for its neighbour for five seconds a half-open connection ends; nothing was sent", async () => {
  const wire = await Wire.make({ capacities: { neighbours: 1 } });
  const first = new Peer(wire);
  first.connect();
  first.send({ ctl: "SYN,ACK", options: first.synOptions });
  const second = new Peer(wire, { address: "10.0.0.3" });
  second.listen();
  second.syn();
  second.advance(4999);
  assert.deepEqual([second.take(), wire.core.pools().HALF_OPEN.used], [[], 1]);
  second.advance(1);
  assert.deepEqual([second.take(), wire.core.counter("TCP_SYN_EXPIRED"), wire.core.pools().HALF_OPEN.used], [[], 1, 0]);
});

test("a listener on all ports of a transparent interface names no address", async () => {
  const { core } = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`], transparent: true }] });
  assert.equal(core.tcp_listen({ address: US.ip, port: 0, interface: 0 }), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_listen({ port: 0 }), Err.BAD_ARGUMENT);
  assert.ok(core.tcp_listen({ port: 0, interface: 0 }) > 0);
});

// Whose turn it is, what is counted and what ends: each test here has caught a changed instruction that no other test saw.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, Event, instantiate, Option } from "../../bindings/node/core.js";
import { icmp } from "./frames.js";
import { CTL, ipv4 as ipv4Packet, PROTOCOL, readRaw, type Seen, tcp } from "./packets.js";
import { blocks, Peer, type PeerOptions, type Segment, tells } from "./peer.js";
import { SEED } from "./tester.js";
import { oneByOne, Wire } from "./wire.js";

const MSS = 1000;
const MINUTE = 60_000;

const seqs = (segments: Segment[]): number[] => segments.map(({ seq }) => seq);
const sizes = (segments: Segment[]): number[] => segments.map(({ data }) => data.length);
/** A connection with a send MSS of 960 octets (or what a packet of `mtu` holds), whose next new segment may be one of 1,460. */
async function mayTry(hasSack: boolean, mtu = 1000, more: PeerOptions = {}): Promise<Peer> {
  const peer = await Peer.server({ sack: hasSack, ...more });
  peer.write(1460);
  tells(peer, mtu, 1);
  peer.take();
  peer.send({ ack: peer.seen });
  peer.advance(11 * MINUTE);
  peer.take();
  return peer;
}

test("4821-1: a long segment is tried only as long as its pieces would find records, and leaves again in pieces when it is lost", async () => {
  const peer = await mayTry(true, 576, { mtu: 9000, mss: 8960, settings: { sentRecords: 4 } });
  peer.write(9000);
  const [tried = 0, ...others] = sizes(peer.take());
  assert.ok(tried > 536 && tried < 8960 && tried % 536 === 0, `${tried}`);
  assert.deepEqual(others, [], "all records are taken, or kept for the pieces");
  peer.advance(3000);
  const [probe, ...pieces] = sizes(peer.take());
  assert.equal(probe, tried, "the tail loss probe");
  assert.ok(pieces.length > 0 && pieces.every((size) => size === 536), `${pieces}`);
  assert.equal(peer.status.unacknowledged, tried);
  peer.send({ ack: peer.seen });
  assert.equal(sizes(peer.take())[0], 536);
  assert.equal(peer.status.mss, 536);
});

for (const hasSack of [false, true]) {
  const name = hasSack ? "with SACK" : "without SACK";
  test(`4821-1: ${name}, one long segment is tried at a time, and only when there is text for it`, async () => {
    const peer = await mayTry(hasSack);
    peer.write(960);
    assert.deepEqual(sizes(peer.take()), [960]);
    peer.send({ ack: peer.seen });
    assert.equal(peer.status.mss, 960);
    peer.write(6000);
    assert.deepEqual(sizes(peer.take()).slice(0, 3), [1460, 960, 960]);
    peer.send({ ack: peer.seen });
    assert.equal(peer.status.mss, 1460);
    peer.write(1460);
    tells(peer, 1000, peer.seen - 1460);
    assert.equal(peer.status.mss, 960, "a router is believed again");
  });
  test(`4821-1: ${name}, a long segment that is lost in silence was one, and what is acknowledged later raises nothing`, async () => {
    const peer = await mayTry(hasSack);
    peer.write(6000);
    const [tried, ...others] = peer.take();
    const first = tried?.seq ?? 0;
    assert.equal(tried?.data.length, 1460);
    for (const { seq, data } of others) {
      peer.send({ ack: first, options: hasSack ? blocks(peer, others[0]?.seq ?? 0, seq + data.length) : [] });
    }
    peer.advance(20);
    assert.ok(Math.max(...sizes(peer.take())) <= 960);
    for (let i = 0; i < 9 && peer.status.unacknowledged; i++) peer.send({ ack: peer.seen });
    peer.take();
    assert.equal(peer.status.mss, 960);
    peer.write(3000);
    assert.ok(Math.max(...sizes(peer.take())) <= 960);
    peer.send({ ack: peer.seen });
    assert.equal(peer.status.mss, 960);
    for (let i = 0; i < 9 && peer.status.unacknowledged; i++) peer.send({ ack: peer.seen });
    peer.advance(11 * MINUTE);
    peer.take();
    peer.write(3000);
    assert.equal(peer.take()[0]?.data.length, 1460, "ten minutes later another one is tried");
  });
}
test("1191-2: a segment that is just as long as the path allows does not leave again", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true });
  peer.core.socket_set(peer.handle, Option.NODELAY, 1);
  peer.write(660);
  peer.write(MSS);
  const [first, second] = seqs(peer.take());
  tells(peer, 700, first ?? 0);
  assert.deepEqual([peer.status.mss, seqs(peer.take())], [660, [second, (second ?? 0) + 660]]);
});

test("text leaves the last slots of the transmit ring to replies", { skip: oneByOne }, async () => {
  const peer = await Peer.client({ txSlots: 4, mss: MSS });
  peer.wire.busy = true;
  peer.write(10 * MSS);
  assert.equal(peer.core.device(0).pending, 2);
  peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
  assert.equal(peer.core.device(0).pending, 3);
});

test("SM-RST-1: a RST in CLOSING or LAST-ACK ends the connection without an error", async () => {
  for (const state of ["CLOSING", "LAST_ACK"]) {
    const peer = await Peer.server();
    if (state === "CLOSING") peer.close();
    peer.send({ ctl: "FIN,ACK", ...(state === "CLOSING" ? { ack: 1 } : {}) });
    if (state === "LAST_ACK") peer.close();
    assert.equal(peer.state, state);
    peer.send({ ctl: "RST" });
    assert.deepEqual([peer.state, peer.status.error, peer.read()], ["CLOSED", null, "END"]);
  }
});

test("SM-USER-1, MUST-41: a backlog of 65,535 is taken, and closing or aborting a listener answers 0", async () => {
  const { core } = await Wire.make();
  for (const end of [core.tcp_close.bind(core), core.tcp_abort.bind(core)]) {
    const listener = core.tcp_listen({ port: 80 }, 0, 65_535);
    assert.ok(listener > 0);
    assert.equal(end(listener), 0);
    assert.equal(end(listener), Err.BAD_HANDLE);
    assert.equal(core.pools().LISTENER.used, 0);
  }
  assert.equal(core.tcp_listen({ port: 80 }, 0, 65_536), Err.BAD_ARGUMENT);
});

test("SM-USER-1: a socket goes back to the buffer class from which it came", async () => {
  const wire = await Wire.make({
    capacities: {
      classes: [
        { sockets: 2, receive: 4096, send: 4096 },
        { sockets: 2, receive: 8192, send: 8192 },
      ],
    },
  });
  const { core } = wire;
  const used = () => [core.pools().TCP0.used, core.pools().TCP1.used];
  const active = core.tcp_connect({ address: "10.0.0.2", port: 5000 }, {}, 1);
  assert.deepEqual([active > 0, used()], [true, [0, 1]]);
  core.tcp_abort(active);
  wire.run();
  assert.deepEqual(used(), [0, 0]);
  const peer = new Peer(wire);
  peer.listener = core.tcp_listen({ port: 80 }, 1);
  peer.handshake();
  assert.deepEqual([used(), peer.status.rcvWnd], [[0, 1], 8192]);
  peer.abort();
  assert.deepEqual(used(), [0, 0]);
});

test("SM-FIN-3: an ACK from TIME-WAIT offers what the connection did, and its record is free in the end", async () => {
  for (const receive of [16_384, 65_536]) {
    const peer = await Peer.server({ receive });
    peer.close();
    peer.send({ ctl: "FIN,ACK" });
    const { edge } = peer;
    peer.take();
    assert.equal(peer.core.pools().TIME_WAIT.used, 1);
    peer.send({ ctl: "FIN,ACK", seq: peer.nxt - 1 });
    const { ack, win } = peer.expectSegment({ ctl: "ACK" });
    assert.equal(ack + win, edge);
    peer.advance(10 * MINUTE);
    assert.equal(peer.core.pools().TIME_WAIT.used, 0);
  }
});

test("SM-SYNSENT-1: a segment without SYN that SYN-SENT cannot use is counted", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.take();
  peer.send({ ctl: "FIN", seq: 5 });
  assert.deepEqual([peer.state, peer.counter("TCP_UNACCEPTABLE")], ["SYN_SENT", 1]);
  peer.expectSilence();
});

test("what is received, kept ahead and refused is counted, each by its own counter", async () => {
  const peer = await Peer.server({ receive: 65_536 });
  peer.send({ data: 100 });
  assert.equal(peer.counter("OCTETS_IN"), 100);
  for (let i = 0; i < 12; i++) peer.send({ seq: 1001 + i * 200, data: 100 });
  assert.deepEqual([peer.counter("TCP_OUT_OF_ORDER"), peer.counter("TCP_RANGES_FULL")], [12, 4]);
  assert.equal(peer.counter("OCTETS_IN"), 100);
});
test("SHLD-3: text for a connection that nobody holds any more is counted", async () => {
  const peer = await Peer.server();
  peer.close("whole");
  peer.take();
  peer.send({ data: 10 });
  assert.equal(peer.counter("TCP_ORPHANS_RESET"), 1);
  assert.ok(peer.take().some(({ ctl }) => ctl.includes("RST")));
});

test("SM-USER-1: room in a full send ring is told once", async () => {
  const peer = await Peer.client({ send: 2048, mss: MSS });
  const { core, handle } = peer;
  while (core.ready_next() > 0);
  peer.write(2048);
  assert.equal(core.tcp_send_space(handle), 0);
  const first = peer.take()[0]?.seq ?? 0;
  const told = () => (core.ready_next() === handle ? core.events & Event.WRITABLE : 0);
  peer.send({ ack: first + 500 });
  assert.equal(told(), Event.WRITABLE);
  peer.send({ ack: first + 1000 });
  assert.equal(told(), 0);
});

test("a connection at rest asks for no poll", async () => {
  const core = await instantiate({ seed: SEED, devices: [{ kind: "ip" }], interfaces: [{ device: 0, addresses: ["10.0.0.1/24"] }] });
  assert.ok(core.tcp_listen({ port: 80 }) > 0);
  const exchange = (fields: { ctl: number; seq: number; ack?: number; text?: Uint8Array }, ms: number): (Seen | undefined)[] => {
    assert.ok(
      core.input(ipv4Packet({ from: "10.0.0.2", to: "10.0.0.1", protocol: PROTOCOL.TCP }, tcp("10.0.0.2", 5000, "10.0.0.1", 80, fields))),
    );
    core.poll(ms);
    return core.output().map(readRaw);
  };
  const [synAck] = exchange({ ctl: CTL.SYN, seq: 7 }, 0);
  const ack = (synAck?.tcp?.seq ?? 0) + 1;
  exchange({ ctl: CTL.ACK, seq: 8, ack }, 1);
  for (let i = 0; i < 20; i++) exchange({ ctl: CTL.ACK, seq: 8 + i * 10, ack, text: new Uint8Array(10) }, 2);
  for (const ms of [1000, 2000, 30_000]) for (let wait = 0; !wait; ) wait = core.poll(ms);
  core.output();
  assert.equal(core.poll(31_000), 2 ** 30);
});

test("RFC5681-7: the window begins anew after more than an RTO of silence, not after just one", async () => {
  for (const more of [0, 1]) {
    const peer = await Peer.client({ mss: MSS, send: 262_144, shift: 4 });
    for (let round = 0; round < 3; round++) {
      peer.write(peer.status.cwnd);
      peer.take();
      peer.advance(10);
      peer.send({ ack: peer.seen });
    }
    peer.write(MSS);
    peer.take();
    peer.send({ ack: peer.seen });
    const { cwnd, rto } = peer.status;
    assert.ok(cwnd > 10 * MSS);
    peer.advance(rto + more);
    peer.write(MSS);
    assert.equal(peer.status.cwnd, more ? 10 * MSS : cwnd);
  }
});

for (const hasSack of [false, true]) {
  test(`a segment that is sent again ${hasSack ? "with" : "without"} SACK acknowledges all that has come`, async () => {
    const peer = await Peer.client({ mss: MSS, sack: hasSack });
    peer.send({ data: 77 });
    peer.write(5 * MSS);
    const first = peer.take().at(-5)?.seq ?? 0;
    for (let i = 2; i <= 5; i++) peer.send({ ack: first, options: hasSack ? blocks(peer, first + MSS, first + i * MSS) : [] });
    peer.advance(20);
    peer.expectSegment({ ctl: "ACK", seq: first, ack: 78, data: MSS });
  });
}

test("two connections with much to send take turns, eight segments each", { skip: oneByOne }, async () => {
  const wire = await Wire.make();
  const { core } = wire;
  const ports = [5000, 5001];
  const peers = ports.map((port) => new Peer(wire, { port, mss: MSS }));
  for (const peer of peers) {
    peer.connect();
    peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  }
  for (const { handle } of peers) assert.equal(core.tcp_write(handle, new Uint8Array(10 * MSS)), 10 * MSS);
  while (!core.poll(wire.ms));
  const order = core.output().map((frame) => new DataView(frame.buffer, frame.byteOffset).getUint16(36));
  const [one, two] = ports.map((port) => (count: number) => new Array<number>(count).fill(port));
  assert.deepEqual(order, [...(one?.(8) ?? []), ...(two?.(8) ?? []), ...(one?.(2) ?? []), ...(two?.(2) ?? [])]);
});

test("a SYN that waits for a slot while the SYN-ACK comes is not sent again", async () => {
  const peer = new Peer(await Wire.make({ txSlots: 4 }), { mss: MSS });
  peer.connect();
  peer.take();
  peer.wire.busy = true;
  for (let i = 0; i < 3; i++) peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
  peer.advance(1500);
  assert.ok(peer.status.timeouts > 0);
  peer.put({ ctl: "SYN,ACK", options: peer.synOptions });
  peer.nxt = 1;
  peer.wire.run();
  peer.wire.busy = false;
  peer.wire.run();
  assert.deepEqual(
    peer.take().map(({ ctl }) => ctl),
    ["ACK"],
  );
});

test("RFC8985-1: once segments were seen to overtake each other three that arrived are no loss yet", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  const flight = (): number => {
    peer.write(5 * MSS);
    const first = peer.take()[0]?.seq ?? 0;
    peer.wire.ms += 100;
    return first;
  };
  let first = flight();
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  peer.send({ ack: first + 2 * MSS });
  peer.send({ ack: first + 5 * MSS });
  peer.take();
  first = flight();
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 5 * MSS) });
  assert.deepEqual([peer.status.lost, seqs(peer.take()).includes(first)], [0, false]);
  peer.advance(60);
  assert.ok(seqs(peer.take()).includes(first));
});

test("what is acknowledged shows that the neighbour is there: it is not asked for again", async () => {
  const peer = await Peer.client({ mss: MSS, settings: { arpTimeout: 10_000 } });
  const asked = peer.wire.arps.filter(({ operation }) => operation === 1).length;
  for (let i = 0; i < 60; i++) {
    peer.write(100);
    peer.send({ ack: peer.seen });
    peer.advance(1000);
  }
  assert.equal(peer.wire.arps.filter(({ operation }) => operation === 1).length, asked);
});

test("MUST-44: a connection that is bound to an interface leaves by it, though another has the default route", async () => {
  const core = await instantiate({
    seed: SEED,
    devices: [{ kind: "ip" }, { kind: "ip" }],
    interfaces: [
      { device: 0, addresses: ["10.0.0.1/24"], gateway: "10.0.0.254" },
      { device: 1, addresses: ["10.0.1.1/24"], gateway: "10.0.1.254" },
    ],
  });
  assert.ok(core.tcp_connect({ address: "192.0.2.7", port: 80, interface: 1 }) > 0);
  core.poll(0);
  assert.equal(core.output(0).length, 0);
  assert.deepEqual(
    core.output(1).map((packet) => readRaw(packet).ip?.from),
    ["10.0.1.1"],
  );
});

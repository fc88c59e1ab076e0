// How the congestion window and the judge of loss go on after an end, a silence or a mistake: each test here has caught a changed instruction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { icmp, ipv4 } from "./frames.js";
import { blocks, Peer, type PeerOptions, type Segment } from "./peer.js";
import { STACK, Wire } from "./wire.js";

const MSS = 1000;

const seqs = (segments: Segment[]): number[] => segments.map(({ seq }) => seq);
const open = (more: PeerOptions = {}): Promise<Peer> => Peer.client({ mss: MSS, send: 262_144, shift: 4, ...more });

test("RFC5681-2, RFC5681-3: behind a recovery the window is ssthresh, and the next ACK alone opens it no further", async () => {
  const peer = await open({ sack: true });
  peer.write(10 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 10 * MSS) });
  peer.take();
  peer.send({ ack: first + 10 * MSS });
  const { cwnd, ssthresh } = peer.status;
  assert.deepEqual([cwnd, ssthresh], [5 * MSS, 5 * MSS]);
  peer.write(5 * MSS);
  assert.equal(peer.take().length, 5);
  peer.send({ ack: first + 11 * MSS });
  assert.equal(peer.status.cwnd, cwnd);
});

for (const [what, answers, isSpurious] of [
  ["when the second ACK tells of more the timeout was spurious", [1, 3], true],
  ["a duplicate after the first ACK shows that the timeout was right", [1, 1], false],
] as const) {
  test(`RFC5682-1: F-RTO without SACK: ${what}`, async () => {
    const peer = await open();
    peer.write(6 * MSS);
    const first = peer.take()[0]?.seq ?? 0;
    while (!peer.counter("TCP_TIMEOUTS")) peer.advance(10);
    assert.deepEqual(seqs(peer.take()), [first]);
    peer.write(6 * MSS);
    peer.take();
    const [one, two] = answers;
    peer.send({ ack: first + one * MSS });
    assert.deepEqual(seqs(peer.take()), [first + 6 * MSS, first + 7 * MSS], "two new segments, no old one");
    peer.send({ ack: first + two * MSS });
    assert.equal(peer.counter("TCP_UNDONE"), isSpurious ? 1 : 0);
    const next = seqs(peer.take());
    assert.equal(next.includes(first + MSS), !isSpurious);
    assert.equal(peer.status.cwnd >= 10 * MSS, isSpurious);
  });
}

test("RFC8985-1: the smallest round trip is known from the first measurement on", async () => {
  const peer = await open({ sack: true });
  peer.write(MSS);
  peer.take();
  peer.wire.ms += 70;
  peer.send({ ack: peer.seen });
  assert.equal(peer.status.minRtt, 70_000);
  peer.write(MSS);
  peer.take();
  peer.wire.ms += 50;
  peer.send({ ack: peer.seen });
  assert.equal(peer.status.minRtt, 50_000);
});

test("RFC8985-1, RFC2883-1: two DSACKs in one round trip widen the reordering window by a quarter of it, not by two", async () => {
  const peer = await open({ sack: true });
  const RTT = 400;
  const send = (count: number): number => {
    peer.write(count * MSS);
    return peer.take()[0]?.seq ?? 0;
  };
  for (let i = 0; i < 12; i++) {
    const first = send(1);
    peer.wire.ms += RTT;
    peer.send({ ack: first + MSS });
  }
  let first = send(4);
  peer.wire.ms += RTT;
  const told = first - 2 * MSS;
  for (const at of [told, told + MSS]) peer.send({ ack: first, options: blocks(peer, at, at + MSS) });
  assert.equal(peer.counter("TCP_DSACK_IN"), 2);
  peer.send({ ack: first + 4 * MSS });
  peer.take();
  first = send(3);
  peer.wire.ms += RTT;
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + 2 * MSS) });
  peer.take();
  const began = peer.wire.ms;
  while (!peer.counter("TCP_FAST_RETRANSMITS")) peer.advance(1);
  const wait = peer.wire.ms - began;
  assert.ok(Math.abs(wait - RTT / 2) <= 2, `${wait} ms`);
});

test("RFC9438-1: while an application does not use the window no time passes for CUBIC", async () => {
  const peer = await open({ sack: true });
  assert.equal(peer.core.socket_set(peer.handle, Option.CONGESTION, 1), 0);
  const round = (octets: number): void => {
    peer.write(octets);
    const flight = peer.take();
    peer.wire.ms += 100;
    for (const { seq, data } of flight) peer.send({ ack: seq + data.length });
  };
  round(10 * MSS);
  peer.write(20 * MSS);
  const flight = seqs(peer.take());
  const [first = 0] = flight;
  peer.wire.ms += 100;
  peer.send({ ack: first, options: blocks(peer, first + MSS, first + flight.length * MSS) });
  peer.take();
  peer.send({ ack: peer.seen });
  for (let i = 0; i < 3; i++) round(peer.status.cwnd);
  for (let i = 0; i < 200; i++) round(100);
  const { cwnd } = peer.status;
  round(cwnd);
  round(peer.status.cwnd);
  assert.ok(peer.status.cwnd <= cwnd + 3 * MSS, `from ${cwnd} to ${peer.status.cwnd}`);
});

test("RFC7323-1: a SYN with a window scale of 0 is answered with ours", async () => {
  const peer = new Peer(await Wire.make({ receive: 131_072 }), { shift: 0 });
  peer.listen();
  peer.syn();
  assert.equal(peer.expectSegment({ ctl: "SYN,ACK" }).options.shift, 2);
});

test("MUST-54, SM-USER-1: a port that is unreachable refuses an opening connection", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  const syn = peer.expectSegment({ ctl: "SYN" });
  const head = Uint8Array.of(peer.stackPort >> 8, peer.stackPort & 255, peer.port >> 8, peer.port & 255, 0, 0, 0, 0);
  new DataView(head.buffer).setUint32(4, ((peer.irs ?? 0) + syn.seq) >>> 0);
  peer.wire.inject(1, icmp(3, 3, ipv4({ source: STACK.address, destination: peer.address, protocol: 6 }, head)));
  assert.deepEqual([peer.state, peer.read()], ["CLOSED", "REFUSED"]);
});

test("MAY-5: each of the options of keepalives, set anew, begins the wait anew", async () => {
  for (const [option, value] of [
    [Option.KEEP_IDLE, 1000],
    [Option.KEEP_INTERVAL, 1000],
    [Option.KEEP_COUNT, 3],
  ] as const) {
    const peer = await Peer.server();
    const set = (which: Option, to: number) => {
      assert.equal(peer.core.socket_set(peer.handle, which, to), 0);
      peer.wire.run();
    };
    set(Option.KEEP_IDLE, 1000);
    set(Option.KEEPALIVE, 1);
    peer.advance(900);
    set(option, value);
    peer.advance(950);
    assert.equal(peer.counter("TCP_KEEPALIVES"), 0);
    peer.advance(100);
    assert.equal(peer.counter("TCP_KEEPALIVES"), 1);
  }
});

test("MUST-8, RFC6528-1: two opens of the same connection in one tick have different numbers, the later the higher", async () => {
  const wire = await Wire.make();
  const opened = (): number => {
    const peer = new Peer(wire, { mss: MSS });
    peer.connect(40_000);
    peer.abort();
    wire.peers.pop();
    return peer.irs ?? 0;
  };
  const [one, two, three] = [opened(), opened(), opened()];
  for (const later of [two - one, three - two]) assert.ok(later >>> 0 > 0 && later >>> 0 < 256, `${later >>> 0} later`);
});

test("SM-URG-1: an urgent pointer behind the FIN says nothing", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "FIN,ACK" });
  assert.equal(peer.read(), "END");
  peer.send({ ctl: "ACK,URG", urgent: 500 });
  assert.deepEqual([peer.state, peer.status.urgent], ["CLOSE_WAIT", 0]);
});

test("MUST-36, MAY-7: what is known to be lost does not leave while the window is closed: a probe does", async () => {
  const peer = await open({ sack: true });
  peer.write(6 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  peer.send({ ack: first, win: 0, options: blocks(peer, first + MSS, first + 6 * MSS) });
  peer.expectSilence();
  while (!peer.queue.length) peer.advance(10);
  peer.expectSegment({ seq: first, data: 1 });
  assert.deepEqual([peer.counter("TCP_PROBES"), peer.status.lost], [1, 1]);
});

test("MUST-36: a probe that waits for a slot while the window opens does not leave behind the text", async () => {
  const peer = await open({ txSlots: 4 });
  peer.send({ win: 0 });
  peer.write(100);
  peer.wire.busy = true;
  for (let i = 0; i < 2; i++) peer.wire.inject(1, icmp(8, 0, new Uint8Array(8)));
  peer.advance(3000);
  peer.put({ win: 65_535 });
  peer.wire.run();
  peer.wire.busy = false;
  peer.wire.run();
  peer.expectSegment({ ctl: "ACK", data: 100 });
  peer.send({ ack: peer.seen });
  peer.advance(3000);
  assert.deepEqual([peer.counter("TCP_PROBES"), peer.take().length], [0, 0]);
});

test("MUST-10: SYN-ACKs that cross open the connection and draw no ACK more", async () => {
  const peer = new Peer(await Wire.make(), { mss: MSS });
  peer.connect();
  peer.take();
  peer.send({ ctl: "SYN", options: peer.synOptions });
  peer.expectSegment({ ctl: "SYN,ACK" });
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1, options: peer.synOptions });
  assert.equal(peer.state, "ESTABLISHED");
  peer.expectSilence();
});

test("MUST-3: a segment with a wrong checksum is counted as that", async () => {
  const peer = await Peer.server();
  const packet = peer.packet({ data: 10 });
  packet[packet.length - 1] = (packet.at(-1) ?? 0) ^ 1;
  peer.wire.put(packet);
  peer.wire.run();
  assert.deepEqual([peer.counter("TCP_CHECKSUM"), peer.status.readable], [1, 0]);
  peer.send({ data: 10 });
  assert.equal(peer.status.readable, 10);
});

test("RFC6582-1: duplicates of what was sent before a timeout begin no recovery", async () => {
  const peer = await open();
  peer.write(6 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(10);
  for (let i = 0; i < 6; i++) peer.send({ ack: first + MSS });
  assert.deepEqual([peer.counter("TCP_FAST_RETRANSMITS"), peer.status.phase], [0, "LOSS"]);
  peer.send({ ack: first + 6 * MSS });
  assert.equal(peer.status.phase, "OPEN");
});

test("MUST-39: of a long ring a quarter must have been read before the peer hears of it", async () => {
  const peer = await Peer.server({ receive: 65_536, shift: 0 });
  for (let i = 0; i < 24; i++) peer.send({ data: 1000 });
  peer.advance(1000);
  peer.take();
  peer.read(15_000);
  peer.expectSilence();
  peer.read(3000);
  peer.expectSegment({ ctl: "ACK", data: 0 });
});

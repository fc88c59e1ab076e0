// Exact numbers at the edges of formulas and records: what single changed instructions of the module have shown to be unobserved.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL, Option, STATUS } from "../../bindings/node/core.js";
import { timestamps } from "./frames.js";
import { blocks, Peer, tells } from "./peer.js";
import { Wire } from "./wire.js";

const MSS = 1000;

/** Fields of the record that STATUS leaves. */
function fields(peer: Peer, ...names: (keyof typeof STATUS)[]): number[] {
  const { core } = peer;
  assert.ok(core.tcp_status(peer.handle) >= 0);
  const at = core.view.getUint32(core.control + CONTROL.status, true);
  return names.map((name) => core.view.getUint32(at + STATUS[name], true));
}

for (const [limit, shift] of [
  [65_535, 0],
  [65_536, 1],
  [131_070, 1],
  [131_071, 1],
  [131_072, 2],
] as const) {
  test(`RFC7323-1: a receive ring of ${limit} octets needs a shift of ${shift}`, async () => {
    const peer = new Peer(await Wire.make({ receive: limit }));
    peer.connect();
    assert.equal(peer.expectSegment({ ctl: "SYN" }).options.shift, shift);
  });
}

test("RFC2018-2: every block of a SACK option counts, and each hole between them is mended once", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true, send: 65_536 });
  peer.write(10 * MSS);
  const first = peer.take()[0]?.seq ?? 0;
  const has = new Set([2, 5, 6, 8]);
  const answer = () => {
    const ranges: number[] = [];
    let ack = 0;
    while (has.has(ack)) ack++;
    for (let i = 9; i > ack; i--) if (has.has(i) && !has.has(i + 1)) ranges.push(i);
    const edges = ranges.slice(0, 3).flatMap((last) => {
      let from = last;
      while (has.has(from - 1)) from--;
      return [first + from * MSS, first + (last + 1) * MSS];
    });
    peer.send({ ack: first + ack * MSS, options: edges.length ? blocks(peer, ...edges) : [] });
  };
  peer.advance(5);
  answer();
  assert.deepEqual(fields(peer, "sacked"), [4 * MSS]);
  const again: number[] = [];
  for (let step = 0; step < 40 && fields(peer, "pipe", "lost").some((octets) => octets); step++) {
    peer.advance(5);
    for (const { seq } of peer.take()) {
      again.push((seq - first) / MSS);
      has.add((seq - first) / MSS);
      answer();
    }
  }
  assert.deepEqual(again.slice().sort(), [0, 1, 3, 4, 7, 9], `${again}`);
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
});

test("RFC8985-1: records of two connections do not mix, however many segments both have in flight", async () => {
  const wire = await Wire.make({ send: 262_144, txSlots: 1024 });
  const peers = [5001, 5002].map((port) => new Peer(wire, { port, mss: 500, sack: true, shift: 6 }));
  peers[0]?.listen();
  for (const peer of peers) {
    peer.listener = peers[0]?.listener ?? 0;
    peer.handshake();
  }
  for (let round = 0; round < 7; round++) {
    for (const peer of peers) {
      peer.write(250_000);
      for (const { seq, data } of peer.take()) if (data.length) peer.send({ ack: seq + data.length });
    }
  }
  const flights = peers.map((peer) => {
    peer.write(250_000);
    return peer.take();
  });
  for (const [i, peer] of peers.entries()) {
    const seqs = (flights[i] ?? []).map(({ seq }) => seq);
    assert.ok(seqs.length > 200);
    peer.put({ ack: seqs[0], options: blocks(peer, seqs[1] ?? 0, seqs.at(-1) ?? 0) });
  }
  wire.run();
  for (const [i, peer] of peers.entries()) {
    const seqs = (flights[i] ?? []).map(({ seq }) => seq);
    assert.equal(fields(peer, "sacked")[0], (seqs.at(-1) ?? 0) - (seqs[1] ?? 0));
    assert.equal(peer.take()[0]?.seq, seqs[0], "the first one is sent again");
    peer.send();
    assert.equal(fields(peer, "sacked")[0], 0);
  }
});

test("a receiver that has thrown away what it had SACKED: nothing counts as SACKed after the timeout, and all of it leaves again", async () => {
  const peer = await Peer.client({ mss: MSS, sack: true });
  peer.write(MSS);
  peer.take();
  peer.advance(20);
  peer.send();
  const first = peer.seen;
  peer.write(5 * MSS);
  const flight = peer.take().map(({ seq }) => seq);
  for (const end of [1, 2, 3]) peer.send({ ack: first, options: blocks(peer, first, first + end * MSS) });
  assert.deepEqual([peer.status.sacked, peer.counter("TCP_RENEGED")], [3 * MSS, 0]);
  peer.take();
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  const repeated = peer.take();
  assert.deepEqual([peer.status.sacked, peer.counter("TCP_RENEGED")], [0, 1]);
  for (const end of [1, 3, 5]) peer.send({ ack: first + end * MSS });
  const again = [...repeated, ...peer.take()].map(({ seq }) => seq);
  assert.ok(
    flight.slice(1).every((seq) => again.includes(seq)),
    `sent again: ${again.join()}`,
  );
  assert.equal(peer.status.pipe, 0);
  const probes = peer.counter("TCP_LOSS_PROBES");
  peer.write(MSS);
  peer.advance(900);
  assert.equal(peer.counter("TCP_LOSS_PROBES"), probes + 1, "nothing is SACKed, so a tail is probed for");
});
test("a RST for a segment without a connection says nothing but that: no window, no options, no text", async () => {
  const wire = await Wire.make();
  const peer = new Peer(wire, { stackPort: 9999 });
  for (const ctl of ["SYN", "ACK", "FIN"]) {
    peer.send({ ctl, seq: 5, ack: 77 });
    const { data, win, ctl: answer, options } = peer.expectSegment({});
    assert.deepEqual([data.length, win, answer, options.kinds.length], [0, 0, ctl === "ACK" ? "RST" : "RST,ACK", 0], ctl);
  }
});

for (const [limit, shift, win] of [
  [65_535, 0, 65_535],
  [65_536, 1, 32_767],
  [131_071, 1, 65_535],
] as const) {
  test(`RFC7323-1: a listener answers with a shift of ${shift} where its ring has ${limit} octets, and its windows are in such steps`, async () => {
    const peer = new Peer(await Wire.make({ receive: limit }), { shift: 3 });
    peer.listen();
    const { options, win: offered } = peer.handshake();
    assert.deepEqual([options.shift, offered, peer.status.rcvShift], [shift, Math.min(limit, 65_535), shift]);
    peer.send({ data: 1000 });
    peer.take();
    assert.equal(peer.read(), 1000);
    peer.send({ data: 1 });
    assert.ok(Math.abs(peer.expectSegment({ ctl: "ACK", ack: 1002 }).win - win) <= 1001 >> shift);
  });
}

test("RFC7323-1: the window of a FIN is scaled, that of a SYN is not", async () => {
  const peer = await Peer.client({ shift: 7, win: 1000 });
  assert.equal(peer.status.sndWnd, 1000);
  peer.send({ ctl: "FIN,ACK", win: 10 });
  assert.deepEqual([peer.state, peer.status.sndWnd], ["CLOSE_WAIT", 1280]);
  peer.write(3000);
  assert.equal(
    peer.take().reduce((sum, { data }) => sum + data.length, 0),
    1280,
  );
});

test("RFC5961-3: the largest window counts for old acknowledgements, also when only the SYN of a simultaneous open offered it", async () => {
  const peer = new Peer(await Wire.make(), { mss: MSS });
  peer.connect();
  peer.expectSegment({ ctl: "SYN" });
  peer.syn({ win: 60_000 });
  peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  peer.send({ win: 1000 });
  assert.deepEqual([peer.state, peer.status.sndWnd], ["ESTABLISHED", 1000]);
  peer.send({ ack: 1 - 60_000 });
  assert.equal(peer.counter("TCP_ACK_OLD"), 0);
  peer.expectSilence();
  peer.send({ ack: -60_000 });
  assert.deepEqual([peer.counter("TCP_ACK_OLD"), peer.counter("TCP_CHALLENGE_ACKS")], [1, 1]);
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
});

test("an ACK from TIME-WAIT offers what was left of a window of 65,535 behind the FIN", async () => {
  const peer = await Peer.server({ receive: 131_072 });
  peer.close();
  peer.take();
  peer.send({ ctl: "FIN,ACK", ack: 2 });
  for (const again of [false, true]) {
    if (again) peer.send({ ctl: "FIN,ACK", seq: 1, ack: 2 });
    peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2, win: 65_534 });
  }
});

test("an ACK from TIME-WAIT offers a window of 65,535, as the last one of the connection did", async () => {
  const peer = await Peer.server({ receive: 131_072 });
  peer.close();
  peer.expectSegment({ ctl: "FIN,ACK" });
  peer.send({ ctl: "FIN,ACK", data: 1460, ack: 1 });
  peer.take();
  assert.equal(peer.state, "CLOSING");
  peer.send({ ack: 2 });
  peer.send({ ctl: "FIN,ACK", seq: 1461, ack: 2 });
  peer.expectSegment({ ctl: "ACK", seq: 2, ack: 1462, win: 65_535 });
});

test("MUST-15: the MSS of one peer's SYN is not that of the next, whose SYN has none", async () => {
  const wire = await Wire.make();
  const [first, second] = [new Peer(wire, { port: 5001, mss: 1200 }), new Peer(wire, { port: 5002, mss: 0 })];
  first.listen();
  first.handshake();
  second.listener = first.listener;
  second.handshake();
  assert.deepEqual([first.status.mss, second.status.mss], [1200, 536]);
});

test("timestamps that were not agreed on are no timestamps, however old they look", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.handshake({ options: timestamps(0x90000000, 0) });
  assert.deepEqual([peer.state, peer.counter("TCP_PAWS")], ["ESTABLISHED", 0]);
  peer.expectSilence();
});

for (const [unread, isTold] of [
  [16_384 - 1460, false],
  [16_384 - 1459, true],
] as const) {
  test(`MUST-39: with ${16_384 - unread} octets of window left, room for a segment and a half is ${isTold ? "" : "not "}worth a segment of its own`, async () => {
    const peer = await Peer.client();
    for (let left: number = unread; left; left -= Math.min(left, 1460)) peer.send({ data: Math.min(left, 1460) });
    assert.equal(peer.take().at(-1)?.win, 16_384 - unread);
    assert.equal(peer.read(2190), 2190);
    assert.deepEqual(
      peer.take().map(({ window }) => window),
      isTold ? [16_384 - unread + 2190] : [],
    );
  });
}

test("1191-1: below 552 octets routers may cut; at 552 they may not", async () => {
  for (const [mtu, dontFragment] of [
    [552, true],
    [551, false],
  ] as const) {
    const peer = await Peer.server();
    peer.write(1460);
    peer.take();
    tells(peer, mtu, 1);
    const again = peer.take();
    assert.deepEqual([peer.status.mss, again[0]?.data.length, again[0]?.dontFragment], [512, 512, dontFragment]);
  }
});

test("with all ranges taken, text that touches one of them, the newest or the oldest, is still kept", async () => {
  const peer = await Peer.client({ sack: true, receive: 65_536 });
  const ranges = 8;
  for (let i = 1; i <= ranges; i++) peer.send({ seq: i * 100, data: 10 });
  peer.send({ seq: 2000, data: 10 });
  assert.equal(peer.counter("TCP_RANGES_FULL"), 1);
  peer.take();
  for (const [seq, left, right] of [
    [ranges * 100 + 10, ranges * 100, ranges * 100 + 15],
    [ranges * 100 - 5, ranges * 100 - 5, ranges * 100 + 15],
    [110, 100, 115],
  ] as const) {
    peer.send({ seq, data: 5 });
    assert.deepEqual(peer.expectSegment({ ack: 1 }).sack[0], [left, right]);
  }
  assert.equal(peer.counter("TCP_RANGES_FULL"), 1);
});

test("RFC7323-2, RFC7323-4: TIME-WAIT goes on with TOS, TTL and timestamps of the connection, and knows old duplicates, however long the stack has run", async () => {
  const peer = await Peer.server({ tsVal: 5000, ms: 25 * 86_400_000 });
  assert.equal(peer.core.socket_set(peer.handle, Option.TOS, 0x28), 0);
  assert.equal(peer.core.socket_set(peer.handle, Option.TTL, 33), 0);
  peer.close();
  const [tsVal = 0] = peer.expectSegment({ ctl: "FIN,ACK" }).options.timestamps ?? [];
  const began = peer.wire.ms;
  peer.advance(7);
  const last = 5000 + peer.wire.ms;
  peer.send({ ctl: "FIN,ACK", ack: 2 });
  for (const after of [7, 1007]) {
    peer.advance(began + after - peer.wire.ms);
    if (after > 7) peer.send({ seq: 2, ack: 2, stamp: last - 1 });
    const answer = peer.expectSegment({ ctl: "ACK", seq: 2, ack: 2, data: 0 });
    assert.deepEqual([answer.tos, answer.ttl], [0x28, 33]);
    assert.deepEqual(answer.options.timestamps, [(tsVal + after) >>> 0, last >>> 0]);
  }
  assert.equal(peer.counter("TCP_PAWS"), 1);
  peer.send({ seq: 2, ack: 2, stamp: last });
  peer.expectSilence();
});

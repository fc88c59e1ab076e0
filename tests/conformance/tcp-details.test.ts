// Exact numbers at the edges of formulas and records: what single changed instructions of the module have shown to be unobserved.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL, STATUS } from "../../bindings/node/core.js";
import { sack } from "./frames.js";
import { Peer } from "./peer.js";
import { Wire } from "./wire.js";

const MSS = 1000;

/** Fields of the record that STATUS leaves. */
function fields(peer: Peer, ...names: (keyof typeof STATUS)[]): number[] {
  const { core } = peer;
  assert.ok(core.tcp_status(peer.handle) >= 0);
  const at = core.view.getUint32(core.control + CONTROL.status, true);
  return names.map((name) => core.view.getUint32(at + STATUS[name], true));
}
/** A SACK option with blocks of relative sequence numbers. */
function blocks(peer: Peer, ...edges: number[]): number[] {
  return sack(...edges.map((edge) => ((peer.irs ?? 0) + edge) >>> 0));
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

// Attacks by the peer itself on the order of its stream, on windows and on timers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { State } from "../../bindings/node/core.js";
import { assertCarries, assertServes, drain } from "./attack.js";
import { sack } from "./frames.js";
import { Pair } from "./pair.js";
import { Peer, stream } from "./peer.js";
import { STACK, Wire } from "./wire.js";

test("TCP-23: a window that shrinks, to zero and below what is in flight, stops new text; nothing is lost when it opens", async () => {
  const peer = await Peer.server({ win: 8760 });
  peer.write(30_000);
  assert.equal(peer.seen, 8761);
  for (const win of [5000, 100, 0, 1]) {
    peer.send({ ack: 2921, win });
    assert.equal(peer.seen, 8761, `window ${win}`);
  }
  assert.equal(peer.status.sndWnd, 1);
  peer.take();
  peer.win = 65_535;
  peer.send({ ack: 2921 });
  drain(peer, 100);
  assert.equal(peer.seen, 30_001);
  assertCarries(peer);
});

test("TCP-30: where segments overlap with different text the copy that came first counts, whichever way they overlap", async () => {
  const rows: [string, [number, number][], string][] = [
    [
      "in the middle",
      [
        [10, 10],
        [1, 30],
      ],
      "b".repeat(9) + "a".repeat(10) + "b".repeat(11),
    ],
    [
      "at the front",
      [
        [5, 10],
        [1, 10],
      ],
      "b".repeat(4) + "a".repeat(10),
    ],
    [
      "two holes",
      [
        [5, 5],
        [15, 5],
        [1, 30],
      ],
      `${"c".repeat(4)}aaaaa${"c".repeat(5)}bbbbb${"c".repeat(11)}`,
    ],
    [
      "over all that waits",
      [
        [5, 5],
        [3, 10],
        [1, 2],
      ],
      "ccbb" + "aaaaa" + "bbb",
    ],
    [
      "over what was delivered",
      [
        [1, 10],
        [1, 20],
      ],
      "a".repeat(10) + "b".repeat(10),
    ],
  ];
  for (const [name, segments, text] of rows) {
    const peer = await Peer.server();
    for (const [i, [seq, length]] of segments.entries()) {
      peer.send({ seq, ack: 1, data: new Uint8Array(length).fill("abc".charCodeAt(i)) });
    }
    const parts: Uint8Array[] = [];
    for (let part = peer.core.tcp_read(peer.handle); part instanceof Uint8Array; part = peer.core.tcp_read(peer.handle)) parts.push(part);
    assert.equal(String(Buffer.concat(parts)), text, name);
  }
});

/** A moment, in milliseconds, at which the stack gives its connection to this peer a sequence number shortly before `target`. */
async function momentFor(target: number, iss: number): Promise<number> {
  const peer = new Peer(await Wire.make(), { iss });
  peer.listen();
  peer.syn();
  const first = peer.irs ?? 0;
  return Math.floor(((target - first) >>> 0) / 250);
}
test("TCP-32: connections whose numbers, ours and theirs, pass 2^31 and 2^32 carry their octets", async () => {
  for (const iss of [0xfffffff0, 0x7ffffff0]) {
    for (const target of [0xfffffff0, 0x7ffffff0]) {
      const peer = new Peer(await Wire.make({ ms: await momentFor(target, iss) }), { iss, sack: true });
      peer.listen();
      peer.handshake();
      assert.ok((target - (peer.irs ?? 0)) >>> 0 < 1000, `ISS ${peer.irs}`);
      peer.send({ seq: 1001, data: 1000 });
      peer.nxt = 1;
      for (let sent = 0; sent < 10_000; sent += 1000) peer.send({ data: 1000 });
      assert.equal(peer.read(), 10_000);
      peer.take();
      peer.write(20_000);
      drain(peer);
      assert.equal(peer.seen, 20_001);
      for (const seq of [2 ** 31 - 1, -(2 ** 31), -5000]) peer.send({ seq: peer.nxt + seq, data: 10 });
      assert.equal(peer.read(), 0);
      peer.close();
      peer.send({ ctl: "FIN,ACK" });
      assert.equal(peer.core.pools().TIME_WAIT.used, 1);
    }
  }
});

test("TCP-33: split ACKs, early ACKs and forged duplicates do not give more window than the octets that were acknowledged", async () => {
  const MSS = 1000;
  const fresh = async () => {
    const peer = await Peer.server({ mss: MSS });
    peer.write(60_000);
    peer.take();
    return peer;
  };
  const split = await fresh();
  const { cwnd } = split.status;
  for (let ack = 11; ack <= 1001; ack += 10) split.send({ ack });
  assert.ok(split.status.cwnd <= cwnd + MSS, `${split.status.cwnd} after 100 ACKs of ten octets`);

  const early = await fresh();
  for (const ahead of [1, MSS, 10 * MSS]) early.send({ ack: early.seen + ahead });
  assert.equal(early.status.cwnd, cwnd);
  assert.equal(early.status.unacknowledged, 10 * MSS);

  const forged = await fresh();
  for (let i = 0; i < 30; i++) forged.send({ ack: 1 });
  forged.send({ ack: forged.seen });
  assert.ok(forged.status.cwnd <= cwnd, `${forged.status.cwnd} after forged duplicates`);
  drain(forged);
  assert.equal(forged.seen, 60_001);
});

test("TCP-35: text and FINs behind a FIN are acknowledged and dropped", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "FIN,ACK", data: 10 });
  assert.equal(peer.state, "CLOSE_WAIT");
  assert.equal(peer.read(), 10);
  peer.take();
  for (const given of [{ data: 20 }, { ctl: "FIN,ACK", data: 20 }, { ctl: "FIN,ACK" }, { ctl: "FIN,ACK", seq: 11 }]) {
    peer.send({ seq: 12, ...given });
    peer.expectSegment({ ctl: "ACK", ack: 12 });
  }
  assert.ok(peer.counter("TCP_AFTER_FIN") >= 2);
  assert.equal(peer.state, "CLOSE_WAIT");
  assert.equal(peer.read(), "END");
  assert.equal(peer.write(100), 100);
  assert.equal(peer.seen, 101);
});

test("TCP-43: octets that a peer said it had, and never acknowledges, are kept and all sent again after the RTO", async () => {
  const SIZE = 500;
  const peer = await Peer.server({ mss: SIZE, sack: true });
  peer.write(10 * SIZE);
  peer.take();
  const edges = [1 + SIZE, 1 + 10 * SIZE].map((edge) => ((peer.irs ?? 0) + edge) >>> 0);
  for (let i = 0; i < 3; i++) peer.send({ ack: 1, options: sack(...edges) });
  assert.equal(peer.status.unacknowledged, 10 * SIZE);
  peer.take();
  const again = new Set<number>();
  let acked = 1;
  for (let i = 0; i < 40 && acked <= 10 * SIZE; i++) {
    peer.advance(3000);
    for (const { seq, data } of peer.take()) {
      again.add(seq);
      if (seq === acked) acked += data.length;
    }
    peer.send({ ack: acked });
  }
  assert.deepEqual(
    [...again].sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, i) => 1 + i * SIZE),
  );
  assert.equal(peer.status.unacknowledged, 0);
  assertCarries(peer);
});

test("TCP-44: old ACKs and growing text in answer to probes of a closed window neither stall nor swell it", async () => {
  const peer = await Peer.server({ win: 1000 });
  peer.write(1000);
  peer.send({ ack: 1001, win: 0 });
  peer.write(5000);
  peer.take();
  const { cwnd } = peer.status;
  let probes = 0;
  for (let i = 1; i <= 30; i++) {
    peer.advance(5000);
    probes += peer.take().length;
    peer.send({ seq: peer.nxt + 20_000 * i, ack: 1001, win: 0, data: 10 * i });
    peer.send({ ack: 1001 - i * 7, win: 65_535, seq: -i, data: i });
    peer.send({ ack: 500, win: 0 });
    peer.take();
  }
  assert.ok(probes >= 5, `${probes} probes`);
  assert.ok(peer.status.cwnd <= cwnd);
  assert.equal(peer.state, "ESTABLISHED");
  assert.equal(peer.read(), 0);
  peer.win = 65_535;
  peer.seen = 1001;
  peer.send();
  drain(peer, 100);
  assert.equal(peer.seen, 6001);
  assertCarries(peer);
});

test("TCP-45: simultaneous open and close go through their states; nobody connects to itself", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.expectSegment({ ctl: "SYN", seq: 0 });
  peer.send({ ctl: "SYN", seq: 0, options: peer.synOptions });
  peer.nxt = 1;
  assert.equal(peer.state, "SYN_RECEIVED");
  peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  peer.send({ ctl: "ACK" });
  assert.equal(peer.state, "ESTABLISHED");
  assertCarries(peer);
  peer.close();
  peer.expectSegment({ ctl: "FIN,ACK" });
  peer.send({ ctl: "FIN,ACK", ack: peer.seen - 1 });
  assert.equal(peer.state, "CLOSING");
  peer.send();
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  for (const port of [0, 80]) {
    assert.ok(peer.core.tcp_connect({ address: STACK.address, port: 80 }, { address: STACK.address, port }) < 0);
  }
});

test("TCP-51: pulses of loss at the pace of the retransmission timer slow a connection down, and it recovers", async () => {
  const OCTETS = 300_000;
  const pair = await Pair.make({ receive: 30_000, send: 30_000 });
  const [a, b] = pair.cores;
  let [written, read, lost] = [0, 0, 0];
  const step = (isLost: boolean) => {
    if (written < OCTETS) written += a.tcp_write(pair.handles[0], stream(written, Math.min(100, OCTETS - written)));
    for (const part of [a.poll(pair.ms), b.poll(pair.ms)]) assert.ok(part >= 0);
    if (isLost) lost += a.output().length + b.output().length;
    else {
      a.transfer(b);
      b.transfer(a);
    }
    for (let part = b.tcp_read(pair.handles[1]); part instanceof Uint8Array; part = b.tcp_read(pair.handles[1])) {
      assert.deepEqual(part, stream(read, part.length));
      read += part.length;
    }
    pair.ms++;
  };
  for (const end = pair.ms + 120_000; read < OCTETS && pair.ms < end; ) step(pair.ms % 200 < 60);
  assert.ok(lost > 10 && a.counter("TCP_RETRANSMITTED") > 5, `${lost} lost`);
  for (const end = pair.ms + 60_000; read < OCTETS && pair.ms < end; ) step(false);
  assert.equal(read, OCTETS);
  assert.equal(a.tcp_status(pair.handles[0]), State.ESTABLISHED);
});

test("TCP-35: a FIN of a connection that was let go harms nobody else", async () => {
  const peer = await Peer.server();
  peer.close("whole");
  for (let i = 0; i < 5; i++) peer.send({ ctl: "FIN,ACK", seq: 1 });
  assertServes(peer);
});

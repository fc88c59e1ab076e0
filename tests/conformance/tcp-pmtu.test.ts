// Path MTU: RFC 1191 §6.3, RFC 4821 §7.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, Peer, tells } from "./peer.js";
import { Wire } from "./wire.js";

const MINUTE = 60_000;

/** The application sends, and the peer acknowledges what is no longer than `most`; answers the octets of text of each segment. */
function bulk(peer: Peer, octets: number, most = 1460): number[] {
  const sizes: number[] = [];
  let at = peer.seen;
  peer.write(octets);
  for (let i = 0; i < 400 && peer.status.unacknowledged + peer.status.unsent > 0; i++) {
    for (const { seq, data } of peer.take().filter(({ data }) => data.length)) {
      sizes.push(data.length);
      if (data.length <= most && seq <= at) at = Math.max(at, seq + data.length);
    }
    peer.send({ ack: at });
    if (!peer.queue.length) peer.advance(100);
  }
  peer.seen = at;
  return sizes;
}

test("1191-2: after a decrease nothing longer is sent for ten minutes; then one segment is, and its acknowledgement raises the MSS", async () => {
  for (const sack of [true, false]) {
    const peer = await Peer.server({ sack });
    peer.write(1460);
    tells(peer, 1000, 1);
    bulk(peer, 0);
    assert.equal(peer.status.mss, 960);
    assert.equal(peer.status.mssMax, 1460);
    for (let minute = 1; minute < 10; minute++) {
      peer.advance(MINUTE);
      assert.equal(Math.max(...bulk(peer, 5000)), 960, `after ${minute} minutes`);
    }
    peer.advance(2 * MINUTE);
    const sizes = bulk(peer, 8000);
    assert.equal(sizes[0], 1460);
    assert.equal(peer.status.mss, 1460);
    assert.equal(Math.max(...bulk(peer, 8000)), 1460);
    assert.equal(peer.status.timeouts, 0);
  }
});

test("1191-2: a longer segment that a router refuses again leaves once more in pieces, and the next is tried ten minutes later", async () => {
  const peer = await Peer.server({ sack: true });
  peer.write(1460);
  tells(peer, 1000, 1);
  bulk(peer, 0);
  peer.advance(11 * MINUTE);
  peer.write(5000);
  const [tried] = peer.take();
  assert.equal(tried?.data.length, 1460);
  tells(peer, 1000, tried?.seq ?? 0);
  assert.ok(peer.take().every(({ data }) => data.length <= 960));
  bulk(peer, 0, 960);
  assert.equal(peer.status.unacknowledged, 0);
  peer.advance(8 * MINUTE);
  assert.equal(Math.max(...bulk(peer, 5000, 960)), 960);
  peer.advance(3 * MINUTE);
  assert.equal(bulk(peer, 5000)[0], 1460);
});

test("4821-1: a path that swallows long packets and says nothing: the transfer ends all the same, with short ones", async () => {
  for (const [limit, sack] of [
    [1000, true],
    [1000, false],
    [552, true],
    [552, false],
  ] as const) {
    // biome-ignore format: short
    const peer = await Peer.server({ sack });
    bulk(peer, 20_000, limit - 40);
    assert.equal(peer.status.unsent + peer.status.unacknowledged, 0, `a path of ${limit}, ${sack ? "with" : "without"} SACK`);
    assert.equal(peer.status.mss <= limit - 40, true);
    assert.ok(peer.counter("TCP_BLACK_HOLES") >= 1);
    assert.equal(peer.seen, 20_001);
  }
});

test("4821-1: one segment that neither the first step down lets through nor fills is cut by the second", async () => {
  for (const sack of [true, false]) {
    const peer = await Peer.server({ sack });
    bulk(peer, 974, 960);
    assert.equal(peer.status.unsent + peer.status.unacknowledged, 0, sack ? "with SACK" : "without SACK");
    assert.equal(peer.counter("TCP_BLACK_HOLES"), 1);
    assert.equal(peer.seen, 975);
  }
});

test("4821-1: where long segments have vanished, the length that a router names is tried before it is believed", async () => {
  for (const sack of [true, false]) {
    const peer = await Peer.server({ sack });
    bulk(peer, 20_000, 960);
    assert.ok(peer.status.mss <= 984);
    const short = peer.status.mss;
    peer.advance(11 * MINUTE);
    peer.write(10_000);
    const [first] = peer.take();
    assert.equal(first?.data.length, 1460);
    tells(peer, 1400, first?.seq ?? 0);
    const sizes = bulk(peer, 0, 960);
    assert.equal(sizes.filter((octets) => octets > short).length, 1, "one segment as long as the router said, and it vanished");
    assert.ok(sizes.includes(1360));
    assert.equal(peer.status.unacknowledged, 0);
    assert.equal(peer.status.mss, short);
    peer.advance(11 * MINUTE);
    peer.write(10_000);
    const [again] = peer.take();
    assert.equal(again?.data.length, 1460, "ten minutes later the longest once more");
    tells(peer, 1400, again?.seq ?? 0);
    bulk(peer, 10_000, 1360);
    assert.equal(peer.status.mss, 1360, "this time it got through");
  }
});

test("4821-1: when the hole is gone, a longer segment is tried and the MSS is what it was", async () => {
  const peer = await Peer.server({ sack: true });
  bulk(peer, 20_000, 960);
  assert.ok(peer.status.mss <= 984);
  peer.advance(11 * MINUTE);
  bulk(peer, 20_000);
  assert.equal(peer.status.mss, 1460);
});

test("4821-1: short text that gets no answer blames nobody's MTU", async () => {
  const peer = await Peer.server();
  peer.write(400);
  peer.advance(100_000);
  assert.equal(peer.counter("TCP_BLACK_HOLES"), 0);
  assert.equal(peer.status.mss, 1460);
  assert.ok(peer.status.timeouts >= 5);
});

test("4821-1: a path that swallows what is longer than 1,006 octets is found before R2, even from the RTO of 6 s that follows a lost SYN and a lost segment", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.advance(1500);
  assert.equal(peer.take().length, 2);
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  peer.expectSegment({ ctl: "ACK", seq: 1 });
  peer.write(100);
  peer.advance(3500);
  assert.equal(peer.take().length, 2);
  peer.send();
  peer.write(1360);
  let at = 101;
  for (let second = 0; second < 299 && at < 1461; second++) {
    for (const { seq, data } of peer.take()) if (data.length <= 966 && seq <= at) at = Math.max(at, seq + data.length);
    peer.send({ ack: at });
    peer.advance(1000);
  }
  assert.equal(peer.status.unacknowledged, 0);
  assert.equal(peer.counter("TCP_BLACK_HOLES"), 2);
});

test("4821-1: the first step down is suspect itself at the next timeout, unless something has got through since", async () => {
  for (const isHeard of [false, true]) {
    const peer = await Peer.server({ sack: true });
    peer.write(1460);
    while (!peer.counter("TCP_BLACK_HOLES")) peer.advance(1);
    peer.take();
    peer.send({ ack: 1461 });
    if (isHeard) {
      peer.write(984);
      peer.take();
      peer.advance(10);
      peer.send();
    }
    peer.write(984);
    peer.take();
    const { timeouts } = peer.status;
    while (peer.status.timeouts === timeouts) peer.advance(1);
    assert.equal(peer.counter("TCP_BLACK_HOLES"), isHeard ? 1 : 2);
    assert.equal(peer.status.mss, isHeard ? 984 : 512);
  }
});

test("1191-2: no longer segment is tried while a loss is mended; one is as soon as it is", async () => {
  const MSS = 960;
  const peer = await Peer.server({ sack: true });
  peer.write(1460);
  tells(peer, 1000, 1);
  bulk(peer, 0);
  peer.advance(10 * MINUTE - 250);
  const base = peer.seen;
  peer.write(10 * MSS);
  assert.equal(peer.take().length, 10);
  peer.advance(20);
  peer.send({ ack: base, options: blocks(peer, base + MSS, base + 5 * MSS) });
  peer.advance(400);
  peer.take();
  peer.write(20_000);
  assert.notEqual(peer.status.phase, "OPEN");
  peer.send({ ack: base + 5 * MSS });
  peer.send({ ack: base + 8 * MSS });
  const mended = peer.take();
  assert.ok(
    mended.some(({ seq }) => seq >= base + 10 * MSS),
    "new text leaves while the loss is mended",
  );
  assert.ok(mended.every(({ data }) => data.length <= MSS));
  peer.send({ ack: base + 10 * MSS });
  assert.ok(peer.take().some(({ data }) => data.length === 1460));
});

test("4821-1: probes of a closed window and one timeout are no black hole", async () => {
  const peer = await Peer.server({ sack: true });
  peer.write(1460);
  tells(peer, 1400, 1);
  bulk(peer, 0);
  assert.equal(peer.status.mss, 1360);
  peer.send({ win: 0 });
  peer.write(5000);
  peer.advance(60_000);
  assert.ok(peer.counter("TCP_PROBES") > 5);
  peer.take();
  peer.send({ ack: peer.seen, win: 65_535 });
  const { timeouts } = peer.status;
  while (peer.status.timeouts === timeouts) peer.advance(1);
  assert.deepEqual([peer.counter("TCP_BLACK_HOLES"), peer.status.mss], [0, 1360]);
});

// Attacks on what is finite: sockets, records, buffers, frames and time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { another, assertCarries, assertServes, drain, octetsOf } from "./attack.js";
import { mss, sackPermitted } from "./frames.js";
import { blocks, Peer, type PeerOptions, type Sends } from "./peer.js";
import { Wire } from "./wire.js";

const SOCKETS = 16;

/** Connections of one listener until all sockets are taken. */
async function full(options: PeerOptions = {}): Promise<Peer[]> {
  const first = await Peer.server(options);
  const others = Array.from({ length: SOCKETS - 1 }, (_, i) => another(first, 5001 + i, options));
  for (const peer of others) peer.handshake();
  assert.equal(first.core.pools().TCP0.used, SOCKETS);
  return [first, ...others];
}
function used(peer: Peer): number {
  return peer.core.pools().TCP0.used;
}

test("TCP-08: an MSS of 48 and SACK blocks all over the flight overflow no count: octets arrive, in few more segments than they need", async () => {
  const OCTETS = 60_000;
  const peer = new Peer(await Wire.make(), { win: 65_535 });
  peer.listen();
  peer.syn({ options: [...mss(48), ...sackPermitted] });
  peer.send();
  peer.accept();
  peer.take();
  assert.equal(peer.status.mss, 64);
  peer.write(OCTETS);
  let segments = 0;
  for (let round = 0; round < 400 && peer.status.unacknowledged; round++) {
    const from = peer.seen - peer.status.unacknowledged;
    for (let i = 0; i < 10; i++) {
      const left = from + 64 * (2 * i + 1);
      peer.send({ ack: from, options: blocks(peer, left, left + 63, left + 128, left + 190, left + 1, left + 2, from + 1, peer.seen) });
    }
    peer.send();
    segments += peer.take().length;
  }
  assert.equal(peer.seen, 1 + OCTETS);
  assert.ok(segments < (3 * OCTETS) / 64, `${segments} segments`);
  assertCarries(peer);
});

test("TCP-09: thousands of SACK blocks of an octet each draw no more segments than acknowledgements, and take no room", async () => {
  const peer = await Peer.server({ mss: 64, sack: true });
  peer.write(60_000);
  const flight = peer.take().length;
  const before = peer.core.counter("FRAMES_OUT");
  const HOSTILE = 4000;
  const began = performance.now();
  for (let i = 0; i < HOSTILE; i++) {
    const left = 2 + ((i * 2) % 600);
    peer.send({ ack: 1, options: blocks(peer, left, left + 1, left + 4, left + 5, left + 8, left + 9) });
  }
  const each = (performance.now() - began) / HOSTILE;
  const sent = peer.core.counter("FRAMES_OUT") - before;
  assert.ok(flight > 0 && sent <= HOSTILE, `${sent} segments for ${HOSTILE} acknowledgements`);
  assert.ok(each < 2, `${each} ms for an acknowledgement`);
  assert.ok(peer.status.retransmissions <= flight, `${peer.status.retransmissions} retransmissions of ${flight} segments`);
  peer.take();
  drain(peer);
  assert.equal(peer.seen, 60_001);
  assertCarries(peer);
});

test("TCP-24: peers that keep their windows closed hold their own sockets only; one the application gives up, or lets go, is free for an honest client", async () => {
  const peers = await full({ win: 0 });
  for (const peer of peers) peer.write(100);
  const last = another(peers[0] as Peer, 20_000);
  last.syn();
  last.send();
  assert.equal(used(last), SOCKETS);
  assert.ok(last.counter("TCP_NO_SOCKET") >= 1);
  last.wire.advance(1000);
  (peers[3] as Peer).abort();
  last.send({ data: 10, seq: 1 });
  last.accept();
  assert.equal(last.read(), 10);
  last.abort();
  assert.equal(used(last), SOCKETS - 1);
  assertServes(peers[0] as Peer);
});

test("TCP-24: a connection the application has let go does not stay for ever because its peer answers probes of a closed window", async () => {
  const peer = await Peer.server({ win: 1000, settings: { userTimeout: 100_000 } });
  peer.write(5000);
  assert.equal(peer.seen, 1001);
  peer.send({ win: 0 });
  peer.close("whole");
  peer.take();
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < 6; i++) {
      peer.advance(10_000);
      if (peer.take().length) peer.send({ ack: 1001, win: 0 });
    }
  }
  assert.equal(used(peer), 0, "an hour later the socket is free");
  assertServes(peer);
});

test("TCP-25: behind a window that sank to four octets at most five segments a second leave, and all goes on when it opens", async () => {
  const peer = await Peer.server({ mss: 1 });
  assert.equal(peer.status.mss, 64);
  peer.write(20_000);
  peer.win = 4;
  peer.send();
  peer.take();
  let segments = 0;
  for (let i = 0; i < 1000; i++) {
    peer.advance(10);
    const seen = peer.take().length;
    segments += seen;
    if (seen) peer.send();
  }
  assert.ok(segments >= 5 && segments <= 55, `${segments} segments in ten seconds`);
  peer.win = 65_535;
  peer.send();
  drain(peer);
  assert.equal(peer.seen, 20_001);
});

test("TCP-26: connections left in ESTABLISHED, FIN-WAIT-1 and LAST-ACK with octets that nobody acknowledges all end, and honest clients are served", async () => {
  const peers = await full();
  for (const [i, peer] of peers.entries()) {
    if (i % 3 === 2) peer.send({ ctl: "FIN,ACK" });
    peer.write(100);
    if (i % 3) peer.close("whole");
  }
  assert.deepEqual(
    new Set(peers[0]?.core.sockets().map(({ state }) => state)),
    new Set(["LISTEN", "ESTABLISHED", "FIN_WAIT_1", "LAST_ACK"]),
  );
  const first = peers[0] as Peer;
  first.advance(400_000);
  const open = first.core.sockets().filter(({ state }) => state !== "LISTEN" && state !== "CLOSED");
  assert.deepEqual(open, []);
  for (const [i, peer] of peers.entries()) if (i % 3 === 0) assert.equal(peer.read(), "TIMED_OUT");
  for (const [i, peer] of peers.entries()) if (i % 3 === 0) peer.close("whole");
  assert.equal(used(first), 0);
  assertServes(first);
});

test("TCP-27: peers that never close do not hold sockets in FIN-WAIT-2 once the application has let go", async () => {
  const peers = await full({ settings: { finWait2: 60_000 } });
  for (const peer of peers) {
    peer.close("whole");
    peer.send();
  }
  const first = peers[0] as Peer;
  first.advance(59_000);
  assert.equal(used(first), SOCKETS);
  first.advance(2000);
  assert.equal(used(first), 0);
  assertServes(first);
});

test("TCP-28: a thousand short connections take no more than the TIME-WAIT records there are; the oldest go", async () => {
  const peer = new Peer(await Wire.make({ capacities: { timeWait: 20 } }));
  peer.listen();
  for (let i = 0; i < 1000; i++) {
    const other = another(peer, 2000 + i);
    other.handshake();
    other.close("whole");
    other.send({ ctl: "FIN,ACK" });
    other.take();
    assert.ok(other.core.pools().TIME_WAIT.used <= 20);
    peer.wire.peers.length = 0;
  }
  assert.equal(used(peer), 0);
  assert.equal(peer.core.pools().TIME_WAIT.used, 20);
  assert.equal(peer.counter("TCP_TIME_WAIT_CUT"), 980);
  assertServes(peer);
});

test("TCP-31: fifty thousand segments of one octet out of order take as much work as in order, and no room", async () => {
  const ROUND = 500;
  const peer = await Peer.server({ receive: 60_000, sack: true });
  const flood = (segments: (i: number) => Sends): number => {
    const began = performance.now();
    for (let i = 0; i < 50_000; i += ROUND) {
      peer.batch(Array.from({ length: ROUND }, (_, j) => segments(i + j)));
      peer.take();
    }
    return performance.now() - began;
  };
  const plain = flood(() => ({ seq: 1, data: 1, ack: 1 }));
  const ahead = flood((i) => ({ seq: 3 + ((i * 2) % 59_000), data: 1, ack: 1 }));
  assert.ok(ahead < 4 * plain + 500, `${ahead} ms against ${plain} ms`);
  assert.ok(peer.counter("TCP_OUT_OF_ORDER") >= 40_000);
  assert.ok(peer.counter("TCP_RANGES_FULL") >= 40_000);
  assert.equal(peer.read(), 1, "the octet that came in order");
  peer.nxt = 2;
  for (let sent = 0; sent < 58_000; sent += 1450) peer.send({ data: 1450 });
  assert.equal(peer.read(), 58_000);
  peer.nxt = Math.max(peer.nxt, peer.take().at(-1)?.ack ?? 0);
  assertServes(peer);
});

test("TCP-50: clients that send an octet a minute, or read one, hold their own sockets: others are served at full speed, and the application may end them", async () => {
  const first = await Peer.server();
  const slow = [first, ...Array.from({ length: SOCKETS - 2 }, (_, i) => another(first, 5001 + i))];
  for (const peer of slow.slice(1)) peer.handshake();
  for (const peer of slow) {
    peer.win = 1;
    peer.write(30_000);
  }
  for (let minute = 0; minute < 10; minute++) {
    for (const peer of slow) {
      peer.take();
      peer.send({ data: 1 });
      assert.equal(peer.read(), 1);
    }
    assertServes(first, 30_000 + minute);
    const fast = another(first, 40_000 + minute);
    fast.handshake();
    const from = fast.wire.ms;
    fast.write(14_600);
    assert.equal(octetsOf(fast), 14_600);
    assert.equal(fast.wire.ms, from, "at once");
    fast.abort();
    first.advance(60_000);
  }
  for (const peer of slow) peer.abort();
  assert.equal(used(first), 0);
});

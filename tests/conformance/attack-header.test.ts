// Attacks on the reading of a segment: lengths, options, urgent pointers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { another, assertCarries, assertServes, putAltered } from "./attack.js";
import { ipv4, mss, sack, scale } from "./frames.js";
import { Peer, stream } from "./peer.js";
import { PEER, STACK, Wire } from "./wire.js";

const MSS = 1460;
const SOME_KINDS = [0, 1, 2, 3, 4, 5, 6, 8, 19, 27, 28, 29, 30, 34, 69, 253, 254, 255];

test("TCP-01: a data offset below 5 or beyond the segment, or a segment shorter than a header, is dropped and counted", async () => {
  const peer = await Peer.server();
  const template = peer.segment({ data: 40 });
  const rows = { short: 0, offset: 0 };
  for (let length = 0; length <= 60; length++) {
    for (let words = 0; words <= 15; words++) {
      if (length >= 20 && words >= 5 && words * 4 <= length) continue;
      putAltered(peer, {}, () => {
        const segment = template.slice(0, length);
        if (length > 12) segment[12] = words << 4;
        return segment;
      });
      rows[length < 20 ? "short" : "offset"]++;
    }
    peer.wire.run();
  }
  peer.expectSilence();
  assert.equal(peer.counter("TCP_SHORT"), rows.short);
  assert.equal(peer.counter("TCP_OFFSET"), rows.offset);
  assert.equal(peer.read(), 0);
  assertCarries(peer);
  assertServes(peer);
});

test("TCP-02: options of every length, illegal ones too, at every place neither loop nor stop the text", async () => {
  const peer = await Peer.server({ receive: 60_000 });
  let sent = 0;
  for (const kind of SOME_KINDS) {
    for (const length of [0, 1, 2, 3, 40, 255]) {
      for (let at = 0; at < 40; at++) {
        const options = [...Array(at).fill(1), kind, length, ...Array(40).fill(0xee)].slice(0, 40);
        peer.put({ data: 1, options });
        sent++;
      }
      peer.wire.run();
    }
  }
  assert.equal(peer.read(), sent);
  peer.take();
  assertCarries(peer);
});

test("TCP-02: the same options on a SYN make one SYN-ACK each", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  let port = 10_000;
  for (const kind of SOME_KINDS) {
    for (const length of [0, 1, 2, 3, 40, 255]) {
      const other = another(peer, port++);
      other.syn({ options: [...Array(length % 7).fill(1), kind, length, ...Array(40).fill(0xee)].slice(0, 40) });
      other.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
      other.send({ ctl: "RST" });
    }
  }
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
  assertServes(peer);
});

test("TCP-03: an option that reaches beyond the header is not read: the octets behind it are text", async () => {
  const rows = [
    { options: [1, 1, 2, 4], data: [0, 200], kinds: [2], size: 536 },
    { options: [1, 2, 4, 0], data: [200], kinds: [2], size: 536 },
    { options: [...mss(300), 1, 1, 3, 3], data: [7], kinds: [2], size: 300 },
    { options: [...mss(300), 1, 1, 1, 4], data: [2], kinds: [2], size: 300 },
    { options: [...mss(300), 1, 3, 3, 7], data: [], kinds: [2, 3], size: 300 },
  ];
  const peer = new Peer(await Wire.make());
  peer.listen();
  for (const [i, { options, data, kinds, size }] of rows.entries()) {
    const other = another(peer, 10_000 + i);
    other.syn({ options, data: Uint8Array.from(data) });
    assert.deepEqual(other.expectSegment({ ctl: "SYN,ACK", ack: 1 }).options.kinds, kinds, `options ${options}`);
    other.send();
    other.accept();
    assert.equal(other.status.mss, size, `options ${options}`);
    other.abort();
  }
  assertServes(peer);
});

test("TCP-04: an MSS of 0 to 88 octets never makes segments of less than 64, nor a division by zero", async () => {
  const peer = new Peer(await Wire.make({ mtu: 1500 }));
  peer.listen();
  for (const size of [...Array(89).keys(), 65535]) {
    const other = another(peer, 10_000 + (size % 1000));
    other.syn({ options: mss(size) });
    other.send();
    other.accept();
    other.take();
    other.write(2000);
    const longest = Math.max(...other.take().map(({ data }) => data.length));
    assert.equal(longest, size === 0 ? 536 : Math.min(Math.max(size, 64), MSS), `MSS ${size}`);
    other.abort();
  }
  assertServes(peer);
});

test("TCP-05: an MSS option of a wrong length counts as none, one on another segment than a SYN as well, of two one counts", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  const rows: [number[], number[]][] = [
    [[2, 2, 1, 1], [536]],
    [[2, 3, 200, 1], [536]],
    [[2, 5, 0, 200, 0], [536]],
    [[2, 6, 0, 200, 0, 0], [536]],
    [
      [...mss(200), ...mss(300)],
      [200, 300],
    ],
  ];
  for (const [i, [options, sizes]] of rows.entries()) {
    const other = another(peer, 10_000 + i);
    other.syn({ options });
    other.send();
    other.accept();
    assert.ok(sizes.includes(other.status.mss), `${options}: ${other.status.mss}`);
    other.abort();
  }
  const late = another(peer, 20_000, { mss: 1000 });
  late.handshake();
  late.send({ data: 10, options: mss(100) });
  late.send({ options: mss(100) });
  assert.equal(late.status.mss, 1000);
  assert.equal(late.read(), 10);
});

test("TCP-06: a window scale above 14 counts as 14, one on another segment than a SYN as none, of two one counts", async () => {
  const peer = await Peer.server({ shift: 2, win: 1000 });
  assert.equal(peer.status.sndWnd, 4000);
  peer.send({ options: scale(14), win: 2000, data: 1 });
  assert.equal(peer.status.sndWnd, 8000);
  for (const [i, [shifts, allowed]] of (
    [
      [[255], [14]],
      [[15], [14]],
      [
        [3, 5],
        [3, 5],
      ],
    ] as [number[], number[]][]
  ).entries()) {
    const other = another(peer, 10_000 + i);
    other.syn({ options: shifts.flatMap((shift) => scale(shift)) });
    other.send({ win: 100 });
    other.accept();
    assert.ok(allowed.map((shift) => 100 << shift).includes(other.status.sndWnd), `shifts ${shifts}: a window of ${other.status.sndWnd}`);
    other.abort();
  }
});

test("TCP-07: a SACK option of a wrong length, with edges turned about or outside the flight, says nothing", async () => {
  const SIZE = 1000;
  const block = (peer: Peer, left: number, right: number) => sack(((peer.irs ?? 0) + left) >>> 0, ((peer.irs ?? 0) + right) >>> 0);
  const rows: [string, (peer: Peer) => number[]][] = [
    ["no block", () => [5, 2]],
    ["half a block", () => [5, 6, 0, 0, 0, 0]],
    ["a block and an octet", (peer) => [...block(peer, 1001, 9001).slice(2, 3), 11, ...block(peer, 1001, 9001).slice(4), 0]],
    ["a length beyond the header", (peer) => [5, 255, ...block(peer, 1001, 9001).slice(4)]],
    ["edges turned about", (peer) => block(peer, 9001, 1001)],
    ["beyond the flight", (peer) => block(peer, 50_001, 90_001)],
    ["from the flight to beyond it", (peer) => block(peer, 1001, 90_001)],
    ["before the flight", (peer) => block(peer, -90_001, -1)],
    ["an empty block", (peer) => block(peer, 1001, 1001)],
    ["half the space", (peer) => block(peer, 1001, 1001 + 2 ** 31 - 1)],
  ];
  for (const [name, options] of rows) {
    const peer = await Peer.server({ mss: SIZE, sack: true });
    peer.write(10 * SIZE);
    peer.take();
    peer.send({ ack: 1, options: options(peer) });
    assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 0, name);
    peer.expectSilence();
    assert.equal(peer.status.unacknowledged, 10 * SIZE, name);
    peer.send({ ack: 1 + 10 * SIZE });
    assertCarries(peer);
  }
  const peer = await Peer.server({ mss: SIZE, sack: true });
  peer.write(10 * SIZE);
  peer.take();
  peer.send({ ack: 1, options: block(peer, 1001, 9001) });
  assert.equal(peer.counter("TCP_FAST_RETRANSMITS"), 1, "a good block counts");
});

test("TCP-10: an urgent pointer of 0, 1, the length, one more or 65,535 leaves the text as it is", async () => {
  const peer = await Peer.server();
  const rows = [0, 1, 9, 10, 11, 32767, 32768, 65535];
  for (const urgent of rows) {
    peer.send({ ctl: "URG,ACK", data: 10, urgent });
    peer.send({ ctl: "URG,PSH,ACK", urgent });
  }
  peer.take();
  assert.equal(peer.read(), rows.length * 10);
  assertCarries(peer);
});

test("TCP-11: an authentication option (29) beside URG is no reason to read elsewhere", async () => {
  const peer = await Peer.server();
  for (const length of [0, 1, 2, 4, 16, 40, 255]) {
    peer.send({ ctl: "URG,ACK", data: 10, urgent: 65535, options: [29, length, ...Array(38).fill(255)] });
  }
  peer.take();
  assert.equal(peer.read(), 70);
  assertCarries(peer);
});

test("TCP-12: URG in SYN-SENT changes nothing: not without a SYN, and with one the connection just opens", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.take();
  for (const urgent of [0, 1, 65535]) {
    peer.send({ ctl: "URG", seq: 0, urgent });
    peer.send({ ctl: "URG,ACK", seq: 0, ack: 1, urgent, data: 20 });
    peer.send({ ctl: "URG,FIN", seq: 0, urgent });
  }
  peer.expectSilence();
  assert.equal(peer.counter("TCP_UNACCEPTABLE"), 9);
  assert.equal(peer.state, "SYN_SENT");
  assert.equal(peer.read(), 0);
  peer.nxt = 0;
  peer.send({ ctl: "SYN,ACK,URG", urgent: 65535, options: peer.synOptions });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assertCarries(peer);
});

test("TCP-13: an urgent pointer beyond the packet delivers the packet and no octet more", async () => {
  const peer = await Peer.server();
  for (let urgent = 1; urgent < 65536; urgent = urgent * 2 + 1) {
    peer.send({ ctl: "URG,ACK", data: 3, urgent });
    assert.equal(peer.read(), 3);
    assert.equal(peer.read(), 0);
  }
  peer.take();
  assertCarries(peer);
});

test("TCP-41: text, also much text, and a fast-open cookie with a SYN is not delivered before the handshake, and then once", async () => {
  const cookies = [[], [34, 2], [34, 10, 1, 2, 3, 4, 5, 6, 7, 8], [34, 0], [34, 255, 1, 1]];
  const peer = new Peer(await Wire.make());
  peer.listen();
  for (const [i, cookie] of cookies.entries()) {
    const other = another(peer, 10_000 + i);
    other.syn({ options: [...mss(1000), ...cookie], data: stream(0, 1400) });
    other.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
    assert.ok(other.core.tcp_accept(other.listener) < 0, "nothing to accept");
    other.send();
    other.accept();
    assert.equal(other.read(), 0);
    other.send({ data: 1400 });
    assert.equal(other.read(), 1400);
    other.abort();
  }
  assertServes(peer);
});

test("TCP-46: port 0 on either side is dropped and counted, and nobody connects to it", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  new Peer(peer.wire, { port: 0 }).syn();
  putAltered(peer, { ctl: "SYN", seq: 0 }, (segment) => {
    segment[2] = 0;
    segment[3] = 0;
    return segment;
  });
  peer.wire.run();
  assert.equal(peer.counter("TCP_BAD_PORT"), 2);
  assert.equal(peer.wire.others.length, 0);
  assert.ok(peer.core.tcp_connect({ address: PEER.address, port: 0 }) < 0);
  assert.ok(peer.core.tcp_listen({ port: 0 }) < 0);
  assertServes(peer);
});

test("TCP-48: the largest window with the largest scale stays below 2^30 and is used", async () => {
  const peer = await Peer.server({ shift: 14, win: 65535, send: 200_000 });
  assert.equal(peer.status.sndWnd, 65535 * 2 ** 14);
  assert.ok(peer.status.sndWnd < 2 ** 30);
  peer.write(14_600);
  assert.equal(peer.take().length, 10);
  peer.send({ win: 0 });
  assert.equal(peer.status.sndWnd, 0);
});

test("TCP-49: an IP payload too short for a TCP header is dropped before any checksum is made", async () => {
  const peer = await Peer.server();
  for (let length = 0; length < 20; length++) {
    const header = { source: peer.address, destination: STACK.address, protocol: 6 };
    peer.wire.put(ipv4(header, peer.segment({ data: 5 }).slice(0, length)));
    peer.wire.put(ipv4({ ...header, options: Array(40).fill(1) }, peer.segment({ data: 5 }).slice(0, length)));
  }
  peer.wire.run();
  peer.expectSilence();
  assert.equal(peer.counter("TCP_SHORT"), 40);
  assertCarries(peer);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { checksum, icmp, ipv4 } from "./frames.js";
import { Peer, quote } from "./peer.js";
import { BROADCAST_MAC, PEER, STACK, Wire } from "./wire.js";

test("A013, MUST-57, 1122-3.3.6: a SYN to a broadcast or multicast address is dropped in silence", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  const syn = peer.segment({ ctl: "SYN", seq: 0, options: peer.synOptions });
  let sent = 0;
  for (const destination of ["10.0.0.255", "255.255.255.255", "224.0.0.1"]) {
    for (const mac of [STACK.mac, BROADCAST_MAC]) {
      peer.wire.put(ipv4({ source: PEER.address, destination, protocol: 6 }, withChecksum(syn, destination)), PEER.mac, mac);
      peer.wire.run();
      sent++;
    }
  }
  peer.expectSilence();
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
  assert.ok(peer.counter("TCP_NOT_UNICAST") + peer.counter("IP_NOT_OURS") + peer.counter("LINK_NOT_OURS") >= sent);
  assert.ok(peer.counter("TCP_NOT_UNICAST") >= 2);
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK" });
});

test("A013: a SYN for our address in a broadcast frame is dropped as well", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.wire.put(peer.packet({ ctl: "SYN", seq: 0, options: peer.synOptions }), PEER.mac, BROADCAST_MAC);
  peer.wire.run();
  peer.expectSilence();
  assert.equal(peer.counter("TCP_NOT_UNICAST"), 1);
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK" });
});

test("MUST-63, 1122-3.2.1.3b: a SYN from an address that is no host's makes no record and no answer", async () => {
  const wire = await Wire.make();
  const rows = ["0.0.0.0", "255.255.255.255", "10.0.0.255", "224.0.0.1", "127.0.0.1", STACK.address, "240.0.0.1"];
  const honest = new Peer(wire);
  honest.listen();
  for (const address of rows) {
    const peer = new Peer(wire, { address });
    peer.syn();
    peer.expectSilence();
  }
  assert.equal(wire.core.pools().HALF_OPEN.used, 0);
  assert.equal(wire.core.counter("IP_BAD_SOURCE"), rows.length);
  honest.syn();
  honest.expectSegment({ ctl: "SYN,ACK" });
});

test("MUST-3: a segment with one bit flipped is dropped, counted, and changes nothing", async () => {
  const peer = await Peer.server();
  const good = peer.packet({ data: 99 });
  for (const at of [20, 24, 28, 32, 33, 34, 36, 38, 40, 90, 138]) {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ 4;
    peer.wire.put(bad);
  }
  const elsewhere = peer.segment({ data: 99 });
  peer.wire.put(ipv4({ source: "10.0.0.3", destination: STACK.address, protocol: 6 }, elsewhere));
  peer.wire.run();
  peer.expectSilence();
  assert.equal(peer.counter("TCP_CHECKSUM") + peer.counter("TCP_OFFSET"), 12);
  assert.equal(peer.read(), 0);
  peer.send({ data: 99 });
  peer.expectSegment({ ack: 100 });
});

test("A079, SM-SYN-1, RFC5961-2: a SYN on a synchronized connection draws a challenge ACK; the RST of a peer that rebooted then clears it", async () => {
  const peer = await Peer.server();
  peer.send({ data: 10 });
  peer.write(10);
  peer.take();
  for (const given of [
    { seq: 100 },
    { seq: 11 },
    { seq: 1_000_000 },
    { seq: -70_000 },
    { ctl: "SYN,ACK", seq: 100 },
    { ctl: "SYN,ACK", seq: 0 },
  ]) {
    peer.send({ ctl: "SYN", options: peer.synOptions, ...given });
    peer.expectSegment({ ctl: "ACK", seq: 11, ack: 11 });
  }
  assert.equal(peer.state, "ESTABLISHED");
  assert.equal(peer.counter("TCP_CHALLENGE_ACKS"), 6);
  peer.send({ ctl: "RST", seq: 11 });
  assert.equal(peer.status.error, "RESET");
});

test("SM-RST-1, RFC5961-1: a RST counts at RCV.NXT alone; in the window it draws a challenge ACK, outside nothing", async () => {
  const states: [string, (peer: Peer) => void][] = [
    ["ESTABLISHED", () => {}],
    ["FIN_WAIT_1", (peer) => peer.close()],
    [
      "FIN_WAIT_2",
      (peer) => {
        peer.close();
        peer.send();
      },
    ],
    ["CLOSE_WAIT", (peer) => peer.send({ ctl: "FIN,ACK" })],
    [
      "CLOSING",
      (peer) => {
        peer.close();
        peer.send({ ctl: "FIN,ACK", ack: 1 });
      },
    ],
    [
      "LAST_ACK",
      (peer) => {
        peer.send({ ctl: "FIN,ACK" });
        peer.close();
      },
    ],
  ];
  for (const [state, lead] of states) {
    const peer = await Peer.server();
    lead(peer);
    peer.take();
    assert.equal(peer.state, state);
    peer.send({ ctl: "RST", seq: peer.nxt - 1 });
    peer.send({ ctl: "RST", seq: peer.nxt + 100_000 });
    peer.expectSilence();
    peer.send({ ctl: "RST", seq: peer.nxt + 100 });
    peer.expectSegment({ ctl: "ACK", ack: peer.nxt });
    assert.equal(peer.state, state);
    peer.send({ ctl: "RST", seq: peer.nxt });
    assert.equal(peer.state, "CLOSED", state);
    peer.expectSilence();
  }
});

test("SHLD-2: a RST with text resets", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "RST", data: 20 });
  assert.equal(peer.status.error, "RESET");
});

test("RFC5961-4: challenge ACKs are limited for each connection", async () => {
  const peer = await Peer.server();
  const other = new Peer(peer.wire, { port: 5001 });
  other.listener = peer.listener;
  other.handshake();
  for (let i = 0; i < 200; i++) peer.send({ ctl: "RST", seq: peer.nxt + 100 });
  const answers = peer.take().length;
  assert.ok(answers >= 1 && answers < 100, `${answers} challenge ACKs`);
  assert.equal(peer.counter("TCP_CHALLENGE_LIMITED"), 200 - answers);
  other.send({ ctl: "RST", seq: other.nxt + 100 });
  other.expectSegment({ ctl: "ACK" });
  peer.advance(1100);
  peer.send({ ctl: "RST", seq: peer.nxt + 100 });
  peer.expectSegment({ ctl: "ACK" });
});

test("MAY-12, RFC5961-3: an ACK older than any window allows is challenged and its text dropped", async () => {
  const peer = await Peer.server({ win: 1000 });
  peer.send({ ack: 1 - 1001, data: 10 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.equal(peer.counter("TCP_ACK_OLD"), 1);
  assert.equal(peer.read(), 0);
  peer.nxt = 1;
  peer.send({ ack: 1, data: 10 });
  assert.equal(peer.read(), 10);
});

test("SM-ACK-1: a segment without ACK is dropped", async () => {
  const peer = await Peer.server();
  peer.send({ ctl: "", seq: 1, data: 10 });
  peer.send({ ctl: "FIN", seq: 1 });
  assert.equal(peer.counter("TCP_NO_ACK"), 2);
  assert.equal(peer.read(), 0);
  assert.equal(peer.state, "ESTABLISHED");
  peer.send({ data: 10 });
  assert.equal(peer.read(), 10);
});

test("SM-ACK-2: an ACK of what was never sent draws an ACK, and its text is dropped", async () => {
  const peer = await Peer.server();
  peer.send({ seq: 1, ack: 2, data: 10 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.equal(peer.read(), 0);
  assert.equal(peer.counter("TCP_ACK_UNSENT"), 1);
});

test("SM-ACK-4: SYN-RECEIVED: an ACK of anything but our SYN draws a RST at its place, and the right one still opens", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn();
  peer.take();
  for (const ack of [0, 2]) {
    peer.send({ ack });
    peer.expectSegment({ ctl: "RST", seq: ack });
  }
  peer.send({ ack: 1 });
  peer.accept();
  assert.equal(peer.state, "ESTABLISHED");
});

test("SM-SYNSENT-1: SYN-SENT: an unacceptable ACK draws a RST and the connection waits on", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.take();
  for (const ack of [0, 2]) {
    peer.send({ ctl: "SYN,ACK", seq: 0, ack, options: peer.synOptions });
    peer.expectSegment({ ctl: "RST", seq: ack });
  }
  assert.equal(peer.state, "SYN_SENT");
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1, options: peer.synOptions });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.equal(peer.state, "ESTABLISHED");
});

test("SM-SYNSENT-2: SYN-SENT: only a RST that acknowledges our SYN refuses", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.send({ ctl: "RST", seq: 0 });
  peer.send({ ctl: "RST,ACK", seq: 0, ack: 0 });
  peer.send({ ctl: "RST,ACK", seq: 0, ack: 2 });
  assert.equal(peer.state, "SYN_SENT");
  peer.send({ ctl: "RST,ACK", seq: 0, ack: 1 });
  assert.equal(peer.read(), "REFUSED");
});

test("MUST-50, 1122-3.2.1.8: IP options before the segment are skipped", async () => {
  const peer = await Peer.server();
  for (const options of [[1, 1, 1, 1], [7, 7, 4, 0, 0, 0, 0, 0], [0x88, 4, 0, 0], Array(40).fill(1)]) {
    const fields = { source: peer.address, destination: STACK.address, protocol: 6, options };
    peer.wire.put(ipv4(fields, peer.segment({ data: 10 })));
    peer.nxt += 10;
  }
  peer.wire.run();
  assert.equal(peer.read(), 40);
});

test("MUST-53: source-routed segments are dropped and counted, never answered", async () => {
  const peer = await Peer.server();
  for (const kind of [131, 137]) {
    const options = [kind, 7, 4, 10, 0, 0, 9, 0];
    peer.wire.put(ipv4({ source: peer.address, destination: STACK.address, protocol: 6, options }, peer.segment({ seq: 1, data: 10 })));
  }
  peer.wire.run();
  assert.equal(peer.counter("IP_SOURCE_ROUTE"), 2);
  assert.equal(peer.read(), 0);
  peer.expectSilence();
  peer.send({ data: 10 });
  peer.expectSegment({ ack: 11 });
});

test("MUST-54, SHLD-26: port unreachable for the SYN of one connection refuses that one alone", async () => {
  const wire = await Wire.make();
  const [first, second] = [new Peer(wire, { port: 5001 }), new Peer(wire, { port: 5002 })];
  first.connect();
  second.connect();
  wire.inject(1, icmp(3, 3, quote(first, 0)));
  assert.equal(first.read(), "REFUSED");
  assert.equal(second.state, "SYN_SENT");
});

test("MUST-47, MUST-56, SHLD-25, SHLD-26: ICMP errors do not abort an established connection, and the application can see them", async () => {
  const peer = await Peer.client();
  peer.write(100);
  peer.take();
  for (const [type, code] of [
    [3, 0],
    [3, 1],
    [3, 5],
    [3, 2],
    [3, 3],
    [11, 0],
    [11, 1],
    [12, 0],
  ] as const) {
    peer.wire.inject(1, icmp(type, code, quote(peer, 1)));
    assert.equal(peer.state, "ESTABLISHED", `type ${type} code ${code}`);
  }
  const { softError } = peer.status;
  assert.ok(softError === 12 * 256 || softError === 11 * 256 + 1, `soft error ${softError}`);
  peer.send({ ack: 101, data: 10 });
  assert.equal(peer.read(), 10);
  assert.equal(peer.status.unacknowledged, 0);
});

test("MUST-55, 6633-1: source quench changes nothing", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(20_000);
  peer.take();
  const { cwnd, ssthresh, rto } = peer.status;
  peer.wire.inject(1, icmp(4, 0, quote(peer, 1)));
  peer.expectSilence();
  assert.deepEqual([peer.status.cwnd, peer.status.ssthresh, peer.status.rto], [cwnd, ssthresh, rto]);
  assert.equal(peer.counter("ICMP_UNKNOWN"), 1);
});

test("RFC4987-1: a flood of SYNs fills the half-open table, is counted, and disturbs no connection", async () => {
  const peer = await Peer.server({ capacities: { synQueue: 16 } });
  for (let i = 0; i < 100; i++) {
    const flood = new Peer(peer.wire, { port: 10_000 + i, address: `10.0.0.${10 + i}` });
    flood.put({ ctl: "SYN", seq: 0 });
  }
  peer.wire.run();
  assert.equal(peer.core.pools().HALF_OPEN.used, 16);
  assert.equal(peer.counter("TCP_SYN_QUEUE_FULL"), 84);
  peer.send({ data: 100 });
  peer.expectSegment({ ack: 101 });
  peer.advance(120_000);
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
  const honest = new Peer(peer.wire, { port: 5001 });
  honest.listener = peer.listener;
  honest.handshake();
});

/** The segment with the checksum that goes with a destination. */
function withChecksum(segment: Uint8Array, destination: string): Uint8Array {
  const copy = segment.slice();
  const view = new DataView(copy.buffer);
  view.setUint16(16, 0);
  const pseudo = [...PEER.address.split("."), ...destination.split("."), 0, 6, copy.length >> 8, copy.length & 255].map(Number);
  view.setUint16(16, checksum(Uint8Array.from(pseudo), copy));
  return copy;
}

test("MUST-56: an ICMP error that says no more than unreachable lets an opening connection try on", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  for (const code of [0, 1, 5]) peer.wire.inject(1, icmp(3, code, quote(peer, 0)));
  assert.equal(peer.state, "SYN_SENT");
  assert.equal(peer.status.softError, 3 * 256 + 5);
  peer.take();
  peer.advance(1100);
  peer.expectSegment({ ctl: "SYN", seq: 0 });
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1, options: peer.synOptions });
  assert.equal(peer.state, "ESTABLISHED");
});

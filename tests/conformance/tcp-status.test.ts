// The status record, field by field, and why a connection does not send.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL, Offer, Option, STATUS } from "../../bindings/node/core.js";
import { sack } from "./frames.js";
import { Peer } from "./peer.js";
import { oneByOne, PEER, STACK, Wire } from "./wire.js";

/** Fields of the record that STATUS leaves. */
function fields(peer: Peer, ...names: (keyof typeof STATUS)[]): number[] {
  const { core } = peer;
  assert.ok(core.tcp_status(peer.handle) >= 0);
  const at = core.view.getUint32(core.control + CONTROL.status, true);
  return names.map((name) => core.view.getUint32(at + STATUS[name], true));
}

test("SM-USER-1: STATUS tells octets, windows and times of a connection", async () => {
  const peer = await Peer.client({ mss: 1000, send: 8192, receive: 4096, sack: true, shift: 3 });
  peer.write(500);
  const { state, readable, writable, unacknowledged, unsent, mss, sndWnd, rcvWnd, error, retransmissions } = peer.status;
  assert.deepEqual(
    { state, readable, writable, unacknowledged, unsent },
    { state: "ESTABLISHED", readable: 0, writable: 7692, unacknowledged: 500, unsent: 0 },
  );
  assert.deepEqual(
    { mss, sndWnd, rcvWnd, error, retransmissions },
    { mss: 1000, sndWnd: 65535, rcvWnd: 4096, error: null, retransmissions: 0 },
  );
  assert.deepEqual([peer.status.local.address, peer.status.remote.address], [STACK.address, PEER.address]);
  assert.deepEqual([peer.status.local.port, peer.status.remote.port], [peer.stackPort, 5000]);
  peer.write(100);
  assert.deepEqual([peer.status.unacknowledged, peer.status.unsent], [500, 100], "Nagle holds it");
  peer.send({ data: 300 });
  assert.deepEqual([peer.status.readable, peer.status.rcvWnd], [300, 3796]);
  assert.deepEqual([peer.status.unacknowledged, peer.status.unsent], [100, 0]);
  peer.advance(5000);
  assert.ok(peer.status.retransmissions >= 3);
});

test("SM-USER-1: STATUS of a connection that opens: nothing is unsent but what was written", async () => {
  const peer = new Peer(await Wire.make({ send: 8192 }));
  peer.connect();
  assert.deepEqual([peer.status.state, peer.status.unsent, peer.status.writable], ["SYN_SENT", 0, 8192]);
  peer.write(700);
  assert.deepEqual([peer.status.unsent, peer.status.writable], [700, 7492]);
  assert.equal(peer.status.unacknowledged, 1);
});

test("SM-USER-1: STATUS of listeners, half-open connections and TIME-WAIT tells their state and ends", async () => {
  const peer = await Peer.server();
  const { core } = peer;
  const listener = core.status(peer.listener);
  assert.deepEqual([listener?.state, listener?.local.port, listener?.backlog], ["LISTEN", 80, 0]);
  const waiting = new Peer(peer.wire, { port: 5001 });
  waiting.syn();
  const half = core.sockets().find(({ state }) => state === "SYN_RECEIVED");
  assert.deepEqual([half?.remote.port, half?.local.port], [5001, 80]);
  waiting.send();
  assert.equal(core.status(peer.listener)?.backlog, 1);
  core.tcp_close(peer.handle);
  peer.wire.run();
  peer.send({ ctl: "FIN,ACK" });
  const rest = core.sockets().find(({ state }) => state === "TIME_WAIT");
  assert.deepEqual([rest?.remote.port, rest?.remote.address, rest?.local.port], [5000, PEER.address, 80]);
});

test("SM-USER-1: a connection says why it does not send", { skip: oneByOne }, async () => {
  const peer = await Peer.client({ mss: 1000, send: 65_536, txSlots: 8 });
  const waits = () => peer.status.waits;
  assert.equal(waits(), "NOTHING");
  peer.write(100);
  assert.equal(waits(), "ACKNOWLEDGEMENT");
  peer.send();
  assert.equal(waits(), "NOTHING");
  peer.write(40_000);
  assert.equal(waits(), "CONGESTION_WINDOW");
  while (peer.status.unacknowledged) peer.send();
  peer.send({ win: 0 });
  peer.write(100);
  assert.equal(waits(), "PEER_WINDOW");
  peer.send({ win: 65_535 });
  peer.send();
  peer.wire.busy = true;
  peer.write(20_000);
  assert.equal(waits(), "TX_SLOT");
  peer.wire.busy = false;
  peer.wire.run();
});

test("SM-USER-1: a connection whose next hop is asked for says so", async () => {
  const wire = await Wire.make();
  wire.hosts = [];
  const peer = new Peer(wire, { address: "10.0.0.9" });
  peer.connect();
  assert.equal(peer.status.waits, "NEIGHBOUR");
});

test("RFC2018-3, SM-USER-1: STATUS tells what is in the network, what was SACKed and what is lost", async () => {
  const peer = await Peer.client({ mss: 1000, sack: true, send: 65_536 });
  peer.write(8000);
  const first = peer.take()[0]?.seq ?? 0;
  assert.deepEqual(fields(peer, "pipe", "sacked", "lost"), [8000, 0, 0]);
  const edge = (seq: number) => ((peer.irs ?? 0) + seq) >>> 0;
  peer.send({ ack: first, options: sack(edge(first + 1000), edge(first + 5000)) });
  assert.deepEqual(fields(peer, "pipe", "sacked", "lost", "phase"), [4000, 4000, 0, 1]);
  peer.send({ ack: first + 8000 });
  assert.deepEqual(fields(peer, "pipe", "sacked", "lost", "phase"), [0, 0, 0, 0]);
});

test("RFC6298-5, SM-USER-1: STATUS tells timeouts, in a row and in all", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(100);
  peer.advance(1500);
  const [backoff = 0, timeouts = 0] = fields(peer, "backoff", "timeouts");
  assert.ok(backoff >= 2 && timeouts === backoff, `${backoff} ${timeouts}`);
  peer.send({ ack: 101 });
  assert.deepEqual(fields(peer, "backoff", "timeouts"), [0, timeouts]);
});

test("RFC7323-1, RFC2018-1: STATUS tells what both sides agreed on", async () => {
  const plain = await Peer.server();
  assert.deepEqual(fields(plain, "agreed", "sndShift", "rcvShift", "mssMax"), [0, 0, 0, 1460]);
  const full = await Peer.server({ sack: true, shift: 3, receive: 200_000, mss: 1300 });
  assert.deepEqual(fields(full, "agreed", "sndShift", "rcvShift", "mssMax"), [Offer.SCALE | Offer.SACK, 3, 2, 1300]);
});

test("SHLD-30, SHLD-29: probes of a closed window follow each other in twice the time, but in no more than 65,536 times the RTO", async () => {
  const peer = await Peer.client({ settings: { minRto: 1, clockGranularity: 1 } });
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 600_000), 0);
  assert.deepEqual([peer.status.rto, peer.status.srtt], [1, 1]);
  peer.send({ win: 0 });
  peer.write(10);
  peer.expectSilence();
  let last = peer.wire.ms;
  for (const doublings of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 16]) {
    peer.advance(2 ** doublings - 1);
    peer.expectSilence();
    peer.advance(1);
    const { ms } = peer.expectSegment({ seq: 1, data: 1 });
    assert.equal(ms - last, 2 ** doublings);
    last = ms;
  }
  assert.equal(peer.counter("TCP_PROBES"), 19);
});

test("MUST-38: a silly window is waited for 200 ms, each time anew", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.send({ win: 300 });
  peer.write(5000);
  for (let i = 0; i < 3; i++) {
    peer.advance(199);
    peer.expectSilence();
    peer.advance(1);
    peer.expectSegment({ seq: 1 + i * 300, data: 300 });
    peer.send({ win: 300 });
  }
  peer.advance(100);
  peer.send({ win: 1300 });
  peer.expectSegment({ seq: 901, data: 1000 });
  peer.send({ win: 300 });
  peer.advance(199);
  peer.expectSilence();
  peer.advance(1);
  peer.expectSegment({ seq: 1901, data: 300 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { mss, scale } from "./frames.js";
import { Peer } from "./peer.js";
import { Wire } from "./wire.js";

test("MUST-14, MUST-67, SHLD-5, MAY-3, RFC2018-1, RFC7323-1: a SYN carries MSS, window scale, SACK-permitted and timestamps, the MSS is MTU - 40", async () => {
  const peer = new Peer(await Wire.make({ receive: 200_000, mtu: 1400 }));
  peer.connect();
  const { options, win } = peer.expectSegment({ ctl: "SYN" });
  const { timestamps, ...others } = options;
  assert.deepEqual(others, { kinds: [2, 3, 4, 8], mss: 1360, shift: 2, sackPermitted: true });
  assert.equal(timestamps?.[1], 0, "TSecr without ACK");
  assert.equal(win, 65535);
});

test("RFC7323-1, RFC2018-1: a SYN-ACK offers only what the SYN offered", async () => {
  const plain = await Peer.server({ mss: 0 });
  const wire = plain.wire;
  const bare = new Peer(wire, { port: 5001 });
  bare.syn();
  assert.deepEqual(bare.expectSegment({ ctl: "SYN,ACK" }).options.kinds, [2]);
  const full = new Peer(wire, { port: 5002, shift: 7, sack: true });
  full.syn();
  assert.deepEqual(full.expectSegment({ ctl: "SYN,ACK" }).options.kinds, [2, 3, 4]);
});

test("MUST-14, MUST-4, MUST-64: an MSS between NOPs at an odd offset is honoured", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn({ options: [1, ...mss(300), 1, ...scale(2), 0, 99] });
  assert.equal(peer.expectSegment({ ctl: "SYN,ACK" }).options.shift, 0);
  peer.send();
  peer.accept();
  peer.write(1000);
  assert.equal(Math.max(...peer.take().map(({ data }) => data.length)), 300);
});

test("MUST-6, MUST-7, RFC5482-1, RFC5925-1, RFC7413-1: unknown options and illegal lengths harm nothing", async () => {
  const wire = await Wire.make();
  const rows = [
    [200, 4, 1, 2],
    [253, 2],
    [254, 38, ...Array(36).fill(7)],
    [8, 0, 0, 0],
    [8, 1, 0, 0],
    [8, 255],
    [34, 2],
    [28, 4, 0, 60],
    [19, 18, ...Array(16).fill(1)],
    [29, 16, ...Array(14).fill(1)],
    [2],
  ];
  const first = new Peer(wire, { port: 6000 });
  first.listen();
  for (const [i, options] of rows.entries()) {
    const peer = i ? new Peer(wire, { port: 6000 + i }) : first;
    peer.listener = first.listener;
    peer.syn({ options });
    peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
    peer.send();
    peer.accept();
    peer.send({ data: 10, options });
    peer.expectSegment({ ctl: "ACK", ack: 11 });
    assert.equal(peer.read(), 10);
  }
});

test("MUST-5: data, ACK, FIN and RST with options are processed as without", async () => {
  const peer = await Peer.server();
  const options = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
  peer.write(10);
  peer.expectSegment({ seq: 1, data: 10 });
  peer.send({ ack: 11, options });
  assert.equal(peer.status.unacknowledged, 0);
  peer.send({ data: 5, options });
  peer.expectSegment({ ack: 6 });
  peer.send({ ctl: "FIN,ACK", options });
  peer.expectSegment({ ack: 7 });
  assert.equal(peer.state, "CLOSE_WAIT");
  peer.send({ ctl: "RST", options });
  assert.equal(peer.status.error, "RESET");
});

test("MUST-2, MUST-65, MUST-68, MUST-69: every segment of a connection's life has a right checksum, whole options, zero padding, and MSS on the SYN alone", async () => {
  const peer = await Peer.server({ sack: true, shift: 3 });
  const kinds = new Map<string, number[][]>();
  peer.write(101);
  peer.send({ seq: 100, data: 33 });
  peer.send({ data: 99 });
  peer.close();
  peer.send({ seq: 50, ctl: "SYN" });
  peer.abort();
  for (const { ctl, options } of peer.take()) kinds.set(ctl, [...(kinds.get(ctl) ?? []), options.kinds]);
  assert.deepEqual([...kinds.keys()].sort(), ["ACK", "FIN,ACK", "PSH,ACK", "RST,ACK"]);
  const used = new Set([...kinds.values()].flat(2));
  assert.deepEqual([...used], [5], "a SACK option and nothing else");
});

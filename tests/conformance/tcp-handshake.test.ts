import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, Option } from "../../bindings/node/core.js";
import { Peer, stream } from "./peer.js";
import { PEER, ROUTER, STACK, Wire } from "./wire.js";

test("MUST-15: without an MSS option no segment is longer than 536 octets", async () => {
  const peer = await Peer.server({ mss: 0 });
  peer.write(3000);
  assert.deepEqual(
    peer.take().map(({ data }) => data.length),
    [536, 536, 536, 536, 536],
  );
});

test("MUST-16, RFC6691-1: the send MSS is the smaller of the peer's and what the MTU holds", async () => {
  const peer = await Peer.server({ mss: 8960, mtu: 1000 });
  peer.write(5000);
  assert.equal(Math.max(...peer.take().map(({ data }) => data.length)), 960);
});

test("MUST-8, A014+261, SHLD-1: an ISN follows a clock of 4 microseconds a step", async () => {
  const isnAt = async (ms: number) => {
    const peer = new Peer(await Wire.make());
    peer.advance(ms);
    peer.connect(4000);
    return peer.irs ?? 0;
  };
  const first = await isnAt(0);
  assert.equal(((await isnAt(1)) - first) >>> 0, 250);
  assert.equal(((await isnAt(10_000)) - first) >>> 0, 2_500_000);
});

test("MUST-8: the clock of the ISN counts microseconds too, four to a step", async () => {
  const isnAt = async (us: number) => {
    const peer = new Peer(await Wire.make());
    peer.core.poll(0, us);
    peer.core.tcp_connect({ address: peer.address, port: peer.port }, { address: STACK.address, port: 4000 });
    peer.stackPort = 4000;
    peer.wire.run();
    assert.ok(peer.irs !== null);
    return peer.irs;
  };
  assert.equal(((await isnAt(400)) - (await isnAt(0))) >>> 0, 100);
});

test("MUST-8: the clock of the ISN goes on while nobody polls; text queued before the SYN keeps its place behind it", async () => {
  const HOUR = 3_600_000;
  const RING = 65_536;
  const wire = await Wire.make({ send: RING });
  const first = new Peer(wire);
  first.connect(4000);
  first.core.tcp_abort(first.handle);
  wire.run();
  const second = new Peer(wire);
  wire.peers.splice(wire.peers.indexOf(first), 1);
  wire.ms += HOUR;
  second.handle = second.core.tcp_connect({ address: second.address, port: second.port }, { address: STACK.address, port: 4000 });
  second.stackPort = 4000;
  assert.equal(second.core.tcp_write(second.handle, stream(0, 1000)), 1000);
  wire.run();
  const syn = second.expectSegment({ ctl: "SYN", seq: 0 });
  const passed = ((second.irs ?? 0) - (first.irs ?? 0)) >>> 0;
  const steps = (HOUR * 250) % 2 ** 32;
  assert.ok(passed <= steps && passed > steps - RING, `${passed} of ${steps} steps`);
  second.send({ ctl: "SYN,ACK", options: second.synOptions });
  second.take();
  assert.equal(syn.data.length, 0);
  assert.equal(second.status.unacknowledged, 1000);
  second.advance(2000);
  const again = second.take().find(({ data }) => data.length);
  assert.equal(again?.seq, 1);
  assert.deepEqual(again?.data, stream(0, 1000));
  second.send({ ack: 1001 });
  assert.equal(second.status.unacknowledged, 0);
});

test("MUST-9, A014+261, RFC6528-1: ISNs of other tuples and other seeds are unrelated", async () => {
  const wire = await Wire.make();
  const isns = new Set<number>();
  for (let i = 0; i < 8; i++) {
    const peer = new Peer(wire, { port: 7000 + i });
    peer.connect(4000);
    isns.add((peer.irs ?? 0) >>> 24);
  }
  assert.ok(isns.size >= 5, "eight tuples spread over the sequence space");
  const other = new Peer(await Wire.make({ seed: Uint8Array.from({ length: 32 }, (_, i) => i) }), { port: 7000 });
  other.connect(4000);
  const same = new Peer(await Wire.make(), { port: 7000 });
  same.connect(4000);
  assert.ok(Math.abs(((other.irs ?? 0) - (same.irs ?? 0)) | 0) > 1_000_000);
});

test("MUST-10: simultaneous open, RFC 9293 figure 7", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.expectSegment({ ctl: "SYN", seq: 0 });
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  assert.equal(peer.state, "SYN_RECEIVED");
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  peer.take();
  assert.equal(peer.state, "ESTABLISHED");
  peer.send({ data: 20 });
  peer.expectSegment({ ack: 21 });
  peer.write(30);
  peer.expectSegment({ seq: 1, data: 30 });
});

test("MUST-10: both SYN-ACKs of a simultaneous open cross, and data follow", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.syn();
  peer.take();
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1 });
  peer.send({ data: 20 });
  assert.equal(peer.state, "ESTABLISHED");
  assert.equal(peer.read(), 20);
});

test("RFC7323-1, A002: the window beside the SYN-ACK of a simultaneous open is not scaled either", async () => {
  const peer = new Peer(await Wire.make(), { shift: 7 });
  peer.connect();
  peer.syn();
  peer.take();
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1, win: 1000 });
  assert.equal(peer.state, "ESTABLISHED");
  assert.equal(peer.core.status(peer.handle)?.sndWnd, 1000);
  peer.send({ win: 1000 });
  assert.equal(peer.core.status(peer.handle)?.sndWnd, 1000 << 7);
});

test("MUST-11: a RST in SYN-RECEIVED goes back to LISTEN in silence after a passive open, and refuses an active one", async () => {
  const passive = new Peer(await Wire.make());
  passive.listen();
  passive.syn();
  passive.expectSegment({ ctl: "SYN,ACK" });
  passive.send({ ctl: "RST" });
  passive.expectSilence();
  assert.deepEqual(passive.core.pools().HALF_OPEN.used, 0);
  passive.nxt = 0;
  passive.syn();
  passive.expectSegment({ ctl: "SYN,ACK" });
  const active = new Peer(await Wire.make());
  active.connect();
  active.syn();
  active.send({ ctl: "RST" });
  assert.equal(active.read(), "REFUSED");
});

test("A001: a SYN that meets our own SYN, which a busy device held back, is answered when the device takes frames again", async () => {
  const wire = await Wire.make({ txSlots: 2 });
  const warm = new Peer(wire, { port: 4999 });
  warm.listen();
  warm.handshake();
  const peer = new Peer(wire);
  wire.busy = true;
  warm.batch([{ data: 1 }, { seq: 100, data: 1 }]);
  warm.batch([{ data: 1 }, { seq: 100, data: 1 }]);
  peer.connect(80);
  peer.syn();
  peer.expectSilence();
  wire.busy = false;
  wire.run();
  const answers = peer.take();
  assert.equal(answers.at(-1)?.ctl, "SYN,ACK");
  assert.equal(answers.at(-1)?.ack, 1);
  peer.send();
  assert.equal(peer.state, "ESTABLISHED");
});

test("A001: a receive ring of 0 octets opens, offers no window and traps on nothing", async () => {
  const peer = await Peer.client({ receive: 0 });
  assert.equal(peer.state, "ESTABLISHED");
  peer.send({ data: 1 });
  peer.expectSegment({ ctl: "ACK", ack: 1, win: 0 });
  assert.equal(peer.read(), 0);
  peer.write(10);
  peer.expectSegment({ seq: 1, data: 10, win: 0 });
});

test("A002: the window of a SYN is never scaled, and no octet beyond the ring is taken", async () => {
  const peer = new Peer(await Wire.make({ receive: 65536 }), { shift: 7 });
  peer.listen();
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK", win: 65535 });
  peer.send({ seq: 1 + 65536, data: 100 });
  peer.nxt = 1;
  peer.send();
  peer.accept();
  peer.take();
  for (let sent = 0; sent < 65535; sent += 1024) peer.send({ data: 1024 });
  const last = peer.take().at(-1);
  assert.equal(last?.ack, 1 + 65536);
  assert.equal(last?.win, 0);
  assert.equal(peer.read(), 65536);
});

test("A002: a half-open connection answers with a scaled window once both sides scale", async () => {
  const peer = new Peer(await Wire.make({ receive: 100_000 }), { shift: 2 });
  peer.listen();
  peer.syn();
  peer.expectSegment({ ctl: "SYN,ACK", win: 65535 });
  peer.send({ seq: 500_000, data: 10 });
  const answer = peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.ok(answer.window <= 100_000, `${answer.window} octets are offered, the ring holds 100,000`);
});

test("A094, MUST-46: an active open to an address that is no single host's is refused, and nothing is sent", async () => {
  const wire = await Wire.make({ gateway: ROUTER.address });
  const sent = wire.core.counter("TCP_OUT");
  for (const address of ["255.255.255.255", "10.0.0.255", "10.0.0.0", "224.0.0.1", "0.0.0.0", "240.0.0.1"]) {
    assert.equal(wire.core.tcp_connect({ address, port: 80 }), Err.BAD_ADDRESS, address);
  }
  wire.advance(5000);
  assert.equal(wire.core.counter("TCP_OUT"), sent);
  assert.deepEqual(wire.others, []);
  assert.ok(wire.core.tcp_connect({ address: PEER.address, port: 80 }) > 0);
  wire.run();
  assert.equal(wire.others.length, 1, "the SYN to a single host leaves");
});

test("A095, MUST-43: a local address that is not ours, and a host without a route, are errors of the call", async () => {
  const wire = await Wire.make();
  assert.equal(wire.core.tcp_connect({ address: PEER.address, port: 80 }, { address: "10.0.0.9" }), Err.BAD_ADDRESS);
  assert.equal(wire.core.tcp_connect({ address: "192.0.2.1", port: 80 }), Err.NO_ROUTE);
  assert.equal(wire.core.pools().TCP0.used, 0);
  assert.ok(wire.core.tcp_connect({ address: PEER.address, port: 80 }, { address: STACK.address }) > 0);
  wire.run();
  assert.equal(wire.others.length, 1, "the SYN from our address leaves");
});

test("MUST-44, MUST-45: an unspecified local address becomes that of the interface", async () => {
  const wire = await Wire.make();
  const handle = wire.core.tcp_connect({ address: PEER.address, port: 9 });
  wire.run();
  assert.equal(wire.core.status(handle)?.local.address, STACK.address);
  const [frame] = wire.others;
  assert.ok(frame?.kind === "tcp" && frame.segment.source === STACK.address);
});

test("A096: a repeated SYN belongs to the connection that is pending: one connection, one ISN, no RST", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn();
  peer.advance(1500);
  peer.nxt = 0;
  peer.syn();
  const answers = peer.take();
  assert.ok(answers.length >= 2);
  assert.ok(answers.every(({ ctl, seq }) => ctl === "SYN,ACK" && seq === 0));
  peer.send();
  peer.accept();
  assert.equal(peer.core.tcp_accept(peer.listener), Err.WOULD_BLOCK);
  peer.send({ ctl: "SYN", seq: 0 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assert.equal(peer.core.tcp_accept(peer.listener), Err.WOULD_BLOCK);
});

test("MUST-41, MUST-42: a listener serves a second client while the first is half open, and listening again disturbs nobody", async () => {
  const wire = await Wire.make();
  const slow = new Peer(wire, { port: 5001 });
  slow.listen();
  slow.syn();
  const quick = new Peer(wire, { port: 5002 });
  quick.listener = slow.listener;
  quick.handshake();
  assert.equal(wire.core.tcp_listen({ port: 80 }), Err.IN_USE);
  assert.ok(wire.core.tcp_listen({ port: 81 }) > 0);
  quick.send({ data: 100 });
  assert.equal(quick.read(), 100);
  slow.take();
  slow.send();
  slow.accept();
  slow.send({ data: 7 });
  assert.equal(slow.read(), 7);
});

test("A260+265: buffers beyond 2^30 are refused, the largest window scale is 14", async () => {
  await assert.rejects(Wire.make({ receive: 2 ** 30 }), /classes\[0\]\.receive/);
  const peer = new Peer(
    await Wire.make({ receive: 2 ** 29, send: 1024, capacities: { classes: [{ sockets: 1, receive: 2 ** 29, send: 1024 }] } }),
    { shift: 14 },
  );
  peer.connect();
  assert.equal(peer.expectSegment({ ctl: "SYN" }).options.shift, 14);
});

test("RFC7323-1: a peer's window scale of 15 or 255 counts as 14", async () => {
  for (const shift of [15, 255]) {
    const peer = await Peer.server({ shift });
    peer.send({ win: 1 });
    assert.equal(peer.status.sndWnd, 1 << 14);
  }
});

test("MUST-1, REC-1: the window is unsigned: more than 32,767 octets are in flight", async () => {
  const peer = await Peer.server({ win: 0xffff, mss: 1460 });
  peer.write(60_000);
  while (peer.status.unsent && peer.status.unacknowledged < 40_000)
    peer.send({ ack: peer.status.unacknowledged > 14_000 ? 1461 : peer.seen });
  peer.take();
  assert.ok(peer.status.unacknowledged > 32_767);
});

test("A325: a connection whose sequence numbers wrap carries its octets, and none 2^31 away does harm", async () => {
  const peer = await Peer.server({ iss: 0xfffffff0 });
  peer.send({ seq: 1 + 2 ** 31, data: 4 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  peer.send({ data: 4, seq: 2 ** 31 });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  peer.send({ ack: 1 + 2 ** 31, seq: 1, data: 4 });
  assert.equal(peer.read(), 0);
  peer.take();
  for (let i = 0; i < 4; i++) peer.send({ data: 1000 });
  peer.expectSegment({ ack: 1001 });
  assert.equal(peer.read(), 4000);
});

test("A343, RFC6056-1: ephemeral ports spread over 1024 to 65535 and none is used twice at once", async () => {
  const ports = new Set<number>();
  const wire = await Wire.make({ capacities: { classes: [{ sockets: 500, receive: 64, send: 64 }] } });
  for (let i = 0; i < 500; i++) {
    const handle = wire.core.tcp_connect({ address: PEER.address, port: 80 });
    assert.ok(handle > 0);
    ports.add(wire.core.status(handle)?.local.port ?? 0);
  }
  assert.equal(ports.size, 500);
  wire.run();
  const sent = wire.others.map((frame) => (frame.kind === "tcp" ? frame.segment.sourcePort : 0));
  assert.deepEqual(new Set(sent), ports, "each SYN leaves from its port");
  const sorted = [...ports].sort((a, b) => a - b);
  assert.ok((sorted[0] ?? 0) >= 1024);
  for (let at = 1024; at < 65536; at += 8192)
    assert.ok(
      sorted.some((port) => port >= at && port < at + 8192),
      `a port from ${at} on`,
    );
});

test("MUST-48, MUST-49, SHLD-21, SHLD-22, 1122-3.2.1.6: TTL and DSCP of a connection are on all its segments, and may change", async () => {
  const wire = await Wire.make();
  const peer = new Peer(wire);
  peer.listen();
  assert.equal(wire.core.socket_set(peer.listener, Option.TTL, 9), 0);
  assert.equal(wire.core.socket_set(peer.listener, Option.TOS, 0xb8), 0);
  const { ttl, tos } = peer.handshake();
  assert.deepEqual([ttl, tos], [9, 0xb8]);
  peer.write(10);
  peer.advance(1500);
  for (const segment of peer.take()) assert.deepEqual([segment.ttl, segment.tos], [9, 0xb8]);
  assert.equal(wire.core.socket_set(peer.handle, Option.TOS, 0x28), 0);
  peer.send({ data: 1 });
  assert.equal(peer.expectSegment({ ack: 2 }).tos, 0x28);
});

test("MUST-48, A250+279: DSCP set before the SYN leaves is on every segment of an active open: SYN, ACK, text, retransmission, probe, FIN and RST", async () => {
  const wire = await Wire.make();
  const peer = new Peer(wire, { port: 80 });
  peer.handle = wire.core.tcp_connect({ address: peer.address, port: 80 }, {});
  peer.stackPort = peer.status.local.port;
  assert.equal(wire.core.socket_set(peer.handle, Option.TOS, 0x2e << 2), 0);
  wire.run();
  peer.advance(1000);
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  peer.write(10);
  peer.advance(3500);
  peer.send({ data: 10 });
  peer.send({ seq: 100, data: 10 });
  peer.send({ ack: 11, win: 0 });
  peer.write(10);
  peer.advance(2000);
  peer.send({ win: 1000 });
  peer.close();
  peer.abort();
  const sent = peer.take();
  const counted = (ctl: string) => sent.filter((segment) => segment.ctl === ctl).length;
  assert.ok(counted("SYN") === 2 && counted("PSH,ACK") >= 3 && counted("ACK") >= 3 && counted("RST,ACK") === 1);
  assert.ok(sent.some(({ ctl }) => ctl.includes("FIN")));
  for (const { tos, ctl } of sent) assert.equal(tos, 0x2e << 2, ctl);
});

test("A228: an ACK at once has the TTL of its connection too", async () => {
  const peer = await Peer.server();
  assert.equal(peer.core.socket_set(peer.handle, Option.TTL, 5), 0);
  peer.send({ seq: 100, data: 10 });
  assert.equal(peer.expectSegment({ ctl: "ACK", ack: 1 }).ttl, 5);
});

test("A228: an ACK of a half-open connection has the TTL of its listener", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.core.socket_set(peer.listener, Option.TTL, 5);
  peer.syn();
  assert.equal(peer.expectSegment({ ctl: "SYN,ACK" }).ttl, 5);
  peer.send({ seq: 100_000, data: 10 });
  assert.equal(peer.expectSegment({ ctl: "ACK", ack: 1 }).ttl, 5);
});

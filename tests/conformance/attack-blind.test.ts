// Attacks by somebody who is not on the path, or not the peer: forged SYN, RST, ACK and text, guessed numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { another, assertCarries, assertServes } from "./attack.js";
import { ipv4, tcp } from "./frames.js";
import { Peer } from "./peer.js";
import { BROADCAST_MAC, PEER, STACK, Wire } from "./wire.js";

/** Challenge ACKs a second and connection: docs/conformance.md. */
const LIMIT = 10;

test("TCP-14: a SYN from our own address and port is dropped in silence", async () => {
  const wire = await Wire.make();
  const honest = new Peer(wire);
  honest.listen();
  for (const port of [80, 5000]) new Peer(wire, { address: STACK.address, port }).syn();
  assert.equal(wire.others.length, 0);
  assert.equal(wire.core.counter("IP_BAD_SOURCE"), 2);
  assert.equal(wire.core.pools().HALF_OPEN.used, 0);
  assertServes(honest);
});

test("TCP-16: a RST anywhere in the window but at RCV.NXT draws a challenge ACK within the limit, outside of it nothing", async () => {
  const peer = await Peer.server();
  const { rcvWnd } = peer.status;
  let inside = 0;
  for (let seq = -200_000; seq < 200_000; seq += 997) {
    if (seq === peer.nxt) continue;
    peer.send({ ctl: "RST", seq });
    if (seq > peer.nxt && seq < peer.nxt + rcvWnd) inside++;
  }
  const answers = peer.take();
  assert.ok(inside > LIMIT);
  assert.ok(answers.length >= 1 && answers.length <= LIMIT, `${answers.length} answers`);
  assert.equal(peer.counter("TCP_CHALLENGE_ACKS") + peer.counter("TCP_CHALLENGE_LIMITED"), inside);
  assertCarries(peer);
  peer.send({ ctl: "RST" });
  assert.equal(peer.status.error, "RESET");
});

test("TCP-17: a SYN anywhere draws a challenge ACK within the limit and never resets", async () => {
  const peer = await Peer.server();
  let sent = 0;
  for (let seq = -200_000; seq < 200_000; seq += 997) {
    for (const ctl of ["SYN", "SYN,ACK"]) peer.send({ ctl, seq, options: peer.synOptions });
    sent += 2;
  }
  const answers = peer.take();
  assert.ok(answers.length >= 1 && answers.length <= LIMIT, `${answers.length} answers`);
  assert.ok(answers.every(({ ctl, seq, ack }) => ctl === "ACK" && seq === 1 && ack === 1));
  assert.equal(peer.counter("TCP_CHALLENGE_ACKS") + peer.counter("TCP_CHALLENGE_LIMITED"), sent);
  assertCarries(peer);
});

test("TCP-18: text with an ACK that is too old or of what was never sent is not delivered", async () => {
  const peer = await Peer.server({ win: 1000 });
  peer.write(500);
  peer.send({ ack: 501 });
  peer.take();
  for (let step = 1; step < 2 ** 31; step *= 3) {
    peer.send({ seq: 1, ack: 501 + step, data: 10 });
    peer.send({ seq: 1, ack: 501 - 1000 - step, data: 10 });
  }
  assert.equal(peer.read(), 0);
  assert.ok(peer.counter("TCP_ACK_UNSENT") >= 19);
  assert.ok(peer.counter("TCP_ACK_OLD") >= 19);
  const answers = peer.take();
  assert.ok(answers.length >= 1 && answers.length <= 2 * LIMIT, `${answers.length} answers`);
  assert.ok(answers.every(({ ctl, seq, ack }) => ctl === "ACK" && seq === 501 && ack === 1));
  assertCarries(peer);
});

test("TCP-19: whoever uses up the challenge ACKs of one connection learns nothing of another", async () => {
  const attacker = await Peer.server();
  const [used, idle] = [another(attacker, 5001), another(attacker, 5002)];
  used.handshake();
  idle.handshake();
  const challenges = (peer: Peer, count: number) => {
    for (let i = 0; i < count; i++) peer.send({ ctl: "RST", seq: peer.nxt + 100 });
    return peer.take().length;
  };
  const alone = challenges(attacker, 500);
  assert.ok(alone >= 1 && alone <= LIMIT);
  assert.equal(challenges(used, 500), alone);
  assert.equal(challenges(idle, 500), alone);
  attacker.advance(1100);
  challenges(used, 3);
  assert.equal(challenges(attacker, 500), alone, "a hit on the victim's connection is not seen in the attacker's");
});

test("TCP-21: sequence numbers of ten thousand connections are spread evenly and no step between two comes again", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  const numbers: number[] = [];
  for (let i = 0; i < 10_000; i++) {
    const other = another(peer, 1024 + i);
    other.syn();
    numbers.push(other.irs ?? 0);
    other.send({ ctl: "RST" });
    peer.wire.peers.length = 0;
  }
  assert.ok(new Set(numbers).size >= 9_995, "a birthday or two");
  const steps = numbers.slice(1).map((number, i) => (number - (numbers[i] ?? 0)) >>> 0);
  assert.ok(new Set(steps).size >= 9_990);
  for (const shift of [24, 16, 8, 0]) assert.ok(isEven(numbers.map((number) => (number >>> shift) & 255)), `octet at bit ${shift}`);
});

test("TCP-22: ephemeral ports of a thousand connections to one place are spread evenly and none follows from the one before", async () => {
  const wire = await Wire.make();
  const ports: number[] = [];
  for (let i = 0; i < 4000; i++) {
    const handle = wire.core.tcp_connect({ address: PEER.address, port: 80 });
    ports.push(wire.core.status(handle)?.local.port ?? 0);
    wire.core.tcp_abort(handle);
  }
  assert.ok(ports.every((port) => port >= 1024 && port <= 65535));
  const steps = new Map<number, number>();
  for (const [i, port] of ports.slice(1).entries()) {
    const step = port - (ports[i] ?? 0);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  assert.ok(Math.max(...steps.values()) <= 6, "one step comes often");
  assert.ok(new Set(ports).size > 3600);
  const last = wire.core.tcp_connect({ address: PEER.address, port: 80 });
  wire.run();
  const [syn] = wire.others.slice(-1);
  assert.equal(
    syn?.kind === "tcp" && syn.segment.sourcePort,
    wire.core.status(last)?.local.port,
    "a SYN leaves from the port that was chosen",
  );
  assert.ok(isEven(ports.map((port) => Math.floor(((port - 1024) * 256) / (65536 - 1024)))));
});

test("TCP-34: an ACK of octets never sent is answered and forgotten: nothing counts as acknowledged, the window does not grow", async () => {
  const peer = await Peer.server();
  peer.write(1000);
  peer.take();
  const { cwnd } = peer.status;
  for (const ahead of [1, 100, 65_535, 2 ** 30]) {
    peer.send({ ack: 1001 + ahead });
    peer.expectSegment({ ctl: "ACK", seq: 1001, ack: 1 });
  }
  assert.equal(peer.counter("TCP_ACK_UNSENT"), 4);
  assert.deepEqual([peer.status.unacknowledged, peer.status.cwnd], [1000, cwnd]);
  peer.send({ ack: 1001 });
  assert.equal(peer.status.unacknowledged, 0);
});

test("TCP-38: a thousand RSTs with wrong numbers do not refuse an opening connection, and none is answered", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.take();
  for (let i = 0; i < 1000; i++) {
    peer.put({ ctl: "RST,ACK", seq: i * 4_000_037, ack: i < 500 ? 2 + i * 4_000_037 : -i });
    peer.put({ ctl: "RST", seq: i });
    if (i % 100 === 0) peer.wire.run();
  }
  peer.wire.run();
  peer.expectSilence();
  assert.equal(peer.state, "SYN_SENT");
  peer.nxt = 0;
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assertCarries(peer);
});

test("TCP-39: SYNs to broadcast and multicast addresses, and from them, are dropped in silence and counted", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  const fields = { sourcePort: 5000, destinationPort: 80, seq: 1, ack: 0, ctl: "SYN", window: 1000, urgent: 0, options: [] };
  const rows: [string, string][] = [
    [PEER.address, "10.0.0.255"],
    [PEER.address, "255.255.255.255"],
    [PEER.address, "224.0.0.1"],
    ["10.0.0.255", STACK.address],
    ["255.255.255.255", STACK.address],
    ["224.0.0.1", STACK.address],
  ];
  for (const [source, destination] of rows) {
    const syn = tcp(source, destination, { ...fields, data: new Uint8Array(0) });
    for (const mac of [STACK.mac, BROADCAST_MAC]) peer.wire.put(ipv4({ source, destination, protocol: 6 }, syn), PEER.mac, mac);
  }
  peer.wire.run();
  peer.advance(5000);
  assert.equal(peer.wire.others.length, 0);
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
  const why = ["TCP_NOT_UNICAST", "IP_NOT_OURS", "LINK_NOT_OURS", "IP_BAD_SOURCE"] as const;
  assert.equal(
    why.map((name) => peer.counter(name)).reduce((sum, count) => sum + count, 0),
    2 * rows.length,
  );
  assertServes(peer);
});

test("TCP-40: RSTs anywhere do not end TIME-WAIT", async () => {
  const peer = await Peer.server();
  peer.close();
  peer.send({ ctl: "FIN,ACK" });
  peer.take();
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  for (const seq of [peer.nxt - 1, peer.nxt, peer.nxt + 1, peer.nxt + 1000, 0]) {
    peer.send({ ctl: "RST", seq });
    peer.send({ ctl: "RST,ACK", seq });
  }
  peer.expectSilence();
  assert.equal(peer.core.pools().TIME_WAIT.used, 1);
  assert.equal(peer.counter("TCP_RST_IN"), 10);
  peer.send({ ctl: "FIN,ACK", seq: peer.nxt - 1 });
  peer.expectSegment({ ctl: "ACK", ack: peer.nxt });
});

test("TCP-47: a keep-alive with and without an octet of text is answered with an ACK and delivers nothing", async () => {
  const peer = await Peer.server();
  peer.send({ data: 30 });
  assert.equal(peer.read(), 30);
  peer.take();
  for (const data of [0, 1, Uint8Array.of(255)]) {
    peer.send({ seq: peer.nxt - 1, data });
    peer.expectSegment({ ctl: "ACK", seq: 1, ack: 31 });
    assert.equal(peer.read(), 0);
  }
  assertCarries(peer);
});

test("TCP-52: RSTs and SYNs a window apart through the whole sequence space do not end a connection", async () => {
  const peer = await Peer.server({ receive: 65_535 });
  assert.equal(peer.status.rcvWnd, 65_535);
  for (let step = 1; step <= 65_538; step++) {
    peer.put({ ctl: step % 2 ? "RST" : "SYN", seq: peer.nxt + step * 65_535 - (step % 2) });
    if (step % 1000 === 0) peer.wire.run();
  }
  peer.wire.run();
  const answers = peer.take().length;
  assert.ok(answers >= 1 && answers <= LIMIT, `${answers} answers`);
  assertCarries(peer);
});

test("TCP-53: a repeated SYN-ACK is acknowledged again; an old SYN ends by the peer's RST and the new one is served", async () => {
  const client = await Peer.client();
  client.send({ ctl: "SYN,ACK", seq: 0, ack: 1, options: client.synOptions });
  client.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
  assertCarries(client);

  const peer = new Peer(await Wire.make(), { iss: 0x20000 });
  peer.listen();
  peer.send({ ctl: "SYN", seq: -90, options: peer.synOptions });
  const { ack } = peer.expectSegment({ ctl: "SYN,ACK", seq: 0 });
  assert.equal(ack, -89);
  peer.send({ ctl: "RST", seq: ack });
  peer.expectSilence();
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
  peer.irs = null;
  peer.seen = 0;
  peer.nxt = 0;
  peer.handshake();
  assertCarries(peer);
});

/** Whether values of 0 to 255 are spread evenly: chi-square with 255 degrees of freedom below a limit that chance passes once in a million times. */
function isEven(values: number[]): boolean {
  const counts = new Array<number>(256).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  const mean = values.length / 256;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0) < 375;
}

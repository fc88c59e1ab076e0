import assert from "node:assert/strict";
import { test } from "node:test";
import { Option } from "../../bindings/node/core.js";
import { Peer } from "./peer.js";
import { Wire } from "./wire.js";

const HOUR = 3_600_000;

/** Times between segments, milliseconds. */
function gaps(segments: { ms: number }[]): number[] {
  return segments.slice(1).map(({ ms }, i) => ms - (segments[i]?.ms ?? 0));
}

test("A016, MUST-20, MUST-22, MUST-23, RFC6298-1, RFC6298-5, RFC8961-1: SYNs are repeated after 1, 2, 4 s ... for three to ten minutes, then the application learns of it", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.advance(170_000);
  assert.equal(peer.state, "SYN_SENT");
  peer.advance(430_000);
  const syns = peer.take();
  assert.ok(syns.every(({ ctl, seq }) => ctl === "SYN" && seq === 0));
  assert.deepEqual(gaps(syns).slice(0, 6), [1000, 2000, 4000, 8000, 16_000, 32_000]);
  assert.equal(peer.read(), "TIMED_OUT");
  assert.equal(peer.counter("TCP_GIVEN_UP"), 1);
  assert.equal(peer.core.tcp_close(peer.handle), 0);
  assert.equal(peer.core.pools().TCP0.used, 0);
});

test("MUST-23: the last SYN is sent, and the connection waits, for at least three minutes", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  const began = peer.wire.ms;
  while (peer.state === "SYN_SENT") peer.advance(1000);
  assert.ok(peer.wire.ms - began >= 180_000, `given up after ${peer.wire.ms - began} ms`);
});

test("A016, MUST-20, MUST-22, SHLD-10, SHLD-11, RFC6298-3: text nobody acknowledges is repeated with backoff, at least 100 s, then the connection ends", async () => {
  const peer = await Peer.server();
  peer.write(100);
  const began = peer.wire.ms;
  peer.advance(99_000);
  assert.equal(peer.state, "ESTABLISHED");
  peer.advance(501_000);
  const sent = peer.take();
  assert.ok(sent.every(({ seq, data }) => seq === 1 && data.length === 100));
  const waits = gaps(sent);
  for (let i = 1; i < waits.length - 1; i++) {
    const ratio = (waits[i] ?? 0) / (waits[i - 1] ?? 1);
    assert.ok(Math.abs(ratio - 2) < 0.1 || (waits[i] ?? 0) >= 60_000, `${waits}`);
  }
  const last = sent.at(-1)?.ms ?? 0;
  assert.ok(last - began >= 100_000, "the last repetition comes after R2's least");
  assert.ok(sent.length > 4);
  assert.equal(peer.read(), "TIMED_OUT");
});

test("A016: a SYN-ACK nobody answers is repeated, and its record goes within ten minutes", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn();
  peer.advance(600_000);
  const answers = peer.take();
  assert.ok(answers.length >= 3 && answers.every(({ ctl, seq }) => ctl === "SYN,ACK" && seq === 0));
  assert.deepEqual(gaps(answers).slice(0, 3), [1000, 2000, 4000]);
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
  assert.equal(peer.counter("TCP_SYN_EXPIRED"), 1);
  peer.nxt = 0;
  peer.irs = null;
  peer.handshake();
});

test("TCP-42: a forged SYN draws five SYN-ACKs at most, within half a minute", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  peer.syn();
  peer.advance(60_000);
  assert.equal(peer.take().length, 5);
  assert.equal(peer.core.pools().HALF_OPEN.used, 0);
});

test("MUST-20: when repetitions go unanswered the next hop is asked for again, once R1 is reached", async () => {
  const peer = await Peer.server();
  const requests = () => peer.wire.arps.filter(({ operation, target }) => operation === 1 && target.address === peer.address).length;
  const before = requests();
  peer.write(100);
  peer.advance(1000);
  assert.equal(requests(), before);
  peer.advance(5000);
  assert.ok(requests() > before);
});

test("RFC6298-2: SRTT, RTTVAR and RTO follow the measured round trip", async () => {
  const peer = await Peer.client();
  for (let i = 0; i < 40; i++) {
    peer.write(100);
    peer.advance(120);
    peer.send();
  }
  const { srtt, rttvar, rto } = peer.status;
  assert.ok(Math.abs(srtt - 120_000) < 5000, `SRTT ${srtt}`);
  assert.ok(rttvar < 10_000, `RTTVAR ${rttvar}`);
  assert.ok(rto >= 200 && rto >= Math.floor(srtt / 1000 + 1) && rto < 250, `RTO ${rto}`);
  peer.take();
  peer.write(100);
  peer.advance(300);
  assert.ok(Math.abs((gaps(peer.take())[0] ?? 0) - rto) <= 1);
});

test("RFC6298-2: the first measurement R gives SRTT = R, RTTVAR = R/2, RTO = 3R", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.advance(400);
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1, options: peer.synOptions });
  assert.deepEqual([peer.status.srtt, peer.status.rttvar, peer.status.rto], [400_000, 200_000, 1200]);
});

test("MUST-18, RFC6298-4, RFC8961-1: the ACK of a repeated segment is no measurement", async () => {
  const peer = await Peer.client();
  for (let i = 0; i < 10; i++) {
    peer.write(100);
    peer.advance(100);
    peer.send();
  }
  const { srtt } = peer.status;
  peer.write(100);
  peer.advance(450);
  assert.ok(peer.take().length > 0);
  peer.send();
  assert.equal(peer.status.srtt, srtt);
});

test("A256: after flights were lost twice, new text and prompt ACKs bring the RTO back", async () => {
  const peer = await Peer.client({ mss: 1000 });
  for (let i = 0; i < 10; i++) {
    peer.write(100);
    peer.advance(50);
    peer.send();
  }
  peer.write(8000);
  peer.advance(1500);
  assert.ok(peer.counter("TCP_TIMEOUTS") >= 2);
  const backedOff = peer.status.rto;
  for (let i = 0; i < 40; i++) {
    peer.write(500);
    peer.advance(50);
    peer.send();
  }
  assert.ok(peer.status.rto <= 250 && peer.status.rto < backedOff, `RTO ${peer.status.rto}, was ${backedOff}`);
});

test("RFC6298-3: the timer starts anew with each ACK of new text and stops when all is acknowledged", async () => {
  const peer = await Peer.client({ mss: 1000 });
  peer.write(5000);
  peer.take();
  for (let ack = 1001; ack <= 4001; ack += 1000) {
    peer.advance(180);
    peer.send({ ack });
  }
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
  peer.send({ ack: 5001 });
  peer.take();
  peer.advance(HOUR);
  peer.expectSilence();
  assert.equal(peer.counter("TCP_TIMEOUTS"), 0);
});

test("RFC6298-1: after a SYN that was repeated the RTO begins with 3 s", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  peer.advance(1100);
  peer.send({ ctl: "SYN,ACK", seq: 0, ack: 1, options: peer.synOptions });
  peer.take();
  peer.write(10);
  peer.advance(4000);
  assert.deepEqual(gaps(peer.take()), [3000]);
});

test("MUST-24, MUST-25: keep-alives are off unless asked for: a day of silence", async () => {
  const peer = await Peer.server();
  peer.advance(24 * HOUR);
  peer.expectSilence();
  assert.equal(peer.core.socket_set(peer.handle, Option.KEEPALIVE, 1), 0);
  peer.advance(3 * HOUR);
  assert.ok(peer.take().length > 0);
});

test("MUST-28, SHLD-12, A356, MAY-5: the first keep-alive comes after two hours, without text, at SND.NXT - 1", async () => {
  const peer = await Peer.server();
  peer.core.socket_set(peer.handle, Option.KEEPALIVE, 1);
  peer.advance(2 * HOUR - 1000);
  peer.expectSilence();
  peer.advance(2000);
  peer.expectSegment({ ctl: "ACK", seq: 0, ack: 1, data: 0 });
  assert.equal(peer.counter("TCP_KEEPALIVES"), 1);
});

test("A283, MUST-27: a new keep-alive time counts from the call, and turning it off stops it", async () => {
  const peer = await Peer.server();
  peer.core.socket_set(peer.handle, Option.KEEPALIVE, 1);
  peer.advance(60_000);
  peer.core.socket_set(peer.handle, Option.KEEP_IDLE, 10_000);
  const began = peer.wire.ms;
  peer.advance(10_500);
  const { ms } = peer.expectSegment({ ctl: "ACK", seq: 0, data: 0 });
  assert.ok(ms - began <= 10_000, `after ${ms - began} ms`);
  peer.send();
  assert.equal(peer.core.socket_set(peer.handle, Option.KEEPALIVE, 0), 0);
  peer.advance(24 * HOUR);
  peer.expectSilence();
});

test("MUST-26: traffic puts a keep-alive off, and unacknowledged text is repeated instead", async () => {
  const peer = await Peer.server();
  peer.core.socket_set(peer.handle, Option.KEEP_IDLE, 10_000);
  peer.core.socket_set(peer.handle, Option.KEEPALIVE, 1);
  for (let i = 0; i < 10; i++) {
    peer.advance(8000);
    peer.send({ data: 1 });
    assert.equal(peer.expectSegment({ ctl: "ACK", seq: 1 }).ack, i + 2);
  }
  assert.equal(peer.counter("TCP_KEEPALIVES"), 0);
  peer.write(10);
  peer.advance(30_000);
  assert.equal(peer.counter("TCP_KEEPALIVES"), 0);
  assert.ok(peer.take().length > 3);
});

test("MUST-26: what is sent when a keep-alive is due takes its place: no probe behind text or a FIN", async () => {
  const begin = async () => {
    const peer = await Peer.server();
    peer.core.socket_set(peer.handle, Option.KEEP_IDLE, 10_000);
    peer.core.socket_set(peer.handle, Option.KEEPALIVE, 1);
    peer.wire.run();
    peer.wire.ms += 10_000;
    return peer;
  };
  const ends = await begin();
  ends.core.tcp_close(ends.handle);
  ends.wire.run();
  ends.expectSegment({ ctl: "FIN,ACK", seq: 1, data: 0 });
  ends.expectSilence();
  const writes = await begin();
  writes.write(10);
  writes.wire.run();
  writes.expectSegment({ ctl: "PSH,ACK", seq: 1, data: 10 });
  writes.expectSilence();
  const closed = await Peer.server({ win: 0 });
  closed.core.socket_set(closed.handle, Option.KEEP_IDLE, 10_000);
  closed.core.socket_set(closed.handle, Option.KEEPALIVE, 1);
  closed.core.tcp_close(closed.handle);
  closed.wire.run();
  closed.wire.ms += 10_000;
  closed.wire.run();
  closed.expectSegment({ ctl: "FIN,ACK", seq: 1, data: 0 });
  closed.expectSilence();
  const silent = await begin();
  silent.wire.run();
  silent.expectSegment({ ctl: "ACK", seq: 0, data: 0 });
});

test("MUST-29: one keep-alive without an answer ends nothing; all of them do", async () => {
  const peer = await Peer.server();
  peer.core.socket_set(peer.handle, Option.KEEP_IDLE, 10_000);
  peer.core.socket_set(peer.handle, Option.KEEP_INTERVAL, 5000);
  peer.core.socket_set(peer.handle, Option.KEEP_COUNT, 3);
  peer.core.socket_set(peer.handle, Option.KEEPALIVE, 1);
  peer.advance(16_000);
  assert.equal(peer.take().length, 2);
  peer.send();
  peer.advance(9000);
  peer.expectSilence();
  assert.equal(peer.state, "ESTABLISHED");
  peer.advance(60_000);
  assert.equal(peer.take().length, 3);
  assert.equal(peer.read(), "TIMED_OUT");
});

test("A252: a connection works on after its clock has jumped by half the clock's range", async () => {
  const peer = await Peer.client({ mss: 1000, ms: 5000 });
  peer.write(10_000);
  peer.take();
  peer.send();
  peer.wire.ms += 2 ** 31 + 1000;
  peer.wire.run();
  const { cwnd } = peer.status;
  peer.write(30_000);
  assert.ok(peer.take().length >= 10);
  peer.advance(50);
  peer.send();
  assert.ok(peer.status.cwnd > Math.min(cwnd, 10_000));
  peer.take();
  while (peer.status.unsent || peer.status.unacknowledged) peer.send();
  peer.write(100);
  peer.take();
  peer.advance(700);
  peer.expectSegment({ data: 100 });
});

test("A252, RFC6298-3: timers fire across the wrap of the clock", async () => {
  const peer = await Peer.client({ ms: 2 ** 32 - 600 });
  peer.write(100);
  peer.advance(3000);
  assert.deepEqual(gaps(peer.take()).slice(0, 3), [200, 400, 800]);
});

test("MUST-21: R2 may be set while text is outstanding", async () => {
  const peer = await Peer.server();
  peer.write(100);
  peer.advance(1000);
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 20_000), 0);
  peer.advance(15_000);
  assert.equal(peer.state, "ESTABLISHED");
  peer.advance(6000);
  assert.equal(peer.read(), "TIMED_OUT");
});

test("MUST-21, MUST-23: the application may give a SYN less than three minutes", async () => {
  const peer = new Peer(await Wire.make());
  peer.connect();
  assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 10_000), 0);
  peer.advance(9000);
  assert.equal(peer.state, "SYN_SENT");
  peer.advance(2000);
  assert.equal(peer.read(), "TIMED_OUT");
});

test("MUST-21: a listener's R2 is that of the connections it accepts", async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  assert.equal(peer.core.socket_set(peer.listener, Option.USER_TIMEOUT, 10_000), 0);
  peer.handshake();
  peer.write(10);
  peer.advance(11_000);
  assert.equal(peer.read(), "TIMED_OUT");
});

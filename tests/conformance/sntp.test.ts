// The SNTP client: a question, and which answers count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import { PROTOCOL, type Seen, udp } from "./packets.js";
import { frame, PEER, Tester, US } from "./tester.js";

const NTP = 123;
/** Seconds from 1900 to 1970. */
const UNIX = 2208988800;
const SERVER = { address: PEER.ip, port: 0 };

/** The questions among what was sent, with the cookie each carries. */
function questions(sent: Seen[]): { port: number; data: Uint8Array; cookie: Uint8Array }[] {
  return sent.flatMap(({ udp }) => (udp?.toPort === NTP ? [{ port: udp.fromPort, data: udp.data, cookie: udp.data.slice(40, 48) }] : []));
}
/** A good answer with what differs. */
function answer(cookie: Uint8Array, { first = 0x24, stratum = 2, kiss = "", seconds = UNIX + 1_800_000_000, fraction = 0x80000000 } = {}) {
  const data = new Uint8Array(48);
  const view = new DataView(data.buffer);
  data[0] = first;
  data[1] = stratum;
  view.setUint32(4, 0x0001_0000); // root delay: a second
  view.setUint32(8, 0x0000_8000); // root dispersion: half a second
  for (const [i, letter] of [...kiss].entries()) data[12 + i] = letter.charCodeAt(0);
  data.set(cookie, 24);
  view.setUint32(40, seconds);
  view.setUint32(44, fraction);
  return data;
}
const from = (data: Uint8Array, port: number, ip: string = PEER.ip, source = NTP) =>
  frame(udp(ip, source, US.ip, port, data), { protocol: PROTOCOL.UDP, from: ip });

test("4330-1: the client asks as version 4, mode 3, and takes the answer that repeats its question, once", async () => {
  const t = await Tester.make();
  assert.equal(t.core.sntp_time(), Err.BAD_STATE);
  assert.equal(t.core.sntp_start(SERVER), 0);
  assert.equal(t.core.sntp_time(), Err.WOULD_BLOCK);
  const [asked] = questions(t.poll());
  assert.ok(asked);
  assert.equal(asked.data.length, 48);
  assert.equal(asked.data[0], 0x23);
  assert.ok(asked.data.slice(1, 40).every((octet) => octet === 0));
  t.ms += 100;
  t.inject(from(answer(asked.cookie), asked.port));
  const time = t.core.sntp_time();
  assert.ok(typeof time === "object");
  assert.equal(time.unix, 1_800_000_000_500 + 50, "half the way there and back is added");
  assert.equal(time.stratum, 2);
  assert.equal(time.uncertainty, 51 + 500 + 500);
  t.pass(1234);
  assert.deepEqual(t.core.sntp_time(), { ...time, unix: time.unix + 1234 });
  assert.deepEqual(questions(t.pass(10_000_000)), [], "one answer was wanted");
  t.isAlive();
});

test("4330-1: wrong mode, wrong origin, wrong port, no clock, no time, too short: none is the answer, and the right one still counts", async () => {
  const t = await Tester.make();
  t.core.sntp_start(SERVER);
  const [asked] = questions(t.poll());
  assert.ok(asked);
  const { cookie, port } = asked;
  const others = new Uint8Array(cookie).fill(7);
  const wrong: [string, Uint8Array][] = [
    ["a question", from(answer(cookie, { first: 0x23 }), port)],
    ["a broadcast", from(answer(cookie, { first: 0x25 }), port)],
    ["another origin", from(answer(others), port)],
    ["no origin", from(answer(new Uint8Array(8)), port)],
    ["alarm", from(answer(cookie, { first: 0xe4 }), port)],
    ["stratum 16", from(answer(cookie, { stratum: 16 }), port)],
    ["no transmit time", from(answer(cookie, { seconds: 0 }), port)],
    ["47 octets", from(answer(cookie).slice(0, 47), port)],
    ["another port", from(answer(cookie), port, PEER.ip, 124)],
    ["another host", from(answer(cookie), port, "10.0.0.9")],
  ];
  for (const [what, octets] of wrong) {
    t.inject(octets);
    assert.equal(t.core.sntp_time(), Err.WOULD_BLOCK, what);
  }
  t.inject(from(answer(cookie), port));
  assert.equal(typeof t.core.sntp_time(), "object");
});

test("4330-1: a silent server is asked less and less, a kiss of death ends it, RATE does not", async () => {
  const t = await Tester.make();
  t.core.sntp_start(SERVER);
  const at: number[] = [];
  for (let i = 0; i < 7; i++) {
    const before = t.ms;
    while (!questions(t.poll()).length) t.ms += Math.min(t.wait, 1000);
    if (i) at.push(t.ms - before);
  }
  assert.equal(t.core.sntp_time(), Err.TIMED_OUT);
  at.forEach((wait, i) => {
    const least = 15_000 * 2 ** i;
    assert.ok(wait >= least && wait <= least * 1.25 + 1000, `try ${i}: ${wait}`);
  });
  for (const [kiss, error] of [
    ["RATE", Err.WOULD_BLOCK],
    ["DENY", Err.REFUSED],
    ["RSTR", Err.REFUSED],
  ] as const) {
    assert.equal(t.core.sntp_start(SERVER), 0);
    const [asked] = questions(t.poll());
    assert.ok(asked, kiss);
    t.inject(from(answer(asked.cookie, { stratum: 0, kiss }), asked.port));
    assert.equal(t.core.sntp_time(), error, kiss);
    assert.equal(questions(t.pass(60_000)).length > 0, kiss === "RATE", `${kiss}: is it asked again`);
  }
  t.isAlive();
});

test("SNTP goes on every interval, after the year 2036 too, and stop ends it", async () => {
  const t = await Tester.make();
  assert.equal(t.core.sntp_start(SERVER, 64), 0);
  const [first] = questions(t.poll());
  assert.ok(first);
  t.inject(from(answer(first.cookie, { seconds: 5, fraction: 0 }), first.port));
  const time = t.core.sntp_time();
  assert.ok(typeof time === "object");
  assert.equal(time.unix, (2 ** 32 - UNIX + 5) * 1000);
  const [second] = questions(t.pass(64_000 + 4_000));
  assert.ok(second, "asked again");
  assert.notDeepEqual(second.cookie, first.cookie);
  assert.equal(t.core.sntp_stop(), 0);
  assert.deepEqual(questions(t.pass(10_000_000)), []);
  assert.equal(typeof t.core.sntp_time(), "object", "what is known stays known");
  assert.equal(t.core.pools().UDP.used, 0);
});

test("services have sockets of their own: the host's may all be taken", async () => {
  const t = await Tester.make({ capacities: { udpSockets: 1 } });
  assert.ok(t.core.udp_bind({ port: 9 }) > 0);
  assert.equal(t.core.udp_bind({ port: 10 }), Err.NO_SOCKET);
  assert.equal(t.core.sntp_start(SERVER), 0);
  assert.equal(questions(t.poll()).length, 1);
  assert.equal(t.core.udp_bind({ port: 10 }), Err.NO_SOCKET, "the host gets none of theirs");
});

// What strangers and broken servers send to a resolver.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import { address, answer, type Asked, asked, fromServer, message, name, pointer, record, soa, TYPE } from "./names.js";
import { PEER, Tester } from "./tester.js";

const WWW = "www.example.com";
const SECOND: string = "10.0.0.7";

async function resolver(servers: string[] = [PEER.ip]): Promise<Tester> {
  const t = await Tester.make();
  t.answering.set(SECOND, "02:00:00:00:01:07");
  for (const server of servers) t.core.dns_server_add(server);
  return t;
}
/** Asks for WWW's address; answers the question's number and what went out. */
function ask(t: Tester, what = WWW): { query: number; sent: Asked } {
  const query = t.core.dns_query("A", what);
  const [sent] = asked(t.poll());
  assert.ok(query > 0 && sent);
  return { query, sent };
}
/** The addresses, or the error. */
function told(t: Tester, query: number): unknown {
  const result = t.core.dns_result(query);
  return typeof result === "object" ? result.records : result;
}
const a = (owner: Uint8Array | string, ip = "192.0.2.1", more = {}) => record(owner, TYPE.A, address(ip), more);
/** The positive control: a good answer is still taken, and the host alive. */
function isSound(t: Tester): void {
  const { query, sent } = ask(t, "sound.example");
  t.inject(answer(sent, [a("sound.example", "192.0.2.99")]));
  assert.deepEqual(told(t, query), ["192.0.2.99"]);
  assert.equal(t.core.pools().UDP.used, 0);
  t.isAlive();
}

test("DNS-01, 1035-1: pointers that lead to themselves, forward, into a loop or beyond the message end the answer, not the stack", async () => {
  const loops: [string, Uint8Array][] = [
    ["itself", pointer(33)],
    ["forward", pointer(40)],
    ["beyond the message", pointer(0x3fff)],
    ["a loop of two", Uint8Array.from([1, 0x61, ...pointer(33)])],
    ["half a pointer at the end", Uint8Array.from([0xc0])],
    ["a label type that there is not", Uint8Array.from([0x41, 0x61, 0])],
    ["another", Uint8Array.from([0x80, 0])],
  ];
  for (const [what, owner] of loops) {
    const t = await resolver();
    const { query, sent } = ask(t);
    const data = message({ id: sent.id, question: sent.octets, answers: [a(owner)] });
    t.inject(fromServer(sent, what.startsWith("half") ? data.slice(0, 34) : data));
    assert.equal(told(t, query), Err.REFUSED, what);
    isSound(t);
  }
  const t = await resolver();
  for (let i = 0; i < 20; i++) {
    const { query, sent } = ask(t, `x${i}.example`);
    t.inject(answer(sent, [record(pointer(12), TYPE.CNAME, pointer(60 + i)), a("elsewhere.example")]));
    assert.equal(told(t, query), Err.REFUSED, `an alias that points forward, to ${60 + i}`);
  }
  isSound(t);
});

test("DNS-02, 1035-4: names of 64 to 300 octets out of labels of any length: 255 is the most", async () => {
  const t = await resolver();
  for (let octets = 64; octets <= 300; octets++) {
    const { query, sent } = ask(t, `n${octets}.example`);
    const labels: number[] = [];
    for (let left = octets - 1; left > 0; ) {
      const most = Math.min(63, left - 1);
      const size = left - most - 1 === 1 ? most - 1 : most; // one octet cannot be a label of its own
      labels.push(size, ...Array.from({ length: size }, () => 0x71));
      left -= size + 1;
    }
    const long = Uint8Array.from([...labels, 0]);
    t.inject(answer(sent, [record(sent.octets.slice(0, -4), TYPE.CNAME, long), a(long)]));
    assert.deepEqual(told(t, query), octets > 255 ? Err.REFUSED : ["192.0.2.1"], `${octets} octets`);
  }
  for (const size of [64, 127, 191]) {
    const { query, sent } = ask(t, `l${size}.example`);
    t.inject(answer(sent, [a(Uint8Array.from([size, ...new Uint8Array(size).fill(0x61), 0]))]));
    assert.equal(told(t, query), Err.REFUSED, `a label of ${size}`);
  }
  isSound(t);
});

test("DNS-03, DNS-11: an answer cut off at any octet is none, and nothing behind its end is read", async () => {
  const t = await resolver();
  for (let cut = 0; ; cut++) {
    const { query, sent } = ask(t, `c${cut}.example`);
    const owner = sent.octets.slice(0, -4);
    const whole = message({
      id: sent.id,
      question: sent.octets,
      answers: [record(owner, TYPE.CNAME, name("d.example")), a("d.example"), a("d.example", "192.0.2.2")],
    });
    t.inject(fromServer(sent, whole.slice(0, cut)));
    const want = cut >= whole.length ? ["192.0.2.1", "192.0.2.2"] : cut < 12 + sent.octets.length ? Err.WOULD_BLOCK : Err.REFUSED;
    assert.deepEqual(told(t, query), want, `${cut} of ${whole.length}`);
    t.core.dns_cancel(query);
    if (cut >= whole.length) break;
  }
  isSound(t);
});

test("DNS-04: lengths of data that are not those of an address are passed over, lengths beyond the message end the answer", async () => {
  const t = await resolver();
  for (const length of [0, 1, 2, 3, 5, 6, 8, 16, 255]) {
    const { query, sent } = ask(t, `r${length}.example`);
    const owner = sent.octets.slice(0, -4);
    t.inject(answer(sent, [record(owner, TYPE.A, new Uint8Array(length)), a(owner, "192.0.2.7")]));
    assert.deepEqual(told(t, query), ["192.0.2.7"], `${length} octets`);
  }
  for (const length of [5, 100, 32_767, 65_535]) {
    const { query, sent } = ask(t, `s${length}.example`);
    t.inject(answer(sent, [a(sent.octets.slice(0, -4), "192.0.2.7", { length })]));
    assert.equal(told(t, query), Err.REFUSED, `${length} said, 4 there`);
  }
  isSound(t);
});

test("DNS-05: counts beyond what the message holds", async () => {
  const t = await resolver();
  const counts: [number, number, number, number][] = [
    [1, 65_535, 0, 0],
    [1, 2, 0, 0],
    [65_535, 1, 0, 0],
    [2, 1, 0, 0],
    [0, 1, 0, 0],
  ];
  for (const [i, each] of counts.entries()) {
    const { query, sent } = ask(t, `k${i}.example`);
    t.inject(answer(sent, [a(sent.octets.slice(0, -4))], { counts: each }));
    assert.equal(told(t, query), each[0] === 1 ? Err.REFUSED : Err.WOULD_BLOCK, String(each));
    t.core.dns_cancel(query);
  }
  const { query, sent } = ask(t, "none.example");
  t.inject(answer(sent, [], { flags: 0x8183, authorities: [record("example", TYPE.SOA, soa(60))], counts: [1, 0, 65_535, 65_535] }));
  assert.equal(told(t, query), Err.NO_NAME, "no authority is needed for that");
  isSound(t);
});

test("DNS-06, DNS-07: ports and ids of questions cannot be foreseen", async () => {
  const t = await resolver();
  const ids: number[] = [];
  const ports: number[] = [];
  for (let i = 0; i < 256; i++) {
    const { query, sent } = ask(t, `q${i}.example`);
    ids.push(sent.id);
    ports.push(sent.port);
    t.core.dns_cancel(query);
  }
  for (const [what, numbers, least] of [
    ["ids", ids, 0],
    ["ports", ports, 1024],
  ] as const) {
    assert.ok(new Set(numbers).size >= 250, `${what} repeat`);
    assert.ok(Math.min(...numbers) >= least);
    const steps = new Set(numbers.slice(1).map((n, i) => n - (numbers[i] as number)));
    assert.ok(steps.size >= 250, `${what} go on in steps`);
    for (let bit = 0; bit < 15; bit++) {
      const set = numbers.filter((n) => (n >> bit) & 1).length;
      assert.ok(set > 80 && set < 176, `${what}: bit ${bit} is set in ${set} of 256`);
    }
  }
});

test("DNS-08, DNS-06: off-path answers by the hundred: dropped, the try is given up with its port after 32, the right one still counts", async () => {
  const t = await resolver([PEER.ip, SECOND]);
  const { query, sent } = ask(t);
  const guess = (to: Asked, id: number) => fromServer(to, message({ id, question: to.octets, answers: [a(WWW, "203.0.113.66")] }));
  let next: Asked[] = [];
  for (let i = 1; i <= 32; i++) {
    assert.deepEqual(next, [], `after ${i - 1} guesses`);
    next = asked(t.inject(guess(sent, (sent.id + i) & 0xffff)));
  }
  assert.equal(next[0]?.server, SECOND, "asked anew");
  assert.deepEqual(told(t, query), Err.WOULD_BLOCK);
  for (let i = 1; i <= 31; i++) t.inject(guess(next[0] as Asked, ((next[0] as Asked).id + i) & 0xffff));
  t.inject(answer(next[0] as Asked, [a(WWW)]));
  assert.deepEqual(told(t, query), ["192.0.2.1"]);
  isSound(t);
});

test("DNS-09: alias loops and chains of a hundred end", async () => {
  const t = await resolver();
  const alias = (from: Uint8Array | string, to: string) => record(from, TYPE.CNAME, name(to));
  const chains: [string, (owner: Uint8Array) => Uint8Array[], unknown][] = [
    ["itself", (owner) => [alias(owner, "e0.example")], Err.REFUSED],
    [
      "two in a circle",
      (owner) => [alias(owner, "x.example"), alias("x.example", "y.example"), alias("y.example", "x.example")],
      Err.REFUSED,
    ],
    [
      "a hundred",
      (owner) => [alias(owner, "n1.x"), ...Array.from({ length: 40 }, (_, i) => alias(`n${i + 1}.x`, `n${i + 2}.x`)), a("n41.x")],
      Err.REFUSED,
    ],
    [
      "eight",
      (owner) => [alias(owner, "n1.x"), ...Array.from({ length: 7 }, (_, i) => alias(`n${i + 1}.x`, `n${i + 2}.x`)), a("n8.x")],
      ["192.0.2.1"],
    ],
  ];
  for (const [i, [what, chain, want]] of chains.entries()) {
    const { query, sent } = ask(t, `e${i}.example`);
    t.inject(answer(sent, chain(sent.octets.slice(0, -4))));
    assert.deepEqual(told(t, query), want, what);
  }
  let { query, sent } = ask(t, "far.example");
  for (let i = 0; i < 100 && told(t, query) === Err.WOULD_BLOCK; i++) {
    const next = asked(t.inject(answer(sent, [alias(sent.octets.slice(0, -4), `far${i}.example`)])));
    assert.ok(i < 9, "questions without end");
    if (next[0]) sent = next[0];
  }
  assert.equal(told(t, query), Err.REFUSED);
  isSound(t);
});

test("DNS-10: QR clear and other opcodes are no answers; TTLs from 2^31 count as 0, large ones as a day", async () => {
  const t = await resolver();
  const { query, sent } = ask(t);
  for (const flags of [0x0180, 0x8980, 0xf980]) {
    t.inject(answer(sent, [a(WWW)], { flags }));
    assert.equal(told(t, query), Err.WOULD_BLOCK, flags.toString(16));
  }
  t.inject(answer(sent, [a(WWW, "192.0.2.1", { ttl: 0x80000000 })]));
  assert.deepEqual(told(t, query), ["192.0.2.1"]);
  const again = ask(t);
  t.inject(answer(again.sent, [a(WWW, "192.0.2.1", { ttl: 0x7fffffff })]));
  const result = t.core.dns_result(again.query);
  assert.ok(typeof result === "object" && result.ttl === 86_400);
  t.pass(86_400_000 - 1);
  assert.deepEqual(told(t, t.core.dns_query("A", WWW)), ["192.0.2.1"]);
  t.pass(2);
  ask(t);
});

test("DNS-12: records for names that were not asked for, wherever they stand, are neither taken nor remembered", async () => {
  const t = await resolver();
  const { query, sent } = ask(t);
  const victim = a("bank.example", "203.0.113.66");
  t.inject(answer(sent, [victim, a(WWW)], { authorities: [victim], additionals: [victim, a(WWW, "203.0.113.66")] }));
  assert.deepEqual(told(t, query), ["192.0.2.1"]);
  ask(t, "bank.example");
});

test("NBNS-01: no names are answered or asked for over NetBIOS or LLMNR: such datagrams meet a closed port", async () => {
  const t = await resolver();
  const { query } = ask(t);
  for (const port of [137, 138, 5355]) {
    for (const octets of [0, 1, 12, 50, 300]) {
      const before = t.core.counter("UDP_NO_SOCKET");
      const to: Asked = { server: PEER.ip, port, id: 0, name: "", type: 0, octets: new Uint8Array() };
      const sent = t.inject(fromServer(to, new Uint8Array(octets).fill(0x20), { port }));
      assert.equal(t.core.counter("UDP_NO_SOCKET"), before + 1);
      assert.deepEqual(
        sent.filter((seen) => seen.udp),
        [],
      );
    }
  }
  t.core.dns_cancel(query);
  isSound(t);
});

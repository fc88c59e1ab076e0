// The resolver from the wire: what is asked, whose answer counts, what is remembered, and which server comes next.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, type NameAnswer } from "../../bindings/node/core.js";
import { address, answer, type Asked, asked, fromServer, message, name, pointer, question, record, soa, TYPE, u16 } from "./names.js";
import { GATEWAY, icmpError, messages, PEER, Tester } from "./tester.js";

const OFF_PATH = "203.0.113.9";
const SECOND: string = "10.0.0.7";
const MAC = "02:00:00:00:01:07";

/** A stack that knows these servers. */
async function resolver(servers: string[] = [PEER.ip], more: Parameters<typeof Tester.make>[0] = {}): Promise<Tester> {
  const t = await Tester.make(more);
  t.answering.set(SECOND, MAC);
  for (const server of servers) assert.ok(t.core.dns_server_add(server) > 0);
  return t;
}
/** Begins to ask; answers the question's number and what went out. */
function ask(t: Tester, what = "www.example.com", type: "A" | "PTR" | "TXT" | "SRV" | "MX" = "A"): { query: number; sent: Asked } {
  const query = t.core.dns_query(type, what);
  assert.ok(query > 0, `dns_query: ${query}`);
  const [sent, ...more] = asked(t.poll());
  assert.ok(sent && !more.length, "one question goes out");
  return { query, sent };
}
function found(t: Tester, query: number): NameAnswer {
  const result = t.core.dns_result(query);
  assert.ok(typeof result === "object", `dns_result: ${result}`);
  return result;
}
const a = (owner: string, ip = "192.0.2.1", ttl = 300) => record(owner, TYPE.A, address(ip), { ttl });
const alias = (owner: string, to: string) => record(owner, TYPE.CNAME, name(to));

test("1035-2, A022: only the server's own answer counts: address, port, id, question, QR", async () => {
  const t = await resolver();
  const { query, sent } = ask(t);
  assert.equal(sent.name, "www.example.com");
  const good = (more = {}) => message({ id: sent.id, question: sent.octets, answers: [a("www.example.com")], ...more });
  const wrong: [string, Uint8Array][] = [
    ["from somebody else, port 53", fromServer(sent, good(), { ip: OFF_PATH })],
    ["from somebody else, port 5353", fromServer(sent, good(), { ip: OFF_PATH, port: 5353 })],
    ["from port 5353 of the server", fromServer(sent, good(), { port: 5353 })],
    ["another id", fromServer(sent, good({ id: sent.id ^ 1 }))],
    ["another name", fromServer(sent, good({ question: question("www.example.org", TYPE.A) }))],
    ["another type", fromServer(sent, good({ question: question("www.example.com", TYPE.AAAA) }))],
    ["another class", fromServer(sent, good({ question: question("www.example.com", TYPE.A, 3) }))],
    ["no question", fromServer(sent, good({ question: undefined }))],
    ["a query", fromServer(sent, good({ flags: 0x0100 }))],
    ["eleven octets", fromServer(sent, good().slice(0, 11))],
  ];
  for (const [what, octets] of wrong) {
    assert.deepEqual(asked(t.inject(octets)), [], what);
    assert.equal(t.core.dns_result(query), Err.WOULD_BLOCK, what);
  }
  t.inject(fromServer(sent, good()));
  assert.deepEqual(found(t, query), { ttl: 300, name: "www.example.com", records: ["192.0.2.1"] });
  t.isAlive();
});

test("A026: names are compared without regard to the case of ASCII letters, in questions, owners and aliases", async () => {
  const t = await resolver();
  const { query, sent } = ask(t, "example.com");
  const chain = [alias("Example.COM", "wWw.Example.net"), alias("www.EXAMPLE.net", "A.b"), a("a.B")];
  t.inject(answer(sent, chain, { question: question("eXample.Com", TYPE.A) }));
  assert.deepEqual(found(t, query), { ttl: 300, name: "A.b", records: ["192.0.2.1"] });
});

test("CNAME chains are followed in any order, and with a new question where the answer ends", async () => {
  const t = await resolver();
  const { query, sent } = ask(t);
  t.inject(
    answer(sent, [a("c.example"), a("c.example", "192.0.2.2"), alias("b.example", "c.example"), alias("www.example.com", "b.example")]),
  );
  assert.deepEqual(found(t, query), { ttl: 300, name: "c.example", records: ["192.0.2.1", "192.0.2.2"] });
  const half = ask(t, "www.example.org");
  const [next] = asked(t.inject(answer(half.sent, [alias("www.example.org", "far.example")])));
  assert.ok(next, "the rest is asked for");
  assert.equal(next.name, "far.example");
  assert.notDeepEqual([next.id, next.port], [half.sent.id, half.sent.port]);
  t.inject(answer(next, [a("far.example", "192.0.2.3", 7)]));
  assert.deepEqual(found(t, half.query), { ttl: 7, name: "far.example", records: ["192.0.2.3"] });
});

test("1035-1: names with pointers are read; PTR, SRV, MX and TXT too", async () => {
  const t = await resolver();
  const reverse = ask(t, "192.0.2.77", "PTR");
  assert.equal(reverse.sent.name, "77.2.0.192.in-addr.arpa");
  const host = record(pointer(12), TYPE.PTR, Uint8Array.from([4, ...Buffer.from("host"), ...pointer(12 + 3)]));
  t.inject(answer(reverse.sent, [host]));
  assert.deepEqual(found(t, reverse.query).records, ["host.2.0.192.in-addr.arpa"]);
  const srv = ask(t, "_x._tcp.example", "SRV");
  t.inject(answer(srv.sent, [record(pointer(12), TYPE.SRV, Uint8Array.from([...u16(1), ...u16(2), ...u16(8080), ...pointer(20)]))]));
  assert.deepEqual(found(t, srv.query).records, [{ priority: 1, weight: 2, port: 8080, name: "example" }]);
  const mx = ask(t, "example.com", "MX");
  t.inject(answer(mx.sent, [record(pointer(12), TYPE.MX, Uint8Array.from([...u16(10), ...name("mail.example.com")]))]));
  assert.deepEqual(found(t, mx.query).records, [{ preference: 10, name: "mail.example.com" }]);
  const txt = ask(t, "example.com", "TXT");
  t.inject(answer(txt.sent, [record(pointer(12), TYPE.TXT, Uint8Array.from([3, ...Buffer.from("a=1"), 0, 1, 0x62]))]));
  assert.deepEqual(found(t, txt.query).records, [["a=1", "", "b"]]);
});

test("answers are remembered for their TTL, in any case of letters; TTL 0 is not", async () => {
  const t = await resolver();
  const first = ask(t);
  t.inject(answer(first.sent, [a("www.example.com", "192.0.2.1", 10)]));
  t.pass(9000);
  const again = t.core.dns_query("A", "WWW.example.com.");
  assert.deepEqual(asked(t.poll()), []);
  assert.deepEqual(found(t, again), { ttl: 1, name: "www.example.com", records: ["192.0.2.1"] });
  t.pass(1001);
  const late = ask(t);
  t.inject(answer(late.sent, [a("www.example.com", "192.0.2.1", 0)]));
  assert.equal(found(t, late.query).ttl, 0);
  ask(t);
});

test("2308-1: that there is no such name, or none of this type, is remembered as long as the SOA record says, an hour at most", async () => {
  const t = await resolver();
  const none = (sent: Asked, minimum: number | null, flags: number) =>
    answer(sent, [], { flags, authorities: minimum === null ? [] : [record("example.com", TYPE.SOA, soa(minimum), { ttl: 100_000 })] });
  for (const [what, flags, result] of [
    ["gone.example.com", 0x8183, Err.NO_NAME],
    ["empty.example.com", 0x8180, []],
  ] as const) {
    const told = (query: number) => {
      const got = t.core.dns_result(query);
      return typeof got === "object" ? got.records : got;
    };
    const first = ask(t, what);
    t.inject(none(first.sent, 60, flags));
    assert.deepEqual(told(first.query), result);
    t.pass(59_000);
    assert.deepEqual(told(t.core.dns_query("A", what)), result);
    t.pass(2000);
    const long = ask(t, what);
    t.inject(none(long.sent, 90_000, flags));
    t.pass(3_599_000);
    assert.deepEqual(told(t.core.dns_query("A", what)), result);
    t.pass(2000);
    const unsure = ask(t, what);
    t.inject(none(unsure.sent, null, flags));
    assert.deepEqual(told(unsure.query), result);
    t.inject(none(ask(t, what).sent, 60, flags));
    t.pass(61_000);
  }
});

test("1123-6.1, A116: a silent server is asked for two seconds, then the next, each once before any again, less and less", async () => {
  const t = await resolver([PEER.ip, SECOND]);
  const query = t.core.dns_query("A", "www.example.com");
  const tries: [number, string][] = [];
  const ids = new Set<string>();
  while (t.core.dns_result(query) === Err.WOULD_BLOCK) {
    for (const each of asked(t.poll())) {
      tries.push([t.ms, each.server]);
      ids.add(`${each.id} ${each.port}`);
    }
    t.ms += t.wait;
  }
  assert.deepEqual(
    tries,
    [0, 2000, 4000, 8000, 12_000, 20_000].map((ms, i) => [ms, i % 2 ? SECOND : PEER.ip]),
  );
  assert.equal(ids.size, 6, "each try has a port and an id of its own");
  assert.equal(t.core.dns_result(query), Err.TIMED_OUT);
  assert.equal(t.core.pools().UDP.used, 0);
});

test("A116: ICMP says that there is no server: the next is asked at once", async () => {
  const t = await resolver([PEER.ip, SECOND]);
  t.core.dns_query("A", "www.example.com");
  const sent = t.poll();
  const quoted = sent.find((seen) => seen.udp)?.ip?.octets.slice(0, 28);
  assert.ok(quoted);
  const [next] = asked(t.inject(icmpError(3, 3, quoted, 0, { from: PEER.ip })));
  assert.equal(next?.server, SECOND);
});

test("A023: SERVFAIL, REFUSED, FORMERR or nonsense: the next server is asked at once, and its answer is the result", async () => {
  for (const flags of [0x8182, 0x8185, 0x8181, 0x8184]) {
    const t = await resolver([PEER.ip, SECOND]);
    const { query, sent } = ask(t);
    const [next] = asked(t.inject(answer(sent, [], { flags })));
    assert.equal(next?.server, SECOND, `flags ${flags.toString(16)}`);
    t.inject(answer(next as Asked, [a("www.example.com")]));
    assert.deepEqual(found(t, query).records, ["192.0.2.1"]);
  }
  const t = await resolver();
  const { query, sent } = ask(t);
  t.inject(answer(sent, [], { flags: 0x8182 }));
  assert.equal(t.core.dns_result(query), Err.REFUSED, "all servers have refused");
});

test("A025: 0.0.0.0 in the list is passed over; without a server or a way to one the question waits", async () => {
  const t = await Tester.make({ interfaces: [{ mac: "02:00:00:00:00:01", addresses: ["10.0.0.1/24"] }] });
  assert.equal(t.core.dns_server_add("0.0.0.0"), Err.BAD_ADDRESS);
  const query = t.core.dns_query("A", "www.example.com");
  assert.deepEqual(asked(t.pass(5000)), []);
  t.core.dns_server_add("192.0.2.53");
  assert.deepEqual(asked(t.pass(5000)), [], "there is no route yet");
  t.core.dns_server_add(PEER.ip);
  const [sent] = asked(t.pass(1000));
  assert.ok(sent, "the server on link is asked, the other passed over");
  t.inject(answer(sent, [a("www.example.com")]));
  assert.deepEqual(found(t, query).records, ["192.0.2.1"]);
  const lost = t.core.dns_query("A", "www.example.net");
  t.core.dns_server_clear();
  t.pass(60_000);
  assert.equal(t.core.dns_result(lost), Err.NO_ROUTE, "but not for ever");
});

test("A117: a changed list: what is asked stays with its server or goes to the new one; late answers count", async () => {
  const t = await resolver([SECOND, PEER.ip]);
  const { query, sent } = ask(t);
  const [second] = asked(t.pass(2000));
  assert.deepEqual([sent.server, second?.server], [SECOND, PEER.ip]);
  t.core.dns_server_clear();
  t.core.dns_server_add(GATEWAY.ip);
  t.inject(answer(second as Asked, [a("www.example.com")]));
  assert.deepEqual(found(t, query).records, ["192.0.2.1"], "the server that was asked may still answer");
  t.core.dns_server_clear();
  for (const server of [SECOND, PEER.ip]) t.core.dns_server_add(server);
  const other = ask(t, "www.example.org");
  t.pass(2000);
  t.core.dns_server_clear();
  t.core.dns_server_add(GATEWAY.ip);
  const [third] = asked(t.pass(2000));
  assert.equal(third?.server, GATEWAY.ip);
  t.inject(answer(third as Asked, [a("www.example.org")]));
  assert.deepEqual(found(t, other.query).records, ["192.0.2.1"]);
});

test("A120: questions on their way at the same time do not disturb each other, in whatever order answers come", async () => {
  const t = await resolver();
  t.resolve(PEER);
  const names = ["a.example", "b.example", "c.example", "d.example"];
  const queries = names.map((each) => t.core.dns_query("A", each));
  const sent = asked(t.poll());
  assert.equal(sent.length, 3, "the fourth waits for a socket");
  assert.equal(new Set(sent.map(({ port }) => port)).size, 3);
  const [one, two] = ["a.example", "b.example"].map((each) => sent.find(({ name }) => name === each)) as [Asked, Asked];
  t.inject(fromServer({ ...one, port: two.port }, message({ id: one.id, question: one.octets, answers: [a("a.example")] })));
  assert.equal(t.core.dns_result(queries[0] as number), Err.WOULD_BLOCK, "it came to another question's port");
  const more = asked(t.inject(answer(two, [a("b.example", "192.0.2.2")])));
  assert.deepEqual(found(t, queries[1] as number).records, ["192.0.2.2"]);
  assert.deepEqual(
    more.map((each) => each.name),
    ["d.example"],
    "its socket goes to the one that waited",
  );
  t.inject(answer(one, [a("a.example")]));
  assert.deepEqual(found(t, queries[0] as number).records, ["192.0.2.1"]);
});

test("A125, 1035-4: names of up to 255 octets are asked for; longer ones, long and empty labels are errors", async () => {
  const t = await resolver();
  const label = "x".repeat(63);
  const longest = [label, label, label, "y".repeat(61)].join(".");
  const { query, sent } = ask(t, longest);
  assert.equal(sent.name, longest);
  assert.equal(sent.octets.length, 255 + 4);
  t.inject(answer(sent, [a(longest)]));
  assert.deepEqual(found(t, query), { ttl: 300, name: longest, records: ["192.0.2.1"] });
  for (const [text, error] of [
    [`${longest}y`, Err.TOO_LONG],
    ["z".repeat(64), Err.TOO_LONG],
    ["z".repeat(1025), Err.TOO_LONG],
    [`${"z".repeat(1000)}`, Err.TOO_LONG],
    ["", Err.BAD_ARGUMENT],
    [".", Err.BAD_ARGUMENT],
    ["a..b", Err.BAD_ARGUMENT],
    [".a", Err.BAD_ARGUMENT],
    ["a\\", Err.BAD_ARGUMENT],
  ] as const)
    assert.equal(t.core.dns_query("A", text), error, text);
  assert.equal(t.core.dns_query("SOA" as "A", "example.com"), Err.BAD_ARGUMENT);
  assert.deepEqual(asked(t.poll()), []);
  assert.equal(ask(t, "dot\\.ted.example.").sent.name, "dot\\.ted.example");
});

test("localhost and literal addresses are answered without a question", async () => {
  const t = await resolver();
  for (const [text, ip] of [
    ["localhost", "127.0.0.1"],
    ["my.LocalHost.", "127.0.0.1"],
    ["192.0.2.9", "192.0.2.9"],
  ] as const) {
    const query = t.core.dns_query("A", text);
    assert.deepEqual(found(t, query).records, [ip], text);
  }
  assert.deepEqual(found(t, t.core.dns_query("TXT", "localhost")).records, []);
  assert.deepEqual(asked(t.pass(5000)), []);
  assert.equal(ask(t, "256.0.0.1").sent.name, "256.0.0.1", "no address: a name as others are");
});

test("the same question twice is one on the wire, and ends with the last who gives it up; a number outlives nothing else", async () => {
  const t = await resolver();
  const { query, sent } = ask(t);
  assert.equal(t.core.dns_query("A", "WWW.EXAMPLE.COM"), query);
  assert.deepEqual(asked(t.poll()), []);
  assert.equal(t.core.dns_cancel(query), 0);
  assert.equal(t.core.dns_result(query), Err.WOULD_BLOCK);
  assert.equal(t.core.dns_cancel(query), 0);
  assert.equal(t.core.dns_result(query), Err.ABORTED);
  assert.equal(t.core.pools().UDP.used, 0);
  assert.equal(messages(t.inject(answer(sent, [a("www.example.com")])), 3).length, 1, "nobody waits at that port");
  for (const number of [0, -1, query + 1, query + 65536, 2 ** 31 - 1]) assert.equal(t.core.dns_result(number), Err.BAD_HANDLE, `${number}`);
  assert.equal(t.core.dns_cancel(99), Err.BAD_HANDLE);
});

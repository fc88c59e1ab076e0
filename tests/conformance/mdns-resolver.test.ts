// Names on the link through the resolver, and what strangers send to port 5353.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import {
  address,
  answer,
  type Asked,
  asked,
  FLUSH,
  fromServer,
  GROUP,
  message,
  name,
  onLink,
  pointer,
  question,
  record,
  spoken,
  TYPE,
  u16,
} from "./names.js";
import { GATEWAY, OTHER, PEER, Tester } from "./tester.js";

const HOST = "peer.local";
const five = { port: GROUP.port };
const a = (owner: string, ip = "10.0.0.2") => record(owner, TYPE.A, address(ip), { cls: FLUSH, ttl: 120 });

function ask(t: Tester, what = HOST, type: "A" | "PTR" = "A"): { query: number; sent: Asked } {
  const query = t.core.dns_query(type, what);
  assert.ok(query > 0);
  const [sent, ...more] = asked(t.poll(), GROUP.port);
  assert.ok(sent && !more.length);
  return { query, sent };
}
const reply = (sent: Asked, answers: Uint8Array[]) => message({ id: sent.id, flags: 0x8400, question: sent.octets, answers });
const told = (t: Tester, query: number) => {
  const result = t.core.dns_result(query);
  return typeof result === "object" ? result.records : result;
};

test("A024: names that end in local are asked for on the link, whatever servers there are, and given up within three seconds", async () => {
  const t = await Tester.make();
  t.core.dns_server_add(GATEWAY.ip);
  const query = t.core.dns_query("A", "Nobody.LOCAL.");
  const times: number[] = [];
  const begin = t.ms;
  while (t.core.dns_result(query) === Err.WOULD_BLOCK) {
    const sent = t.poll();
    assert.deepEqual(asked(sent), [], "no server is asked");
    for (const { server } of asked(sent, GROUP.port)) {
      times.push(t.ms - begin);
      assert.equal(server, GROUP.ip);
    }
    assert.ok(sent.every((seen) => !seen.udp || seen.to === GROUP.mac));
    if (t.core.dns_result(query) === Err.WOULD_BLOCK) t.ms += t.wait;
  }
  assert.deepEqual(times, [0, 1000]);
  assert.equal(t.core.dns_result(query), Err.NO_NAME);
  assert.ok(t.ms - begin <= 3000, `${t.ms - begin} ms`);
  ask(t, "nobody.local");
});

test("A022: an answer on the link counts when it comes from there, from port 5353, with id and question", async () => {
  const t = await Tester.make();
  const { query, sent } = ask(t);
  const good = reply(sent, [a(HOST)]);
  const wrong: [string, Uint8Array][] = [
    ["from beyond the link", fromServer(sent, good, { ...five, ip: "203.0.113.9" })],
    ["from port 53", fromServer(sent, good, { ip: PEER.ip })],
    ["another id", fromServer(sent, message({ id: sent.id ^ 1, question: sent.octets, answers: [a(HOST)] }), { ...five, ip: PEER.ip })],
    [
      "another name",
      fromServer(sent, message({ id: sent.id, question: question("x.local", TYPE.A), answers: [a(HOST)] }), { ...five, ip: PEER.ip }),
    ],
    ["nothing", fromServer(sent, reply(sent, []), { ...five, ip: PEER.ip })],
  ];
  for (const [what, frame] of wrong) {
    t.inject(frame);
    assert.equal(told(t, query), Err.WOULD_BLOCK, what);
  }
  t.inject(fromServer(sent, good, { ...five, ip: PEER.ip }));
  assert.deepEqual(told(t, query), [PEER.ip]);
});

test("services are browsed for: pointers of all who answer within a second, each once", async () => {
  const t = await Tester.make();
  const { query, sent } = ask(t, "_http._tcp.local", "PTR");
  const says = (instance: string, ip: string) =>
    t.inject(
      fromServer(sent, reply(sent, [record(pointer(12), TYPE.PTR, name(`${instance}._http._tcp.local`), { ttl: 10 })]), { ...five, ip }),
    );
  says("One", PEER.ip);
  t.pass(500);
  assert.equal(told(t, query), Err.WOULD_BLOCK, "others may follow");
  says("Two", OTHER.ip);
  says("One", PEER.ip);
  t.pass(600);
  assert.deepEqual(told(t, query), ["One._http._tcp.local", "Two._http._tcp.local"]);
});

test("a stack finds the services of another, and its host: DNS-SD from end to end", async () => {
  const [t, other] = [await Tester.make(), await Tester.make({ interfaces: [{ mac: PEER.mac, addresses: [`${PEER.ip}/24`] }] })];
  other.core.mdns_start("printer");
  other.core.mdns_advertise({ name: "In. the hall", type: "_ipp._tcp", port: 631, txt: { rp: "print", Color: true } });
  other.pass(3000);
  const find = (type: "A" | "PTR" | "SRV" | "TXT", what: string) => {
    const query = t.core.dns_query(type, what);
    for (let i = 0; i < 3500 && t.core.dns_result(query) === Err.WOULD_BLOCK; i++) {
      for (const [from, to] of [
        [t, other],
        [other, t],
      ] as const) {
        from.core.poll(from.ms++);
        from.core.drain((frame) => to.core.input(frame.slice()));
      }
      t.core.poll(t.ms);
    }
    return told(t, query);
  };
  assert.deepEqual(find("PTR", "_services._dns-sd._udp.local"), ["_ipp._tcp.local"]);
  const instances = find("PTR", "_ipp._tcp.local");
  assert.deepEqual(instances, ["In\\. the hall._ipp._tcp.local"]);
  const [instance] = instances as string[];
  assert.deepEqual(find("SRV", instance as string), [{ priority: 0, weight: 0, port: 631, name: "printer.local" }]);
  assert.deepEqual(find("TXT", instance as string), [["rp=print", "Color"]]);
  assert.deepEqual(find("A", "printer.local"), [PEER.ip]);
  assert.equal(find("A", "scanner.local"), Err.NO_NAME);
});

test("MDNS-01: malformed messages, cut off, with loops and wild counts, to a responder: dropped and counted, and it goes on", async () => {
  const t = await Tester.make();
  t.core.mdns_start("box");
  t.core.mdns_advertise({ name: "Door", type: "_http._tcp", port: 80 });
  t.pass(4000);
  const whole = message({
    id: 0,
    flags: 0,
    question: Uint8Array.from([...question("box.local", TYPE.ANY), ...question("_http._tcp.local", TYPE.PTR)]),
    answers: [record("_http._tcp.local", TYPE.PTR, name("x._http._tcp.local"))],
    authorities: [
      record("box.local", TYPE.A, address(PEER.ip)),
      record("Door._http._tcp.local", TYPE.SRV, Uint8Array.from([0, 0, 0, 0, ...u16(80), ...name("x.local")])),
    ],
    counts: [2, 1, 2, 0],
  });
  for (const flags of [0, 0x84]) {
    for (let cut = 0; cut < whole.length; cut++) {
      const data = whole.slice(0, cut);
      if (cut > 2) data[2] = flags;
      t.inject(onLink(data, PEER));
      t.pass(5);
    }
  }
  assert.equal(t.core.counter("MDNS_DROPPED"), 2 * whole.length);
  let seed = 1;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let i = 0; i < 5000; i++) {
    const data = whole.slice();
    for (let k = 0; k < 1 + random(6); k++) data[random(data.length)] = random(256);
    t.inject(onLink(data, PEER, random(2) ? GROUP.ip : "10.0.0.1"));
    if (i % 50 === 0) t.pass(40);
  }
  t.pass(60_000);
  const named = t.core.mdns_name(0);
  assert.match(String(named), /^box(-\d+)?\.local$/);
  const asks = message({ id: 9, flags: 0, question: question(String(named), TYPE.A) });
  const [said] = spoken(t.inject(onLink(asks, { ...PEER, port: 7777 })));
  assert.equal(said?.answers.length, 1);
  t.isAlive();
});

test("MDNS-01: legacy questions cannot make the answer larger than what the link carries", async () => {
  const t = await Tester.make({ capacities: { services: 64 } });
  t.core.mdns_start("box");
  for (let i = 0; i < 64; i++)
    assert.equal(
      t.core.mdns_advertise({ name: `Service ${i} ${"x".repeat(40)}`, type: "_http._tcp", port: 80, txt: { k: "v".repeat(200) } }),
      i + 1,
    );
  t.pass(10_000);
  const said = spoken(
    t.inject(onLink(message({ id: 9, flags: 0, question: question("_http._tcp.local", TYPE.PTR) }), { ...PEER, port: 7777 })),
  );
  assert.equal(said.length, 1);
  assert.ok((said[0]?.answers.length ?? 0) >= 8, "as many as fit");
});

test("answer from a server for a local name is no answer, and a local answer none for a server's", async () => {
  const t = await Tester.make();
  t.core.dns_server_add(PEER.ip);
  const query = t.core.dns_query("A", "www.example");
  const [sent] = asked(t.poll());
  assert.ok(sent);
  t.inject(fromServer(sent, reply(sent, [a("www.example")]), five));
  assert.equal(told(t, query), Err.WOULD_BLOCK);
  t.inject(answer(sent, [record("www.example", TYPE.A, address("192.0.2.1"))]));
  assert.deepEqual(told(t, query), ["192.0.2.1"]);
});

// The mDNS responder from the wire: how names are won, told, defended and lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, type Service } from "../../bindings/node/core.js";
import { address, FLUSH, GROUP, message, name, onLink, question, record, short, spoken, TYPE, u16 } from "./names.js";
import { messages, OTHER, PEER, Tester, US } from "./tester.js";

const HOST = "box.local";
const WEB = { name: "Front door", type: "_http._tcp", port: 8080, txt: { path: "/", v: "1" } };
const INSTANCE = "Front door._http._tcp.local";
const TYPES = "_services._dns-sd._udp.local";
const ANNOUNCED = 4000;

/** A responder named box; `isOurs`: probes and announcements are over. */
async function responder(isOurs = true, services = 0): Promise<Tester> {
  const t = await Tester.make();
  assert.equal(t.core.mdns_start("box"), 0);
  for (let i = 0; i < services; i++)
    assert.equal(t.core.mdns_advertise(i ? { ...WEB, name: `${WEB.name} ${i}`, port: 8080 + i } : WEB), i + 1);
  if (isOurs) {
    t.pass(ANNOUNCED);
    assert.equal(t.core.mdns_name(0), HOST);
  }
  return t;
}
/** Asks from PEER, by multicast; answers what was said within so many milliseconds. */
function ask(
  t: Tester,
  questions: Uint8Array[],
  more: Partial<Parameters<typeof message>[0]> = {},
  wait = 700,
  from: { ip: string; mac: string; port?: number } = PEER,
) {
  const counts: [number, number, number, number] = [questions.length, more.answers?.length ?? 0, more.authorities?.length ?? 0, 0];
  const asks = message({ id: 0, flags: 0, question: Uint8Array.from(questions.flatMap((each) => [...each])), counts, ...more });
  const sent = t.inject(onLink(asks, from));
  return spoken([...sent, ...t.pass(wait)]);
}
const says = (answers: Uint8Array[], from = PEER) => onLink(message({ id: 0, flags: 0x8400, answers }), from);
const mine = (ip: string, owner = HOST) => record(owner, TYPE.A, address(ip), { cls: FLUSH, ttl: 120 });

test("6762-1: three probes a quarter of a second apart, then two announcements, a second apart", async () => {
  const t = await responder(false);
  const said: { at: number; message: ReturnType<typeof spoken>[number] }[] = [];
  for (const begin = t.ms; t.ms < begin + 5000; t.ms += Math.max(1, t.wait))
    said.push(...spoken(t.poll()).map((each) => ({ at: t.ms - begin, message: each })));
  assert.equal(said.length, 5);
  const [first = 0, ...rest] = said.map(({ at }) => at);
  assert.ok(first <= 250, "the first probe waits a random time");
  assert.deepEqual(
    rest.map((at) => at - first),
    [250, 500, 750, 1750],
  );
  for (const { message: probe } of said.slice(0, 3)) {
    assert.equal(probe.flags, 0);
    assert.deepEqual(
      probe.questions,
      [{ name: HOST, type: TYPE.ANY, cls: FLUSH }],
      "any record of this name, and the answer may come to us alone",
    );
    assert.deepEqual(short(probe.authorities), [`${HOST} 1 120`], "what it will be, not yet to flush caches");
    assert.deepEqual([...(probe.authorities[0]?.data ?? [])], [...address(US.ip)]);
  }
  for (const { message: announcement } of said.slice(3)) {
    assert.equal(announcement.flags, 0x8400);
    assert.deepEqual([announcement.questions, short(announcement.answers)], [[], [`${HOST} 1 flush 120`]]);
  }
});

test("6762-1: a name that others have is changed, until one is free", async () => {
  const t = await responder(false);
  t.pass(100);
  assert.equal(t.core.mdns_name(0), Err.WOULD_BLOCK);
  t.inject(says([mine(PEER.ip)]));
  const [probe] = spoken(t.pass(300));
  assert.equal(probe?.questions[0]?.name, "box-2.local");
  t.inject(says([record("BOX-2.local", TYPE.TXT, Uint8Array.of(0), { cls: FLUSH })]));
  t.pass(ANNOUNCED);
  assert.equal(t.core.mdns_name(0), "box-3.local");
});

test("6762-1: two who probe for a name at the same time: the later data win, the same data are no conflict", async () => {
  for (const [ip, waits] of [
    ["10.0.0.200", true],
    ["10.0.0.0", false],
    [US.ip, false],
  ] as const) {
    const t = await responder(false);
    while (!spoken(t.poll()).length) t.ms += 10;
    const probe = { flags: 0, authorities: [record(HOST, TYPE.A, address(ip), { ttl: 120 })] };
    const said = ask(t, [question(HOST, TYPE.ANY, FLUSH)], probe, 950);
    assert.equal(said.length > 0, !waits, `against ${ip}`);
    t.pass(ANNOUNCED);
    assert.equal(t.core.mdns_name(0), HOST, "nobody has defended it");
  }
});

test("6762-1, 6762-4: a name of ours that somebody else claims is probed for again; a defence by others renames us", async () => {
  const t = await responder();
  assert.deepEqual(spoken(t.inject(says([mine(US.ip)]))), [], "the same data");
  assert.equal(t.core.mdns_name(0), HOST);
  t.inject(says([mine(PEER.ip)]));
  assert.equal(t.core.mdns_name(0), Err.WOULD_BLOCK);
  assert.equal(spoken(t.pass(260))[0]?.authorities.length, 1, "a probe");
  t.inject(says([mine(PEER.ip)]));
  const said = spoken(t.pass(ANNOUNCED));
  assert.equal(t.core.mdns_name(0), "box-2.local");
  assert.deepEqual(short(said.at(-1)?.answers ?? []), ["box-2.local 1 flush 120"]);
});

test("6762-1: a probe for a name of ours is answered at once", async () => {
  const t = await responder();
  t.pass(60_000);
  const said = ask(t, [question(HOST, TYPE.ANY, FLUSH)], { authorities: [record(HOST, TYPE.A, address(PEER.ip))] }, 0);
  assert.deepEqual(
    said.flatMap(({ answers }) => short(answers)),
    [`${HOST} 1 flush 120`],
  );
});

test("6762-2: questions with the QU bit are answered to the asker alone, when all have heard the answer not long ago", async () => {
  const t = await responder();
  const qu = () => ask(t, [question(HOST, TYPE.A, FLUSH)], {}, 0);
  assert.deepEqual(
    qu().map(({ to, port, mac }) => [to, port, mac]),
    [[PEER.ip, 5353, PEER.mac]],
  );
  t.pass(31_000);
  assert.deepEqual(
    qu().map(({ to }) => to),
    [GROUP.ip],
    "a quarter of its time has passed",
  );
  assert.deepEqual(
    qu().map(({ to }) => to),
    [PEER.ip],
  );
});

test("6762-2: who asks from another port speaks plain DNS: id and question come back, TTLs are short, no cache is flushed", async () => {
  const t = await responder(true, 1);
  const asked = [question(INSTANCE, TYPE.SRV)];
  const [said, ...more] = ask(t, asked, { id: 0x4242 }, 0, { ...PEER, port: 40_000 });
  assert.ok(said && !more.length);
  assert.deepEqual([said.to, said.port, said.id, said.flags], [PEER.ip, 40_000, 0x4242, 0x8400]);
  assert.deepEqual(said.questions, [{ name: INSTANCE, type: TYPE.SRV, cls: 1 }]);
  assert.deepEqual(short(said.answers), [`${INSTANCE} 33 10`]);
  assert.deepEqual(short(said.additionals), [`${HOST} 1 10`]);
});

test("6762-2: what comes from beyond the link, an answer from another port, other opcodes: dropped and counted", async () => {
  const t = await responder();
  const asks = message({ id: 0, flags: 0, question: question(HOST, TYPE.A) });
  const claim = message({ id: 0, flags: 0x8400, answers: [mine(PEER.ip)] });
  const wrong: [string, Uint8Array][] = [
    ["a question from beyond the link", onLink(asks, { ip: "203.0.113.9", mac: PEER.mac })],
    ["a question to us alone, from there", onLink(asks, { ip: "203.0.113.9", mac: PEER.mac }, US.ip)],
    ["a claim from beyond the link", onLink(claim, { ip: "203.0.113.9", mac: PEER.mac })],
    ["a claim from port 53", onLink(claim, { ...PEER, port: 53 })],
    ["opcode 4", onLink(message({ id: 0, flags: 0x2000, question: question(HOST, TYPE.A) }), PEER)],
    ["rcode 3", onLink(message({ id: 0, flags: 0x8403, answers: [mine(PEER.ip)] }), PEER)],
  ];
  for (const [what, frame] of wrong) t.drops(frame, "MDNS_DROPPED", what);
  assert.equal(t.core.mdns_name(0), HOST);
  assert.equal(ask(t, [question(HOST, TYPE.A)]).length, 1, "the control");
});

test("6762-3: answers that others may give too are spread over 20 to 120 ms; ours alone leave at once", async () => {
  const t = await responder(true, 1);
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    t.pass(2000);
    assert.deepEqual(ask(t, [question("_http._tcp.local", TYPE.PTR)], {}, 0), []);
    const began = t.ms;
    while (!spoken(t.poll()).length) t.ms++;
    waits.push(t.ms - began);
  }
  assert.ok(Math.min(...waits) >= 20 && Math.max(...waits) <= 120, String(waits));
  assert.ok(new Set(waits).size > 10, "at random");
  t.pass(2000);
  assert.equal(ask(t, [question(INSTANCE, TYPE.SRV)], {}, 0).length, 1);
});

test("6762-3: what the asker knows is not sent, nor what follows in a second message; old knowledge does not count", async () => {
  const t = await responder(true, 1);
  const pointer = (ttl: number, data = name(INSTANCE)) => record("_http._tcp.local", TYPE.PTR, data, { ttl });
  const asked = [question("_http._tcp.local", TYPE.PTR)];
  const told = (answers: Uint8Array[], flags = 0) => {
    t.pass(2000);
    return ask(t, asked, { answers, flags }).length;
  };
  assert.equal(told([]), 1, "the control");
  assert.equal(told([pointer(4500)]), 0);
  assert.equal(told([pointer(2250)]), 0, "half its time is left");
  assert.equal(told([pointer(2249)]), 1);
  assert.equal(told([pointer(4500, name("Back door._http._tcp.local"))]), 1, "another's");
  t.pass(2000);
  assert.deepEqual(ask(t, asked, { flags: 0x0200 }, 390), [], "more known answers may come");
  assert.deepEqual(ask(t, [], { flags: 0, answers: [pointer(4500)] }), [], "and there it is");
  t.pass(2000);
  assert.equal(ask(t, asked, { flags: 0x0200 }, 520).length, 1, "nothing came");
});

test("6762-3: a record goes to all at most once a second", async () => {
  const t = await responder();
  t.pass(2000);
  const asked = [question(HOST, TYPE.A)];
  assert.equal(ask(t, asked, {}, 0).length, 1);
  assert.equal(ask(t, asked, {}, 900).length, 0);
  assert.equal(ask(t, asked, {}, 0).length, 0);
  t.pass(200);
  assert.equal(ask(t, asked, {}, 0).length, 1);
});

test("6762-4: unique records have the cache-flush bit, shared ones not; TTLs are 120 and 4500; what follows comes along", async () => {
  const t = await responder(true, 1);
  t.pass(2000);
  const [said] = ask(t, [question("_http._tcp.local", TYPE.PTR)]);
  assert.deepEqual(short(said?.answers ?? []), ["_http._tcp.local 12 4500"]);
  assert.deepEqual(
    short(said?.additionals ?? []).sort(),
    [`${INSTANCE} 16 flush 4500`, `${INSTANCE} 33 flush 120`, `${HOST} 1 flush 120`].sort(),
  );
  const [srv, txt] = [TYPE.SRV, TYPE.TXT].map((type) => said?.additionals.find((each) => each.type === type)?.data ?? new Uint8Array());
  assert.deepEqual([...(srv ?? [])], [0, 0, 0, 0, ...u16(8080), ...name(HOST)]);
  assert.deepEqual(Buffer.from(txt ?? []).toString("latin1"), "\x06path=/\x03v=1");
  const [types] = ask(t, [question(TYPES, TYPE.PTR)]);
  assert.deepEqual(short(types?.answers ?? []), [`${TYPES} 12 4500`]);
  assert.deepEqual([...(types?.answers[0]?.data ?? [])], [...name("_http._tcp.local")]);
});

test("types that a name of ours does not have are denied; other names are not answered for", async () => {
  const t = await responder(true, 1);
  t.pass(2000);
  const denial = (asked: string, type: number) => {
    const [said] = ask(t, [question(asked, type)]);
    const [nsec] = said?.answers ?? [];
    return nsec?.type === TYPE.NSEC ? [...nsec.data.slice(name(nsec.name).length)] : said;
  };
  assert.deepEqual(denial(HOST, TYPE.AAAA), [0, 1, 0x40]);
  assert.deepEqual(denial(INSTANCE, TYPE.A), [0, 5, 0, 0, 0x80, 0, 0x40]);
  for (const other of ["other.local", "local", "box", "box.local.local", "_ipp._tcp.local"])
    assert.equal(denial(other, TYPE.ANY), undefined, other);
  assert.equal(ask(t, [question(HOST, TYPE.A, 3)]).length, 0, "another class");
});

test("a goodbye on stop and withdraw; after it nothing is answered", async () => {
  const t = await responder(true, 2);
  assert.equal(t.core.mdns_withdraw(1), 0);
  const [bye] = spoken(t.pass(10));
  assert.deepEqual(short(bye?.answers ?? []).sort(), ["_http._tcp.local 12 0", `${INSTANCE} 33 flush 0`, `${INSTANCE} 16 flush 0`].sort());
  assert.equal(t.core.mdns_withdraw(1), Err.BAD_ARGUMENT);
  assert.equal(ask(t, [question(INSTANCE, TYPE.SRV)]).length, 0);
  t.core.mdns_stop();
  const last = spoken(t.pass(10)).flatMap(({ answers }) => short(answers));
  assert.ok(last.includes(`${HOST} 1 flush 0`) && last.includes("Front door 1._http._tcp.local 33 flush 0"));
  assert.equal(t.core.pools().UDP.used, 0);
  assert.equal(messages(t.inject(onLink(message({ id: 0, flags: 0, question: question(HOST, TYPE.A) }), OTHER)), 3).length, 0);
  assert.equal(t.core.mdns_name(0), Err.BAD_ARGUMENT);
  assert.equal(t.core.mdns_start("box"), 0, "and it can begin again");
});

test("names of services are probed for and changed as the host's; the host's new name is told in their records", async () => {
  const t = await responder(false, 1);
  t.inject(says([record(INSTANCE, TYPE.SRV, Uint8Array.from([0, 0, 0, 0, ...u16(80), ...name("other.local")]), { cls: FLUSH })]));
  t.pass(ANNOUNCED);
  assert.equal(t.core.mdns_name(1), "Front door-2._http._tcp.local");
  for (let i = 0; i < 2; i++) {
    t.inject(says([mine(PEER.ip)]));
    t.pass(260);
  }
  const said = spoken(t.pass(ANNOUNCED)).flatMap(({ answers }) => answers);
  const srv = said.filter(({ type }) => type === TYPE.SRV).at(-1);
  assert.deepEqual([...(srv?.data.slice(6) ?? [])], [...name("box-2.local")]);
});

test("links that come up are probed anew; services that cannot be are refused", async () => {
  const t = await responder();
  t.core.device(0).link = false;
  t.pass(1000);
  t.core.device(0).link = true;
  assert.equal(spoken(t.pass(300))[0]?.authorities.length, 1);
  const wrongs: Partial<Service>[] = [
    { port: 0 },
    { port: 65_536 },
    { name: "" },
    { name: "x".repeat(61) },
    { type: "" },
    { type: "a..b" },
    { txt: { x: "y".repeat(255) } },
    { txt: { x: "y".repeat(200), z: "y".repeat(60) } },
  ];
  for (const wrong of wrongs)
    assert.equal(t.core.mdns_advertise({ ...WEB, ...wrong }), Err.BAD_ARGUMENT, JSON.stringify(wrong).slice(0, 30));
  assert.equal(t.core.mdns_start("box"), Err.BAD_STATE);
});

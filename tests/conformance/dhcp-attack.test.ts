// Messages that are no answers, and answers that make no sense: the DHCP client's state does not change, and the right one still counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ack,
  asked,
  bare,
  bound,
  build,
  LEASED,
  lease,
  type Message,
  type MessageFields,
  nak,
  next,
  offer,
  type Option,
  quad,
  request,
  SERVER,
  status,
  toClient,
  TYPE,
} from "./dhcp.js";
import type { Tester } from "./tester.js";

/** A client that waits for an offer, and its question. */
async function selecting(): Promise<[Tester, Message]> {
  const t = await bare();
  t.core.dhcp_start(0, { now: true });
  return [t, next(t)];
}
/** None of the frames may bring anything out, each is counted once for this reason; the right offer still brings a request. */
async function ignored(reason: "DHCP_MALFORMED" | "DHCP_UNMATCHED" | "DHCP_REFUSED", frames: (to: Message) => [string, Uint8Array][]) {
  const [t, discover] = await selecting();
  for (const [what, frame] of frames(discover)) {
    t.drops(frame, reason, what);
    assert.equal(status(t).state, "SELECTING", what);
  }
  assert.equal(asked(t.inject(offer(discover)))[0]?.type, TYPE.REQUEST, "the right one still counts");
}
const raw = (to: Message, octets: number[], fields: MessageFields = {}) =>
  toClient(build({ xid: to.xid, yiaddr: LEASED, raw: octets, ...fields }));
/** The octets of the usual options without END. */
const USUAL = lease(TYPE.OFFER).flatMap(([code, ...octets]) => [code, octets.length, ...octets]);

test("2131-5, DHCP-01, DHCP-02: an option that goes beyond its place makes the message none, wherever it is; unknown ones, empty ones and a missing END do not", async () => {
  await ignored("DHCP_MALFORMED", (to) => [
    ["length beyond the end", raw(to, [...USUAL, 12, 200, 1, 2, 3])],
    ["by one octet", raw(to, [...USUAL, 12, 4, 1, 2, 3])],
    ["no length", raw(to, [...USUAL, 12])],
    ["in file", raw(to, [...USUAL, 52, 1, 1, 255], { file: [...new Array(100).fill(0), 12, 40] })],
    ["in sname", raw(to, [...USUAL, 52, 1, 2, 255], { sname: [12, 63] })],
    ["a name with a pointer that goes beyond", raw(to, [...USUAL, 119, 255, 0xc0, 0x0c])],
  ]);
  for (const octets of [
    [...USUAL, 119, 4, 0xc0, 0, 0xc0, 2, 255],
    [...USUAL, 43, 0, 12, 0, 255],
    [...USUAL, 12, 3, 97, 98, 99],
    [0, 0, 0, ...USUAL, 0, 0],
    [...USUAL, 255, 12, 200, 1],
    [...USUAL, 43, 255, ...new Array(255).fill(0x41), 255],
  ]) {
    const [t, discover] = await selecting();
    assert.equal(asked(t.inject(raw(discover, octets)))[0]?.type, TYPE.REQUEST, `${octets.slice(USUAL.length, USUAL.length + 4)}`);
  }
});

test("DHCP-01: every length of every option, cut at every octet: no trap, and only whole messages count", async () => {
  const [t, discover] = await selecting();
  for (let length = 0; length < 256; length++) {
    t.core.input(raw(discover, [53, 1, TYPE.NAK, 6, length, 1, 2, 3, 4]));
    t.poll();
  }
  const whole = build({ xid: discover.xid, yiaddr: LEASED, options: lease(TYPE.NAK) });
  for (let length = 0; length < whole.length; length++) t.inject(toClient(whole.slice(0, length)));
  assert.equal(status(t).state, "SELECTING");
  assert.equal(asked(t.inject(offer(discover)))[0]?.type, TYPE.REQUEST);
  t.pass(1);
});

test("2131-5: what several options of one code carry is one value, through overload too", async () => {
  const t = await bare();
  const [a, b, c, d] = [
    [3, 2, 10, 0],
    [3, 1, 0],
    [3, 0],
    [3, 1, 253],
  ] as const;
  const octets = [...lease(TYPE.ACK, [[3]]).flatMap(([code, ...value]) => [code, value.length, ...value]), ...a, ...b, 52, 1, 3, ...c, 255];
  t.inject(raw(request(t, { now: true, unchecked: true }), octets, { file: [0, ...d, 255], sname: [255, ...d] }));
  assert.deepEqual([status(t).state, status(t).gateway], ["BOUND", "10.0.0.253"]);
});

test("DHCP-03: an overload option in file or sname is not followed", async () => {
  const t = await bare();
  const router = [3, 4, ...quad("10.0.0.9"), 255];
  const octets = [...lease(TYPE.ACK, [[3]]).flatMap(([code, ...value]) => [code, value.length, ...value]), 52, 1, 1, 255];
  t.inject(raw(request(t, { now: true, unchecked: true }), octets, { file: [52, 1, 3, 255], sname: router }));
  assert.deepEqual([status(t).state, status(t).gateway], ["BOUND", null]);
  const twice = await bare();
  const both = [...octets.slice(0, -1), 52, 1, 2, 255];
  twice.inject(raw(request(twice, { now: true, unchecked: true }), both, { sname: router }));
  assert.deepEqual([status(twice).state, status(twice).gateway], ["BOUND", null], "two of them are none");
});

test("2131-5, DHCP-04: wrong xid, MAC address, cookie, hardware, operation or type: ignored; so is an answer that nobody waits for", async () => {
  await ignored("DHCP_UNMATCHED", (to) => [
    ["xid", offer(to, [], { xid: to.xid ^ 1 })],
    ["MAC address", offer(to, [], { chaddr: "02:00:00:00:00:77" })],
    ["a request", offer(to, [], { op: 1 })],
    ["no type", offer(to, [[53]])],
    ["ACK without a request", ack(to)],
    ["NAK without a request", nak(to)],
    ["DISCOVER", offer(to, [[53, TYPE.DISCOVER]])],
    ["a type of two octets", offer(to, [[53, TYPE.OFFER, TYPE.OFFER]])],
  ]);
  await ignored("DHCP_MALFORMED", (to) => [
    ["cookie", offer(to, [], { cookie: [0x63, 0x82, 0x53, 0x64] })],
    ["hardware type", offer(to, [], { htype: 6 })],
    ["hardware length", offer(to, [], { hlen: 16 })],
  ]);
  const t = await bound();
  for (const frame of [ack({ xid: 0, ciaddr: LEASED } as Message), nak({ xid: 0 } as Message)]) t.drops(frame, "DHCP_UNMATCHED");
  assert.equal(status(t).state, "BOUND");
});

test("DHCP-05: an offer of what is no host's address, or the server's, or the router's, of a subnet of nothing or of one: refused; a router elsewhere is left out", async () => {
  const wrong: [string, Option[], MessageFields][] = [
    ...["0.0.0.0", "255.255.255.255", "224.0.0.5", "127.0.0.1", "240.0.0.1", "10.0.0.255", "10.0.0.0"].map(
      (yiaddr): [string, Option[], MessageFields] => [yiaddr, [], { yiaddr }],
    ),
    ["the router's", [[3, ...quad(LEASED)]], {}],
    ["the server's", [[54, ...quad(LEASED)]], {}],
    ["mask /0", [[1, ...quad(0)]], {}],
    ["mask /32", [[1, ...quad("255.255.255.255")]], {}],
    ["a mask with a hole", [[1, ...quad("255.0.255.0")]], {}],
    ["a short mask", [[1, 255, 255]], {}],
    ["no server", [[54]], {}],
    ["a server that is no host", [[54, ...quad("224.0.0.1")]], {}],
    ["no lease", [[51]], {}],
  ];
  await ignored("DHCP_REFUSED", (to) => wrong.map(([what, options, fields]) => [what, offer(to, options, fields)]));
  for (const [router, gateway] of [
    ["10.0.1.1", null],
    ["224.0.0.1", null],
    ["10.0.0.255", null],
    ["10.0.0.77", "10.0.0.77"],
  ] as const) {
    const t = await bound([[3, ...quad(router)]], {}, { now: true, unchecked: true });
    assert.equal(status(t).gateway, gateway, router);
  }
  const t = await bare();
  const sent = request(t);
  t.drops(ack(sent, [], { yiaddr: "10.0.0.51" }), "DHCP_UNMATCHED", "another address than offered");
  t.drops(ack(sent, [[1, ...quad(0)]]), "DHCP_REFUSED", "an acknowledgement without sense");
  t.inject(ack(sent));
  assert.equal(status(t).state, "CHECKING");
});

test("without a mask it is that of the address's class", async () => {
  for (const [address, prefix] of [
    ["10.0.0.50", 8],
    ["172.16.0.50", 16],
    ["192.168.0.50", 24],
  ] as const) {
    const t = await bare();
    t.core.dhcp_start(0, { now: true, unchecked: true });
    const [sent] = asked(t.inject(offer(next(t), [[1], [3]], { yiaddr: address })));
    assert.ok(sent);
    t.inject(ack(sent, [[1], [3]], { yiaddr: address }));
    assert.equal(status(t).address, `${address}/${prefix}`);
  }
});

test("DHCP-07: two servers that refuse in turn, and NAKs by the hundred: one restart, later and later", async () => {
  const t = await bare();
  t.core.dhcp_start(0, { now: true });
  const sent = asked(t.inject(offer(next(t))))[0] as Message;
  for (let i = 0; i < 60; i++) t.inject(nak(sent));
  assert.equal(t.core.counter("DHCP_NAKS"), 1);
  assert.equal(t.core.counter("DHCP_UNMATCHED"), 59);
  const at = t.ms;
  const second = next(t);
  assert.ok(t.ms - at >= 3_000 && second.type === TYPE.DISCOVER && second.xid !== sent.xid);
  const other = "10.0.0.201";
  const [again] = asked(
    t.inject(toClient(build({ xid: second.xid, yiaddr: LEASED, options: lease(TYPE.OFFER, [[54, ...quad(other)]]) }), { from: other })),
  );
  assert.deepEqual(again?.addresses(54), [other]);
  t.inject(nak(again as Message, other));
  const later = t.ms;
  next(t);
  assert.ok(t.ms - later >= 7_000);
});

test("DHCP-08: a message shorter than its fixed part is dropped, at every length", async () => {
  const [t, discover] = await selecting();
  const whole = build({ xid: discover.xid, yiaddr: LEASED, options: lease(TYPE.OFFER) });
  for (let length = 0; length < 240; length += 1) t.drops(toClient(whole.slice(0, length)), "DHCP_MALFORMED", `${length} octets`);
  assert.equal(asked(t.inject(toClient(whole)))[0]?.type, TYPE.REQUEST);
});

test("DHCP-09: once a server is chosen, another's offer, acknowledgement or refusal changes nothing", async () => {
  const t = await bare();
  const sent = request(t);
  const rogue: Option[] = [[54, ...quad("10.0.0.66")]];
  t.drops(offer(sent, rogue), "DHCP_UNMATCHED", "offer");
  t.drops(ack(sent, rogue), "DHCP_UNMATCHED", "acknowledgement");
  t.drops(ack(sent, [[54]]), "DHCP_UNMATCHED", "acknowledgement by nobody");
  t.drops(nak(sent, "10.0.0.66"), "DHCP_UNMATCHED", "refusal");
  t.inject(ack(sent));
  assert.deepEqual([status(t).state, status(t).server], ["CHECKING", SERVER.ip]);
});

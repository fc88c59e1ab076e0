// Link-local addresses while no DHCP server answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, instantiate } from "../../bindings/node/core.js";
import { ack, answersTo, asked, bare, LEASED, next, offer, status, TYPE } from "./dhcp.js";
import { arp, ETHER, EVERYBODY, ethernet, type Seen } from "./packets.js";
import { arpReply, arpRequest, asksFor, options, OTHER, SEED, Tester, US } from "./tester.js";

/** Another host uses an address. */
const claims = (address: string) =>
  ethernet(EVERYBODY, OTHER.mac, ETHER.ARP, arp({ operation: 1, senderMac: OTHER.mac, senderIp: address, targetIp: address }));
/** What a frame probes for. */
const probed = (sent: Seen[]) => sent.flatMap(({ arp: it }) => (it?.operation === 1 && it.senderIp === "0.0.0.0" ? [it.targetIp] : []));
const announced = (sent: Seen[]) => sent.flatMap(({ arp: it }) => (it && it.senderIp === it.targetIp ? [it.senderIp] : []));

/** Lets time pass until an address is probed. */
function untilProbe(t: Tester, most = 60_000): string {
  const end = t.ms + most;
  for (let found = probed(t.poll()); ; found = probed(t.poll())) {
    if (found[0]) return found[0];
    assert.ok(t.ms < end, `no probe for ${most} ms`);
    t.ms += Math.max(1, Math.min(t.wait, 100));
  }
}
/** A stack with a link-local address, and that address. */
async function local(mac: string = US.mac, seed: Uint8Array = SEED): Promise<[Tester, string]> {
  const t = await bare({ interfaces: [{ device: 0, mac }], seed });
  assert.equal(t.core.dhcp_start(0, { now: true, linkLocal: true }), 0);
  t.pass(45_000);
  const address = status(t).linkLocal;
  assert.ok(address && t.core.interfaces()[0]?.states[0] === "VALID");
  return [t, address];
}

test("3927-1: the address lies in 169.254.1.0 to 169.254.254.255, is the same each time for a MAC address, and another for another; probed three times, announced", async () => {
  const found = new Set<string>();
  for (let n = 1; n <= 12; n++) {
    const t = await bare({ interfaces: [{ device: 0, mac: `02:00:00:00:07:${n.toString(16).padStart(2, "0")}` }] });
    t.core.dhcp_start(0, { now: true, linkLocal: true });
    const address = untilProbe(t);
    const [a, b, c = 0] = address.split(".").map(Number);
    assert.ok(a === 169 && b === 254 && c >= 1 && c <= 254, address);
    found.add(address);
  }
  assert.equal(found.size, 12);
  const [, address] = await local(US.mac, SEED);
  const [, again] = await local(
    US.mac,
    SEED.map((octet) => octet ^ 7),
  );
  assert.equal(address, again, "whatever the seed");
  const t = await bare();
  t.core.dhcp_start(0, { now: true, linkLocal: true });
  const sent = t.pass(40_000);
  assert.deepEqual(probed(sent), new Array(3).fill(address));
  assert.deepEqual(announced(sent), new Array(2).fill(address));
  assert.ok(answersTo(t, address));
});

test("without the wish there is none, and with a server there is none; DHCP goes on beside it, and its lease takes its place", async () => {
  const plain = await bare();
  plain.core.dhcp_start(0, { now: true });
  assert.deepEqual(probed(plain.pass(200_000)), []);
  const [t, address] = await local();
  const discover = next(t);
  assert.deepEqual([discover.type, discover.seen.ip?.from], [TYPE.DISCOVER, "0.0.0.0"], "from no address, though there is one");
  const [sent] = asked(t.inject(offer(discover)));
  assert.ok(sent);
  t.inject(ack(sent));
  assert.ok(answersTo(t, address), "until the lease is checked");
  t.pass(8_000);
  assert.deepEqual(t.core.interfaces()[0]?.addresses, [`${LEASED}/24`]);
  assert.equal(answersTo(t, address), false);
  assert.equal(status(t).linkLocal, null);
  const [stopped] = await local();
  stopped.core.dhcp_stop();
  assert.deepEqual(stopped.core.interfaces()[0]?.addresses, []);
});

test("3927-2: ARP that says a link-local address goes to everybody, requests, polls and replies; a plain address answers the asker alone", async () => {
  const [t, address] = await local();
  const other = "169.254.7.7";
  const socket = t.bind();
  t.send(socket, "x", other);
  assert.deepEqual(
    asksFor(t.poll(), other).map((seen) => [seen.to, seen.arp?.senderIp]),
    [[EVERYBODY, address]],
  );
  t.inject(arpReply({ ip: other, mac: OTHER.mac }));
  const [reply] = t.inject(arpRequest({ ip: other, mac: OTHER.mac }, address));
  assert.deepEqual([reply?.arp?.operation, reply?.to, reply?.arp?.targetMac], [2, EVERYBODY, OTHER.mac]);
  let polls: Seen[] = [];
  for (let i = 0; i < 60 && !polls.length; i++) {
    t.send(socket, "x", other);
    polls = asksFor(t.pass(1_000), other);
  }
  assert.deepEqual(
    polls.map((seen) => [seen.to, seen.arp?.targetMac]),
    [[EVERYBODY, OTHER.mac]],
  );
  const plain = await Tester.make();
  assert.equal(plain.inject(arpRequest(OTHER, US.ip))[0]?.to, OTHER.mac);
});

test("3927-2: nothing with a link-local address at either end goes by a router", async () => {
  const [t] = await local();
  assert.equal(t.core.gateway_set({ address: "169.254.9.9" }), 0);
  assert.equal(t.send(t.bind(), "x", "192.0.2.1"), Err.NO_ROUTE, "from a link-local address");
  assert.equal(t.core.route_add({ address: "192.0.2.0", interface: 0 }, 24, { address: "169.254.9.9" }), 0);
  assert.equal(t.send(t.bind(), "x", "192.0.2.1"), Err.NO_ROUTE, "by a route");
  const plain = await Tester.make(options());
  assert.equal(plain.send(plain.bind(), "x", "169.254.9.9"), 1);
  assert.deepEqual(
    plain.poll().map((seen) => seen.arp?.targetIp),
    ["169.254.9.9"],
    "to a link-local address: on link, though we have none and there is a gateway",
  );
  assert.equal(plain.send(plain.bind(), "x", "192.0.2.1"), 1);
  assert.equal(plain.core.route_add({ address: "169.254.8.0", interface: 0 }, 24, { address: "10.0.0.254" }), 0);
  assert.equal(plain.send(plain.bind(), "x", "169.254.8.8"), Err.NO_ROUTE, "a route that leads it by a router is not taken");
});

test("3927-1: an address in use by another host while it is probed is given up for the next", async () => {
  const t = await bare();
  t.core.dhcp_start(0, { now: true, linkLocal: true });
  const first = untilProbe(t);
  t.inject(claims(first));
  const second = untilProbe(t);
  assert.notEqual(second, first);
  t.pass(10_000);
  assert.ok(answersTo(t, second));
  assert.equal(answersTo(t, first), false);
});

test("3927-3: after ten conflicts there is one try a minute", async () => {
  const t = await bare();
  t.core.dhcp_start(0, { now: true, linkLocal: true });
  const tried = new Set<string>();
  for (let i = 0; i < 10; i++) {
    const address = untilProbe(t);
    tried.add(address);
    t.inject(claims(address));
  }
  assert.equal(tried.size, 10);
  for (let i = 0; i < 3; i++) {
    const at = t.ms;
    const address = untilProbe(t, 70_000);
    assert.ok(t.ms - at >= 60_000, `after ${t.ms - at} ms`);
    t.inject(claims(address));
  }
});

test("a link-local address is defended once in ten seconds, with and without probing, and given up after that", async () => {
  const [t, address] = await local();
  assert.deepEqual(announced(t.inject(claims(address))), [address], "defended");
  assert.ok(answersTo(t, address));
  t.pass(10_100);
  assert.deepEqual(announced(t.inject(claims(address))), [address], "and again, ten seconds later");
  t.inject(claims(address));
  assert.equal(answersTo(t, address), false);
  const second = untilProbe(t);
  assert.notEqual(second, address);
});

test("two stacks without a server find addresses and reach each other", async () => {
  const make = async (mac: string, n: number) => {
    const core = await instantiate(options({ seed: SEED.map((octet) => octet ^ n), interfaces: [{ device: 0, mac }] }));
    assert.equal(core.dhcp_start(0, { now: true, linkLocal: true }), 0);
    return core;
  };
  const [a, b] = [await make(US.mac, 1), await make(OTHER.mac, 2)];
  for (let ms = 0; ms < 60_000; ms += 10) {
    a.poll(ms);
    b.poll(ms);
    a.transfer(b);
    b.transfer(a);
  }
  const to = b.dhcp_status();
  assert.ok(typeof to === "object" && to.linkLocal);
  const [from, at] = [a.udp_bind({}), b.udp_bind({ port: 7 })];
  assert.equal(a.udp_write(from, new Uint8Array(3), { address: to.linkLocal, port: 7 }), 3);
  for (let ms = 60_000; ms < 60_100; ms += 10) {
    a.poll(ms);
    b.poll(ms);
    a.transfer(b);
    b.transfer(a);
  }
  assert.equal((b.udp_read(at) as Uint8Array).length, 3);
});

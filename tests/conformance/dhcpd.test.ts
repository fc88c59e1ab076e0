// The DHCP server: what it answers, to whom, and when it is silent.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, type DhcpdOptions } from "../../bindings/node/core.js";
import { build, messagesTo, type Message, type MessageFields, type Option, quad, TYPE } from "./dhcp.js";
import { ETHER, EVERYBODY, ethernet, ipv4, PROTOCOL, type Seen, udp } from "./packets.js";
import { arpReply, bytes, frame, options, Tester, US } from "./tester.js";

const POOL: DhcpdOptions = { first: "10.0.0.100", last: "10.0.0.107", lease: 600, router: US.ip, dns: ["10.0.0.53", "10.0.0.54"] };
const OTHERS = "10.0.0.66";
const macOf = (n: number) => `06:00:00:00:00:${n.toString(16).padStart(2, "0")}`;

/** A server with a pool. */
async function serving(more: Partial<DhcpdOptions> = {}, leases = 16): Promise<Tester> {
  const t = await Tester.make(options({ capacities: { leases } }));
  const count = t.core.dhcpd_start({ ...POOL, ...more });
  assert.ok(count > 0, `${count}`);
  return t;
}
/** A client's message in a frame. */
function from(
  n: number,
  type: number,
  more: Option[] = [],
  fields: MessageFields = {},
  ends: { from?: string; to?: string } = {},
): Uint8Array {
  const data = build({ op: 1, xid: 0x1000 + n, chaddr: macOf(n), options: [[53, type], ...more], ...fields });
  const source = ends.from ?? fields.ciaddr ?? "0.0.0.0";
  const to = ends.to ?? "255.255.255.255";
  return ethernet(
    to === "255.255.255.255" ? EVERYBODY : US.mac,
    macOf(n),
    ETHER.IPV4,
    ipv4({ from: source, to, protocol: PROTOCOL.UDP }, udp(source, 68, to, 67, data)),
  );
}
const answers = (sent: Seen[]): Message[] => messagesTo(68, sent);
function only(sent: Seen[], type: number): Message {
  const [message, ...more] = answers(sent);
  assert.ok(message && !more.length, `${answers(sent).length} answers`);
  assert.equal(message.type, type);
  return message;
}
const named = (ip: string = US.ip): Option => [54, ...quad(ip)];
const wanted = (ip: string): Option => [50, ...quad(ip)];
/** What a client is offered. */
const discover = (t: Tester, n: number, more: Option[] = []) => only(t.inject(from(n, TYPE.DISCOVER, more)), TYPE.OFFER);
/** A client that has a lease; its address. */
function lease(t: Tester, n: number, more: Option[] = []): string {
  const { yiaddr } = discover(t, n, more);
  const given = only(t.inject(from(n, TYPE.REQUEST, [named(), wanted(yiaddr), ...more.filter(([code]) => code === 61)])), TYPE.ACK);
  assert.equal(given.yiaddr, yiaddr);
  return yiaddr;
}
const renew = (t: Tester, n: number, ip: string) => {
  t.inject(arpReply({ ip, mac: macOf(n) }));
  t.answering.set(ip, macOf(n));
  return answers(t.inject(from(n, TYPE.REQUEST, [], { ciaddr: ip }, { to: US.ip })));
};
/** Nothing is answered, and it is counted. */
function silent(t: Tester, octets: Uint8Array, what: string): void {
  assert.deepEqual(answers(t.inject(octets)), [], what);
}

describe("offers and leases", () => {
  test("DISCOVER, OFFER, REQUEST, ACK: the options of the pool, at least 300 octets, to the address and the MAC address that get it", async () => {
    const t = await serving({ options: Uint8Array.from([15, 3, ...bytes("lan")]) });
    const offered = discover(t, 1);
    for (const message of [offered, only(t.inject(from(1, TYPE.REQUEST, [named(), wanted(offered.yiaddr)])), TYPE.ACK)]) {
      const { seen } = message;
      assert.deepEqual([seen.to, seen.ip?.to, seen.ip?.from, seen.udp?.fromPort], [macOf(1), "10.0.0.100", US.ip, 67]);
      assert.deepEqual([message.op, message.xid, message.yiaddr, message.ciaddr], [2, 0x1001, "10.0.0.100", "0.0.0.0"]);
      assert.deepEqual([...message.octets.subarray(28, 34)], [6, 0, 0, 0, 0, 1]);
      assert.deepEqual([message.addresses(54), message.addresses(1), message.addresses(3)], [[US.ip], ["255.255.255.0"], [US.ip]]);
      assert.deepEqual(message.addresses(6), POOL.dns);
      assert.deepEqual([message.number(51), message.number(58), message.number(59)], [600, 300, 525]);
      assert.deepEqual(message.options.get(15), [...bytes("lan")]);
    }
    const broadcast = only(t.inject(from(2, TYPE.DISCOVER, [], { flags: 0x8000 })), TYPE.OFFER);
    assert.deepEqual([broadcast.seen.to, broadcast.seen.ip?.to, broadcast.flags], [EVERYBODY, "255.255.255.255", 0x8000]);
    const [first] = t.core.dhcpd_leases();
    assert.deepEqual(first, { place: 0, address: "10.0.0.100", state: "BOUND", seconds: 600, mac: macOf(1) });
    assert.equal(t.core.dhcpd_stop(), 0);
    silent(t, from(3, TYPE.DISCOVER), "stopped");
    assert.equal(t.core.dhcpd_leases().length, 2, "still told");
  });

  test("A142: offers are kept for seconds only: after a flood of strangers' DISCOVERs and DECLINEs a real client is served, and bound ones keep theirs", async () => {
    const t = await serving();
    const mine = lease(t, 1);
    for (let n = 10; n < 17; n++) discover(t, n);
    for (let n = 20; n < 60; n++) silent(t, from(n, TYPE.DISCOVER), "all are taken");
    assert.equal(t.core.counter("DHCPD_FULL"), 40);
    t.pass(3_000);
    for (let n = 30; n < 37; n++) {
      const ip = lease(t, n);
      assert.notEqual(ip, mine);
      silent(t, from(n, TYPE.DECLINE, [named(), wanted(ip)]), "declined");
    }
    assert.equal(t.core.counter("DHCP_DECLINED"), 7);
    silent(t, from(70, TYPE.DISCOVER), "at once");
    t.pass(3_000);
    assert.notEqual(lease(t, 70), mine);
    assert.equal(renew(t, 1, mine)[0]?.type, TYPE.ACK);
  });

  test("a declined address goes to nobody while there are others; only its client can decline it", async () => {
    const t = await serving({ last: "10.0.0.101" });
    const ip = lease(t, 1);
    silent(t, from(2, TYPE.DECLINE, [named(), wanted(ip)]), "somebody else's");
    silent(t, from(1, TYPE.DECLINE, [named(), wanted("10.0.0.101")]), "another address");
    assert.equal(t.core.counter("DHCP_DECLINED"), 0);
    silent(t, from(1, TYPE.DECLINE, [named(), wanted(ip)]), "its own");
    t.pass(10_000);
    assert.equal(discover(t, 3).yiaddr, "10.0.0.101");
  });

  test("A143: a pool must be hosts of one of the interface's subnets; one larger than the table is served as far as that goes", async () => {
    const t = await Tester.make(options({ capacities: { leases: 4 } }));
    const start = (first: string, last: string) => t.core.dhcpd_start({ ...POOL, first, last });
    for (const [first, last] of [
      ["0.0.0.0", "255.255.255.255"],
      ["10.0.1.1", "10.0.1.9"],
      ["10.0.0.9", "10.0.1.9"],
      ["10.0.0.9", "10.0.0.8"],
      ["10.0.0.0", "10.0.0.8"],
      ["10.0.0.9", "10.0.0.255"],
    ] as const)
      assert.equal(start(first, last), Err.BAD_ADDRESS, `${first} to ${last}`);
    silent(t, from(1, TYPE.DISCOVER), "not serving");
    assert.equal(start("10.0.0.2", "10.0.0.254"), 4);
    assert.deepEqual(
      [1, 2, 3, 4].map((n) => discover(t, n).yiaddr),
      ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"],
    );
    silent(t, from(5, TYPE.DISCOVER), "all are taken");
    assert.equal(start("10.0.0.2", "10.0.0.4"), 3);
    assert.equal(t.core.dhcpd_start(POOL, 1), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcpd_start({ ...POOL, lease: 9 }), Err.BAD_ARGUMENT);
    const none = await Tester.make(options({ capacities: { leases: 0 } }));
    assert.equal(none.core.dhcpd_start(POOL), Err.NO_ROOM);
  });

  test("our own address in the pool is leased to nobody", async () => {
    const t = await serving({ first: "10.0.0.1", last: "10.0.0.3" });
    assert.deepEqual([1, 2].map((n) => lease(t, n)).sort(), ["10.0.0.2", "10.0.0.3"]);
    silent(t, from(3, TYPE.DISCOVER), "all are taken");
  });

  test("A144: a client gets its former address while others are free; an address that it asks for when nobody has it", async () => {
    const t = await serving();
    const a = lease(t, 1);
    silent(t, from(1, TYPE.RELEASE, [named()], { ciaddr: a }, { to: US.ip }), "release");
    assert.notEqual(lease(t, 2), a, "an untouched one for a newcomer");
    assert.equal(lease(t, 1), a);
    assert.equal(lease(t, 3, [wanted("10.0.0.105")]), "10.0.0.105");
    assert.notEqual(discover(t, 4, [wanted("10.0.0.105")]).yiaddr, "10.0.0.105");
    assert.equal(lease(t, 5, [[61, 0, 1, 2, 3]]), lease(t, 6, [[61, 0, 1, 2, 3]]), "the identifier counts, not the MAC address");
    t.pass(601_000);
    assert.equal(discover(t, 1).yiaddr, a, "after its end too");
  });

  test("A145: a bound client that asks again is offered what it then gets: the whole time", async () => {
    const t = await serving({ lease: 60 });
    const ip = lease(t, 1);
    t.pass(59_500);
    const offered = discover(t, 1);
    assert.deepEqual([offered.yiaddr, offered.number(51)], [ip, 60]);
    const given = only(t.inject(from(1, TYPE.REQUEST, [named(), wanted(ip)])), TYPE.ACK);
    assert.equal(given.number(51), 60);
    t.pass(59_000);
    assert.equal(t.core.dhcpd_leases()[0]?.seconds, 1);
    const forEver = await serving({ lease: Number.POSITIVE_INFINITY });
    lease(forEver, 1);
    const [kept] = forEver.core.dhcpd_leases();
    assert.equal(kept?.seconds, Number.POSITIVE_INFINITY);
    const last = discover(forEver, 1);
    assert.deepEqual([last.number(51), last.options.has(58)], [0xffffffff, false]);
  });

  test("A149: both addresses of a /31 are hosts", async () => {
    const t = await Tester.make(options({ interfaces: [{ device: 0, mac: US.mac, addresses: ["192.0.2.1/31"] }] }));
    assert.equal(t.core.dhcpd_start({ first: "192.0.2.0", last: "192.0.2.1", lease: 60 }), 2);
    const offered = discover(t, 1);
    assert.deepEqual([offered.yiaddr, offered.addresses(1)], ["192.0.2.0", ["255.255.255.254"]]);
  });

  test("A148, A033+153: further options are whole and at most 250 octets, or refused; with them every answer fits 576 octets", async () => {
    const t = await Tester.make();
    const start = (octets: number[] | Uint8Array) => t.core.dhcpd_start({ ...POOL, options: Uint8Array.from(octets) });
    const full = [60, 248, ...new Array(248).fill(7)];
    assert.equal(start(new Uint8Array(600)), Err.BAD_ARGUMENT);
    assert.equal(start([...full, 0]), Err.BAD_ARGUMENT);
    for (const wrong of [[60], [60, 3, 1, 2], [60, 0, 61], [60, 255]]) assert.equal(start(wrong), Err.BAD_ARGUMENT, `${wrong}`);
    assert.equal(start(full), 8);
    const { seen, options: sent } = discover(t, 1);
    assert.equal(sent.get(60)?.length, 248);
    assert.ok((seen.ip?.octets.length ?? 0) <= 576 && (seen.ip?.octets.length ?? 0) > 550, `${seen.ip?.octets.length}`);
    assert.equal(t.core.exports.dhcpd_start?.(0, 251), Err.BAD_ARGUMENT);
  });
});

test("from 0.0.0.0 nothing comes in but a datagram to everybody's port 67", async () => {
  const t = await serving();
  const nobody = (port: number, to = "255.255.255.255", fragment = 0) => {
    const packet = ipv4({ from: "0.0.0.0", to, protocol: PROTOCOL.UDP, fragment }, udp("0.0.0.0", 68, to, port, new Uint8Array(8)));
    return ethernet(EVERYBODY, macOf(1), ETHER.IPV4, packet);
  };
  t.bind(68);
  t.drops(nobody(67), "DHCP_MALFORMED", "it comes as far as the server");
  t.drops(nobody(68), "IP_BAD_SOURCE");
  t.drops(nobody(67, US.ip), "IP_BAD_SOURCE");
  t.drops(nobody(67, "10.0.0.255"), "IP_BAD_SOURCE");
  t.drops(nobody(67, "255.255.255.255", 0x2000), "IP_BAD_SOURCE");
  t.drops(
    ethernet(EVERYBODY, macOf(1), ETHER.IPV4, ipv4({ from: "0.0.0.0", to: "255.255.255.255", protocol: PROTOCOL.UDP }, new Uint8Array(7))),
    "IP_BAD_SOURCE",
  );
  t.drops(
    ethernet(
      EVERYBODY,
      macOf(1),
      ETHER.IPV4,
      ipv4({ from: "0.0.0.0", to: "255.255.255.255", protocol: PROTOCOL.ICMP }, new Uint8Array(16)),
    ),
    "IP_BAD_SOURCE",
  );
});

describe("requests", () => {
  test("A032: a client that took another server's offer is forgotten, and what it asks about that server's addresses is not answered", async () => {
    const t = await serving();
    discover(t, 1);
    silent(t, from(1, TYPE.REQUEST, [named(OTHERS), wanted("10.0.0.200")]), "it names another server");
    silent(t, from(1, TYPE.REQUEST, [wanted("10.0.0.200")]), "INIT-REBOOT");
    silent(t, from(1, TYPE.REQUEST, [], { ciaddr: "10.0.0.200" }), "REBINDING");
    assert.deepEqual(t.core.dhcpd_leases(), []);
    const ip = lease(t, 2);
    silent(t, from(2, TYPE.REQUEST, [named(OTHERS), wanted("10.0.0.200")]), "a bound one that moves");
    silent(t, from(2, TYPE.REQUEST, [wanted("10.0.0.200")]), "and reboots there");
    assert.equal(lease(t, 3), ip, "its address is free");
  });

  test("INIT-REBOOT: ACK for its own address, NAK for one of another subnet or another client's, silence about one that nobody has", async () => {
    const t = await serving();
    const ip = lease(t, 1);
    const own = only(t.inject(from(1, TYPE.REQUEST, [wanted(ip)])), TYPE.ACK);
    assert.deepEqual([own.yiaddr, own.number(51)], [ip, 600]);
    for (const other of ["10.0.0.103", "192.168.7.7"]) {
      const refused = only(t.inject(from(1, TYPE.REQUEST, [wanted(other)])), TYPE.NAK);
      assert.deepEqual([refused.seen.to, refused.seen.ip?.to, refused.yiaddr], [EVERYBODY, "255.255.255.255", "0.0.0.0"]);
      assert.deepEqual([...refused.options.keys()].sort(), [53, 54]);
    }
    only(t.inject(from(2, TYPE.REQUEST, [wanted(ip)])), TYPE.NAK);
    silent(t, from(2, TYPE.REQUEST, [wanted("10.0.0.104")]), "nobody has it");
    assert.equal(t.core.counter("DHCP_NAKS"), 3);
  });

  test("A146, A147: any of our addresses names us, and ciaddr stands in for a missing requested address", async () => {
    const t = await Tester.make(options({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.9.9.9/16", `${US.ip}/24`] }] }));
    assert.equal(t.core.dhcpd_start(POOL), 8);
    const offered = discover(t, 1);
    assert.deepEqual(offered.addresses(54), [US.ip], "the one of the pool's subnet");
    only(t.inject(from(1, TYPE.REQUEST, [named("10.9.9.9"), wanted(offered.yiaddr)])), TYPE.ACK);
    t.answering.set(offered.yiaddr, macOf(1));
    only(t.inject(from(1, TYPE.REQUEST, [named()], { ciaddr: offered.yiaddr })), TYPE.ACK);
    only(t.inject(from(1, TYPE.REQUEST, [named()], { ciaddr: "10.0.0.105" })), TYPE.NAK);
  });

  test("A169: a lease that was removed is not renewed: NAK", async () => {
    const t = await serving();
    const ip = lease(t, 1);
    const [given] = renew(t, 1, ip);
    assert.deepEqual([given?.type, given?.ciaddr, given?.seen.ip?.to, given?.seen.to], [TYPE.ACK, ip, ip, macOf(1)], "to its address");
    assert.equal(t.core.dhcpd_forget(0), 0);
    assert.deepEqual(t.core.dhcpd_leases(), []);
    assert.deepEqual(
      renew(t, 1, ip).map(({ type }) => type),
      [TYPE.NAK],
    );
    assert.equal(t.core.dhcpd_forget(8), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcpd_forget(-1), Err.BAD_ARGUMENT);
  });

  test("INFORM: the options without address and time, to the address that it has; RELEASE by its client alone", async () => {
    const t = await serving();
    t.answering.set("10.0.0.20", macOf(9));
    t.inject(from(9, TYPE.INFORM, [], { ciaddr: "10.0.0.20" }));
    const informed = only(t.inject(from(9, TYPE.INFORM, [], { ciaddr: "10.0.0.20" })), TYPE.ACK);
    assert.deepEqual([informed.yiaddr, informed.seen.ip?.to, informed.addresses(6)], ["0.0.0.0", "10.0.0.20", POOL.dns]);
    assert.ok(!informed.options.has(51) && !informed.options.has(58) && !informed.options.has(59));
    silent(t, from(9, TYPE.INFORM), "no address");
    const ip = lease(t, 1);
    silent(t, from(2, TYPE.RELEASE, [], { ciaddr: ip }), "somebody else's");
    assert.equal(t.core.dhcpd_leases()[0]?.seconds, 600);
    silent(t, from(1, TYPE.RELEASE, [], { ciaddr: ip }), "its own");
    assert.equal(t.core.dhcpd_leases()[0]?.seconds, 0);
  });

  test("a relay of the subnet gets the answers at port 67, a NAK with the broadcast bit; one of another subnet is not answered", async () => {
    const t = await serving();
    const relay = "10.0.0.30";
    t.answering.set(relay, macOf(30));
    t.inject(arpReply({ ip: relay, mac: macOf(30) }));
    const relayed = (type: number, more: Option[], giaddr = relay) => from(1, type, more, { giaddr }, { from: relay, to: US.ip });
    const [offered] = messagesTo(67, t.inject(relayed(TYPE.DISCOVER, [])));
    assert.ok(offered);
    assert.deepEqual([offered.type, offered.giaddr, offered.seen.ip?.to, offered.seen.to], [TYPE.OFFER, relay, relay, macOf(30)]);
    const [refused] = messagesTo(67, t.inject(relayed(TYPE.REQUEST, [named(), wanted("10.0.0.106")])));
    assert.deepEqual([refused?.type, refused?.flags], [TYPE.NAK, 0x8000]);
    t.drops(relayed(TYPE.DISCOVER, [], "192.168.5.1"), "DHCP_UNMATCHED");
  });

  test("what is no request is dropped: replies, other hardware, options beyond the end, no type; and the next is served", async () => {
    const t = await serving();
    for (const [what, reason, octets] of [
      ["a reply", "DHCP_UNMATCHED", from(1, TYPE.DISCOVER, [], { op: 2 })],
      ["an offer", "DHCP_UNMATCHED", from(1, TYPE.OFFER)],
      ["no type", "DHCP_UNMATCHED", from(1, 0, [], { options: [] })],
      ["other hardware", "DHCP_MALFORMED", from(1, TYPE.DISCOVER, [], { htype: 6 })],
      ["other cookie", "DHCP_MALFORMED", from(1, TYPE.DISCOVER, [], { cookie: [1, 2, 3, 4] })],
      ["beyond the end", "DHCP_MALFORMED", from(1, TYPE.DISCOVER, [], { raw: [53, 1, 1, 61, 9, 1] })],
      ["short", "DHCP_MALFORMED", frame(udp("10.0.0.2", 68, US.ip, 67, new Uint8Array(239)), { protocol: PROTOCOL.UDP })],
    ] as const)
      t.drops(octets, reason, what);
    assert.equal(discover(t, 1).yiaddr, "10.0.0.100");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ADDRESS, OCTETS } from "../../bindings/node/layout.js";
import { AddressState, CONTROL, type CoreOptions, Err, INTERFACE, Option } from "../../bindings/node/core.js";
import { checksum, PROTOCOL, type Seen } from "./packets.js";
import { bytes, datagram, frame, GATEWAY, OTHER, PEER, ping, SEED, Tester, US } from "./tester.js";

const GROUP = "239.1.2.3";
/** Types of messages, and of records in a version 3 report. */
const QUERY = 0x11;
const [V1_REPORT, V2_REPORT, LEAVE, V3_REPORT] = [0x12, 0x16, 0x17, 0x22];
const [IS_IN, IS_EX, TO_IN, TO_EX, ALLOW] = [1, 2, 3, 4, 5];

/** The MAC address of a group. */
const macOf = (group: string) => {
  const [, b, c, d] = group.split(".").map(Number) as [number, number, number, number];
  return `01:00:5e:${[b & 0x7f, c, d].map((octet) => octet.toString(16).padStart(2, "0")).join(":")}`;
};
/** An IGMP message from the gateway in a frame. */
function igmp(message: number[], fields: { to?: string; from?: string; options?: number[] } = {}): Uint8Array {
  const octets = Uint8Array.from(message);
  new DataView(octets.buffer).setUint16(2, checksum(octets));
  const to = fields.to ?? "224.0.0.1";
  const all = { protocol: PROTOCOL.IGMP, from: GATEWAY.ip, ttl: 1, options: [0x94, 4, 0, 0], ...fields, to };
  return frame(octets, all, { to: macOf(to), from: GATEWAY.mac });
}
const quad = (address: string) => address.split(".").map(Number);
/** A query of version 1 (no time), or 2 (tenths of a second). */
const query = (tenths: number, group = "0.0.0.0") =>
  igmp([QUERY, tenths, 0, 0, ...quad(group)], { to: group === "0.0.0.0" ? "224.0.0.1" : group });
/** A query of version 3. */
function query3(code: number, group = "0.0.0.0", sources: string[] = [], robustness = 2, claimed = sources.length): Uint8Array {
  const message = [QUERY, code, 0, 0, ...quad(group), robustness, 125, claimed >> 8, claimed & 255, ...sources.flatMap(quad)];
  return igmp(message, { to: group === "0.0.0.0" ? "224.0.0.1" : group });
}
/** What of the frames is IGMP. */
const reports = (sent: Seen[]) => sent.filter((seen) => seen.igmp);
/** A message in a few words: type and group, or the only record. */
function told(seen: Seen | undefined): [number, string, ...string[]] | undefined {
  const [record, ...more] = seen?.igmp?.records ?? [];
  assert.equal(more.length, 0, "one record a report");
  if (record) return [record.type, record.group, ...record.sources];
  return seen?.igmp && [seen.igmp.type, seen.igmp.group];
}
/** The same of all. */
const allTold = (sent: Seen[]) => reports(sent).map(told);

/** A stack with sockets on port 5353 that have joined these groups, after the reports of it. */
async function member(groups: string[], more: Partial<CoreOptions> = {}): Promise<{ t: Tester; socket: number }> {
  const t = await Tester.make(more);
  const socket = t.bind(5353);
  for (const address of groups) assert.equal(t.core.udp_join(socket, { address }), 0);
  t.pass(5000);
  return { t, socket };
}
/** Lets time pass; answers each report with its time. */
function timed(t: Tester, ms: number): [number, ...string[]][] {
  const begin = t.ms;
  const found: [number, ...string[]][] = [];
  for (const end = t.ms + ms; t.ms < end; t.ms += 10)
    for (const seen of reports(t.poll())) found.push([t.ms - begin, ...(told(seen)?.map(String) ?? [])]);
  return found;
}

/** Lets time pass while nobody takes what the stack sends. */
function stalled(t: Tester, ms: number): void {
  for (const end = t.ms + ms; t.ms < end; t.ms += 10) t.core.poll(t.ms);
}

describe("IGMP: joining and leaving", () => {
  test("1112-1, A044: a join is reported with TTL 1 and Router Alert to the version 3 routers, by the MAC of their group", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353);
    assert.equal(t.core.udp_join(socket, { address: GROUP }), 0);
    const [seen] = reports(t.poll());
    assert.deepEqual(told(seen), [TO_EX, GROUP]);
    assert.deepEqual([seen?.igmp?.type, seen?.ip?.to, seen?.ip?.from, seen?.to], [V3_REPORT, "224.0.0.22", US.ip, "01:00:5e:00:00:16"]);
    assert.deepEqual([seen?.ip?.headerLength, seen?.ip?.ttl, seen?.ip?.tos], [24, 1, 0xc0]);
    assert.deepEqual([...(seen?.ip?.octets.subarray(20, 24) ?? [])], [0x94, 4, 0, 0]);
  });

  test("A042: the report of a join is repeated after a random delay, and as often as the querier says", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353);
    t.core.udp_join(socket, { address: GROUP });
    assert.deepEqual(allTold(t.poll()), [[TO_EX, GROUP]]);
    const rest = timed(t, 20_000);
    assert.equal(rest.length, 1);
    assert.ok((rest[0]?.[0] ?? 0) <= 1010);
    t.inject(query3(1, "0.0.0.0", [], 4));
    t.pass(1000);
    t.core.udp_join(socket, { address: "239.9.9.9" });
    assert.equal(allTold(t.pass(20_000)).filter((each) => each?.[1] === "239.9.9.9").length, 4);
  });

  test("A042: a join while the device is full is reported when it is free again", async () => {
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 4 }] });
    const socket = t.bind(5353);
    t.resolve(PEER);
    for (let i = 0; t.core.device(0).pending < 2; i++) {
      assert.ok(i < 10);
      t.send(socket, "fill", PEER.ip);
      t.core.poll(t.ms);
    }
    t.core.input(ping());
    t.core.poll(t.ms);
    assert.equal(t.core.device(0).pending, 3, "the last slot is kept for ARP");
    t.core.udp_join(socket, { address: GROUP });
    stalled(t, 5000);
    assert.equal(t.core.counter("IGMP_OUT"), 0);
    t.core.output();
    assert.deepEqual(allTold(t.pass(3000)), [
      [TO_EX, GROUP],
      [TO_EX, GROUP],
    ]);
  });

  test("a leave is reported and repeated, and only when the last socket leaves; a closed socket leaves everything", async () => {
    const { t, socket } = await member([GROUP]);
    const other = t.bind(5354);
    t.core.udp_join(other, { address: GROUP });
    assert.deepEqual(allTold(t.pass(3000)), [], "nothing new for routers");
    assert.equal(t.core.udp_leave(socket, { address: GROUP }), 0);
    assert.equal(t.core.udp_leave(socket, { address: GROUP }), Err.BAD_STATE);
    assert.deepEqual(allTold(t.pass(3000)), []);
    t.core.udp_join(other, { address: "239.9.9.9" });
    t.pass(3000);
    t.core.udp_close(other);
    const left = allTold(t.pass(3000)).map(String).sort();
    assert.deepEqual(left, [`${TO_IN},239.1.2.3`, `${TO_IN},239.1.2.3`, `${TO_IN},239.9.9.9`, `${TO_IN},239.9.9.9`]);
    assert.deepEqual([t.core.pools().MEMBER.used, t.core.pools().GROUP.used], [0, 1]);
  });

  test("A184: a join before the interface has an address is reported as soon as it has one, from that address", async () => {
    const tentative = { address: US.ip, prefix: 24, state: "tentative" as const };
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: [tentative] }] });
    const socket = t.bind(5353);
    assert.equal(t.core.udp_join(socket, { address: GROUP }), 0);
    assert.deepEqual(t.pass(10_000), []);
    t.core.view.setUint8(t.core.control + CONTROL.interfaceTable + INTERFACE.addresses + ADDRESS.state, AddressState.VALID);
    const sent = reports(t.pass(3000));
    assert.deepEqual(allTold(sent), [
      [TO_EX, GROUP],
      [TO_EX, GROUP],
    ]);
    assert.ok(sent.every((seen) => seen.ip?.from === US.ip));
    assert.equal(OCTETS.address, 8);
  });

  test("A191: the group of all hosts is never reported, joined, asked for or left", async () => {
    const { t, socket } = await member(["224.0.0.1"]);
    assert.equal(t.core.counter("IGMP_OUT"), 0);
    assert.deepEqual(reports(t.inject(query3(10, "224.0.0.1"), query3(10))), []);
    assert.deepEqual(reports(t.pass(3000)), []);
    t.inject(datagram(5353, "to all", { to: "224.0.0.1" }, { to: macOf("224.0.0.1") }));
    assert.equal(t.receive(socket), "to all");
    t.core.udp_leave(socket, { address: "224.0.0.1" });
    assert.deepEqual(reports(t.pass(3000)), []);
    t.core.udp_join(socket, { address: GROUP });
    assert.equal(allTold(t.pass(3000)).length, 2, "the control");
  });

  test("what cannot be joined: hosts, broadcasts, ping sockets, interfaces and sources that are not there", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    for (const address of ["10.0.0.9", "0.0.0.0", "255.255.255.255", "223.255.255.255", "240.0.0.1"])
      assert.equal(t.core.udp_join(socket, { address }), Err.BAD_ADDRESS, address);
    assert.equal(t.core.udp_join(socket, { address: GROUP, interface: 1 }), Err.BAD_ARGUMENT);
    assert.equal(t.core.udp_join(t.core.ping_open(), { address: GROUP }), Err.BAD_HANDLE);
    assert.equal(t.core.udp_join(socket, { address: GROUP }, { include: new Array(257).fill("10.0.0.9") }), Err.BAD_ARGUMENT);
    assert.equal(t.core.udp_join(socket, { address: GROUP }, { include: ["ten"] }), Err.BAD_ADDRESS);
    assert.deepEqual(t.pass(3000), []);
    assert.equal(t.core.udp_join(socket, { address: GROUP, interface: 0 }), 0);
    assert.equal(reports(t.poll()).length, 1, "the control");
  });
});

describe("IGMP: queries", () => {
  test("1112-1, A189: a general query is answered within its time, each group at a time of its own, and seeds differ", async () => {
    const groups = ["239.0.0.1", "239.0.0.2", "239.0.0.3", "239.0.0.4"];
    const all: string[] = [];
    for (const seed of [SEED, SEED.slice().reverse()]) {
      const { t } = await member(groups, { seed });
      t.inject(query3(100));
      const answers = timed(t, 20_000);
      assert.deepEqual(answers.map(([, , group]) => group).sort(), groups);
      assert.ok(answers.every(([ms, type]) => ms > 0 && ms <= 10_010 && type === String(IS_EX)));
      const times = answers.map(([ms]) => ms);
      assert.equal(new Set(times).size, 4);
      all.push(String(times));
    }
    assert.notEqual(all[0], all[1]);
  });

  test("A186: who leaves in the middle of the answers takes no other group's with it", async () => {
    const groups = ["239.0.0.1", "239.0.0.2", "239.0.0.3", "239.0.0.4"];
    for (const leaving of groups) {
      const { t, socket } = await member(groups);
      t.inject(query3(100));
      const first: ReturnType<typeof allTold> = [];
      while (!first.length) first.push(...allTold(t.pass(10)));
      t.core.udp_leave(socket, { address: leaving });
      const heard = [...first, ...allTold(t.pass(12_000))].filter((each) => each?.[0] === IS_EX).map((each) => each?.[1]);
      for (const group of groups) if (group !== leaving) assert.ok(heard.includes(group), `${group} while ${leaving} leaves`);
    }
  });

  test("A187: a device that is full in the middle of the answers delays them, and loses none", async () => {
    const groups = ["239.0.0.1", "239.0.0.2", "239.0.0.3", "239.0.0.4"];
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 1 }] });
    const socket = t.bind(5353);
    for (const address of groups) assert.equal(t.core.udp_join(socket, { address }), 0);
    t.pass(5000);
    t.inject(query3(10));
    stalled(t, 2000);
    assert.ok(t.core.device(0).txFull, "nobody took what was sent");
    const heard = t.pass(1000).filter((seen) => seen.igmp);
    assert.deepEqual(heard.map((seen) => told(seen)?.[1]).sort(), groups);
  });

  test("a query for one group is answered for that one; an earlier answer that is owed serves both", async () => {
    const { t } = await member([GROUP, "239.9.9.9"]);
    t.inject(query3(10, GROUP));
    assert.deepEqual(allTold(t.pass(5000)), [[IS_EX, GROUP]]);
    t.inject(query3(5, GROUP));
    t.inject(query3(100));
    const answers = timed(t, 12_000).filter(([, , group]) => group === GROUP);
    assert.equal(answers.length, 1);
    assert.ok((answers[0]?.[0] ?? 0) <= 510);
    t.inject(query3(10, "239.7.7.7"));
    assert.deepEqual(allTold(t.pass(5000)), [], "not ours");
  });

  test("A043: with a querier of version 1 reports are of version 1 and leaves are silent, for 400 seconds", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353);
    t.inject(query(0));
    t.core.udp_join(socket, { address: GROUP });
    const joined = reports(t.pass(30_000));
    assert.deepEqual(allTold(joined), [
      [V1_REPORT, GROUP],
      [V1_REPORT, GROUP],
    ]);
    assert.ok(joined.every((seen) => seen.ip?.to === GROUP && seen.to === macOf(GROUP)));
    t.core.udp_leave(socket, { address: GROUP });
    assert.deepEqual(allTold(t.pass(30_000)), []);
    t.pass(400_000 - 62_000);
    t.inject(query(100));
    t.pass(1000);
    t.core.udp_join(socket, { address: GROUP });
    assert.deepEqual(allTold(t.poll()), [[V1_REPORT, GROUP]]);
    t.pass(2000);
    t.core.udp_join(socket, { address: "239.9.9.9" });
    assert.deepEqual(allTold(t.poll()), [[V2_REPORT, "239.9.9.9"]], "the querier of version 2 is still there");
    t.core.udp_leave(socket, { address: "239.9.9.9" });
    const [left] = reports(t.poll());
    assert.deepEqual(told(left), [LEAVE, "239.9.9.9"]);
    assert.deepEqual([left?.ip?.to, left?.to], ["224.0.0.2", "01:00:5e:00:00:02"]);
    t.pass(300_000);
    t.core.udp_join(socket, { address: "239.8.8.8" });
    assert.deepEqual(allTold(t.poll()), [[TO_EX, "239.8.8.8"]], "and then nobody old");
  });

  test("a report of another host, heard in version 2, stands for ours; in version 3 it does not", async () => {
    const { t } = await member([GROUP]);
    const theirs = igmp([V2_REPORT, 0, 0, 0, ...quad(GROUP)], { to: GROUP, from: OTHER.ip });
    t.inject(query3(100), theirs);
    assert.equal(allTold(t.pass(12_000)).length, 1);
    t.inject(query(100), theirs);
    assert.deepEqual(allTold(t.pass(12_000)), []);
    t.inject(query(100));
    const answers = timed(t, 12_000);
    assert.deepEqual(
      answers.map(([, ...what]) => what),
      [[String(V2_REPORT), GROUP]],
    );
    assert.ok((answers[0]?.[0] ?? 0) <= 10_010);
  });

  test("a response time above 12.7 seconds is read as a floating-point number", async () => {
    const { t } = await member([GROUP]);
    let longest = 0;
    for (let i = 0; i < 40; i++) {
      t.inject(query3(0x8f)); // (15 | 16) << 3 tenths
      longest = Math.max(longest, timed(t, 26_000)[0]?.[0] ?? 0);
    }
    assert.ok(longest > 14_300 && longest <= 24_810, `${longest}`);
  });

  test("IGMP-01, IGMP-02: lengths that lie, wrong checksums and types that are no host's are dropped and counted", async () => {
    const { t } = await member([GROUP]);
    for (let length = 0; length < 8; length++)
      t.drops(igmp(new Array(Math.max(length, 4)).fill(0).slice(0, Math.max(length, 4))), "IGMP_DROPPED");
    for (const length of [9, 10, 11])
      t.drops(igmp([QUERY, 10, 0, 0, ...quad(GROUP), 2, 125, 0].slice(0, length)), "IGMP_DROPPED", `${length} octets`);
    for (const claimed of [1, 2, 366, 0x4000, 0xffff])
      t.drops(query3(10, GROUP, [], 2, claimed), "IGMP_DROPPED", `${claimed} sources claimed`);
    const bad = query3(10);
    bad[14 + 24 + 1] = 99;
    t.drops(bad, "IGMP_DROPPED", "checksum");
    for (let type = 0; type < 256; type++)
      if (![QUERY, V1_REPORT, V2_REPORT].includes(type)) t.drops(igmp([type, 10, 0, 0, ...quad(GROUP)]), "IGMP_DROPPED", `type ${type}`);
    assert.deepEqual(allTold(t.pass(20_000)), [], "none of them was a question");
    for (const odd of ["0.0.0.0", "10.0.0.1", "255.255.255.255"]) {
      t.inject(igmp([QUERY, 1, 0, 0, ...quad(odd), 2, 125, 0, 1, 0, 0, 0, 0], { to: "224.0.0.1" }));
      t.pass(1000);
    }
    t.isAlive();
    t.inject(query3(10, GROUP));
    assert.deepEqual(allTold(t.pass(5000)), [[IS_EX, GROUP]], "the control");
  });

  test("a query of a switch without an address, and one to our own address, is answered", async () => {
    const { t } = await member([GROUP]);
    t.inject(igmp([QUERY, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0], { from: "0.0.0.0" }));
    assert.deepEqual(allTold(t.pass(3000)), [[IS_EX, GROUP]]);
    const octets = igmp([QUERY, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0], { to: US.ip });
    octets.set(US.mac.split(":").map((part) => Number.parseInt(part, 16)));
    t.inject(octets);
    assert.deepEqual(allTold(t.pass(3000)), [[IS_EX, GROUP]]);
    t.drops(datagram(5353, "not so", { from: "0.0.0.0" }), "IP_BAD_SOURCE");
  });
});

describe("IGMP: filters of sources", () => {
  const [ONE, TWO, THREE] = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];
  /** The only record in what is sent, its sources sorted. */
  const state = (sent: Seen[]) => {
    const found = new Set(allTold(sent).map((each) => `${each?.[0]} ${each?.slice(2).sort().join(" ")}`.trim()));
    return [...found];
  };
  const hears = (t: Tester, socket: number, from: string) => {
    t.inject(datagram(5353, from, { from, to: GROUP }, { to: macOf(GROUP) }));
    const got = t.receive(socket);
    assert.ok(got === from || got === Err.WOULD_BLOCK);
    return got === from;
  };

  test("1112-1: only included sources are heard, or all but the excluded ones; changes are told to routers", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353);
    const group = { address: GROUP };
    const steps: [{ include: string[] } | { exclude: string[] }, string[], string[]][] = [
      [{ include: [ONE] }, [`${ALLOW} ${ONE}`], [ONE]],
      [{ include: [ONE, TWO] }, [`${ALLOW} ${ONE} ${TWO}`], [ONE, TWO]],
      [{ include: [TWO] }, [`${TO_IN} ${TWO}`], [TWO]],
      [{ exclude: [TWO] }, [`${TO_EX} ${TWO}`], [ONE, THREE]],
      [{ exclude: [TWO, THREE] }, [`${TO_EX} ${TWO} ${THREE}`], [ONE]],
      [{ exclude: [] }, [`${TO_EX}`], [ONE, TWO, THREE]],
      [{ exclude: [] }, [], [ONE, TWO, THREE]],
      [{ include: [THREE] }, [`${TO_IN} ${THREE}`], [THREE]],
      [{ include: [] }, [`${TO_IN}`], []],
    ];
    for (const [filter, said, heard] of steps) {
      assert.equal(t.core.udp_join(socket, group, filter as never), 0);
      assert.deepEqual(state(t.pass(3000)), said, JSON.stringify(filter));
      assert.deepEqual(
        [ONE, TWO, THREE].filter((from) => hears(t, socket, from)),
        heard,
        JSON.stringify(filter),
      );
    }
    assert.equal(t.core.pools().SOURCE.used, 0);
  });

  test("what several sockets want is told as one: all that any includes, and excluded only what nobody wants", async () => {
    const t = await Tester.make();
    const [a, b] = [t.bind(5353), t.bind(5354)];
    const group = { address: GROUP };
    t.core.udp_join(a, group, { include: [ONE, TWO] });
    t.pass(3000);
    t.core.udp_join(b, group, { include: [TWO, THREE] });
    assert.deepEqual(state(t.pass(3000)), [`${ALLOW} ${ONE} ${TWO} ${THREE}`]);
    t.core.udp_join(b, group, { exclude: [ONE, THREE] });
    assert.deepEqual(state(t.pass(3000)), [`${TO_EX} ${THREE}`], "ONE is wanted by the other");
    t.core.udp_leave(a, group);
    assert.deepEqual(state(t.pass(3000)), [`${TO_EX} ${ONE} ${THREE}`]);
    t.core.udp_join(a, group);
    assert.deepEqual(state(t.pass(3000)), [`${TO_EX}`]);
    t.core.udp_leave(b, group);
    assert.deepEqual(state(t.pass(3000)), []);
  });

  test("a query for a group and sources is answered with those of them that are wanted, or not at all", async () => {
    const { t, socket } = await member([]);
    t.core.udp_join(socket, { address: GROUP }, { include: [ONE, TWO] });
    t.pass(3000);
    t.inject(query3(10, GROUP, [TWO, THREE]));
    assert.deepEqual(state(t.pass(3000)), [`${IS_IN} ${TWO}`]);
    t.inject(query3(10, GROUP, [THREE]));
    assert.deepEqual(state(t.pass(3000)), []);
    t.inject(query3(10, GROUP, [ONE]), query3(10, GROUP, [TWO]));
    assert.deepEqual(state(t.pass(3000)), [`${IS_IN} ${ONE} ${TWO}`], "both answers in one");
    t.inject(query3(10, GROUP, [ONE]), query3(10, GROUP));
    assert.deepEqual(state(t.pass(3000)), [`${IS_IN} ${ONE} ${TWO}`]);
    t.core.udp_join(socket, { address: GROUP }, { exclude: [ONE] });
    t.pass(3000);
    t.inject(query3(10, GROUP, [ONE, TWO]));
    assert.deepEqual(state(t.pass(3000)), [`${IS_EX} ${ONE}`]);
  });

  test("a list longer than a packet is told in several when it includes, and cut when it excludes", async () => {
    const sources = Array.from({ length: 256 }, (_, i) => `10.1.0.${i}`);
    const t = await Tester.make({
      capacities: { sources: 256 },
      interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`], mtu: 576 }],
    });
    const socket = t.bind(5353);
    t.core.udp_join(socket, { address: GROUP }, { include: sources });
    const sent = reports(t.poll());
    assert.equal(sent.length, 2);
    assert.ok(sent.every((seen) => (seen.ip?.octets.length ?? 0) <= 576));
    const named = sent.flatMap((seen) => told(seen)?.slice(2) ?? []);
    assert.deepEqual(named.map(String).sort(), sources.slice().sort());
    t.pass(5000);
    t.core.udp_join(socket, { address: GROUP }, { exclude: sources });
    const cut = reports(t.poll());
    assert.equal(cut.length, 1);
    assert.equal(told(cut[0])?.length, 2 + (576 - 24 - 16) / 4);
  });
});

describe("multicast: sending and receiving", () => {
  test("1112-1, A128: frames of a group that was joined reach the sockets of its port, others do not; the host is told the MACs", async () => {
    const { t, socket } = await member([]);
    const arrive = () => datagram(5353, "hello", { to: GROUP }, { to: macOf(GROUP) });
    t.drops(arrive(), "IP_NOT_OURS");
    const generation = () => t.core.view.getUint32(t.core.control + CONTROL.interfaceTable + INTERFACE.generation, true);
    const before = generation();
    const all = { address: "224.0.0.1", interface: 0, mac: "01:00:5e:00:00:01" };
    assert.deepEqual(t.core.groups(), [all]);
    t.core.udp_join(socket, { address: GROUP });
    assert.equal(generation(), before + 1);
    assert.deepEqual(t.core.groups(), [all, { address: GROUP, interface: 0, mac: "01:00:5e:01:02:03" }]);
    t.pass(3000);
    t.inject(arrive());
    assert.equal(t.receive(socket), "hello");
    assert.deepEqual(t.core.local, { address: GROUP, port: 5353, interface: 0 });
    t.drops(datagram(5353, "x", { to: "239.129.2.3" }, { to: macOf(GROUP) }), "IP_NOT_OURS", "the same MAC, another group");
    t.drops(datagram(9999, "x", { to: GROUP }, { to: macOf(GROUP) }), "UDP_NO_SOCKET", "no error for a group");
    t.drops(ping({ to: GROUP }, bytes("x"), { to: macOf(GROUP) }), "ICMP_ECHO_BROADCAST");
    t.core.udp_leave(socket, { address: GROUP });
    assert.equal(generation(), before + 2);
    assert.deepEqual(t.core.groups(), [all]);
    t.pass(3000);
    t.drops(arrive(), "IP_NOT_OURS");
  });

  test("a datagram to a group or a broadcast goes to every socket of the port, to a group's members only; a port is shared only with REUSE", async () => {
    const t = await Tester.make();
    const first = t.bind(5353);
    assert.equal(t.core.udp_bind({ port: 5353 }), Err.IN_USE);
    assert.equal(t.core.socket_get(first, Option.REUSE), 0);
    assert.equal(t.core.socket_set(first, Option.REUSE, 1), 0);
    const second = t.bind(5353);
    assert.equal(t.core.socket_get(second, Option.REUSE), 1, "it has the option too");
    const third = t.bind(5353);
    t.core.udp_join(first, { address: GROUP });
    t.core.udp_join(second, { address: GROUP });
    const got = () => [first, second, third].map((socket) => t.receive(socket));
    t.inject(datagram(5353, "group", { to: GROUP }, { to: macOf(GROUP) }));
    assert.deepEqual(got(), ["group", "group", Err.WOULD_BLOCK]);
    t.inject(datagram(5353, "all", { to: "10.0.0.255" }, { to: "ff:ff:ff:ff:ff:ff" }));
    assert.deepEqual(got(), ["all", "all", "all"]);
    t.inject(datagram(5353, "one"));
    assert.deepEqual(got(), [Err.WOULD_BLOCK, Err.WOULD_BLOCK, "one"], "the one bound last");
    t.core.socket_set(second, Option.REUSE, 0);
    assert.equal(t.core.udp_bind({ port: 5353 }), Err.IN_USE);
  });

  test("a socket bound to a group's address hears that group alone", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353, GROUP);
    t.core.udp_join(socket, { address: GROUP });
    t.core.udp_join(socket, { address: "239.9.9.9" });
    t.pass(3000);
    t.inject(datagram(5353, "x", { to: "239.9.9.9" }, { to: macOf("239.9.9.9") }), datagram(5353, "y"));
    t.isEmpty(socket);
    t.inject(datagram(5353, "z", { to: GROUP }, { to: macOf(GROUP) }));
    assert.equal(t.receive(socket), "z");
    t.send(socket, "out", GROUP, 5353);
    assert.equal(t.poll().find((seen) => seen.udp)?.ip?.from, US.ip, "never from the group");
  });

  test("1112-1: what is sent to a group goes to its MAC with TTL 1, or as the option says, without ARP and a gateway", async () => {
    const { t, socket } = await member([]);
    const out = (group: string) => {
      assert.equal(t.send(socket, "hello", group, 9), 5);
      const [seen, ...rest] = t.poll();
      assert.equal(rest.length, 0);
      return [seen?.to, seen?.ip?.to, seen?.ip?.ttl, seen?.ip?.from];
    };
    assert.deepEqual(out("239.129.2.3"), ["01:00:5e:01:02:03", "239.129.2.3", 1, US.ip]);
    assert.deepEqual(out("224.0.0.251"), ["01:00:5e:00:00:fb", "224.0.0.251", 1, US.ip]);
    assert.equal(t.core.socket_set(socket, Option.MULTICAST_TTL, 0), Err.BAD_ARGUMENT);
    assert.equal(t.core.socket_set(socket, Option.MULTICAST_TTL, 255), 0);
    assert.deepEqual(out(GROUP), ["01:00:5e:01:02:03", GROUP, 255, US.ip]);
    assert.equal(t.core.socket_get(socket, Option.TTL), 64);
    t.send(socket, "one host", PEER.ip);
    assert.equal(t.poll().find((seen) => seen.udp)?.ip?.ttl, 64);
  });

  test("the interface that is named sends to a group, else the first", async () => {
    const t = await Tester.make({
      devices: [{ kind: "ethernet" }, { kind: "ethernet" }],
      interfaces: [
        { device: 0, mac: US.mac, addresses: ["10.0.0.1/24"] },
        { device: 1, mac: "02:00:00:00:00:11", addresses: ["10.1.0.1/24"] },
      ],
    });
    const socket = t.bind(5353);
    t.core.output(1);
    const sent = (interface_?: number) => {
      const to = { address: GROUP, port: 9, ...(interface_ === undefined ? {} : { interface: interface_ }) };
      assert.ok(t.core.udp_write(socket, bytes("x"), to) > 0);
      t.core.poll(t.ms);
      return [t.core.output(0).length, t.core.output(1).length];
    };
    assert.deepEqual(
      [sent(), sent(0), sent(1)],
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
    );
    assert.equal(t.core.udp_join(socket, { address: GROUP, interface: 1 }), 0);
    t.core.poll(t.ms);
    assert.deepEqual([t.core.output(0).length, t.core.output(1).length], [0, 1]);
    t.drops(datagram(5353, "wrong side", { to: GROUP }, { to: macOf(GROUP) }), "IP_NOT_OURS");
    assert.ok(t.core.device(1).input(datagram(5353, "right side", { from: "10.1.0.2", to: GROUP }, { to: macOf(GROUP) })));
    t.core.poll(t.ms);
    assert.equal(t.receive(socket), "right side");
    t.core.route_add({ address: "224.0.0.0", interface: 1 }, 4);
    assert.deepEqual(
      [sent(), sent(0)],
      [
        [0, 1],
        [1, 0],
      ],
      "a route decides where nothing is named",
    );
  });

  test("what is sent to a group comes to our own members too, unless MULTICAST_LOOP is off", async () => {
    const { t, socket } = await member([GROUP]);
    const sender = t.bind();
    t.send(sender, "loop", GROUP, 5353);
    assert.equal(t.poll().filter((seen) => seen.udp).length, 1);
    assert.equal(t.receive(socket), "loop");
    assert.deepEqual([t.core.remote.address, t.core.local.address], [US.ip, GROUP]);
    t.core.socket_set(sender, Option.MULTICAST_LOOP, 0);
    t.send(sender, "none", GROUP, 5353);
    assert.equal(t.poll().filter((seen) => seen.udp).length, 1);
    t.isEmpty(socket);
  });
});

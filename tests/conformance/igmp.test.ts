import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AddressState, CONTROL, Err, INTERFACE } from "../../bindings/node/core.js";
import { ADDRESS, OCTETS } from "../../bindings/node/layout.js";
import {
  allTold,
  GROUP,
  igmp,
  IS_EX,
  LEAVE,
  macOf,
  member,
  quad,
  QUERY,
  query,
  query3,
  reports,
  stalled,
  timed,
  TO_EX,
  TO_IN,
  told,
  V1_REPORT,
  V2_REPORT,
  V3_REPORT,
} from "./igmp.js";
import { carrier } from "./dhcp.js";
import { datagram, OTHER, PEER, ping, SEED, Tester, US } from "./tester.js";

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

  test("A222: when the carrier is back, routers hear of the groups anew; that one was left meanwhile is not said, and nothing of it stays", async () => {
    const { t, socket } = await member([GROUP, "239.9.9.9"]);
    carrier(t, false);
    t.pass(1000);
    assert.equal(t.core.udp_leave(socket, { address: "239.9.9.9" }), 0);
    assert.deepEqual(reports(t.pass(5000)), []);
    assert.equal(t.core.pools().GROUP.used, 2, "the group, and that of all hosts");
    carrier(t, true);
    assert.deepEqual(allTold(t.pass(11_000)), [[IS_EX, GROUP]]);
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

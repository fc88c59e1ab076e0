import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CONTROL, Err, INTERFACE, Option } from "../../bindings/node/core.js";
import { ALLOW, allTold, GROUP, IS_EX, IS_IN, macOf, member, query3, reports, TO_EX, TO_IN, told } from "./igmp.js";
import type { Seen } from "./packets.js";
import { bytes, datagram, PEER, ping, Tester, US } from "./tester.js";

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
    assert.deepEqual(
      t.reasons(() => t.send(sender, "nobody here", "239.9.9.9", 5353) && t.poll()),
      {},
      "nothing is dropped where nobody listens",
    );
    t.core.socket_set(sender, Option.MULTICAST_LOOP, 0);
    t.send(sender, "none", GROUP, 5353);
    assert.equal(t.poll().filter((seen) => seen.udp).length, 1);
    t.isEmpty(socket);
  });
});

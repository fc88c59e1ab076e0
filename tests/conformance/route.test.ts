import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, Err, instantiate, Option } from "../../bindings/node/core.js";
import { CTL, checksum, icmp, ipv4, PROTOCOL, read, readRaw, type Seen, tcp, udp } from "./packets.js";
import { bytes, datagrams, frame, GATEWAY, host, OTHER, options, PEER, SEED, Tester, US } from "./tester.js";

describe("IPv4: routes", () => {
  test("1122-3.3.1.1, 1122-3.3.1.2: on link goes straight, off link by the gateway, by the mask", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/25"], gateway: "10.0.0.126" }] });
    t.answering.set("10.0.0.126", GATEWAY.mac).set(host(100).ip, host(100).mac);
    const socket = t.bind();
    const sentTo = (ip: string) => {
      t.send(socket, "x", ip);
      return datagrams(t.poll())[0]?.to;
    };
    assert.equal(sentTo(host(100).ip), host(100).mac);
    assert.equal(sentTo("10.0.0.129"), GATEWAY.mac);
    assert.equal(sentTo("192.0.2.1"), GATEWAY.mac);
    const alone = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"] }] });
    assert.equal(alone.send(alone.bind(), "x", "192.0.2.1"), Err.NO_ROUTE);
  });

  test("1122-3.3.1.4: a gateway that fell silent is asked again, and a new MAC is used", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    t.send(socket, "x", "192.0.2.1");
    assert.equal(datagrams(t.poll())[0]?.to, GATEWAY.mac);
    t.answering.set(GATEWAY.ip, OTHER.mac);
    let to: string | undefined;
    let asked = 0;
    for (let second = 0; second < 70; second++) {
      t.send(socket, "x", "192.0.2.1");
      const sent = t.pass(1000);
      asked += sent.filter((seen) => seen.arp?.targetIp === GATEWAY.ip).length;
      to = datagrams(sent).at(-1)?.to ?? to;
    }
    assert.equal(to, OTHER.mac);
    assert.ok(asked <= 20, `${asked} requests: it is not pinged without end`);
  });

  test("A173: the source of what goes off link is the address on the gateway's subnet", async () => {
    const interfaces = [{ device: 0, mac: US.mac, addresses: ["169.254.10.20/16", "192.168.1.50/24"], gateway: "192.168.1.1" }];
    const t = await Tester.make({ interfaces });
    t.answering.set("192.168.1.1", GATEWAY.mac);
    t.send(t.bind(), "x", "8.8.8.8");
    const [out] = datagrams(t.poll());
    assert.equal(out?.ip?.from, "192.168.1.50");
    assert.equal(out?.to, GATEWAY.mac);
  });

  test("A205: a route is known by its network: host bits are ignored when it is added and removed", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"] }] });
    const socket = t.bind();
    assert.equal(t.send(socket, "x", "192.0.2.1"), Err.NO_ROUTE);
    assert.equal(t.core.route_add({ address: "1.2.3.4" }, 0, { address: GATEWAY.ip }), 0);
    t.send(socket, "x", "192.0.2.1");
    assert.equal(datagrams(t.poll())[0]?.to, GATEWAY.mac, "1.2.3.4/0 is a default route");
    assert.equal(t.core.route_remove({ address: "9.9.9.9" }, 0), 0);
    assert.equal(t.send(socket, "x", "192.0.2.1"), Err.NO_ROUTE);
    assert.equal(t.core.route_remove({ address: "9.9.9.9" }, 0), Err.BAD_ARGUMENT);
    assert.equal(t.core.route_add({ address: "1.2.3.4" }, 33, { address: GATEWAY.ip }), Err.BAD_ARGUMENT);
  });

  test("the longest prefix wins, then the least metric, then the first; a route goes by network and metric", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"] }] });
    for (let i = 11; i < 16; i++) t.answering.set(host(i).ip, host(i).mac);
    const socket = t.bind();
    const add = (network: string, prefix: number, by: number, metric: number) =>
      t.core.route_add({ address: network, port: metric }, prefix, { address: host(by).ip });
    const goes = (to: string) => {
      t.send(socket, "x", to);
      return Number.parseInt(datagrams(t.poll())[0]?.to.slice(-2) ?? "", 16);
    };
    assert.deepEqual([add("192.0.2.0", 24, 11, 20), add("192.0.2.0", 24, 12, 10), add("192.0.2.0", 24, 13, 10)], [0, 0, 0]);
    assert.deepEqual([add("192.0.0.0", 16, 14, 0), add("0.0.0.0", 0, 15, 65_535)], [0, 0]);
    assert.deepEqual([goes("192.0.2.1"), goes("192.0.3.1"), goes("198.51.100.1")], [12, 14, 15]);
    assert.equal(add("192.0.2.9", 24, 12, 10), Err.IN_USE);
    assert.deepEqual(
      t.core.routes().map(({ network, gateway, metric }) => `${network} ${gateway} ${metric}`),
      [
        "192.0.2.0/24 10.0.0.11 20",
        "192.0.2.0/24 10.0.0.12 10",
        "192.0.2.0/24 10.0.0.13 10",
        "192.0.0.0/16 10.0.0.14 0",
        "0.0.0.0/0 10.0.0.15 65535",
      ],
    );
    assert.equal(t.core.route_remove({ address: "192.0.2.0" }, 24), Err.BAD_ARGUMENT, "none has metric 0");
    assert.equal(t.core.route_remove({ address: "192.0.2.0", port: 10 }, 24), 0);
    assert.equal(goes("192.0.2.1"), 11);
    assert.equal(t.core.route_remove({ address: "192.0.2.0", port: 20 }, 24), 0);
    assert.equal(goes("192.0.2.1"), 14);
    assert.equal(t.core.routes().length, 2);
  });

  test("A055: a gateway that does not answer is left for another, for UDP and TCP, and taken again when it is back", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], gateway: host(11).ip }] });
    t.answering.set(host(12).ip, host(12).mac);
    assert.equal(t.core.route_add({ address: "0.0.0.0", port: 5 }, 0, { address: host(10).ip }), 0);
    assert.equal(t.core.route_add({ address: "0.0.0.0", port: 9 }, 0, { address: host(12).ip }), 0);
    const socket = t.bind();
    const client = t.core.tcp_connect({ address: "192.0.2.1", port: 80 });
    assert.ok(client > 0);
    t.send(socket, "lost", "192.0.2.1");
    const sent = t.pass(5000);
    assert.ok(
      sent.some((seen) => seen.tcp?.ctl === CTL.SYN && seen.to === host(12).mac),
      "the SYN goes by the other one",
    );
    assert.equal(t.receive(socket), Err.UNREACHABLE, "what had waited for the first one is lost");
    for (let i = 0; i < 100; i++) {
      t.send(socket, `${i}`, "192.0.2.1");
      const now = t.pass(1000);
      assert.deepEqual(
        datagrams(now).map((seen) => seen.to),
        [host(12).mac],
        `datagram ${i}`,
      );
      const asked = now.filter((seen) => seen.arp?.operation === 1 && seen.arp.targetIp === host(10).ip).length;
      assert.ok(asked <= 1, "it is not asked without end");
      sent.push(...now);
    }
    const asked = sent.filter((seen) => seen.arp?.targetIp === host(10).ip).length;
    assert.ok(asked > 3 && asked < 14, `${asked} requests in 105 s`);
    t.answering.set(host(10).ip, host(10).mac);
    t.send(socket, "x", "192.0.2.1");
    t.pass(20_000);
    t.send(socket, "y", "192.0.2.1");
    assert.deepEqual(
      datagrams(t.pass(1000)).map((seen) => seen.to),
      [host(10).mac],
    );
  });

  test("1122-3.3.1.4: when no gateway answers the first one is tried again and again, and callers hear of it", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], gateway: host(11).ip }] });
    assert.equal(t.core.route_add({ address: "0.0.0.0" }, 0, { address: host(10).ip }), 0);
    const socket = t.bind();
    let errors = 0;
    const asked: Seen[] = [];
    for (let i = 0; i < 60; i++) {
      t.send(socket, "x", "192.0.2.1");
      asked.push(...t.pass(1000).filter((seen) => seen.arp?.operation === 1));
      if (t.receive(socket) === Err.UNREACHABLE) errors++;
    }
    assert.ok(errors >= 10, `${errors}`);
    assert.ok(asked.length <= 70, `${asked.length} requests to two gateways in a minute`);
    t.answering.set(host(10).ip, host(10).mac);
    t.send(socket, "x", "192.0.2.1");
    assert.deepEqual(
      datagrams(t.pass(5000)).map((seen) => seen.to),
      [host(10).mac],
    );
  });

  test("a route that changes between send and poll leads to a smaller MTU, and the datagram does not overrun the slot", async () => {
    const core = await instantiate({
      seed: SEED,
      devices: [
        { kind: "ip", rxSlots: 4, txSlots: 4 },
        { kind: "ip", rxSlots: 4, txSlots: 4 },
      ],
      interfaces: [
        { device: 0, mtu: 1500, addresses: ["10.0.0.1/24"], gateway: GATEWAY.ip },
        { device: 1, mtu: 68, addresses: ["10.1.0.1/24"] },
      ],
    });
    const socket = core.udp_bind({});
    assert.equal(core.udp_write(socket, new Uint8Array(1400).fill(7), { address: "192.0.2.1", port: 9 }), 1400);
    assert.equal(core.route_add({ address: "192.0.2.0", interface: 1 }, 24, { address: "10.1.0.2" }), 0);
    core.poll(0);
    for (const device of [0, 1])
      for (const packet of core.output(device))
        assert.ok(packet.length <= (device ? 68 : 1500), `${packet.length} octets on device ${device}`);
  });

  test("1122-3.3.3, A074+098: more than the MTU with DF is refused by the call", async () => {
    const t = await Tester.make({
      interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], mtu: 576 }],
      capacities: { udpOctets: 2000 },
    });
    const socket = t.bind();
    assert.equal(t.core.socket_set(socket, Option.DONT_FRAGMENT, 1), 0);
    assert.equal(t.send(socket, new Uint8Array(1400), PEER.ip), Err.TOO_LONG);
    assert.equal(t.send(socket, new Uint8Array(549), PEER.ip), Err.TOO_LONG);
    assert.deepEqual(t.poll(), []);
    assert.equal(t.send(socket, new Uint8Array(548), PEER.ip), 548);
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.ip?.octets.length),
      [576],
    );
  });
});

describe("IPv4: path MTU", () => {
  /** A connection of PEER in ESTABLISHED with `octets` in flight; answers its segments. */
  async function inFlight(octets: number): Promise<{ t: Tester; sent: Seen[] }> {
    const t = await Tester.make();
    assert.ok(t.core.tcp_listen({ port: 80 }) > 0);
    const options = [2, 4, 5, 0xb4];
    const [synAck] = t
      .inject(frame(tcp(PEER.ip, 6000, US.ip, 80, { ctl: CTL.SYN, options }), { protocol: PROTOCOL.TCP }))
      .filter((seen) => seen.tcp);
    const ack = { seq: 1, ack: ((synAck?.tcp?.seq ?? 0) + 1) >>> 0, ctl: CTL.ACK };
    t.inject(frame(tcp(PEER.ip, 6000, US.ip, 80, ack), { protocol: PROTOCOL.TCP }));
    const listener = t.core.sockets().find((socket) => socket.protocol === "listener")?.handle ?? 0;
    const server = t.core.tcp_accept(listener);
    assert.equal(t.core.tcp_write(server, new Uint8Array(octets)), octets);
    return { t, sent: t.poll().filter((seen) => seen.tcp?.text.length) };
  }

  test("A012, A030, ICMP-07: fragmentation needed shrinks segments, never below the floor, and UDP is sent without DF", async () => {
    for (const [mtu, most] of [
      [1000, 1000],
      [576, 576],
      [68, 552],
      [0, 552],
      [1, 552],
    ] as const) {
      const { t, sent } = await inFlight(4000);
      assert.equal(sent[0]?.ip?.octets.length, 1500);
      const quoted = sent[0]?.ip?.octets.subarray(0, 28) ?? new Uint8Array();
      const again = t.inject(frame(icmp(3, 4, mtu, quoted), { protocol: PROTOCOL.ICMP, from: GATEWAY.ip }, { from: GATEWAY.mac }));
      const segments = [...again, ...t.pass(3000)].filter((seen) => seen.tcp?.text.length);
      assert.ok(segments.length > 0, "it is sent again");
      for (const { ip } of segments)
        assert.ok(ip && ip.octets.length <= most && (ip.octets.length <= mtu || !ip.df || mtu === 0), `${ip?.octets.length} for ${mtu}`);
    }
    const t = await Tester.make();
    t.send(t.bind(), new Uint8Array(1400), PEER.ip);
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.ip?.df),
      [false],
    );
  });

  test("ICMP-07: fragmentation needed that quotes no segment in flight changes nothing", async () => {
    const { t, sent } = await inFlight(1460);
    const quoted = (sent[0]?.ip?.octets.slice(0, 28) ?? new Uint8Array()) as Uint8Array;
    for (const shift of [-1, 1460, 100_000]) {
      const off = quoted.slice();
      const view = new DataView(off.buffer);
      view.setUint32(24, view.getUint32(24) + shift);
      t.drops(
        frame(icmp(3, 4, 576, off), { protocol: PROTOCOL.ICMP, from: GATEWAY.ip }, { from: GATEWAY.mac }),
        "ICMP_ERROR_UNMATCHED",
        `${shift}`,
      );
    }
    const again = t.pass(1500).filter((seen) => seen.tcp?.text.length);
    assert.ok(again.length > 0 && again.every((seen) => seen.tcp?.text.length === 1460));
  });
});

describe("several devices", () => {
  test("a socket bound to an interface sends by it alone and hears it alone: UDP, ping, raw and TCP", async () => {
    const core: Core = await instantiate({
      ...options(),
      devices: [{ kind: "ip" }, { kind: "ip" }],
      interfaces: [
        { device: 0, addresses: ["10.1.0.1/24"], gateway: "10.1.0.2" },
        { device: 1, addresses: ["10.2.0.1/24"], gateway: "10.2.0.2" },
      ],
    });
    const sent = () => [0, 1].map((device) => core.output(device).map((packet) => readRaw(packet)));
    const arrives = (payload: Uint8Array, protocol: number, device: number) => {
      const ends = { from: "192.0.2.1", to: device ? "10.2.0.1" : "10.1.0.1", protocol };
      assert.ok(core.input(ipv4(ends, payload), device));
      core.poll(0);
    };
    for (const [index, from] of ["10.1.0.1", "10.2.0.1"].entries()) {
      const [udp, ping, raw] = [
        core.udp_bind({ interface: index }),
        core.ping_open(0, { interface: index }),
        core.raw_open(99, 0, { interface: index }),
      ];
      for (const socket of [udp, ping, raw]) assert.ok(core.udp_write(socket, bytes("x"), { address: "192.0.2.1", port: 9 }) > 0);
      assert.ok(core.tcp_connect({ address: "192.0.2.1", port: 80, interface: index }) > 0);
      core.poll(0);
      const out = sent();
      assert.deepEqual([out[index]?.length, out[1 - index]?.length], [4, 0]);
      assert.ok(out[index]?.every(({ ip }) => ip?.from === from));
    }
    const near = core.udp_bind({ port: 7, interface: 1 });
    const raw = core.raw_open(98, 0, { interface: 1 });
    assert.ok(core.tcp_listen({ port: 80, interface: 1 }) > 0);
    for (const device of [0, 1]) {
      const to = device ? "10.2.0.1" : "10.1.0.1";
      arrives(udp("192.0.2.1", 5000, to, 7, bytes("x")), PROTOCOL.UDP, device);
      arrives(bytes("x"), 98, device);
      arrives(tcp("192.0.2.1", 6000, to, 80, { ctl: CTL.SYN }), PROTOCOL.TCP, device);
      const answers = sent()[device] ?? [];
      const ctl = answers.find((seen) => seen.tcp)?.tcp?.ctl ?? 0;
      assert.equal(ctl & CTL.SYN, device ? CTL.SYN : 0, "the listener answers, or a reset");
      assert.equal(answers.filter((seen) => seen.icmp?.type === 3).length, device ? 0 : 2);
      for (const socket of [near, raw]) assert.equal(core.udp_read(socket) instanceof Uint8Array, device === 1);
    }
  });

  test("a half-open connection of a listener bound to an interface, and what is left of it in TIME-WAIT, acknowledge by that interface", async () => {
    const core: Core = await instantiate({
      ...options(),
      devices: [{ kind: "ip" }, { kind: "ip" }],
      interfaces: [
        { device: 0, addresses: ["10.1.0.1/24"], gateway: "10.1.0.2" },
        { device: 1, addresses: ["10.2.0.1/24"], gateway: "10.2.0.2" },
      ],
    });
    const listener = core.tcp_listen({ port: 80, interface: 1 });
    const answers = (ctl: number, seq: number, ack = 0) => {
      assert.ok(
        core.input(
          ipv4({ from: "192.0.2.1", to: "10.2.0.1", protocol: PROTOCOL.TCP }, tcp("192.0.2.1", 6000, "10.2.0.1", 80, { ctl, seq, ack })),
          1,
        ),
      );
      core.poll(0);
      assert.equal(core.output(0).length, 0);
      return core.output(1).map((packet) => readRaw(packet).tcp);
    };
    const nxt = ((answers(CTL.SYN, 100)[0]?.seq ?? 0) + 1) >>> 0;
    assert.equal(answers(CTL.ACK, 99, nxt)[0]?.ctl, CTL.ACK);
    assert.equal(answers(CTL.ACK, 101, nxt).length, 0);
    core.tcp_close(core.tcp_accept(listener));
    core.poll(0);
    assert.equal(core.output(1).length, 1);
    for (let i = 0; i < 2; i++) assert.equal(answers(CTL.FIN | CTL.ACK, 101, nxt + 1)[0]?.ack, 102);
  });

  test("two Ethernet devices and a raw-IP one answer each on their own", async () => {
    const core: Core = await instantiate({
      ...options(),
      devices: [{ kind: "ethernet" }, { kind: "ethernet" }, { kind: "ip" }],
      interfaces: [
        { device: 0, mac: US.mac, addresses: [`${US.ip}/24`] },
        { device: 1, mac: OTHER.mac, addresses: ["10.1.0.1/24"] },
        { device: 2, addresses: ["10.2.0.1/24"] },
      ],
    });
    core.poll(0);
    const announced = [0, 1].map((device) => core.output(device).map((each) => read(each).arp?.senderIp));
    assert.deepEqual(announced, [[US.ip], ["10.1.0.1"]]);
    assert.deepEqual(core.output(2), []);
    core.input(frame(icmp(8, 0, 1, bytes("raw")), { protocol: PROTOCOL.ICMP, from: "10.2.0.2", to: "10.2.0.1" }).subarray(14), 2);
    core.poll(1);
    const [raw] = core.output(2);
    assert.equal(raw?.length, 31);
    assert.equal(checksum((raw as Uint8Array).subarray(20)), 0);
    const other = { from: "10.1.0.2", to: "10.1.0.1" };
    core.input(frame(udp(other.from, 1, other.to, 9, bytes("x")), { protocol: PROTOCOL.UDP, ...other }, { to: OTHER.mac }), 1);
    core.poll(2);
    assert.equal(core.output(0).length, 0);
    const answer = read(core.output(1)[0] as Uint8Array);
    assert.equal(answer.ip?.to ?? answer.arp?.targetIp, "10.1.0.2");
  });
});

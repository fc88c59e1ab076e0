import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRule } from "../../bindings/node/filter.js";
import { type Core, type Counter, Err, instantiate } from "../../bindings/node/core.js";
import { pattern } from "./cut.js";
import {
  arp,
  checksum,
  CTL,
  ETHER,
  EVERYBODY,
  ethernet,
  type Ipv4Fields,
  icmp,
  ipv4,
  joined,
  PROTOCOL,
  readAny,
  type Seen,
  tcp,
  udp,
} from "./packets.js";
import { bytes, SEED } from "./tester.js";

const IN = { ip: "10.1.0.2", mac: "02:00:00:00:01:02", us: "02:00:00:00:00:11" } as const;
const OUT = { ip: "192.0.2.2", mac: "02:00:00:00:02:02", us: "02:00:00:00:00:12" } as const;
const OUTER = "192.0.2.1";
const FAR = "198.51.100.7";

/** A gateway, 10.1.0.1 inside and 192.0.2.1 outside, that translates; the tests play all hosts. */
class Gateway {
  ms = 0;
  private constructor(readonly core: Core) {}
  static async make(
    more: { flows?: number; forwards?: number; forwarding?: number; settings?: Record<string, number>; on?: boolean; rules?: number } = {},
  ): Promise<Gateway> {
    const core = await instantiate({
      seed: SEED,
      devices: [
        { kind: "ethernet", rxSlots: 64, txSlots: 64 },
        { kind: "ethernet", rxSlots: 64, txSlots: 64 },
      ],
      interfaces: [
        { device: 0, mac: IN.us, addresses: ["10.1.0.1/24"] },
        { device: 1, mac: OUT.us, addresses: [`${OUTER}/24`], gateway: "192.0.2.254" },
      ],
      capacities: { flows: more.flows ?? 16, forwards: more.forwards ?? 4, rules: more.rules ?? 4, neighbours: 64 },
      settings: { forwarding: more.forwarding ?? 1, errorRate: 1000, ...more.settings },
    });
    const gateway = new Gateway(core);
    gateway.poll();
    for (const last of [2, 3]) gateway.learns(0, `10.1.0.${last}`);
    for (const last of [2, 254]) gateway.learns(1, `192.0.2.${last}`);
    if (more.on ?? true) assert.equal(core.napt_enable(1, true), 0);
    return gateway;
  }
  learns(device: 0 | 1, ip: string): void {
    const mac = device ? OUT.mac : IN.mac;
    const reply = arp({ senderMac: mac, senderIp: ip, targetIp: device ? OUTER : "10.1.0.1" });
    assert.ok(this.core.input(ethernet(EVERYBODY, mac, ETHER.ARP, reply), device));
    this.poll();
    for (const each of [0, 1]) this.core.output(each);
  }
  poll(): void {
    for (let round = 0; this.core.poll(this.ms) === 0; round++) assert.ok(round < 100);
  }
  pass(ms: number): void {
    for (const end = this.ms + ms; this.ms < end; ) {
      this.ms = Math.min(end, this.ms + Math.max(1, this.core.poll(this.ms)));
      this.poll();
      for (const device of [0, 1]) this.core.output(device);
    }
  }
  /** A packet comes in by a device; answers what leaves by both. */
  input(device: 0 | 1, packet: Uint8Array): [Seen[], Seen[]] {
    const [to, from] = device ? [OUT.us, OUT.mac] : [IN.us, IN.mac];
    assert.ok(this.core.input(ethernet(to, from, ETHER.IPV4, packet), device));
    this.poll();
    const sent = (which: number) =>
      this.core
        .output(which)
        .map(readAny)
        .filter((seen) => !seen.arp);
    return [sent(0), sent(1)];
  }
  /** The one packet that leaves on the other side. */
  crosses(device: 0 | 1, packet: Uint8Array): Seen {
    const sent = this.input(device, packet);
    const [seen, ...more] = sent[1 - device] as Seen[];
    assert.deepEqual([more.length, sent[device]?.length], [0, 0]);
    assert.ok(seen, "it passes");
    return seen;
  }
  drops(device: 0 | 1, packet: Uint8Array, reason: keyof typeof Counter): void {
    const before = this.core.counter(reason);
    assert.deepEqual(this.input(device, packet), [[], []], reason);
    assert.equal(this.core.counter(reason), before + 1, reason);
  }
  get flows(): number {
    return this.core.pools().FLOW.used;
  }
  get mappings(): number {
    return this.core.pools().MAPPING.used;
  }
}
type Ends = { from: string; fromPort: number; to: string; toPort: number };
const letter = (
  { from, fromPort, to, toPort }: Ends,
  data: Uint8Array = bytes("letter"),
  more: Partial<Ipv4Fields> & { checksum?: number } = {},
) => {
  const { checksum, ...fields } = more;
  return ipv4(
    { from, to, protocol: PROTOCOL.UDP, ...fields },
    udp(from, fromPort, to, toPort, data, checksum === undefined ? {} : { checksum }),
  );
};
const segment = ({ from, fromPort, to, toPort }: Ends, ctl: number) =>
  ipv4({ from, to, protocol: PROTOCOL.TCP }, tcp(from, fromPort, to, toPort, { ctl, seq: 1, ack: 1 }));
const query: Ends = { from: IN.ip, fromPort: 5000, to: OUT.ip, toPort: 53 };
const back = (seen: Seen): Ends => ({ from: OUT.ip, fromPort: 53, to: OUTER, toPort: seen.udp?.fromPort ?? 0 });

describe("address translation", () => {
  test("a datagram leaves with the outer address and a port of ours, its answer comes back to where it began; nothing else changes", async () => {
    const g = await Gateway.make();
    for (let i = 0; i < 40; i++) {
      const out = g.crosses(0, letter({ ...query, fromPort: 5000 + (i & 3) }, pattern(i * 7), { ident: i * 999, tos: i }));
      assert.deepEqual([out.ip?.from, out.ip?.to, out.udp?.toPort, out.ip?.ttl, out.ip?.tos], [OUTER, OUT.ip, 53, 63, i]);
      assert.deepEqual(out.udp?.data, pattern(i * 7));
      assert.ok((out.udp?.fromPort ?? 0) >= 49152);
      const home = g.crosses(1, letter(back(out), pattern(i * 5)));
      assert.deepEqual([home.ip?.from, home.ip?.to, home.udp?.toPort, home.to], [OUT.ip, IN.ip, 5000 + (i & 3), IN.mac]);
      assert.deepEqual(home.udp?.data, pattern(i * 5));
    }
    assert.equal(g.flows, 4);
    assert.equal(g.mappings, 4);
  });

  test("a UDP checksum of 0 stays 0, and one that becomes 0 is written as ones", async () => {
    const g = await Gateway.make();
    const raw = (data: Uint8Array, checksum?: number) => {
      assert.ok(g.core.input(ethernet(IN.us, IN.mac, ETHER.IPV4, letter(query, data, checksum === undefined ? {} : { checksum })), 0));
      g.poll();
      const [frame] = g.core.output(1);
      return frame?.subarray(40, 42) as Uint8Array;
    };
    assert.deepEqual([...raw(bytes("x"), 0)], [0, 0]);
    const [high = 0, low = 0] = raw(Uint8Array.of(0, 0));
    assert.deepEqual([...raw(Uint8Array.of(high, low))], [255, 255]);
  });

  test("one inner end has one port whoever it speaks with, another end another; ports cannot be told in advance", async () => {
    const g = await Gateway.make();
    const port = (ends: Partial<Ends>) => g.crosses(0, letter({ ...query, ...ends })).udp?.fromPort ?? 0;
    const first = port({});
    assert.equal(port({ toPort: 54 }), first);
    assert.equal(port({ to: FAR }), first);
    const others = [5001, 5002, 5003, 5004].map((fromPort) => port({ fromPort }));
    const all = [first, ...others, port({ from: "10.1.0.3" })];
    assert.equal(new Set(all).size, 6);
    assert.ok(!others.every((each, i) => each === (others[0] ?? 0) + i), "not one after another");
  });

  test("from outside only the other end of a flow gets in: not another host, not another port, nothing uncalled", async () => {
    const g = await Gateway.make();
    const out = g.crosses(0, letter(query));
    g.drops(1, letter({ ...back(out), from: "192.0.2.3" }), "NAPT_DROPPED");
    g.drops(1, letter({ ...back(out), fromPort: 54 }), "NAPT_DROPPED");
    const [, answer] = g.input(1, letter({ ...back(out), toPort: 49000 }));
    assert.equal(answer[0]?.icmp?.type, 3, "a port that stands for nobody is ours, and closed");
    g.crosses(1, letter(back(out)));
  });

  test("TCP: what does not begin with a SYN has no flow, and does not leave; a handshake passes both ways", async () => {
    const g = await Gateway.make();
    const ends = { ...query, toPort: 80 };
    g.drops(0, segment(ends, CTL.ACK), "NAPT_DROPPED");
    const syn = g.crosses(0, segment(ends, CTL.SYN));
    assert.deepEqual([syn.ip?.from, syn.tcp?.ctl], [OUTER, CTL.SYN]);
    const home = { from: OUT.ip, fromPort: 80, to: OUTER, toPort: syn.tcp?.fromPort ?? 0 };
    assert.equal(g.crosses(1, segment(home, CTL.SYN | CTL.ACK)).tcp?.toPort, 5000);
    assert.equal(g.crosses(0, segment(ends, CTL.ACK)).tcp?.fromPort, syn.tcp?.fromPort);
  });

  test("RFC 5508: an echo has an identifier of ours outside, and its own when the reply is back", async () => {
    const g = await Gateway.make();
    const ping = (from: string, ident: number) =>
      ipv4({ from, to: OUT.ip, protocol: PROTOCOL.ICMP }, icmp(8, 0, ident * 65536 + 3, bytes("echo")));
    const [a, b] = [g.crosses(0, ping(IN.ip, 7)), g.crosses(0, ping("10.1.0.3", 7))];
    const [identA, identB] = [a, b].map((seen) => (seen.icmp?.rest ?? 0) >>> 16);
    assert.notEqual(identA, identB);
    const pong = ipv4({ from: OUT.ip, to: OUTER, protocol: PROTOCOL.ICMP }, icmp(0, 0, b.icmp?.rest ?? 0, bytes("echo")));
    const home = g.crosses(1, pong);
    assert.deepEqual([home.ip?.to, home.icmp?.rest, home.icmp?.type], ["10.1.0.3", 7 * 65536 + 3, 0]);
  });

  test("an ICMP error from outside comes to the inner end, quoting what that had sent", async () => {
    const g = await Gateway.make();
    for (const [protocol, packet] of [
      ["udp", letter(query)],
      ["tcp", segment({ ...query, toPort: 80 }, CTL.SYN)],
      ["icmp", ipv4({ from: IN.ip, to: OUT.ip, protocol: PROTOCOL.ICMP }, icmp(8, 0, 0x70003, bytes("e")))],
    ] as const) {
      const sent = g.crosses(0, packet.slice()).ip?.octets as Uint8Array;
      const error = g.crosses(1, ipv4({ from: "192.0.2.254", to: OUTER, protocol: PROTOCOL.ICMP }, icmp(11, 0, 0, sent.slice(0, 28))));
      assert.deepEqual([error.ip?.to, error.ip?.from, error.icmp?.type], [IN.ip, "192.0.2.254", 11], protocol);
      const quoted = error.icmp?.data.slice() as Uint8Array;
      assert.equal(checksum(quoted.subarray(0, 20)), 0, "of the quoted header");
      const before = packet.slice(0, 28);
      before.set([63], 8);
      before.set(quoted.subarray(10, 12), 10);
      if (protocol !== "tcp") assert.deepEqual(quoted, before, protocol);
      else assert.deepEqual(quoted.subarray(0, 24), before.subarray(0, 24));
    }
    const stray = letter({ ...query, from: OUTER, fromPort: 50_000 });
    const [inside] = g.input(1, ipv4({ from: "192.0.2.254", to: OUTER, protocol: PROTOCOL.ICMP }, icmp(3, 3, 0, stray.slice(0, 28))));
    assert.deepEqual(inside, [], "about nothing that was sent");
  });

  test("an ICMP error from inside leaves with the outer address, quoting what came there", async () => {
    const g = await Gateway.make();
    const out = g.crosses(0, letter(query));
    const came = letter(back(out));
    const inner = g.crosses(1, came.slice()).ip?.octets as Uint8Array;
    const error = g.crosses(0, ipv4({ from: IN.ip, to: OUT.ip, protocol: PROTOCOL.ICMP }, icmp(3, 3, 0, inner.slice(0, 28))));
    assert.deepEqual([error.ip?.from, error.ip?.to, error.icmp?.code], [OUTER, OUT.ip, 3]);
    const quoted = error.icmp?.data.slice() as Uint8Array;
    assert.equal(checksum(quoted.subarray(0, 20)), 0);
    const expected = came.slice(0, 28);
    expected.set([63], 8);
    expected.set(quoted.subarray(10, 12), 10);
    assert.deepEqual(quoted, expected);
    const wrong = ipv4({ from: IN.ip, to: OUT.ip, protocol: PROTOCOL.ICMP }, icmp(3, 3, 0, inner.slice(0, 28), 1));
    g.drops(0, wrong, "ICMP_CHECKSUM");
  });

  test("fragments are put together, translated as one and sent in pieces again; other protocols do not leave", async () => {
    const g = await Gateway.make();
    const whole = udp(IN.ip, 5000, OUT.ip, 53, pattern(3000));
    const part = (from: number, to: number) =>
      ipv4(
        { from: IN.ip, to: OUT.ip, protocol: PROTOCOL.UDP, ident: 5, fragment: (from >> 3) | (to < whole.length ? 0x2000 : 0) },
        whole.slice(from, to),
      );
    assert.deepEqual(g.input(0, part(1480, 2960)), [[], []]);
    assert.deepEqual(g.input(0, part(2960, whole.length)), [[], []]);
    const [, pieces] = g.input(0, part(0, 1480));
    const seen = joined(pieces);
    assert.deepEqual([pieces.length, seen.ip?.from], [3, OUTER]);
    assert.deepEqual(seen.udp?.data, pattern(3000));
    g.drops(0, ipv4({ from: IN.ip, to: OUT.ip, protocol: 47 }, new Uint8Array(8)), "NAPT_DROPPED");
  });

  test("what we report about a datagram for a forwarded port speaks of the outer address", async () => {
    const g = await Gateway.make();
    assert.equal(g.core.napt_forward(PROTOCOL.UDP, 80, { address: "10.1.0.9", port: 8080 }), 0);
    const packet = letter({ from: OUT.ip, fromPort: 7, to: OUTER, toPort: 80 }, bytes("x"), { ttl: 1 });
    const [, [error]] = g.input(1, packet);
    assert.deepEqual([error?.icmp?.type, error?.icmp?.data], [11, packet.slice(0, 28)]);
    assert.equal(g.core.filter_add(parseRule("forward tcp port 8080 reject"), 0), 0);
    assert.equal(g.core.napt_forward(PROTOCOL.TCP, 80, { address: "10.1.0.9", port: 8080 }), 0);
    const [, [rst]] = g.input(1, segment({ from: OUT.ip, fromPort: 7, to: OUTER, toPort: 80 }, CTL.SYN));
    assert.deepEqual([rst?.ip?.from, rst?.tcp?.fromPort, rst?.tcp?.ctl], [OUTER, 80, CTL.RST | CTL.ACK]);
  });

  test("a neighbour outside that does not answer: the inner host hears of it, about its own datagram", async () => {
    const g = await Gateway.make();
    const packet = letter({ ...query, to: "192.0.2.77" });
    g.input(0, packet.slice());
    const seen: Seen[] = [];
    for (let i = 0; i < 50; i++) {
      g.ms += 100;
      g.poll();
      seen.push(
        ...g.core
          .output(0)
          .map(readAny)
          .filter((each) => each.icmp),
      );
      g.core.output(1);
    }
    assert.deepEqual([seen.length, seen[0]?.icmp?.type, seen[0]?.icmp?.code, seen[0]?.ip?.to], [1, 3, 1, IN.ip]);
    const quoted = seen[0]?.icmp?.data as Uint8Array;
    assert.deepEqual([quoted.subarray(12, 16), quoted.subarray(20, 22)], [packet.subarray(12, 16), packet.subarray(20, 22)]);
  });

  test("when a flow's time is over its mapping goes, and a stranger's packet finds nobody", async () => {
    const g = await Gateway.make({ settings: { flowUdp: 1000 } });
    const out = g.crosses(0, letter(query));
    g.pass(900);
    g.learns(0, IN.ip);
    g.learns(1, OUT.ip);
    g.crosses(1, letter(back(out)));
    assert.equal(g.mappings, 1);
    g.pass(1001);
    assert.deepEqual([g.flows, g.mappings], [0, 0]);
  });

  test("a full table: no new flow evicts an established one; all pools are whole in the end", async () => {
    const g = await Gateway.make({ flows: 3, settings: { flowUdp: 1000 } });
    for (const fromPort of [5000, 5001, 5002]) {
      const out = g.crosses(0, letter({ ...query, fromPort }));
      g.crosses(1, letter(back(out)));
      g.crosses(0, letter({ ...query, fromPort }));
    }
    g.drops(0, letter({ ...query, fromPort: 5003 }), "FLOWS_FULL");
    g.crosses(0, letter(query));
    g.pass(1001);
    assert.deepEqual([g.flows, g.mappings], [0, 0]);
  });
});

describe("forwarded ports", () => {
  const web: Ends = { from: OUT.ip, fromPort: 7000, to: OUTER, toPort: 8080 };

  test("a connection from outside reaches the inner server, and its answers come from the forwarded port", async () => {
    const g = await Gateway.make();
    assert.equal(g.core.napt_forward(PROTOCOL.TCP, 8080, { address: IN.ip, port: 80 }), 0);
    const syn = g.crosses(1, segment(web, CTL.SYN));
    assert.deepEqual([syn.ip?.from, syn.ip?.to, syn.tcp?.fromPort, syn.tcp?.toPort], [OUT.ip, IN.ip, 7000, 80]);
    const answer = g.crosses(0, segment({ from: IN.ip, fromPort: 80, to: OUT.ip, toPort: 7000 }, CTL.SYN | CTL.ACK));
    assert.deepEqual([answer.ip?.from, answer.tcp?.fromPort, answer.tcp?.toPort], [OUTER, 8080, 7000]);
    g.drops(1, segment({ ...web, fromPort: 7001 }, CTL.ACK), "NAPT_DROPPED");
    assert.equal(g.core.napt_unforward(PROTOCOL.TCP, 8080), 0);
    assert.deepEqual([g.flows, g.mappings], [0, 0]);
    const [inside, [rst]] = g.input(1, segment(web, CTL.SYN));
    assert.deepEqual([inside.length, rst?.tcp?.ctl, rst?.ip?.from], [0, CTL.RST | CTL.ACK, OUTER], "the port is ours again");
  });

  test("RFC 4787 §6: an inner host reaches another by the outer address, and sees only that", async () => {
    const g = await Gateway.make();
    assert.equal(g.core.napt_forward(PROTOCOL.TCP, 8080, { address: "10.1.0.3", port: 80 }), 0);
    const [[syn]] = g.input(0, segment({ from: IN.ip, fromPort: 5000, to: OUTER, toPort: 8080 }, CTL.SYN));
    assert.deepEqual([syn?.ip?.from, syn?.ip?.to, syn?.tcp?.toPort], [OUTER, "10.1.0.3", 80]);
    const [[answer]] = g.input(
      0,
      segment({ from: "10.1.0.3", fromPort: 80, to: OUTER, toPort: syn?.tcp?.fromPort ?? 0 }, CTL.SYN | CTL.ACK),
    );
    assert.deepEqual([answer?.ip?.from, answer?.tcp?.fromPort, answer?.ip?.to, answer?.tcp?.toPort], [OUTER, 8080, IN.ip, 5000]);
  });

  test("the stack's own sockets and translation have no port in common", async () => {
    const g = await Gateway.make();
    const { core } = g;
    assert.equal(core.napt_forward(PROTOCOL.TCP, 8080, { address: IN.ip, port: 80 }), 0);
    assert.equal(core.tcp_listen({ port: 8080 }), Err.IN_USE);
    assert.ok(core.udp_bind({ port: 8080 }) > 0, "another protocol");
    assert.equal(core.udp_bind({ port: 50_000 }), Err.IN_USE);
    assert.equal(core.tcp_connect({ address: OUT.ip, port: 80 }, { port: 50_000 }), Err.IN_USE);
    for (let i = 0; i < 6; i++) {
      const socket = core.udp_bind({});
      assert.ok(socket > 0 && core.local.port < 49152);
    }
    assert.ok(core.tcp_listen({ port: 81 }) > 0);
    assert.equal(core.napt_forward(PROTOCOL.TCP, 81, { address: IN.ip, port: 80 }), Err.IN_USE);
    const late = await Gateway.make({ on: false });
    const socket = late.core.udp_bind({ port: 50_000 });
    assert.equal(late.core.napt_enable(1, true), Err.IN_USE);
    late.core.udp_close(socket);
    assert.equal(late.core.napt_enable(1, true), 0);
  });

  test("refused: what is no interface, port, protocol or inner host; without forwarding; without flows", async () => {
    const { core } = await Gateway.make({ forwards: 1 });
    assert.equal(core.napt_enable(2, true), Err.BAD_ARGUMENT);
    assert.equal(core.napt_enable(-1, true), Err.BAD_ARGUMENT);
    const to = { address: IN.ip, port: 80 };
    assert.equal(core.napt_forward(PROTOCOL.ICMP, 80, to), Err.BAD_ARGUMENT);
    for (const port of [0, 65536, -1]) assert.equal(core.napt_forward(PROTOCOL.TCP, port, to), Err.BAD_ARGUMENT, `${port}`);
    assert.equal(core.napt_forward(PROTOCOL.TCP, 80, { address: IN.ip }), Err.BAD_ARGUMENT);
    for (const address of [OUTER, "224.0.0.1", "0.0.0.0"])
      assert.equal(core.napt_forward(PROTOCOL.TCP, 80, { address, port: 80 }), Err.BAD_ADDRESS);
    assert.equal(core.napt_unforward(PROTOCOL.TCP, 80), Err.BAD_ARGUMENT);
    assert.equal(core.napt_forward(PROTOCOL.TCP, 80, to), 0);
    assert.equal(core.napt_forward(PROTOCOL.TCP, 80, to), Err.IN_USE);
    assert.equal(core.napt_forward(PROTOCOL.TCP, 81, to), Err.NO_ROOM);
    assert.equal((await Gateway.make({ forwarding: 0, on: false })).core.napt_enable(1, true), Err.BAD_STATE);
    assert.equal((await Gateway.make({ flows: 0, on: false })).core.napt_enable(1, true), Err.NO_ROOM);
  });
});

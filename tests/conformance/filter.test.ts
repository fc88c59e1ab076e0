import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRule, ruleText } from "../../bindings/node/filter.js";
import { Action, Direction, Err, type FilterRule } from "../../bindings/node/core.js";
import { cut, pattern } from "./cut.js";
import { CTL, icmp, PROTOCOL, type Seen, tcp, udp } from "./packets.js";
import { bytes, datagram, datagrams, frame, icmpError, messages, PEER, ping, Tester, US } from "./tester.js";
import { filter } from "./town.js";

const CAPACITIES = { rules: 8, flows: 4 } as const;
const DROPS = { in: Action.DROP } as const;

/** A stack with a filter. */
async function walled(
  rules: string[],
  policy: Parameters<typeof filter>[2] = DROPS,
  more: { flows?: number; settings?: Record<string, number> } = {},
): Promise<Tester> {
  const t = await Tester.make({
    capacities: { ...CAPACITIES, ...(more.flows === undefined ? {} : { flows: more.flows }) },
    settings: more.settings ?? {},
  });
  t.resolve(PEER);
  filter(t.core, rules, policy);
  return t;
}
const segment = (fromPort: number, toPort: number, ctl: number, more: { seq?: number; ack?: number; from?: string } = {}) =>
  frame(tcp(more.from ?? PEER.ip, fromPort, US.ip, toPort, { ctl, seq: more.seq ?? 1000, ack: more.ack ?? 0 }), {
    protocol: PROTOCOL.TCP,
    ...(more.from ? { from: more.from } : {}),
  });
const segments = (sent: Seen[]) => sent.filter((seen) => seen.tcp);
const flows = (t: Tester) => t.core.pools().FLOW.used;

describe("packet filter", () => {
  test("without a rule and with accepting policies nothing is examined", async () => {
    const t = await walled([], {});
    t.isAlive();
    assert.equal(flows(t), 0);
  });

  test("a policy of drop: silence and a counter; ARP still works; accept again, and all is as before", async () => {
    const t = await walled([]);
    t.drops(ping(), "FILTERED_IN");
    t.drops(datagram(9, "x"), "FILTERED_IN");
    t.drops(segment(5000, 80, CTL.SYN), "FILTERED_IN");
    assert.equal(t.core.filter_policy(Direction.IN, Action.ACCEPT), 0);
    t.isAlive();
  });

  test("the first rule that fits decides, by protocol, addresses and ports; each counts what it decided", async () => {
    const rules = [
      "in udp from 10.0.0.3 drop",
      "in udp from 10.0.0.0/24 port 5000-5001 to 10.0.0.1 port 40 accept",
      "in udp port 41-50 accept",
    ];
    const t = await walled(rules);
    for (const port of [40, 41, 50, 51]) t.bind(port);
    const reaches = (port: number, fields = {}) => {
      const before = t.core.counter("UDP_IN");
      t.inject(datagram(port, "x", fields));
      return t.core.counter("UDP_IN") > before;
    };
    assert.deepEqual(
      [40, 41, 50, 51].map((port) => reaches(port)),
      [true, true, true, false],
    );
    assert.equal(reaches(41, { from: "10.0.0.3" }), false);
    assert.equal(reaches(40, { from: "10.9.0.2" }), false);
    const seen = [0, 1, 2].map((at) => t.core.filter_at(at) as FilterRule);
    assert.deepEqual(
      seen.map((rule) => [rule.packets, rule.octets]),
      [
        [1, 29],
        [1, 29],
        [2, 58],
      ],
    );
    assert.deepEqual(seen.map(ruleText), rules);
    assert.equal(t.core.filter_at(3), Err.BAD_ARGUMENT);
  });

  test("a rule for an interface fits only what comes by it", async () => {
    const t = await walled(["in on 0 icmp accept"]);
    t.isAlive();
    assert.equal(t.core.filter_add(parseRule("in on 1 icmp accept"), 0), Err.BAD_ARGUMENT, "there is no such interface");
    assert.equal(t.core.filter_remove(0), 0);
    t.drops(ping(), "FILTERED_IN");
  });

  test("reject: a RST for TCP, port unreachable for others, past every rule for what goes out; nothing about a broadcast", async () => {
    const t = await walled(["in reject"], { out: Action.DROP });
    const [rst, ...more] = segments(t.inject(segment(5000, 80, CTL.SYN, { seq: 7 })));
    assert.deepEqual([rst?.tcp?.ctl, rst?.tcp?.ack, rst?.ip?.from, more.length], [CTL.RST | CTL.ACK, 8, US.ip, 0]);
    assert.deepEqual(segments(t.inject(segment(5000, 80, CTL.RST))), []);
    const [error] = messages(t.inject(datagram(9, "x")), 3);
    assert.deepEqual([error?.icmp?.code, error?.ip?.to], [3, PEER.ip]);
    assert.equal(messages(t.inject(ping()), 3).length, 1);
    assert.deepEqual(t.inject(datagram(9, "x", { to: "10.0.0.255" })), []);
    assert.equal(t.core.counter("FILTERED_IN"), 5);
    assert.equal(t.core.counter("FILTERED_OUT"), 0);
  });

  test("what we send: a rule keeps it in, and the socket goes on", async () => {
    const t = await walled(["out udp to 10.0.0.2 port 9 drop"], {});
    const socket = t.bind(77);
    assert.ok(t.send(socket, "no", PEER.ip, 9) > 0);
    assert.ok(t.send(socket, "yes", PEER.ip, 10) > 0);
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.udp?.toPort),
      [10],
    );
    assert.equal(t.core.counter("FILTERED_OUT"), 1);
    assert.ok(t.send(socket, pattern(1400), "10.0.0.2", 9) > 0);
    assert.deepEqual(datagrams(t.poll()), []);
  });

  test("fragments are put together first: a rule sees the ports of the whole", async () => {
    const t = await walled(["in udp port 40 accept"]);
    const socket = t.bind(40);
    t.bind(41);
    const letter = (port: number) => cut(udp(PEER.ip, 5000, US.ip, port, pattern(1400)), 800, { protocol: PROTOCOL.UDP, ident: port });
    t.inject(...letter(41));
    assert.equal(t.core.counter("FILTERED_IN"), 1, "once, for the whole");
    t.inject(...letter(40));
    assert.deepEqual(t.core.udp_read(socket), pattern(1400));
  });

  test("answers come in by their state: to what we sent, from there, and not before", async () => {
    const t = await walled(["in established accept"]);
    const socket = t.bind(77);
    t.drops(datagram(77, "early"), "FILTERED_IN");
    t.send(socket, "question", PEER.ip, 5000);
    t.poll();
    t.inject(datagram(77, "answer"));
    assert.equal(t.receive(socket), "answer");
    t.drops(frame(udp(PEER.ip, 5001, US.ip, 77, bytes("x")), { protocol: PROTOCOL.UDP }), "FILTERED_IN");
    t.drops(datagram(77, "other host", { from: "10.0.0.3" }), "FILTERED_IN");
  });

  test("an ICMP error about a flow belongs to it, one about nothing does not; echo is matched by its identifier", async () => {
    const t = await walled(["in established accept"]);
    const socket = t.core.udp_bind({ port: 77 });
    assert.equal(t.core.udp_connect(socket, { address: PEER.ip, port: 9 }), 0);
    assert.ok(t.core.udp_write(socket, bytes("x")) > 0);
    const [sent] = datagrams(t.poll());
    const quoted = sent?.ip?.octets as Uint8Array;
    t.inject(icmpError(3, 3, quoted.slice(0, 28)));
    assert.equal(t.receive(socket), Err.REFUSED);
    const other = quoted.slice(0, 28);
    other[21] = 78;
    t.drops(icmpError(3, 3, other), "FILTERED_IN");
    t.drops(ping(), "FILTERED_IN");
    const pinger = t.core.ping_open();
    assert.ok(t.core.udp_write(pinger, bytes("hello"), { address: PEER.ip, port: 1 }) > 0);
    const [asked] = messages(t.poll(), 8);
    const rest = asked?.icmp?.rest as number;
    const reply = (rest: number) => frame(icmp(0, 0, rest, bytes("hello")), { protocol: PROTOCOL.ICMP });
    t.drops(reply((rest ^ 0x10000) >>> 0), "FILTERED_IN");
    t.inject(reply(rest));
    assert.equal(t.receive(pinger), "hello");
  });

  test("a segment that neither opens nor belongs to a flow is not new: a rule for new ones does not fit it", async () => {
    const t = await walled(["in tcp port 80 new accept", "in established accept"]);
    for (const ctl of [CTL.ACK, CTL.SYN | CTL.ACK, CTL.FIN, CTL.RST, CTL.SYN | CTL.FIN, 0]) t.drops(segment(5000, 80, ctl), "FILTERED_IN");
    assert.equal(flows(t), 0);
    const [rst] = segments(t.inject(segment(5000, 80, CTL.SYN)));
    assert.equal(rst?.tcp?.ctl, CTL.RST | CTL.ACK, "nobody listens");
    assert.equal(flows(t), 1);
  });
});

describe("flows", () => {
  const handshake = (t: Tester, port: number) => {
    const [synAck] = segments(t.inject(segment(port, 80, CTL.SYN, { seq: 100 })));
    assert.equal(synAck?.tcp?.ctl, CTL.SYN | CTL.ACK);
    const ack = ((synAck?.tcp?.seq ?? 0) + 1) >>> 0;
    t.inject(segment(port, 80, CTL.ACK, { seq: 101, ack }));
    return ack;
  };
  const RULES = ["in tcp port 80 new accept", "in established accept"];

  test("a flood of SYNs evicts the oldest of its own kind, and no established connection", async () => {
    const t = await walled(RULES);
    const listener = t.core.tcp_listen({ port: 80 }, 0, 64);
    const ack = handshake(t, 4000);
    const connection = t.core.tcp_accept(listener);
    assert.ok(connection > 0);
    for (let i = 0; i < 20; i++) t.inject(segment(5000 + i, 80, CTL.SYN));
    assert.equal(flows(t), 4);
    assert.equal(t.core.counter("FLOWS_EVICTED"), 17);
    assert.equal(t.core.counter("FLOWS_FULL"), 0);
    t.inject(
      frame(tcp(PEER.ip, 4000, US.ip, 80, { ctl: CTL.ACK | CTL.PSH, seq: 101, ack, text: bytes("here") }), { protocol: PROTOCOL.TCP }),
    );
    assert.deepEqual(t.core.tcp_read(connection), bytes("here"));
  });

  test("a table full of established flows: what would begin another is dropped and counted", async () => {
    const t = await walled(RULES);
    t.core.tcp_listen({ port: 80 }, 0, 64);
    for (let i = 0; i < 4; i++) handshake(t, 4000 + i);
    t.drops(segment(5000, 80, CTL.SYN), "FLOWS_FULL");
    assert.equal(t.core.counter("FLOWS_EVICTED"), 0);
    t.inject(segment(4000, 80, CTL.RST, { seq: 101 }));
    t.pass(240_001);
    assert.equal(flows(t), 3, "the one that was reset is over");
    assert.equal(segments(t.inject(segment(5000, 80, CTL.SYN))).length, 1);
  });

  test("times: an opening one 4 minutes, an established one 2 hours and 4 minutes, UDP 5, others one; traffic begins anew", async () => {
    const t = await walled(["in accept"], {}, { settings: { keepIdle: 1 << 29 } });
    t.core.tcp_listen({ port: 80 }, 0, 64);
    t.bind(77);
    t.inject(segment(5000, 81, CTL.SYN), datagram(77, "x"), ping());
    handshake(t, 4000);
    assert.equal(flows(t), 4);
    t.pass(59_999);
    assert.equal(flows(t), 4);
    t.pass(2);
    assert.equal(flows(t), 3, "the ping is over");
    t.inject(datagram(77, "x"));
    t.pass(180_000);
    assert.equal(flows(t), 2, "the SYN is over");
    t.pass(119_998);
    assert.equal(flows(t), 2);
    t.pass(3);
    assert.equal(flows(t), 1, "UDP is over, 5 minutes after its last");
    t.pass(7_440_000 - 360_010);
    assert.equal(flows(t), 1);
    t.pass(20);
    assert.equal(flows(t), 0);
  });

  test("settings of 0 or beyond are refused, and the word is named", async () => {
    for (const name of ["flowEstablished", "flowTcp", "flowUdp", "flowIcmp"])
      await assert.rejects(Tester.make({ capacities: CAPACITIES, settings: { [name]: 0 } }), { code: "BAD_SETTING" });
  });

  test("after both FINs a new SYN from the same port begins a new flow", async () => {
    const t = await walled(RULES);
    const listener = t.core.tcp_listen({ port: 80 }, 0, 64);
    const ack = handshake(t, 4000);
    const connection = t.core.tcp_accept(listener);
    t.inject(segment(4000, 80, CTL.FIN | CTL.ACK, { seq: 101, ack }));
    assert.equal(t.core.tcp_close(connection, true), 0);
    t.poll();
    t.inject(segment(4000, 80, CTL.ACK, { seq: 102, ack: ack + 1 }));
    assert.equal(flows(t), 1);
    t.pass(241_000);
    assert.equal(flows(t), 0, "closed ones are kept for the short time");
    handshake(t, 4000);
    assert.equal(flows(t), 1);
  });
});

describe("calls of the filter", () => {
  test("refused: a place behind the end, a wrong code, prefix or range, a full table, states without flows", async () => {
    const t = await walled([], {});
    const add = (rule: Partial<FilterRule>, at = 0) => t.core.filter_add({ direction: Direction.IN, action: Action.DROP, ...rule }, at);
    assert.equal(add({}, 1), Err.BAD_ARGUMENT);
    assert.equal(add({}, -1), Err.BAD_ARGUMENT);
    assert.equal(add({ direction: 3 as Direction }), Err.BAD_ARGUMENT);
    assert.equal(add({ action: 3 as Action }), Err.BAD_ARGUMENT);
    assert.equal(add({ state: 3 as never }), Err.BAD_ARGUMENT);
    assert.equal(add({ source: { address: "10.0.0.0", prefix: 33 } }), Err.BAD_ARGUMENT);
    assert.equal(add({ destination: { address: "x", prefix: 8 } }), Err.BAD_ADDRESS);
    assert.equal(add({ sourcePorts: [9, 8] }), Err.BAD_ARGUMENT);
    assert.equal(add({ destinationPorts: [9, 8] }), Err.BAD_ARGUMENT);
    assert.equal(t.core.filter_policy(3 as Direction, Action.DROP), Err.BAD_ARGUMENT);
    assert.equal(t.core.filter_policy(Direction.IN, 3 as Action), Err.BAD_ARGUMENT);
    assert.equal(t.core.filter_remove(0), Err.BAD_ARGUMENT);
    t.isAlive();
    const stateless = await walled(["in udp drop"], {}, { flows: 0 });
    assert.equal(stateless.core.filter_add(parseRule("in established accept"), 0), Err.NO_ROOM);
    stateless.drops(datagram(9, "x"), "FILTERED_IN");
    stateless.isAlive();
  });

  test("rules are put between others and taken out from between them", async () => {
    const t = await walled(["in udp drop", "in tcp drop"], {});
    const texts = () =>
      [0, 1, 2, 3].map((at) => t.core.filter_at(at)).flatMap((rule) => (typeof rule === "number" ? [] : [ruleText(rule)]));
    assert.equal(t.core.filter_add(parseRule("in icmp drop"), 1), 0);
    assert.deepEqual(texts(), ["in udp drop", "in icmp drop", "in tcp drop"]);
    t.drops(ping(), "FILTERED_IN");
    assert.equal(t.core.filter_remove(1), 0);
    assert.deepEqual(texts(), ["in udp drop", "in tcp drop"]);
    t.isAlive();
  });

  test("rules in words say what they mean, and nonsense is refused", () => {
    for (const text of [
      "in accept",
      "in tcp port 80 accept",
      "out on 1 udp from 10.0.0.0/8 port 67-68 reject",
      "forward from any port 20 port 1024-65535 new drop",
      "in 47 established accept",
    ])
      assert.equal(ruleText(parseRule(text)), text);
    assert.deepEqual(parseRule("IN tcp PORT 80 accept"), parseRule("in tcp to any port 80 accept"));
    for (const text of [
      "",
      "in",
      "accept",
      "in tcp port accept",
      "in port 80-70-60 accept",
      "in tcp udp accept",
      "inward accept",
      "in any accept",
    ])
      assert.throws(() => parseRule(text), { code: "BAD_ARGUMENT" }, text);
    for (const text of ["in from 10.0.0.0/33 accept", "in from here accept"])
      assert.throws(() => parseRule(text), { code: "BAD_ADDRESS" }, text);
  });
});

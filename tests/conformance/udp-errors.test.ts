// What becomes of datagrams that were sent, and what a socket learns of one that came.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, Event, instantiate, Option } from "../../bindings/node/core.js";
import { bytes, datagram, datagrams, frame, GATEWAY, host, icmpError, messages, options, PEER, ping, Tester, US } from "./tester.js";
import { icmp, PROTOCOL, type Seen } from "./packets.js";

/** What a frame carries, as an error quotes it. */
const quote = (seen: Seen | undefined) => seen?.ip?.octets.slice(0, 28) ?? new Uint8Array();
/** A socket connected to PEER port 9, and how to send from it and get an error about that. */
async function connected() {
  const t = await Tester.make();
  const socket = t.bind(5353);
  assert.equal(t.core.udp_connect(socket, { address: PEER.ip, port: 9 }), 0);
  const report = (type: number, code: number, rest = 0) => {
    t.send(socket, "hello", PEER.ip);
    const [sent] = datagrams(t.poll());
    t.inject(icmpError(type, code, quote(sent), rest));
    return t.core.udp_receive_ready(socket);
  };
  return { t, socket, report };
}

describe("UDP: what ICMP reports", () => {
  test("1122-3.2.2.1, ICMP-06: each type and code is told as an error, once, with who said it about which datagram", async () => {
    const { t, socket, report } = await connected();
    const all = [...Array.from({ length: 16 }, (_, code) => [3, code]), [11, 0], [11, 1], [12, 0], [12, 1]] as [number, number][];
    for (const [type, code] of all) {
      const refused = type === 3 && (code === 2 || code === 3);
      const expected = refused ? Err.REFUSED : type === 3 && code === 4 ? Err.TOO_LONG : Err.UNREACHABLE;
      assert.equal(report(type, code), expected, `${type}/${code}`);
      assert.deepEqual([t.core.remote.address, t.core.remote.port], [PEER.ip, 9]);
      assert.deepEqual([t.core.local.address, t.core.local.port], [GATEWAY.ip, type * 256 + code]);
      assert.equal(t.core.status(socket)?.softError, type * 256 + code);
      t.isEmpty(socket);
    }
    t.inject(datagram(5353, "a stranger"));
    t.isEmpty(socket);
    t.inject(frame(datagram(5353, "x").slice(34), { protocol: PROTOCOL.UDP }));
    assert.equal(t.core.udp_status(socket), 0, "the socket lives");
  });

  test("a router that needs smaller datagrams is told with the MTU it names", async () => {
    const { t, report } = await connected();
    assert.equal(report(3, 4, 1400), Err.TOO_LONG);
    assert.equal(t.core.span, 1400);
    assert.equal(report(3, 4, 0), Err.TOO_LONG, "one that names none");
    assert.equal(t.core.span, 0);
  });

  test("errors and datagrams are read in the order in which they came, and a full socket drops what is newest", async () => {
    const t = await Tester.make({ capacities: { udpReceive: 4 } });
    const socket = t.bind(5353);
    t.core.udp_connect(socket, { address: PEER.ip, port: 5000 });
    t.send(socket, "hello", PEER.ip);
    const about = quote(datagrams(t.poll())[0]);
    t.inject(datagram(5353, "one"), icmpError(3, 3, about), datagram(5353, "two"), icmpError(3, 1, about));
    assert.deepEqual(
      t.reasons(() => t.inject(icmpError(3, 3, about))),
      { UDP_FULL: 1 },
    );
    assert.equal(t.core.udp_receive_ready(socket), 3);
    assert.deepEqual(
      Array.from({ length: 5 }, () => t.receive(socket)),
      ["one", Err.REFUSED, "two", Err.UNREACHABLE, Err.WOULD_BLOCK],
    );
    t.inject(icmpError(3, 3, about));
    assert.equal(t.core.udp_receive_release(socket), Err.WOULD_BLOCK, "an error is not released");
    assert.equal(t.receive(socket), Err.REFUSED);
  });

  test("A067+358: a socket that is not connected is told where it asks for errors, by the option ERRORS", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353);
    t.send(socket, "hello", PEER.ip);
    const about = quote(datagrams(t.poll())[0]);
    t.inject(icmpError(3, 3, about));
    t.isEmpty(socket);
    assert.equal(t.core.socket_set(socket, Option.ERRORS, 1), 0);
    t.inject(icmpError(3, 3, about));
    assert.equal(t.core.udp_receive_ready(socket), Err.REFUSED);
    assert.deepEqual([t.core.remote.address, t.core.remote.port, t.core.local.address], [PEER.ip, 9, GATEWAY.ip]);
    t.drops(icmpError(3, 3, about.with(15, 9)), "ICMP_ERROR_UNMATCHED", "not from our address");
  });

  test("a neighbour that is silent is told with the address that was sent to, and nobody as the teller", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    t.send(socket, "anybody?", host(77).ip);
    t.pass(5000);
    assert.equal(t.core.udp_receive_ready(socket), Err.UNREACHABLE);
    assert.deepEqual([t.core.remote.address, t.core.local.address, t.core.local.port], [host(77).ip, "0.0.0.0", 0]);
  });
});

describe("UDP: what is known of a datagram", () => {
  test("1122-3.2.1.6, A250+279: TTL and TOS of one that came can be read, until it is released", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    t.inject(datagram(7, "a", { ttl: 17, tos: 0xb8 }), datagram(7, "b", { ttl: 255, tos: 3 }));
    for (const [ttl, tos] of [
      [17, 0xb8],
      [255, 3],
    ]) {
      const status = t.core.status(socket);
      assert.deepEqual([status?.receivedTtl, status?.receivedTos, status?.receivedOctets], [ttl, tos, 1]);
      assert.equal(t.core.udp_receive_ready(socket), 1);
      t.core.udp_receive_release(socket);
    }
    assert.equal(t.core.status(socket)?.receivedTtl, 0);
  });

  test("1122-3.2.1.6: TTL and TOS hold for the datagrams that are sent after they were set", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    t.resolve(PEER);
    for (const ttl of [1, 2, 3]) {
      t.core.socket_set(socket, Option.TTL, ttl);
      t.core.socket_set(socket, Option.TOS, ttl * 4);
      t.send(socket, "x", PEER.ip);
    }
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => [seen.ip?.ttl, seen.ip?.tos]),
      [
        [1, 4],
        [2, 8],
        [3, 12],
      ],
    );
  });

  test("A295: chosen ports come from the range that the host gives, and one that makes no sense is refused", async () => {
    const t = await Tester.make({ settings: { portFirst: 50_000, portLast: 50_002 } });
    const chosen = new Set(
      [0, 1, 2].map(() => {
        assert.ok(t.core.udp_bind({}) > 0);
        return t.core.local.port;
      }),
    );
    assert.deepEqual([...chosen].sort(), [50_000, 50_001, 50_002]);
    assert.equal(t.core.udp_bind({}), Err.IN_USE);
    assert.ok(t.core.udp_bind({ port: 7 }) > 0);
    for (let i = 0; i < 3; i++) {
      const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
      const port = t.core.status(handle)?.local.port ?? 0;
      assert.ok(port >= 50_000 && port <= 50_002, `${port}`);
    }
    assert.equal(t.core.tcp_connect({ address: PEER.ip, port: 80 }), Err.IN_USE);
    for (const settings of [{ portFirst: 0 }, { portFirst: 9, portLast: 8 }, { portLast: 65_536 }])
      await assert.rejects(instantiate(options({ settings })), /portFirst/);
  });
});

describe("ping sockets: the way to a host", () => {
  test("time exceeded comes to the socket, with the router and the sequence number, for datagrams of different TTL at once", async () => {
    const t = await Tester.make();
    const socket = t.core.ping_open();
    t.resolve(GATEWAY);
    for (let ttl = 1; ttl <= 3; ttl++) {
      assert.equal(t.core.socket_set(socket, Option.TTL, ttl), 0);
      assert.equal(t.core.udp_write(socket, bytes("probe"), { address: "192.0.2.9", port: 100 + ttl }), 5);
    }
    const sent = messages(t.poll(), 8);
    assert.deepEqual(
      sent.map((seen) => [seen.ip?.ttl, (seen.icmp?.rest ?? 0) & 0xffff]),
      [
        [1, 101],
        [2, 102],
        [3, 103],
      ],
    );
    const routers = ["10.0.0.254", "203.0.113.1"];
    routers.forEach((from, i) => {
      t.inject(icmpError(11, 0, quote(sent[i]), 0, { from }));
      assert.equal(t.core.ready_next(), socket);
      assert.ok(t.core.events & Event.SOFT_ERROR);
      assert.equal(t.core.udp_receive_ready(socket), Err.UNREACHABLE);
      assert.deepEqual([t.core.local.address, t.core.local.port], [from, 0x0b00]);
      assert.deepEqual([t.core.remote.address, t.core.remote.port], ["192.0.2.9", 101 + i]);
    });
    const reply = icmp(0, 0, sent[2]?.icmp?.rest ?? 0, bytes("probe"));
    t.inject(frame(reply, { protocol: PROTOCOL.ICMP, from: "192.0.2.9", ttl: 61 }));
    assert.equal(t.core.status(socket)?.receivedTtl, 61);
    assert.equal(t.receive(socket), "probe");
    assert.deepEqual([t.core.remote.address, t.core.remote.port], ["192.0.2.9", 103]);
    assert.equal(t.inject(ping()).length, 1, US.ip);
  });
});

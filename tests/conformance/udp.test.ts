import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, Event, Option } from "../../bindings/node/core.js";
import { echo, mayAnswer } from "../../bindings/node/cli/services/datagrams.js";
import { CTL, EVERYBODY, PROTOCOL, tcp, udp } from "./packets.js";
import { arpRequest, bytes, datagram, datagrams, frame, host, icmpError, messages, OTHER, PEER, Tester, US } from "./tester.js";

/** A datagram from PEER port 5000 to port 7 with these header fields. */
function odd(text: string, given: { length?: number; checksum?: number }): Uint8Array {
  return frame(udp(PEER.ip, 5000, US.ip, 7, bytes(text), given), { protocol: PROTOCOL.UDP });
}

describe("UDP: the header", () => {
  test("768-1, UDP-01: the length field must be 8 at least and fit the IP payload", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    const fits = 8 + 10;
    for (let length = 0; length < 65_536; length += length < 64 ? 1 : 997) {
      if (length >= 8 && length <= fits) continue;
      t.drops(odd("0123456789", { length }), "UDP_LENGTH", `length ${length}`);
    }
    for (let size = 0; size < 8; size++) t.drops(frame(new Uint8Array(size), { protocol: PROTOCOL.UDP }), "UDP_SHORT", `${size} octets`);
    t.isEmpty(socket);
    t.inject(datagram(7, "0123456789"));
    assert.equal(t.receive(socket), "0123456789");
  });

  test("768-1, UDP-02: of a datagram shorter than the IP payload only its own length is delivered", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    for (let length = 8; length <= 18; length++) {
      t.inject(odd("0123456789", { length, checksum: 0 }));
      assert.equal(t.receive(socket), "0123456789".slice(0, length - 8));
    }
    const inner = udp(PEER.ip, 5000, US.ip, 7, bytes("inner"));
    t.inject(frame(Uint8Array.from([...inner, ...bytes("outer")]), { protocol: PROTOCOL.UDP }));
    assert.equal(t.receive(socket), "inner", "the checksum covers the datagram, not what lies behind");
  });

  test("1122-4.1.3.4, UDP-03: a wrong checksum is dropped, zero means none, and a computed zero is sent as ffff", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    for (const checksum of [1, 0x1234, 0xfffe]) t.drops(odd("x", { checksum }), "UDP_CHECKSUM");
    const good = datagram(7, "0123456789");
    for (let bit = 8 * (14 + 20); bit < good.length * 8 - 8 * (60 - 14 - 38); bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      const before = t.core.counter("UDP_IN");
      t.inject(bad);
      assert.equal(t.core.counter("UDP_IN"), before + 1);
    }
    t.isEmpty(socket);
    t.inject(odd("without", { checksum: 0 }));
    assert.equal(t.receive(socket), "without");
    // Two octets of text are chosen so that everything sums up to ffff: the reader fails on a checksum field of 0.
    t.resolve(PEER);
    const fields = [0x0a00, 0x0001, 0x0a00, 0x0002, PROTOCOL.UDP, 10, 7, 9, 10];
    let sum = fields.reduce((a, b) => a + b, 0);
    sum = (sum & 0xffff) + (sum >>> 16);
    const last = 0xffff - sum;
    t.send(socket, Uint8Array.from([last >>> 8, last & 255]), PEER.ip);
    const [out] = datagrams(t.poll());
    assert.deepEqual([...(out?.ip?.octets.subarray(26, 28) ?? [])], [0xff, 0xff]);
  });

  test("A110, UDP-05: source port 0 is delivered and an answer to it refused; destination port 0 gets one error", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    t.inject(frame(udp(PEER.ip, 0, US.ip, 7, bytes("no answer please")), { protocol: PROTOCOL.UDP }));
    assert.equal(t.receive(socket), "no answer please");
    const from = t.core.remote;
    assert.deepEqual([from.address, from.port], [PEER.ip, 0]);
    assert.equal(t.core.udp_write(socket, bytes("answer"), from), Err.BAD_ADDRESS);
    t.inject(frame(udp("192.0.2.9", 4, US.ip, 7, bytes("far")), { protocol: PROTOCOL.UDP, from: "192.0.2.9" }));
    assert.equal(t.receive(socket), "far");
    t.inject(datagram(7, "next"));
    assert.equal(t.receive(socket), "next");
    assert.equal(t.core.udp_write(socket, bytes("next"), t.core.remote), 4);
    assert.equal(datagrams(t.poll()).length, 1);
    assert.equal(messages(t.inject(datagram(0, "to port 0")), 3).length, 1);
    const zero = frame(udp(PEER.ip, 0, US.ip, 0, bytes("both")), { protocol: PROTOCOL.UDP });
    assert.ok(messages(t.inject(zero), 3).length <= 1);
  });

  test("A110: a source off link without a route is delivered, and the answer is a plain error", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`] }] });
    const socket = t.bind(7);
    t.inject(frame(udp("192.0.2.9", 4, US.ip, 7, bytes("far")), { protocol: PROTOCOL.UDP, from: "192.0.2.9" }));
    assert.equal(t.receive(socket), "far");
    assert.equal(t.core.udp_write(socket, bytes("back"), t.core.remote), Err.NO_ROUTE);
    const closed = frame(udp("192.0.2.9", 4, US.ip, 9, bytes("closed")), { protocol: PROTOCOL.UDP, from: "192.0.2.9" });
    assert.deepEqual(
      t.reasons(() => assert.deepEqual(t.inject(closed), [])),
      { UDP_NO_SOCKET: 1, IP_NO_ROUTE: 1 },
      "nowhere to send an error to",
    );
  });
});

describe("UDP: sockets", () => {
  test("1122-4.1.3.5: the application learns the destination address, and answers from it", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"] }] });
    const socket = t.bind(7);
    for (const to of ["10.0.0.1", "10.0.0.9", "10.0.0.255", "255.255.255.255"]) {
      t.inject(datagram(7, to, { to }, { to: EVERYBODY }));
      assert.equal(t.receive(socket), to);
      assert.deepEqual(t.core.local, { address: to, port: 7, interface: 0 });
      assert.deepEqual(t.core.remote, { address: PEER.ip, port: 5000, interface: 0 });
    }
    const second = t.bind(8, "10.0.0.9");
    t.inject(datagram(8, "who are you?", { to: "10.0.0.9" }));
    assert.equal(t.receive(second), "who are you?");
    assert.equal(t.core.udp_write(second, bytes("nine"), t.core.remote), 4);
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => [seen.ip?.from, seen.ip?.to]),
      [["10.0.0.9", PEER.ip]],
    );
  });

  test("the most specific socket gets the datagram: connected, then bound to the address, then any", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"] }] });
    const one = t.bind(7, "10.0.0.1");
    const nine = t.bind(7, "10.0.0.9");
    assert.equal(t.core.udp_bind({ port: 7 }), Err.IN_USE);
    assert.equal(t.core.udp_bind({ address: "10.0.0.9", port: 7 }), Err.IN_USE);
    t.core.udp_connect(nine, { address: OTHER.ip, port: 1 });
    t.inject(datagram(7, "for one"));
    t.inject(datagram(7, "for nobody", { to: "10.0.0.9" }));
    assert.equal(t.receive(one), "for one");
    t.isEmpty(nine);
    t.core.udp_connect(nine, null);
    t.inject(datagram(7, "for nine", { to: "10.0.0.9" }));
    assert.equal(t.receive(nine), "for nine");
  });

  test("broadcast must be allowed, then leaves for everybody", async () => {
    const t = await Tester.make();
    const socket = t.bind(68);
    for (const to of ["255.255.255.255", "10.0.0.255"]) {
      t.core.socket_set(socket, Option.BROADCAST, 0);
      assert.equal(t.send(socket, "all", to), Err.BROADCAST_OFF);
      t.core.socket_set(socket, Option.BROADCAST, 1);
      assert.equal(t.send(socket, "all", to), 3);
      assert.deepEqual(
        t.poll().map((seen) => [seen.to, seen.ip?.to]),
        [[EVERYBODY, to]],
      );
    }
    t.core.socket_set(socket, Option.BROADCAST, 0);
    assert.equal(t.send(socket, "group", "224.0.0.251"), 5, "a group is no broadcast");
  });

  test("UDP-04: no error for a broadcast, and the services answer no broadcast and no service", async () => {
    const t = await Tester.make();
    t.drops(datagram(7, "amplify", { to: "10.0.0.255" }, { to: EVERYBODY }), "UDP_NO_SOCKET");
    const broadcasts = new Set(["10.0.0.255"]);
    assert.equal(mayAnswer(5000, US.ip, broadcasts), true);
    assert.equal(mayAnswer(5000, "10.0.0.255", broadcasts), false);
    for (const port of [0, 7, 19]) assert.equal(mayAnswer(port, US.ip, broadcasts), false, `port ${port}`);
    assert.deepEqual(echo(bytes("x")), bytes("x"));
  });

  test("A291+334, UDP-06: sockets that nobody reads fill only themselves, and count what they drop", async () => {
    const t = await Tester.make({ capacities: { udpSockets: 4, udpReceive: 8 } });
    const sockets = [7, 8, 9].map((port) => t.bind(port));
    const busy = t.bind(10);
    for (let i = 0; i < 100_000; i += 60) {
      for (let k = 0; k < 60; k++) assert.ok(t.core.input(datagram(7 + (k % 3), "flood")));
      t.core.poll(t.ms);
    }
    const flooded = Math.ceil(100_000 / 60) * 60;
    assert.equal(t.core.counter("UDP_FULL"), flooded - 3 * 8);
    t.isAlive();
    assert.equal(t.inject(arpRequest(OTHER)).length, 1, "ARP is answered");
    t.inject(datagram(10, "read me"));
    assert.equal(t.receive(busy), "read me");
    const [reset] = t.inject(frame(tcp(PEER.ip, 1, US.ip, 81, { ctl: CTL.SYN }), { protocol: PROTOCOL.TCP }));
    assert.equal(reset?.tcp?.ctl, CTL.RST | CTL.ACK, "TCP is served");
    for (const socket of sockets) {
      for (let i = 0; i < 8; i++) assert.equal(t.receive(socket), "flood");
      t.isEmpty(socket);
    }
  });

  test("A295: a port that is chosen is used by no other socket, and when all are taken the answer is an error", async () => {
    const ports = 65_536 - 1024;
    const t = await Tester.make({ capacities: { udpSockets: ports + 1, udpReceive: 1, udpSend: 1, udpOctets: 8 } });
    const free = new Set([1024, 30_000, 65_535]);
    for (let port = 1024; port < 65_536; port++) {
      if (free.has(port)) continue;
      const socket = t.core.udp_bind({ address: US.ip, port });
      if (socket < 0) assert.fail(`port ${port}: ${socket}`);
      t.core.udp_connect(socket, { address: PEER.ip, port: 9 });
    }
    const chosen = [0, 1, 2].map(() => {
      assert.ok(t.core.udp_bind({}) > 0);
      return t.core.local.port;
    });
    assert.deepEqual(new Set(chosen), free);
    assert.equal(t.core.udp_bind({}), Err.IN_USE);
    const named = t.core.udp_bind({ address: US.ip, port: 80 });
    assert.ok(named > 0, "a port that is named is still to be had");
    t.send(named, "control", PEER.ip);
    assert.equal(datagrams(t.poll())[0]?.udp?.fromPort, 80);
  });

  test("A296: a datagram comes before an error that came later, readiness tells of both, and each is told once", async () => {
    const t = await Tester.make();
    const socket = t.bind(5353);
    t.core.udp_connect(socket, { address: PEER.ip, port: 5000 });
    t.send(socket, "hello", PEER.ip);
    const [sent] = datagrams(t.poll());
    t.inject(datagram(5353, "first"));
    t.inject(icmpError(3, 3, sent?.ip?.octets.slice(0, 28) ?? new Uint8Array()));
    assert.equal(t.core.ready_next(), socket);
    assert.ok(t.core.events & Event.READABLE);
    assert.equal(t.core.udp_receive_ready(socket), 5, "looking");
    assert.equal(t.receive(socket), "first", "is the same as taking");
    assert.equal(t.receive(socket), Err.REFUSED);
    t.isEmpty(socket);
    t.inject(icmpError(3, 3, sent?.ip?.octets.slice(0, 28) ?? new Uint8Array()));
    assert.equal(t.core.ready_next(), socket);
    assert.equal(t.core.ready_rearm(socket), 0);
    assert.equal(t.core.ready_next(), socket, "an error that was not fetched is told again after a rearm");
  });

  test("A074+098: a datagram longer than a socket holds is refused on the way out, and cut and counted on the way in", async () => {
    const t = await Tester.make({ capacities: { udpOctets: 100 } });
    const socket = t.bind(7);
    assert.equal(t.send(socket, new Uint8Array(101), PEER.ip), Err.TOO_LONG);
    assert.equal(t.core.udp_send_commit(socket, 101, { address: PEER.ip, port: 1 }), Err.TOO_LONG);
    assert.equal(t.core.udp_send_commit(socket, -1, { address: PEER.ip, port: 1 }), Err.TOO_LONG);
    assert.deepEqual(t.poll(), []);
    assert.equal(t.send(socket, new Uint8Array(100), PEER.ip), 100);
    assert.equal(datagrams(t.poll()).length, 1);
    const long = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
    t.inject(datagram(7, long), datagram(7, new Uint8Array(100)));
    assert.equal(t.core.counter("UDP_TOO_LONG"), 1);
    assert.equal(t.core.status(socket)?.receivedOctets, 1000, "its true length");
    assert.deepEqual(t.core.udp_read(socket), long.slice(0, 100));
    assert.equal(t.core.status(socket)?.receivedOctets, 100);
    assert.equal(t.core.udp_receive_ready(socket), 100);
  });

  test("a neighbour that never answers is told to the socket that sent", async () => {
    const t = await Tester.make();
    const [silent, other] = [t.bind(), t.bind()];
    t.send(silent, "anybody?", host(77).ip);
    const sent = t.pass(5000);
    assert.equal(sent.filter((seen) => seen.arp?.targetIp === host(77).ip).length, 3);
    assert.equal(t.core.udp_receive_ready(silent), Err.UNREACHABLE);
    t.isEmpty(silent);
    t.isEmpty(other);
    assert.equal(t.core.counter("UDP_UNREACHABLE"), 1);
    assert.equal(t.core.pools().HOLD.used, 0);
  });

  test("our own address as the destination is refused: nothing of ours is asked for on the wire", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    assert.ok(t.send(socket, "to myself", US.ip) < 0);
    assert.deepEqual(t.poll(), []);
  });
});

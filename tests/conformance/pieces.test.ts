import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, Event, Option } from "../../bindings/node/core.js";
import { cut, echo, pattern, request } from "./cut.js";
import { icmp, joined, PROTOCOL, type Seen } from "./packets.js";
import { arpReply, asksFor, bytes, datagrams, frame, GATEWAY, host, icmpError, messages, OTHER, PEER, ping, Tester, US } from "./tester.js";

/** A stack whose datagrams may leave in pieces, with this MTU. */
async function cutting(mtu = 576, more: { txSlots?: number; capacities?: object } = {}): Promise<{ t: Tester; socket: number }> {
  const t = await Tester.make({
    devices: [{ kind: "ethernet", rxSlots: 64, txSlots: more.txSlots ?? 64 }],
    interfaces: [{ device: 0, mac: US.mac, mtu, addresses: [`${US.ip}/24`], gateway: GATEWAY.ip }],
    capacities: { udpOctets: 65_507, fragments: 4, fragmentOctets: 65_535, ...more.capacities },
  });
  t.takesAny = true;
  return { t, socket: t.bind(4000) };
}
const pieces = (sent: Seen[]) => sent.filter((seen) => seen.piece);

describe("datagrams longer than the MTU", () => {
  test("1122-3.3.3, A028: UDP leaves in pieces that fit, with one checksum over all, made before it is cut", async () => {
    for (const mtu of [68, 576, 1500]) {
      const { t, socket } = await cutting(mtu, { txSlots: 1024 });
      for (const length of [mtu - 28, mtu - 27, mtu, 2 * mtu, 4000]) {
        assert.equal(t.send(socket, pattern(length), PEER.ip, 9), length);
        const sent = t.poll().filter((seen) => seen.ip);
        if (length <= mtu - 28) assert.deepEqual(datagrams(sent)[0]?.udp?.data, pattern(length));
        else {
          for (const { ip } of sent) assert.ok(ip && ip.octets.length <= mtu && !ip.df, `${ip?.octets.length} octets`);
          assert.equal(sent.length, Math.ceil((length + 8) / ((mtu - 20) & ~7)), `${length} octets over ${mtu}`);
          const { udp, ip } = joined(sent);
          assert.deepEqual([udp?.fromPort, udp?.toPort, udp?.data, ip?.from], [4000, 9, pattern(length), US.ip]);
        }
      }
    }
  });

  test("the longest datagram there is goes out and comes in; one octet more is refused", async () => {
    const { t, socket } = await cutting(1500);
    assert.equal(t.core.udp_send_commit(socket, 65_508, { address: PEER.ip, port: 9 }), Err.TOO_LONG);
    assert.equal(t.send(socket, pattern(65_507), PEER.ip), 65_507);
    const sent = t.poll().filter((seen) => seen.piece);
    assert.equal(sent.length, 45);
    assert.deepEqual(joined(sent).udp?.data, pattern(65_507));
    const back = await cutting(1500);
    const theirs = back.t.bind(9);
    for (const { frame } of sent) {
      const turned = frame.slice();
      // To us instead of the peer: the addresses change places, which no checksum notices.
      turned.set(frame.subarray(26, 30), 30);
      turned.set(frame.subarray(30, 34), 26);
      turned.set(frame.subarray(0, 6), 6);
      turned.set(frame.subarray(6, 12), 0);
      back.t.inject(turned);
    }
    assert.deepEqual(back.t.core.udp_read(theirs), pattern(65_507));
  });

  test("DONT_FRAGMENT: DF is set, and what is longer than the MTU is refused", async () => {
    const { t, socket } = await cutting();
    assert.equal(t.core.socket_get(socket, Option.DONT_FRAGMENT), 0);
    assert.equal(t.core.socket_set(socket, Option.DONT_FRAGMENT, 2), Err.BAD_ARGUMENT);
    assert.equal(t.core.socket_set(socket, Option.DONT_FRAGMENT, 1), 0);
    assert.equal(t.send(socket, pattern(549), PEER.ip), Err.TOO_LONG);
    assert.equal(t.send(socket, pattern(548), PEER.ip), 548);
    const [sent] = datagrams(t.poll());
    assert.deepEqual([sent?.ip?.df, sent?.ip?.ident], [true, 0]);
    assert.equal(t.core.socket_set(socket, Option.DONT_FRAGMENT, 0), 0);
    t.send(socket, "x", PEER.ip);
    assert.equal(datagrams(t.poll())[0]?.ip?.df, false);
    const listener = t.core.tcp_listen({ port: 80 });
    assert.equal(t.core.socket_set(listener, Option.DONT_FRAGMENT, 1), Err.BAD_ARGUMENT);
  });

  test("a router that says that a datagram with DF is too long is believed by its socket", async () => {
    const { t, socket } = await cutting(1500);
    t.core.udp_connect(socket, { address: "192.0.2.1", port: 9 });
    t.core.socket_set(socket, Option.DONT_FRAGMENT, 1);
    assert.equal(t.core.udp_write(socket, pattern(1400)), 1400);
    const [sent] = datagrams(t.poll());
    t.inject(icmpError(3, 4, sent?.ip?.octets.subarray(0, 28) as Uint8Array, 576));
    assert.equal(t.receive(socket), Err.TOO_LONG);
  });

  test("A135: identifications do not tell one host of the traffic of another, and none comes again within 65,536", async () => {
    const { t, socket } = await cutting();
    t.answering.set(OTHER.ip, OTHER.mac);
    const seen: Record<string, number[]> = { [PEER.ip]: [], [OTHER.ip]: [] };
    for (let i = 0; i < 1000; i++) {
      const to = i % 2 ? PEER.ip : OTHER.ip;
      t.send(socket, pattern(600), to);
      const idents = new Set(pieces(t.poll()).map(({ ip }) => ip?.ident as number));
      assert.equal(idents.size, 1, "all pieces of one datagram have the same");
      seen[to]?.push(...idents);
    }
    for (const list of Object.values(seen)) {
      assert.equal(new Set(list).size, 500, "none twice");
      const steps = new Map<number, number>();
      for (let i = 1; i < list.length; i++) {
        const step = ((list[i] as number) - (list[i - 1] as number)) & 0xffff;
        steps.set(step, (steps.get(step) ?? 0) + 1);
      }
      assert.ok(Math.max(...steps.values()) < 25, "no step that can be foretold");
    }
    assert.notDeepEqual(seen[PEER.ip], seen[OTHER.ip]);
  });

  test("a ring with too few slots takes a datagram bit by bit, in order, and others meanwhile", async () => {
    for (const txSlots of [2, 4, 8]) {
      const { t, socket } = await cutting(576, { txSlots });
      const second = t.bind(4001);
      t.resolve(PEER);
      assert.equal(t.send(socket, pattern(20_000), PEER.ip), 20_000);
      assert.equal(t.send(second, "short", PEER.ip), 5);
      const sent = t.poll();
      assert.deepEqual(joined(pieces(sent)).udp?.data, pattern(20_000), `${txSlots} slots`);
      assert.equal(datagrams(sent).length, 1);
      assert.ok(t.core.counter("TX_FULL") > 0);
      t.isAlive();
    }
  });

  test("several datagrams of one socket leave one after the other, each whole", async () => {
    const { t, socket } = await cutting(576, { txSlots: 16 });
    for (const length of [2000, 3000, 10, 4000]) assert.equal(t.send(socket, pattern(length), PEER.ip), length);
    const sent = t.poll().filter((seen) => seen.ip);
    const idents = [...new Set(sent.map(({ ip }) => ip?.ident))];
    const lengths = idents.map((ident) => {
      const own = sent.filter(({ ip }) => ip?.ident === ident);
      return (own[0]?.piece ? joined(own) : own[0])?.udp?.data.length;
    });
    assert.deepEqual(lengths, [2000, 3000, 10, 4000]);
  });

  test("a datagram in pieces waits for its neighbour in its socket's queue, all of it, while other sockets send", async () => {
    const { t, socket } = await cutting();
    const quiet = host(20);
    const second = t.bind(4001);
    t.resolve(PEER);
    assert.equal(t.send(socket, pattern(2000), quiet.ip), 2000);
    assert.equal(asksFor(t.poll(), quiet.ip).length, 1);
    for (let i = 0; i < 4; i++) t.send(second, `${i}`, PEER.ip);
    assert.equal(datagrams(t.poll()).length, 4, "who waits does not hold up others");
    assert.ok(t.wait > 0, "nothing can be done before the answer or the next request");
    const sent = t.inject(arpReply(quiet));
    assert.deepEqual(joined(pieces(sent)).udp?.data, pattern(2000));
    assert.ok(pieces(sent).every(({ to }) => to === quiet.mac));
    assert.equal(t.core.pools().HOLD.used, 0);
  });

  test("A236: when the neighbour does not answer, only the sender hears of it, once for all pieces", async () => {
    const { t, socket } = await cutting();
    const other = t.bind(0x4142);
    assert.equal(t.send(socket, bytes("ABCD".repeat(350)), host(20).ip), 1400);
    const sent = t.pass(10_000);
    assert.equal(asksFor(sent, host(20).ip).length, 3);
    assert.deepEqual([pieces(sent), messages(sent, 3)], [[], []]);
    assert.equal(t.receive(socket), Err.UNREACHABLE);
    t.isEmpty(socket);
    t.isEmpty(other);
    assert.equal(t.send(socket, pattern(1000), PEER.ip), 1000);
    assert.deepEqual(joined(pieces(t.poll())).udp?.data, pattern(1000), "the next one goes out");
    assert.equal(t.core.pools().NEIGHBOUR.used <= 3, true, "nothing is kept");
  });

  test("a socket that is closed still sends what waits, and goes when it has", async () => {
    const { t, socket } = await cutting();
    const quiet = host(20);
    t.send(socket, pattern(2000), quiet.ip);
    t.poll();
    assert.equal(t.core.udp_close(socket), 0);
    assert.equal(t.core.pools().UDP.used, 1);
    assert.deepEqual(joined(pieces(t.inject(arpReply(quiet)))).udp?.data, pattern(2000));
    assert.equal(t.core.pools().UDP.used, 0);
  });

  test("pieces to everybody, and pieces of a ping", async () => {
    const { t, socket } = await cutting();
    assert.equal(t.core.socket_set(socket, Option.BROADCAST, 1), 0);
    for (const address of ["10.0.0.255", "255.255.255.255"]) {
      assert.equal(t.send(socket, pattern(1000), address), 1000);
      const sent = pieces(t.poll());
      assert.ok(sent.length === 2 && sent.every(({ to }) => to === "ff:ff:ff:ff:ff:ff"));
      assert.deepEqual(joined(sent).udp?.data, pattern(1000));
    }
    const pinging = t.core.ping_open();
    assert.equal(t.core.udp_write(pinging, pattern(3000), { address: PEER.ip, port: 5 }), 3000);
    const asked = joined(pieces(t.poll())).icmp;
    assert.deepEqual([asked?.type, asked?.data], [8, pattern(3000)]);
    t.inject(...cut(icmp(0, 0, asked?.rest ?? 0, pattern(3000)), 552, echo(3)));
    assert.deepEqual(t.core.udp_read(pinging), pattern(3000));
  });

  test("a room for the next datagram is told after a long one, and the route's MTU counts when it leaves", async () => {
    const { t, socket } = await cutting(576, { capacities: { udpSend: 1 } });
    t.resolve(PEER);
    assert.equal(t.send(socket, pattern(5000), PEER.ip), 5000);
    assert.equal(t.core.udp_send_space(socket), 0);
    assert.deepEqual(joined(pieces(t.poll())).udp?.data, pattern(5000));
    let events = 0;
    for (let ready = t.core.ready_next(); ready; ready = t.core.ready_next()) if (ready === socket) events |= t.core.events;
    assert.ok(events & Event.WRITABLE);
  });
});

describe("long echo", () => {
  test("1122-3.2.2.6a: a long ping is answered in pieces, with the same data, from the address that was pinged", async () => {
    const { t } = await cutting(576, { txSlots: 256 });
    for (const length of [549, 1000, 8000, 20_000, 65_507]) {
      const options = length === 8000 ? [7, 7, 4, 0, 0, 0, 0, 0] : [];
      const frames = length === 549 ? [ping({}, pattern(length))] : cut(request(length), 552, echo(length & 0xffff, { tos: 0x28 }));
      if (options.length) frames[0] = frame(request(length).slice(0, 552), { ...echo(length), tos: 0x28, fragment: 0x2000, options });
      const sent: Seen[] = [];
      for (const one of frames) sent.push(...t.inject(one));
      const reply = joined(pieces(sent));
      assert.deepEqual([reply.icmp?.type, reply.icmp?.rest, reply.ip?.to, reply.ip?.from], [0, 0x00070001, PEER.ip, US.ip]);
      assert.deepEqual(reply.icmp?.data, pattern(length), `${length} octets`);
      assert.equal(reply.ip?.tos, length === 549 ? 0 : 0x28);
      assert.ok(pieces(sent).every(({ ip, to }) => ip?.headerLength === 20 && to === PEER.mac));
    }
  });

  test("an answer for which there are too few slots is dropped whole", async () => {
    const { t } = await cutting(576, { txSlots: 8 });
    const sent: Seen[] = [];
    for (const one of cut(request(8000), 552, echo(1))) sent.push(...t.inject(one));
    assert.equal(sent.length, 0);
    assert.equal(t.core.counter("TX_FULL"), 1);
    for (const one of cut(request(2000), 552, echo(2))) sent.push(...t.inject(one));
    assert.deepEqual(joined(pieces(sent)).icmp?.data, pattern(2000));
    t.isAlive();
  });
});

test("an error about what was sent in pieces reaches its socket", async () => {
  const { t, socket } = await cutting();
  t.core.udp_connect(socket, { address: "192.0.2.1", port: 9 });
  t.core.udp_write(socket, pattern(1000));
  const [first, second] = pieces(t.poll());
  t.inject(icmpError(11, 1, first?.ip?.octets.subarray(0, 28) as Uint8Array));
  assert.equal(t.receive(socket), Err.UNREACHABLE);
  t.drops(icmpError(11, 1, second?.ip?.octets.subarray(0, 28) as Uint8Array), "ICMP_ERROR_UNMATCHED");
  assert.equal(first?.ip?.protocol, PROTOCOL.UDP);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, Err, Event, Option } from "../../bindings/node/core.js";
import { CTL, PROTOCOL, type Seen, tcp, udp } from "./packets.js";
import { bytes, datagrams, frame, messages, PEER, ping, Tester, US } from "./tester.js";

const FAR = "198.51.100.7";
const WAITING = { ms: 30_000 } as const;

function make(transparent = true, more: { offer?: number; synQueue?: number } = {}): Promise<Tester> {
  return Tester.make({
    interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`], transparent }],
    capacities: { synQueue: more.synQueue ?? 8 },
    ...(more.offer === undefined ? {} : { settings: { offer: more.offer } }),
  });
}
interface Fields {
  to?: string;
  from?: number;
  port?: number;
  seq?: number;
  ack?: number;
  text?: string;
}
const segment = (ctl: number, { to = FAR, from = 5000, port = 80, seq = 100, ack = 0, text = "" }: Fields = {}) =>
  frame(tcp(PEER.ip, from, to, port, { ctl, seq, ack, text: bytes(text) }), { protocol: PROTOCOL.TCP, to });
const letter = (to: string, port: number, text: string) => frame(udp(PEER.ip, 5000, to, port, bytes(text)), { protocol: PROTOCOL.UDP, to });
const segments = (sent: Seen[]) => sent.filter((seen) => seen.tcp);
const ends = (core: Core) => [core.local.address, core.local.port, core.remote.address, core.remote.port];
function decider(t: Tester): number {
  const listener = t.core.tcp_listen({ port: 0, interface: 0 }, 0, 4);
  assert.equal(t.core.socket_set(listener, Option.DECIDE, 1), 0);
  return listener;
}

describe("a transparent interface", () => {
  test("off by default: other hosts' addresses are not ours, and a listener must name a port", async () => {
    const t = await make(false);
    t.drops(segment(CTL.SYN), "IP_NOT_OURS");
    assert.equal(t.core.tcp_listen({ port: 0, interface: 0 }), Err.BAD_ARGUMENT);
    t.isAlive();
  });

  test("a listener for all addresses and ports: answers come from the address that was asked for, and the application can read it", async () => {
    const t = await make();
    const listener = t.core.tcp_listen({ port: 0, interface: 0 });
    assert.ok(listener > 0);
    for (const [to, port] of [
      [FAR, 80],
      ["203.0.113.9", 443],
    ] as const) {
      const [synAck] = segments(t.inject(segment(CTL.SYN, { to, port })));
      assert.deepEqual([synAck?.tcp?.ctl, synAck?.ip?.from, synAck?.tcp?.fromPort, synAck?.to], [CTL.SYN | CTL.ACK, to, port, PEER.mac]);
      const ack = ((synAck?.tcp?.seq ?? 0) + 1) >>> 0;
      t.inject(segment(CTL.ACK | CTL.PSH, { to, port, seq: 101, ack, text: "hello" }));
      const connection = t.core.tcp_accept(listener);
      assert.deepEqual(ends(t.core), [to, port, PEER.ip, 5000]);
      assert.deepEqual(t.core.tcp_read(connection), bytes("hello"));
      assert.equal(t.core.tcp_write(connection, bytes("answer")), 6);
      const [out] = segments(t.poll()).filter((seen) => seen.tcp?.text.length);
      assert.deepEqual([out?.ip?.from, out?.tcp?.text], [to, bytes("answer")]);
    }
    const [rst] = segments(t.inject(segment(CTL.SYN, { to: US.ip })));
    assert.equal(rst?.tcp?.ctl, CTL.RST | CTL.ACK, "our own address is not other hosts'");
    assert.equal(t.core.tcp_listen({ port: 0, interface: 0 }), Err.IN_USE);
  });

  test("a listener on a port takes other hosts' connections when it names the interface, and only then", async () => {
    const t = await make();
    t.core.tcp_listen({ port: 81 });
    t.core.tcp_listen({ port: 82, interface: 0 });
    const answer = (port: number, to = FAR) => segments(t.inject(segment(CTL.SYN, { port, to })))[0]?.tcp?.ctl;
    assert.equal(answer(81), CTL.RST | CTL.ACK);
    assert.equal(answer(81, US.ip), CTL.SYN | CTL.ACK);
    assert.equal(answer(82), CTL.SYN | CTL.ACK);
  });

  test("nobody's: no group, no loopback, no echo; what is closed is refused in the name of who was asked for", async () => {
    const t = await make();
    for (const to of ["127.0.0.1", "240.0.0.1", "0.0.0.9"]) t.drops(segment(CTL.SYN, { to }), "IP_NOT_OURS", to);
    t.drops(ping({ to: FAR }), "IP_NOT_OURS");
    const [rst] = segments(t.inject(segment(CTL.SYN)));
    assert.deepEqual([rst?.tcp?.ctl, rst?.ip?.from], [CTL.RST | CTL.ACK, FAR]);
    const [error] = messages(t.inject(letter(FAR, 53, "x")), 3);
    assert.deepEqual([error?.icmp?.code, error?.ip?.from], [3, FAR]);
    t.isAlive();
  });

  test("UDP: a socket with ANY_PORT gets what is for other hosts, is told for whom, and answers in their name", async () => {
    const t = await make();
    const plain = t.bind(53);
    assert.equal(t.core.socket_set(plain, Option.ANY_PORT, 1), Err.BAD_ARGUMENT, "it names no interface");
    const socket = t.core.udp_bind({ interface: 0 });
    assert.equal(t.core.socket_set(socket, Option.ANY_PORT, 1), 0);
    assert.equal(t.core.socket_get(socket, Option.ANY_PORT), 1);
    assert.equal(t.core.socket_set(t.core.udp_bind({ interface: 0 }), Option.ANY_PORT, 1), Err.IN_USE);
    t.inject(letter(FAR, 53, "query"));
    t.isEmpty(plain);
    assert.equal(t.receive(socket), "query");
    assert.deepEqual(ends(t.core), [FAR, 53, PEER.ip, 5000]);
    assert.equal(t.core.udp_write(socket, bytes("answer"), { address: PEER.ip, port: 5000 }, { address: FAR, port: 53 }), 6);
    const [out] = datagrams(t.poll());
    assert.deepEqual([out?.ip?.from, out?.udp?.fromPort, out?.udp?.toPort, out?.udp?.data], [FAR, 53, 5000, bytes("answer")]);
    assert.equal(t.core.udp_write(socket, bytes("own"), { address: PEER.ip, port: 5000 }), 3);
    assert.equal(datagrams(t.poll())[0]?.ip?.from, US.ip);
    assert.equal(
      t.core.udp_write(socket, bytes("x"), { address: PEER.ip, port: 5000 }, { address: "224.0.0.1", port: 53 }),
      Err.BAD_ADDRESS,
    );
    t.inject(letter(US.ip, 53, "to us"));
    assert.equal(t.receive(plain), "to us");
    t.core.udp_close(socket);
    assert.equal(messages(t.inject(letter(FAR, 53, "x")), 3).length, 1);
  });

  test("an address of ours that goes takes no connection in another's name with it", async () => {
    const t = await make();
    const listener = t.core.tcp_listen({ port: 0, interface: 0 });
    const [synAck] = segments(t.inject(segment(CTL.SYN)));
    t.inject(segment(CTL.ACK, { seq: 101, ack: ((synAck?.tcp?.seq ?? 0) + 1) >>> 0 }));
    const connection = t.core.tcp_accept(listener);
    assert.equal(t.core.address_add({ address: "10.0.0.77", interface: 0 }, 24), 1);
    assert.equal(t.core.address_remove({ address: "10.0.0.77", interface: 0 }), 0);
    t.pass(10);
    assert.equal(t.core.tcp_write(connection, bytes("still here")), 10);
    assert.equal(segments(t.poll())[0]?.ip?.from, FAR);
  });
});

describe("a listener that decides", () => {
  test("a SYN raises an event and waits; yes answers it, and the connection goes on", async () => {
    const t = await make();
    const listener = decider(t);
    assert.deepEqual(t.inject(segment(CTL.SYN)), [], "no answer yet");
    assert.equal(t.core.ready_next(), listener);
    assert.ok(t.core.events & Event.ASKED);
    const asked = t.core.tcp_asked(listener);
    assert.deepEqual(ends(t.core), [FAR, 80, PEER.ip, 5000]);
    assert.equal(t.core.tcp_asked(listener), Err.WOULD_BLOCK, "told once");
    assert.deepEqual(t.inject(segment(CTL.SYN), segment(CTL.SYN)), [], "the same SYN changes nothing");
    assert.deepEqual(t.inject(segment(CTL.ACK, { seq: 101, ack: 1 })), [], "nor does an ACK");
    assert.equal(t.core.tcp_decide(asked, 2), Err.BAD_ARGUMENT);
    assert.equal(t.core.tcp_decide(asked, 1), 0);
    const [synAck, ...more] = segments(t.poll());
    assert.deepEqual([synAck?.tcp?.ctl, synAck?.tcp?.ack, synAck?.ip?.from, more.length], [CTL.SYN | CTL.ACK, 101, FAR, 0]);
    assert.equal(t.core.tcp_decide(asked, 0), Err.BAD_HANDLE, "it is decided");
    t.inject(segment(CTL.ACK, { seq: 101, ack: ((synAck?.tcp?.seq ?? 0) + 1) >>> 0 }));
    assert.ok(t.core.tcp_accept(listener) > 0);
  });

  test("no refuses with a RST in the name of who was asked for; silence forgets it, and the next SYN asks anew", async () => {
    const t = await make();
    const listener = decider(t);
    t.inject(segment(CTL.SYN));
    assert.equal(t.core.tcp_decide(t.core.tcp_asked(listener), 0), 0);
    const [rst, ...more] = segments(t.poll());
    assert.deepEqual([rst?.tcp?.ctl, rst?.tcp?.ack, rst?.ip?.from, more.length], [CTL.RST | CTL.ACK, 101, FAR, 0]);
    t.inject(segment(CTL.SYN));
    const asked = t.core.tcp_asked(listener);
    assert.equal(t.core.tcp_decide(asked, -1), 0);
    assert.deepEqual(t.pass(5000), []);
    assert.equal(t.core.tcp_decide(asked, 1), Err.BAD_HANDLE);
    assert.equal(t.core.pools().HALF_OPEN.used, 0);
    t.inject(segment(CTL.SYN));
    assert.ok(t.core.tcp_asked(listener) > 0);
  });

  test("without a verdict it is forgotten after 30 s; a RST of the peer ends it at once; closing the listener, too", async () => {
    const t = await make();
    const listener = decider(t);
    t.inject(segment(CTL.SYN));
    const asked = t.core.tcp_asked(listener);
    t.pass(WAITING.ms - 1);
    assert.equal(t.core.pools().HALF_OPEN.used, 1);
    assert.deepEqual(t.pass(2), []);
    assert.equal(t.core.counter("TCP_SYN_EXPIRED"), 1);
    assert.equal(t.core.tcp_decide(asked, 1), Err.BAD_HANDLE);
    t.inject(segment(CTL.SYN), segment(CTL.RST, { seq: 7 }));
    assert.equal(t.core.pools().HALF_OPEN.used, 1, "a RST out of place");
    t.inject(segment(CTL.RST, { seq: 101 }));
    assert.equal(t.core.pools().HALF_OPEN.used, 0);
    t.inject(segment(CTL.SYN));
    t.core.tcp_close(listener);
    assert.equal(t.core.pools().HALF_OPEN.used, 0);
  });

  test("SYNs that wait are bounded by the backlog, and a cookie goes round no decision", async () => {
    const t = await make(true, { offer: 23 });
    const listener = decider(t);
    for (let i = 0; i < 4; i++) assert.deepEqual(t.inject(segment(CTL.SYN, { from: 6000 + i })), []);
    t.drops(segment(CTL.SYN, { from: 7000 }), "TCP_SYN_QUEUE_FULL");
    for (let i = 0; i < 4; i++) assert.equal(t.core.tcp_decide(t.core.tcp_asked(listener), -1), 0);
    t.inject(segment(CTL.SYN, { from: 7000 }));
    assert.ok(t.core.tcp_asked(listener) > 0);
  });

  test("the options belong to listeners and to UDP sockets", async () => {
    const t = await make();
    const listener = t.core.tcp_listen({ port: 80 });
    assert.equal(t.core.socket_set(listener, Option.ANY_PORT, 1), Err.BAD_ARGUMENT);
    assert.equal(t.core.socket_set(listener, Option.DECIDE, 2), Err.BAD_ARGUMENT);
    assert.equal(t.core.socket_set(listener, Option.DECIDE, 1), 0);
    assert.equal(t.core.socket_get(listener, Option.DECIDE), 1);
    assert.equal(t.core.socket_get(t.bind(), Option.DECIDE), Err.BAD_ARGUMENT);
    const connection = t.core.tcp_connect({ address: PEER.ip, port: 80 });
    assert.equal(t.core.socket_set(connection, Option.DECIDE, 1), Err.BAD_ARGUMENT);
    assert.equal(t.core.tcp_asked(connection), Err.BAD_HANDLE);
    assert.equal(t.core.tcp_decide(connection, 1), Err.BAD_HANDLE);
    const socket = t.core.udp_bind({ interface: 0 });
    assert.equal(t.core.socket_set(socket, Option.ANY_PORT, 1), 0);
    assert.equal(t.core.socket_set(socket, Option.ANY_PORT, 0), 0);
    assert.equal(messages(t.inject(letter(FAR, 53, "x")), 3).length, 1);
  });
});

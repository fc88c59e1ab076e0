import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, instantiate, Option } from "../../bindings/node/core.js";
import { cut, pattern } from "./cut.js";
import { type Ipv4Fields, ipv4, joined, PROTOCOL, type Seen } from "./packets.js";
import { bytes, frame, GATEWAY, host, messages, OTHER, options, PEER, ping, Tester, US } from "./tester.js";

const PROTO = 99;

async function raw(mtu = 576): Promise<{ t: Tester; socket: number }> {
  const t = await Tester.make({
    interfaces: [{ device: 0, mac: US.mac, mtu, addresses: [`${US.ip}/24`], gateway: GATEWAY.ip }],
    capacities: { udpOctets: 9000 },
  });
  t.takesAny = true;
  const socket = t.core.raw_open(PROTO);
  assert.ok(socket > 0, `${socket}`);
  t.resolve(PEER);
  return { t, socket };
}
/** Sends a datagram with its own header; answers what the call says. */
function sendWhole(t: Tester, socket: number, packet: Uint8Array, address: string = PEER.ip): number {
  assert.equal(t.core.socket_set(socket, Option.HEADER, 1), 0);
  return t.core.udp_write(socket, packet, { address });
}
const whole = (payload: Uint8Array, fields: Partial<Ipv4Fields> = {}) =>
  ipv4({ from: US.ip, to: PEER.ip, protocol: PROTO, checksum: 0, ...fields }, payload);
const packets = (sent: Seen[]) => sent.filter((seen) => seen.ip);

describe("raw sockets: what arrives", () => {
  test("A065, 1122-3.2.2.1: what a raw socket takes gets no protocol unreachable; when it is closed there is one", async () => {
    const { t, socket } = await raw();
    const packet = frame(bytes("hello"), { protocol: PROTO, tos: 0x28 });
    assert.deepEqual(t.inject(packet), []);
    assert.deepEqual(t.core.udp_read(socket), packet.subarray(14, 14 + 25), "with its header");
    assert.deepEqual([t.core.remote.address, t.core.local.address], [PEER.ip, US.ip]);
    const [wrong] = messages(t.inject(frame(bytes("x"), { protocol: PROTO + 1 })), 3);
    assert.equal(wrong?.icmp?.code, 2, "another protocol is not its");
    assert.equal(t.core.udp_close(socket), 0);
    const [error] = messages(t.inject(packet), 3);
    assert.deepEqual([error?.icmp?.type, error?.icmp?.code], [3, 2]);
  });

  test("each of several gets it; bound, connected and named interfaces are heeded; the stack's own protocols go on", async () => {
    const { t, socket } = await raw();
    const second = t.core.raw_open(PROTO, 0, { address: US.ip });
    const third = t.core.raw_open(PROTO);
    assert.equal(t.core.udp_connect(third, { address: OTHER.ip }), 0);
    const icmp = t.core.raw_open(PROTOCOL.ICMP);
    t.inject(frame(bytes("x"), { protocol: PROTO }));
    for (const each of [socket, second]) assert.equal((t.core.udp_read(each) as Uint8Array).length, 21);
    t.isEmpty(third);
    t.inject(frame(bytes("y"), { protocol: PROTO, from: OTHER.ip, to: "10.0.0.255" }));
    assert.equal((t.core.udp_read(third) as Uint8Array).length, 21);
    assert.equal((t.core.udp_read(socket) as Uint8Array).length, 21);
    t.isEmpty(second);
    assert.equal(messages(t.inject(ping()), 0).length, 1, "the ping is answered, too");
    assert.equal((t.core.udp_read(icmp) as Uint8Array)[20], 8);
    for (let i = 0; i < 100; i++) t.inject(frame(bytes("z"), { protocol: PROTO }));
    assert.ok(t.core.counter("UDP_FULL") > 0, "its ring is bounded");
    t.isAlive();
  });

  test("fragments arrive as one datagram", async () => {
    const { t, socket } = await raw();
    t.inject(...cut(pattern(2000), 552, { protocol: PROTO, ident: 1 }));
    assert.deepEqual((t.core.udp_read(socket) as Uint8Array).subarray(20), pattern(2000));
  });

  test("what is refused: protocol 0 and 256, an owner or address that is not there, a module without", async () => {
    const { t } = await raw();
    for (const protocol of [0, 256, -1]) assert.equal(t.core.raw_open(protocol), Err.BAD_ARGUMENT);
    assert.equal(t.core.raw_open(PROTO, 99), Err.BAD_ARGUMENT);
    assert.equal(t.core.raw_open(PROTO, 0, { address: OTHER.ip }), Err.BAD_ADDRESS);
    const udp = t.bind();
    assert.equal(t.core.socket_set(udp, Option.HEADER, 1), Err.BAD_ARGUMENT);
    const tiny = await instantiate({ ...options(), wasm: "build/ringwire-tiny.wasm" });
    assert.equal(tiny.raw_open(PROTO), Err.NOT_SUPPORTED);
    for (let i = 0; i < 6; i++) assert.ok(t.core.raw_open(PROTO) > 0);
    assert.equal(t.core.raw_open(PROTO), Err.NO_SOCKET);
  });
});

describe("raw sockets: what is sent", () => {
  test("a payload gets our header, with the socket's TTL and TOS, and leaves in pieces when it is long", async () => {
    const { t, socket } = await raw();
    t.core.socket_set(socket, Option.TTL, 5);
    t.core.socket_set(socket, Option.TOS, 0x28);
    assert.equal(t.core.udp_write(socket, bytes("hello"), { address: PEER.ip }), 5);
    const [sent] = packets(t.poll());
    assert.deepEqual([sent?.ip?.from, sent?.ip?.protocol, sent?.ip?.ttl, sent?.ip?.tos], [US.ip, PROTO, 5, 0x28]);
    assert.deepEqual(sent?.other, bytes("hello"));
    assert.equal(t.core.udp_write(socket, pattern(3000), { address: PEER.ip }), 3000);
    assert.deepEqual(joined(packets(t.poll())).other, pattern(3000));
    assert.equal(t.core.udp_write(socket, bytes("x"), { address: "127.0.0.1" }), Err.BAD_ADDRESS);
  });

  test("A029, A199: with DF and longer than the MTU it is refused; a fragment keeps its own identification", async () => {
    const { t, socket } = await raw();
    for (const length of [1400, 557]) {
      assert.equal(sendWhole(t, socket, whole(new Uint8Array(length), { fragment: 0x4000 })), Err.TOO_LONG);
      assert.deepEqual(t.poll(), []);
    }
    assert.equal(sendWhole(t, socket, whole(new Uint8Array(556), { fragment: 0x4000, ident: 0 })), 576);
    const [most] = packets(t.poll());
    assert.deepEqual([most?.ip?.octets.length, most?.ip?.df, most?.ip?.ident], [576, true, 0]);
    assert.equal(sendWhole(t, socket, whole(pattern(40), { fragment: 0x2005, ident: 0xbeef, ttl: 7, tos: 3 })), 60);
    const [sent] = packets(t.poll());
    assert.deepEqual([sent?.ip?.ident, sent?.ip?.fragment, sent?.ip?.ttl, sent?.ip?.tos], [0xbeef, 0x2005, 7, 3]);
    assert.deepEqual(sent?.piece, pattern(40));
  });

  test("A136: pieces of a fragment add to its offset, and all of a middle one have more behind them", async () => {
    const { t, socket } = await raw();
    for (const fragment of [0x2000 + 100, 100]) {
      assert.equal(sendWhole(t, socket, whole(pattern(1200), { fragment, ident: 5 })), 1220);
      const sent = packets(t.poll());
      assert.deepEqual(
        sent.map(({ ip }) => ip?.fragment),
        [0x2000 + 100, 0x2000 + 100 + 69, (fragment & 0x2000) + 100 + 138],
      );
      assert.deepEqual(Buffer.concat(sent.map(({ piece }) => piece ?? new Uint8Array())), Buffer.from(pattern(1200)));
    }
  });

  test("A136, A200: octets behind the total length are not sent, whole or in pieces", async () => {
    const { t, socket } = await raw();
    for (const length of [20, 2000]) {
      const packet = Buffer.concat([whole(pattern(length)), Buffer.alloc(40, 0xee)]);
      assert.equal(sendWhole(t, socket, packet), length + 20);
      const sent = packets(t.poll());
      assert.deepEqual((sent.length > 1 ? joined(sent) : sent[0])?.other, pattern(length));
      assert.equal(sent.length, length > 556 ? 4 : 1);
    }
  });

  test("A138: of the options only those with the copied flag go into later pieces", async () => {
    const { t, socket } = await raw();
    const recordRoute = [7, 7, 4, 0, 0, 0, 0];
    const security = [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const both = [...recordRoute, 1, ...security, 0];
    assert.equal(sendWhole(t, socket, whole(pattern(1200), { options: both })), 1240);
    const sent = packets(t.poll());
    const optionsOf = ({ ip }: Seen) => [...(ip?.octets.subarray(20, ip.headerLength) ?? [])];
    assert.deepEqual(optionsOf(sent[0] as Seen), both);
    assert.ok(sent.length >= 3);
    for (const later of sent.slice(1)) assert.deepEqual(optionsOf(later), [...security, 0]);
    assert.deepEqual(joined(sent).other, pattern(1200));
    for (const bad of [
      [7, 200, 0, 0],
      [7, 0, 0, 0],
      [1, 1, 1, 130],
    ]) {
      assert.ok(sendWhole(t, socket, whole(pattern(1200), { options: bad })) > 0);
      assert.deepEqual(joined(packets(t.poll())).other, pattern(1200), "malformed ones do no harm");
    }
  });

  test("what is left open in a header is filled in: source, identification, checksum", async () => {
    const { t, socket } = await raw();
    assert.ok(sendWhole(t, socket, whole(bytes("x"), { from: "0.0.0.0", ident: 0 })) > 0);
    const [sent] = packets(t.poll());
    assert.equal(sent?.ip?.from, US.ip);
    assert.notEqual(sent?.ip?.ident, 0);
  });

  test("a header that does not hold is refused, and so is one that speaks for others or to others", async () => {
    const { t, socket } = await raw();
    const good = whole(bytes("hello"));
    const wrong: [number, Uint8Array][] = [
      [Err.BAD_ARGUMENT, good.subarray(0, 19)],
      [Err.BAD_ARGUMENT, good.subarray(0, 24)],
      [Err.BAD_ARGUMENT, whole(bytes("x"), { version: 6 })],
      [Err.BAD_ARGUMENT, whole(bytes("x"), { headerWords: 4 })],
      [Err.BAD_ARGUMENT, whole(bytes("x"), { headerWords: 6 })],
      [Err.BAD_ARGUMENT, whole(bytes("x"), { totalLength: 22 })],
      [Err.BAD_ARGUMENT, whole(bytes("x"), { ttl: 0 })],
      [Err.BAD_ADDRESS, whole(bytes("x"), { from: OTHER.ip })],
      [Err.BAD_ADDRESS, whole(bytes("x"), { to: OTHER.ip })],
    ];
    for (const [error, packet] of wrong) assert.equal(sendWhole(t, socket, packet), error);
    assert.deepEqual(t.poll(), []);
    assert.equal(sendWhole(t, socket, good), 25);
    assert.equal(packets(t.poll()).length, 1);
    assert.equal(sendWhole(t, socket, whole(bytes("x"), { to: host(20).ip }), host(20).ip), 21);
    t.pass(10_000);
    assert.equal(t.receive(socket), Err.UNREACHABLE);
  });
});

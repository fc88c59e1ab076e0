// RFC 1055: IP over a stream of octets. The framing here is the test's own.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, type CoreOptions, Err, instantiate } from "../../bindings/node/core.js";
import { icmp, ipv4, PROTOCOL, readRaw, type Seen, udp } from "./packets.js";
import { stream } from "./peer.js";
import { bytes, SEED } from "./tester.js";

const [END, ESC, ESC_END, ESC_ESC] = [0xc0, 0xdb, 0xdc, 0xdd];
const line = (last: number, more: Partial<CoreOptions> = {}): CoreOptions => ({
  seed: SEED.map((octet) => octet + last),
  devices: [{ kind: "ip", rxSlots: 8, txSlots: 8 }],
  interfaces: [{ device: 0, mtu: 1006, addresses: [`10.0.0.${last}/24`] }],
  ...more,
});
const framed = (packet: Uint8Array): Uint8Array =>
  Uint8Array.from([END, ...[...packet].flatMap((it) => (it === END ? [ESC, ESC_END] : it === ESC ? [ESC, ESC_ESC] : [it])), END]);
/** Whole packets of a stream that the stack wrote. */
function unframed(octets: number[]): Seen[] {
  const found: Seen[] = [];
  let packet: number[] = [];
  for (let i = 0; i < octets.length; i++) {
    const it = octets[i] as number;
    if (it === END) {
      if (packet.length) found.push(readRaw(Uint8Array.from(packet)));
      packet = [];
    } else if (it === ESC) {
      i++;
      assert.ok(octets[i] === ESC_END || octets[i] === ESC_ESC, "an escape that RFC 1055 does not know");
      packet.push(octets[i] === ESC_END ? END : ESC);
    } else packet.push(it);
  }
  assert.deepEqual(packet, [], "the last packet has its END");
  return found;
}
/** All octets that wait, some at a time. */
function taken(core: Core): number[] {
  const all: number[] = [];
  for (;;) {
    const octets = core.slip_output();
    assert.ok(octets instanceof Uint8Array && octets.length <= 1024);
    if (!octets.length) return all;
    all.push(...octets);
  }
}
function put(core: Core, octets: Uint8Array, step = 1024): void {
  for (let at = 0; at < octets.length; at += step) {
    const part = octets.subarray(at, at + step);
    assert.equal(core.slip_input(part), part.length);
  }
}
function exchanged(core: Core): Seen[] {
  core.poll(0);
  return unframed(taken(core));
}
const special = Uint8Array.from([END, ESC, ESC_END, ESC_ESC, END, END, ESC, 0, 255]);
const echo = (data: Uint8Array, to = "10.0.0.1") => ipv4({ from: "10.0.0.2", to, protocol: PROTOCOL.ICMP }, icmp(8, 0, 1, data));

describe("SLIP", () => {
  test("packets cross whole, cut anywhere, with every octet in them, and ENDs between them mean nothing", async () => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const step of [1, 2, 3, 7, 1024]) {
      const core = await instantiate(line(1));
      for (const data of [special, every, new Uint8Array(500).fill(END), new Uint8Array(500).fill(ESC), bytes("plain")]) {
        put(core, Uint8Array.from([END, END, ...framed(echo(data)), END]), step);
        const [reply, ...rest] = exchanged(core);
        assert.deepEqual(reply?.icmp?.data, data, `${step} octets at a time`);
        assert.deepEqual(rest, []);
      }
      assert.equal(core.counter("FRAMES_IN"), 5);
    }
  });

  test("an escape that means nothing stands for itself, and noise before a packet costs that noise only", async () => {
    const core = await instantiate(line(1));
    put(core, Uint8Array.from([ESC, 7, 8, 9, ...framed(echo(bytes("after noise")))]));
    assert.deepEqual(exchanged(core)[0]?.icmp?.data, bytes("after noise"));
    assert.equal(core.counter("IP_SHORT"), 1);
    const packet = framed(echo(bytes("w")));
    const at = packet.indexOf("w".charCodeAt(0));
    put(core, Uint8Array.from([...packet.subarray(0, at), ESC, ...packet.subarray(at)]));
    assert.deepEqual(exchanged(core)[0]?.icmp?.data, bytes("w"));
  });

  test("a packet longer than a slot is dropped and counted, however long, and the next one arrives", async () => {
    const core = await instantiate(line(1));
    for (const octets of [1100, 5000, 70_000]) {
      const before = core.counter("LINK_LONG");
      put(core, Uint8Array.from([...new Uint8Array(octets).fill(0x45), END]));
      put(core, framed(echo(bytes("next"))));
      assert.deepEqual(exchanged(core)[0]?.icmp?.data, bytes("next"));
      assert.equal(core.counter("LINK_LONG"), before + 1);
    }
  });

  test("a full receive ring takes no more octets, and nothing is lost when the rest comes later", async () => {
    const core = await instantiate(line(1));
    const socket = core.udp_bind({ port: 7 });
    const packets = Array.from({ length: 10 }, (_, i) =>
      ipv4({ from: "10.0.0.2", to: "10.0.0.1", protocol: PROTOCOL.UDP }, udp("10.0.0.2", 9, "10.0.0.1", 7, bytes(`number ${i}`))),
    );
    const octets = Uint8Array.from(packets.flatMap((packet) => [...framed(packet)]));
    const first = core.slip_input(octets);
    assert.ok(first > 0 && first < octets.length, "eight fit");
    assert.equal(core.slip_input(octets.subarray(first)), 0, "no more now");
    core.poll(0);
    const got: string[] = [];
    const read = () => {
      for (let data = core.udp_read(socket); data instanceof Uint8Array; data = core.udp_read(socket))
        got.push(new TextDecoder().decode(data));
    };
    read();
    assert.equal(core.slip_input(octets.subarray(first)), octets.length - first);
    core.poll(0);
    read();
    assert.deepEqual(
      got,
      packets.map((_, i) => `number ${i}`),
    );
  });

  test("two stacks carry a connection over a line", async () => {
    const [one, other] = [await instantiate(line(1)), await instantiate(line(2))];
    const listener = other.tcp_listen({ port: 80 });
    const client = one.tcp_connect({ address: "10.0.0.2", port: 80 });
    const wires = [
      { from: one, to: other, rest: new Uint8Array() as Uint8Array },
      { from: other, to: one, rest: new Uint8Array() as Uint8Array },
    ];
    const data = stream(0, 16_000);
    let [server, got] = [0, 0];
    for (let ms = 0; ms < 3000; ms++) {
      if (ms === 20) assert.equal(one.tcp_write(client, data), data.length);
      for (const core of [one, other]) core.poll(ms);
      for (const wire of wires) {
        if (!wire.rest.length) wire.rest = wire.from.slip_output() as Uint8Array;
        wire.rest = wire.rest.subarray(wire.to.slip_input(wire.rest.subarray(0, 700)));
      }
      if (!server) server = Math.max(other.tcp_accept(listener), 0);
      const octets = server ? other.tcp_read(server) : null;
      if (!(octets instanceof Uint8Array)) continue;
      assert.deepEqual(octets, data.subarray(got, got + octets.length));
      got += octets.length;
    }
    assert.equal(got, data.length);
  });

  test("a device that is no line, and more octets than the exchange holds, are refused", async () => {
    const core = await instantiate({
      ...line(1),
      devices: [{ kind: "ethernet" }],
      interfaces: [{ mac: "02:00:00:00:00:01", addresses: ["10.0.0.1/24"] }],
    });
    assert.equal(core.slip_input(bytes("x")), Err.BAD_ARGUMENT);
    assert.equal(core.slip_output(), Err.BAD_ARGUMENT);
    const raw = await instantiate(line(1));
    assert.equal(raw.slip_input(new Uint8Array(1025)), Err.BAD_ARGUMENT);
    assert.equal(raw.exports.slip_input?.(0, 1025), Err.BAD_ARGUMENT);
    assert.equal(raw.exports.slip_input?.(0, -1), Err.BAD_ARGUMENT);
    assert.equal(raw.exports.slip_output?.(1), Err.BAD_ARGUMENT);
  });
});

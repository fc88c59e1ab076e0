import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CONTROL,
  type CoreOptions,
  DEVICE,
  Err,
  Event,
  instantiate,
  Option,
  RingwireError,
  SLOT,
  State,
} from "../../bindings/node/core.js";
import { CTL, checksum, PROTOCOL, tcp } from "./packets.js";
import { bytes, datagram, datagrams, frame, options, PEER, ping, SEED, Tester, US } from "./tester.js";

/** Options whose only interface has these fields. */
const on = (fields: object): CoreOptions => options({ interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`], ...fields }] });
function refuses(given: CoreOptions, code: string): Promise<void> {
  return assert.rejects(instantiate(given), (error) => {
    assert.ok(error instanceof RingwireError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}
/** Length of the shortest linear feedback register that makes these bits (Berlekamp and Massey). */
function linearComplexity(bits: number[]): number {
  let [connection, before]: [number[], number[]] = [[1], [1]];
  let [length, since] = [0, 1];
  for (let n = 0; n < bits.length; n++) {
    let off = bits[n] as number;
    for (let i = 1; i <= length; i++) off ^= (connection[i] ?? 0) & (bits[n - i] as number);
    if (!off) {
      since++;
      continue;
    }
    const old = connection.slice();
    for (let i = 0; i < before.length; i++) connection[i + since] = (connection[i + since] ?? 0) ^ (before[i] as number);
    connection = Array.from(connection, (bit) => bit ?? 0);
    if (2 * length > n) {
      since++;
      continue;
    }
    length = n + 1 - length;
    before = old;
    since = 1;
  }
  return length;
}

describe("API: secrets", () => {
  test("A008+335: ports and sequence numbers come from a keyed function: no register, step or multiplier predicts the next", async () => {
    const t = await Tester.make();
    const ports = Array.from({ length: 1200 }, () => {
      const socket = t.core.udp_bind({});
      const { port } = t.core.local;
      t.core.udp_close(socket);
      return port;
    });
    for (const bit of [0, 5, 11]) {
      const bits = ports.map((port) => (port >> bit) & 1);
      assert.ok(linearComplexity(bits) > 560, `bit ${bit}: ${linearComplexity(bits)} of 1,200`);
    }
    const isns = Array.from({ length: 200 }, () => {
      const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
      const [syn] = t.poll().filter((seen) => seen.tcp);
      t.core.tcp_abort(handle);
      t.poll();
      return syn?.tcp?.seq ?? 0;
    });
    const steps = isns.slice(1).map((isn, i) => (isn - (isns[i] as number)) >>> 0);
    assert.equal(new Set(steps).size, steps.length, "no two steps are equal");
    assert.ok(linearComplexity(isns.map((isn) => isn & 1)) > 80);
    const multiplier = (a: number, b: number) => (b - Math.imul(a, 1664525)) >>> 0;
    assert.ok(new Set(isns.slice(1).map((isn, i) => multiplier(isns[i] as number, isn))).size > 150);
  });

  test("A008+335: another seed gives other ports and sequence numbers", async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const seed = SEED.slice();
      seed[31] = i;
      const t = await Tester.make({ seed });
      t.core.tcp_connect({ address: PEER.ip, port: 80 });
      const [syn] = t.poll().filter((each) => each.tcp);
      seen.add(`${syn?.tcp?.fromPort}`).add(`${syn?.tcp?.seq}`);
    }
    assert.ok(seen.size >= 39, `${seen.size}`);
  });

  test("RES-05, A008+335: a seed of equal octets is refused", async () => {
    for (const octet of [0, 0xff, 7]) await refuses(options({ seed: new Uint8Array(32).fill(octet) }), "BAD_SEED");
    const nearly = new Uint8Array(32);
    nearly[31] = 1;
    const t = await Tester.make({ seed: nearly });
    t.isAlive();
  });
});

describe("API: configuration", () => {
  test("A163: our own MAC address must be one card's and not zero", async () => {
    for (const mac of ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00"]) await refuses(on({ mac }), "BAD_INTERFACE");
    assert.ok(await instantiate(on({ mac: "00:00:00:00:00:01" })));
    (await Tester.make()).isAlive();
  });

  test("A165: our own address must be one host's: no network, broadcast, loopback or group; /31 and /32 are fine", async () => {
    const wrong = [
      "192.168.1.255/24",
      "192.168.1.0/24",
      "127.0.0.1/8",
      "224.0.0.1/4",
      "0.0.0.0/0",
      "255.255.255.255/32",
      "240.0.0.1/8",
      "10.0.0.0/30",
      "10.0.0.3/30",
    ];
    for (const address of wrong) await refuses(on({ addresses: [address] }), "BAD_INTERFACE");
    for (const address of ["192.168.1.0/31", "192.168.1.1/31", "192.168.1.0/32", "192.168.1.255/32", "10.0.0.255/16"])
      assert.ok(await instantiate(on({ addresses: [address] })), address);
    await refuses(on({ addresses: ["10.0.0.1/24", "10.0.0.1/16"] }), "BAD_INTERFACE");
    await refuses(on({ gateway: "127.0.0.1" }), "BAD_INTERFACE");
    (await Tester.make()).isAlive();
  });

  test("A315: prefixes of 0 to 32 are taken, others refused", async () => {
    for (const prefix of [0, 1, 8, 30, 31, 32]) assert.ok(await instantiate(on({ addresses: [`10.1.2.5/${prefix}`] })), `${prefix}`);
    for (const prefix of [33, 64, -1]) await assert.rejects(instantiate(on({ addresses: [`10.1.2.5/${prefix}`] })), RingwireError);
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/0"] }] });
    t.send(t.bind(), "all the world is on link", "192.0.2.1");
    assert.equal(t.poll()[0]?.arp?.targetIp, "192.0.2.1");
  });

  test("A281: an ACK is delayed by 499 ms at most: more is refused, and an ACK is measured", async () => {
    for (const delayedAck of [500, 5000]) await refuses(options({ settings: { delayedAck } }), "BAD_SETTING");
    const t = await Tester.make({ settings: { delayedAck: 499 } });
    const { port, next, handle } = await established(t);
    const longest = [0, 0, 0].map((_, i) => {
      const segment = tcp(PEER.ip, 80, US.ip, port, { seq: 101 + i, ack: next, ctl: CTL.ACK | CTL.PSH, text: bytes("x") });
      const began = t.ms;
      let acked = -1;
      const saw = (sent: { tcp?: { ack: number } }[]) => {
        if (acked < 0 && sent.some((seen) => seen.tcp?.ack === 102 + i)) acked = t.ms - began;
      };
      saw(t.inject(frame(segment, { protocol: PROTOCOL.TCP })));
      for (let ms = 0; ms < 600; ms++) saw(t.pass(1));
      return acked;
    });
    assert.ok(
      longest.every((ms) => ms >= 0 && ms <= 499),
      longest.join(" "),
    );
    assert.equal(t.core.status(handle)?.readable, 3);
  });

  test("A330: what the stack writes in front of a frame is its length and zeros, whatever the slot held before", async () => {
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 4, txSlots: 4 }] });
    t.isAlive();
    const device = t.core.control + CONTROL.deviceTable;
    const word = (offset: number) => t.core.view.getUint32(device + offset, true);
    t.core.octets.fill(0xff, word(DEVICE.txRing), word(DEVICE.txRing) + 4 * word(DEVICE.slotOctets));
    t.core.input(ping());
    const slot = word(DEVICE.txRing) + (word(DEVICE.txWritten) & 3) * word(DEVICE.slotOctets);
    t.core.poll(t.ms);
    assert.deepEqual([...t.core.octets.subarray(slot, slot + SLOT.ethernet)], [60, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("A050, A099, A330: of a device without offloads a slot's flags change no check, and offloads that are unknown are refused", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    const wrong = datagram(7, "wrong");
    wrong[41] = (wrong[41] as number) ^ 0xff;
    assert.ok(t.core.input(wrong));
    const { view, control } = t.core;
    const device = control + CONTROL.deviceTable;
    const word = (offset: number) => view.getUint32(device + offset, true);
    const slot = word(DEVICE.rxRing) + ((word(DEVICE.rxWritten) - 1) & (word(DEVICE.rxSlots) - 1)) * word(DEVICE.slotOctets);
    // The flags follow the length in a slot's header.
    view.setUint16(slot + 4, 0xffff, true);
    t.poll();
    assert.equal(t.core.counter("UDP_CHECKSUM"), 1);
    t.isEmpty(socket);
    const [reply] = t.inject(ping()).filter((seen) => seen.icmp);
    assert.equal(checksum(reply?.ip?.octets.subarray(20) ?? new Uint8Array(1)), 0);
    view.setUint16(device + DEVICE.offload, 4, true);
    assert.equal(t.core.exports.init(0, 0), Err.NOT_SUPPORTED);
  });
});

/** A connection of ours to PEER port 80. */
async function established(t: Tester): Promise<{ handle: number; port: number; next: number }> {
  const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
  const [syn] = t.poll().filter((seen) => seen.tcp);
  const port = syn?.tcp?.fromPort ?? 0;
  const next = ((syn?.tcp?.seq ?? 0) + 1) >>> 0;
  t.inject(frame(tcp(PEER.ip, 80, US.ip, port, { seq: 100, ack: next, ctl: CTL.SYN | CTL.ACK }), { protocol: PROTOCOL.TCP }));
  assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
  while (t.core.ready_next()) assert.ok(t.core.events);
  return { handle, port, next };
}

describe("API: handles and events", () => {
  test("A217+219: a handle that was let go is refused for 2,047 further uses of its place", async () => {
    const t = await Tester.make({ capacities: { udpSockets: 1, listeners: 1 } });
    const opens = [() => t.core.udp_bind({ port: 7 }), () => t.core.tcp_listen({ port: 80 })];
    const closes = [(handle: number) => t.core.udp_close(handle), (handle: number) => t.core.tcp_close(handle)];
    for (const kind of [0, 1]) {
      const seen = new Set<number>();
      for (let use = 0; use < 2048; use++) {
        const handle = opens[kind]?.() ?? 0;
        assert.ok(handle > 0 && !seen.has(handle), `use ${use}: ${handle}`);
        seen.add(handle);
        assert.equal(closes[kind]?.(handle), 0);
        assert.equal(closes[kind]?.(handle), Err.BAD_HANDLE);
      }
      const last = opens[kind]?.() ?? 0;
      for (const old of seen) if (old !== last) assert.equal(t.core.socket_get(old, Option.TTL), Err.BAD_HANDLE);
      assert.equal(t.core.socket_get(last, Option.TTL), 64);
    }
    t.isAlive();
  });

  test("A217+219: a handle of one kind is refused by the calls of another", async () => {
    const t = await Tester.make();
    const udp = t.bind(7);
    const listener = t.core.tcp_listen({ port: 80 });
    for (const call of ["tcp_send_space", "tcp_receive_ready", "tcp_abort", "tcp_accept"] as const)
      assert.equal(t.core[call](udp), Err.BAD_HANDLE, call);
    for (const call of ["udp_send_space", "udp_receive_ready", "udp_close"] as const)
      assert.equal(t.core[call](listener), Err.BAD_HANDLE, call);
    assert.equal(t.core.tcp_send_space(listener), Err.BAD_HANDLE);
    assert.equal(t.send(udp, "control", PEER.ip), 7);
    assert.equal(datagrams(t.poll()).length, 1);
  });

  test("A218: whoever waits learns the end: a reset raises CLOSED, a socket that was closed leaves no event behind", async () => {
    const t = await Tester.make();
    const { handle, port } = await established(t);
    t.inject(frame(tcp(PEER.ip, 80, US.ip, port, { seq: 101, ctl: CTL.RST }), { protocol: PROTOCOL.TCP }));
    assert.equal(t.core.ready_next(), handle);
    assert.ok(t.core.events & Event.CLOSED);
    assert.equal(t.core.tcp_receive_ready(handle), Err.RESET);
    assert.equal(t.core.tcp_close(handle), 0);
    const socket = t.bind(7);
    t.inject(datagram(7, "unread"));
    t.core.udp_close(socket);
    assert.equal(t.core.ready_next(), 0);
  });

  test("A353, readiness: an event is told once, and rearming tells what is still there", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    t.inject(datagram(7, "one"), datagram(7, "two"));
    assert.equal(t.core.ready_next(), socket);
    assert.equal(t.core.events, Event.READABLE);
    assert.equal(t.core.ready_next(), 0);
    assert.equal(t.receive(socket), "one");
    t.core.ready_rearm(socket);
    assert.equal(t.core.ready_next(), socket);
    assert.ok(t.core.events & Event.READABLE);
    assert.equal(t.core.ready_next(4), Err.BAD_ARGUMENT);
  });
});

// IEEE 802.1Q: several interfaces on one device.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, type CoreOptions, instantiate } from "../../bindings/node/core.js";
import { arp, ETHER, EVERYBODY, ethernet, icmp, ipv4, PROTOCOL, read, type Seen, udp } from "./packets.js";
import { stream } from "./peer.js";
import { bytes, PEER, SEED, US } from "./tester.js";

const trunk = (more: Partial<CoreOptions> = {}, last = 1): CoreOptions => ({
  seed: SEED.map((octet) => octet + last),
  devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 64 }],
  interfaces: [0, 5, 4094].map((vlan, i) => ({ device: 0, vlan, mac: `02:00:00:00:00:0${last}`, addresses: [`10.${i}.0.${last}/24`] })),
  ...more,
});
/** Puts a tag into a frame. */
function tagged(frame: Uint8Array, vlan: number, priority = 0): Uint8Array {
  const tag = [0x81, 0, (priority << 5) | (vlan >> 8), vlan & 255];
  return Uint8Array.from([...frame.subarray(0, 12), ...tag, ...frame.subarray(12)]);
}
/** Takes the tag out of a frame of the stack: its VLAN, 0 when there is none, and the rest, examined. */
function untag(frame: Uint8Array): { vlan: number; seen: Seen } {
  if (((frame[12] as number) << 8) + (frame[13] as number) !== ETHER.VLAN) return { vlan: 0, seen: read(frame) };
  assert.equal((frame[14] as number) >> 4, 0, "priority 0");
  assert.ok(frame.length >= 64, "as long as the shortest frame and the tag");
  const vlan = ((frame[14] as number) << 8) + (frame[15] as number);
  return { vlan, seen: read(Uint8Array.from([...frame.subarray(0, 12), ...frame.subarray(16)])) };
}
function poll(core: Core, ms = 0): { vlan: number; seen: Seen }[] {
  while (core.poll(ms) === 0);
  return core.output().map(untag);
}
async function make(more: Partial<CoreOptions> = {}): Promise<Core> {
  const core = await instantiate(trunk(more));
  poll(core);
  return core;
}
function inject(core: Core, frame: Uint8Array): { vlan: number; seen: Seen }[] {
  assert.ok(core.input(frame));
  return poll(core);
}
const pingOf = (from: string, to: string, data = bytes("which VLAN?")) =>
  ethernet(US.mac, PEER.mac, ETHER.IPV4, ipv4({ from, to, protocol: PROTOCOL.ICMP }, icmp(8, 0, 1, data)), 0);
const askOf = (from: string, to: string) =>
  ethernet(EVERYBODY, PEER.mac, ETHER.ARP, arp({ senderMac: PEER.mac, senderIp: from, targetIp: to }));

describe("VLANs", () => {
  test("each address is announced, asked for and answered in its own VLAN, and in no other", async () => {
    const core = await instantiate(trunk());
    const said = poll(core).map(({ vlan, seen }) => [vlan, seen.arp?.senderIp]);
    assert.deepEqual(said, [
      [0, "10.0.0.1"],
      [5, "10.1.0.1"],
      [4094, "10.2.0.1"],
    ]);
    for (const [i, vlan] of [0, 5, 4094].entries()) {
      const put = (frame: Uint8Array, into: number) => inject(core, into ? tagged(frame, into) : frame);
      const ask = askOf(`10.${i}.0.2`, `10.${i}.0.1`);
      assert.deepEqual(
        put(ask, vlan).map((it) => [it.vlan, it.seen.arp?.operation]),
        [[vlan, 2]],
      );
      assert.deepEqual(put(ask, vlan === 5 ? 0 : 5), [], "nobody of that address in another VLAN");
      const [reply] = put(pingOf(`10.${i}.0.2`, `10.${i}.0.1`), vlan);
      assert.equal(reply?.vlan, vlan);
      assert.equal(reply?.seen.icmp?.type, 0);
      const socket = core.udp_bind({});
      core.udp_write(socket, bytes("to a stranger"), { address: `10.${i}.0.99`, port: 9 });
      assert.deepEqual(
        poll(core).map((it) => [it.vlan, it.seen.arp?.targetIp]),
        [[vlan, `10.${i}.0.99`]],
      );
    }
  });

  test("a tag with a priority and VLAN 0 is as none; an unknown VLAN is counted; a tag in a tag, or half of one, is dropped", async () => {
    const core = await make();
    const ping = pingOf("10.0.0.2", "10.0.0.1");
    inject(core, askOf("10.0.0.2", "10.0.0.1"));
    assert.deepEqual(
      inject(core, tagged(ping, 0, 7)).map((it) => it.vlan),
      [0],
    );
    const counts = (name: "LINK_UNKNOWN_VLAN" | "LINK_UNKNOWN_TYPE" | "LINK_SHORT", frame: Uint8Array) => {
      const before = core.counter(name);
      assert.deepEqual(inject(core, frame), []);
      assert.equal(core.counter(name), before + 1, name);
    };
    for (const vlan of [1, 6, 4093, 4095]) counts("LINK_UNKNOWN_VLAN", tagged(ping, vlan));
    counts("LINK_UNKNOWN_TYPE", tagged(tagged(ping, 5), 5));
    counts("LINK_UNKNOWN_TYPE", tagged(ethernet(US.mac, PEER.mac, ETHER.IPV6, new Uint8Array(46)), 5));
    for (let length = 14; length < 18; length++) counts("LINK_UNKNOWN_TYPE", tagged(ping, 5).subarray(0, length));
    for (let length = 0; length < 14; length++) counts("LINK_SHORT", tagged(ping, 5).subarray(0, length));
  });

  test("an untagged frame where all interfaces have tags is of an unknown VLAN", async () => {
    const core = await make({ interfaces: [{ device: 0, vlan: 5, mac: US.mac, addresses: ["10.0.0.1/24"] }] });
    assert.deepEqual(inject(core, askOf("10.0.0.2", "10.0.0.1")), []);
    assert.equal(core.counter("LINK_UNKNOWN_VLAN"), 1);
    assert.equal(inject(core, tagged(askOf("10.0.0.2", "10.0.0.1"), 5)).length, 1);
  });

  test("a datagram as long as the MTU comes and goes with its tag, in the smallest slots that are given", async () => {
    const core = await make({ interfaces: [{ device: 0, vlan: 7, mtu: 1448, mac: US.mac, addresses: ["10.0.0.1/24"] }] });
    const socket = core.udp_bind({ port: 9 });
    inject(core, tagged(askOf("10.0.0.2", "10.0.0.1"), 7));
    const data = stream(0, 1420);
    const packet = ipv4({ from: "10.0.0.2", to: "10.0.0.1", protocol: PROTOCOL.UDP }, udp("10.0.0.2", 5000, "10.0.0.1", 9, data));
    inject(core, tagged(ethernet(US.mac, PEER.mac, ETHER.IPV4, packet), 7));
    assert.deepEqual(core.udp_read(socket), data);
    assert.equal(core.udp_write(socket, data, { address: "10.0.0.2", port: 5000 }), data.length);
    const [out] = poll(core);
    assert.equal(out?.vlan, 7);
    assert.equal(out?.seen.frame.length, 14 + 1448);
    assert.deepEqual(out?.seen.udp?.data, data);
  });

  test("two stacks carry a connection over a VLAN of a trunk, and one over another beside it", async () => {
    const [one, other] = [await instantiate(trunk()), await instantiate(trunk({}, 2))];
    const listener = other.tcp_listen({ port: 80 });
    const clients = [1, 2].map((i) => one.tcp_connect({ address: `10.${i}.0.2`, port: 80 }));
    const run = (from: number, to: number) => {
      for (let ms = from; ms < to; ms++)
        for (const core of [one, other]) {
          core.poll(ms);
          core.transfer(core === one ? other : one);
        }
    };
    run(0, 50);
    const servers = [other.tcp_accept(listener), other.tcp_accept(listener)];
    assert.ok(servers.every((handle) => handle > 0));
    for (const handle of clients) assert.equal(one.tcp_write(handle, stream(handle & 255, 10_000)), 10_000);
    run(50, 400);
    const got = servers.map((handle) => {
      const octets: number[] = [];
      for (let part = other.tcp_read(handle); part instanceof Uint8Array; part = other.tcp_read(handle)) octets.push(...part);
      return Uint8Array.from(octets);
    });
    assert.deepEqual(
      got,
      clients.map((handle) => stream(handle & 255, 10_000)),
    );
  });

  test("two interfaces of one VLAN on a device, a VLAN out of range, or on a raw IP device are refused", async () => {
    const at = (vlan: number, ip = "10.9.0.1") => ({ device: 0, vlan, mac: US.mac, addresses: [`${ip}/24`] });
    await assert.rejects(make({ interfaces: [at(5), at(5, "10.8.0.1")] }), /NOT_SUPPORTED|interface 1, device/);
    await assert.rejects(make({ interfaces: [at(4095)] }), /vlan/);
    await assert.rejects(make({ devices: [{ kind: "ip" }], interfaces: [{ device: 0, vlan: 5, addresses: ["10.0.0.1/24"] }] }), /vlan/);
  });
});

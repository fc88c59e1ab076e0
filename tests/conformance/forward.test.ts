import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, type Counter, instantiate } from "../../bindings/node/core.js";
import { cut, pattern } from "./cut.js";
import {
  arp,
  CTL,
  checksum,
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

/** Two networks and between them the stack, 10.1.0.1 and 10.2.0.1; beyond the second, by a gateway, 192.0.2.0/24. */
const LEFT = { ip: "10.1.0.2", mac: "02:00:00:00:01:02", us: "02:00:00:00:00:01" } as const;
const RIGHT = { ip: "10.2.0.2", mac: "02:00:00:00:02:02", us: "02:00:00:00:00:02" } as const;
const FAR = "192.0.2.7";

class Router {
  ms = 0;
  private constructor(readonly core: Core) {}
  static async make(
    more: { mtu?: number; forwarding?: number; holds?: number; txSlots?: number; errorRate?: number } = {},
  ): Promise<Router> {
    const core = await instantiate({
      seed: SEED,
      devices: [
        { kind: "ethernet", rxSlots: 64, txSlots: 64 },
        { kind: "ethernet", rxSlots: 64, txSlots: more.txSlots ?? 64 },
        { kind: "ip" },
      ],
      interfaces: [
        { device: 0, mac: LEFT.us, addresses: ["10.1.0.1/24"] },
        { device: 1, mac: RIGHT.us, addresses: ["10.2.0.1/24"], mtu: more.mtu ?? 1500 },
        { device: 2, addresses: ["10.3.0.1/24"] },
      ],
      capacities: { holds: more.holds ?? 4, neighbours: 64 },
      settings: { forwarding: more.forwarding ?? 1, errorRate: more.errorRate ?? 1000 },
    });
    const router = new Router(core);
    assert.equal(core.route_add({ address: "192.0.2.0", interface: 1 }, 24, { address: "10.2.0.254" }), 0);
    router.poll();
    for (const device of [0, 1, 2]) core.output(device);
    return router;
  }
  /** What leaves by a device. */
  sent(device: number): Seen[] {
    return this.core
      .output(device)
      .map((frame) => (device === 2 ? readAny(ethernet(LEFT.mac, LEFT.us, ETHER.IPV4, frame)) : readAny(frame)));
  }
  poll(): void {
    while (this.core.poll(this.ms) === 0) assert.ok(true);
  }
  /** A packet comes in by the left; answers what leaves by the right. */
  pass(packet: Uint8Array, link: { to?: string } = {}): Seen[] {
    assert.ok(this.core.input(ethernet(link.to ?? LEFT.us, LEFT.mac, ETHER.IPV4, packet)));
    this.poll();
    return this.sent(1);
  }
  /** The hosts of a side answer ARP. */
  learn(device: 0 | 1, ip: string, mac: string): void {
    const us = device ? { mac: RIGHT.us, ip: "10.2.0.1" } : { mac: LEFT.us, ip: "10.1.0.1" };
    const reply = arp({ operation: 1, senderMac: mac, senderIp: ip, targetIp: us.ip });
    assert.ok(this.core.input(ethernet(EVERYBODY, mac, ETHER.ARP, reply), device));
    this.poll();
    this.sent(device);
  }
  /** The packet vanishes in silence on all sides, and this one reason is counted. */
  drops(packet: Uint8Array, reason: keyof typeof Counter, link: { to?: string } = {}): void {
    const before = this.core.counter(reason);
    assert.deepEqual(this.pass(packet, link), [], reason);
    assert.deepEqual([this.sent(0), this.sent(2)], [[], []], reason);
    assert.equal(this.core.counter(reason), before + 1, reason);
  }
  /** The packet does not pass, and its sender gets this error. */
  reports(packet: Uint8Array, type: number, code: number, rest = 0): void {
    assert.deepEqual(this.pass(packet), []);
    const [error, more] = this.sent(0);
    assert.deepEqual(
      [error?.icmp?.type, error?.icmp?.code, error?.icmp?.rest, error?.ip?.from, error?.to],
      [type, code, rest, "10.1.0.1", LEFT.mac],
    );
    const headerLength = ((packet[0] as number) & 15) * 4;
    assert.deepEqual(error?.icmp?.data, packet.subarray(0, headerLength + 8), "as it came");
    assert.equal(more, undefined);
  }
}
/** A datagram from the left to the right. */
function letter(fields: Partial<Ipv4Fields> = {}, length = 20): Uint8Array {
  const ends = { from: LEFT.ip, to: RIGHT.ip, ...fields };
  return ipv4({ protocol: PROTOCOL.UDP, ...ends }, udp(ends.from, 5000, ends.to, 9, pattern(length)));
}
async function known(more: Parameters<typeof Router.make>[0] = {}): Promise<Router> {
  const r = await Router.make(more);
  r.learn(1, RIGHT.ip, RIGHT.mac);
  r.learn(1, "10.2.0.254", "02:00:00:00:02:fe");
  return r;
}

describe("forwarding", () => {
  test("off by default: what is for others is dropped, on every way in", async () => {
    const r = await known({ forwarding: 0 });
    r.drops(letter(), "IP_NOT_OURS");
    const plain = await instantiate({ seed: SEED, devices: [{ kind: "ip" }], interfaces: [{ addresses: ["10.0.0.1/24"] }] });
    plain.input(letter());
    plain.poll(0);
    assert.equal(plain.counter("IP_NOT_OURS"), 1);
  });

  test("a datagram goes on with one hop less, a right checksum, and not another octet changed", async () => {
    const r = await known();
    for (const fields of [
      {},
      { ttl: 2 },
      { ttl: 255, tos: 0xb8, ident: 0 },
      { fragment: 0x4000 },
      { options: [7, 7, 4, 0, 0, 0, 0, 0] },
      { fragment: 0x2003 },
    ]) {
      for (let ident = 0; ident < 300; ident++) {
        const packet = letter({ ident, ...fields });
        const [out, more] = r.pass(packet);
        assert.deepEqual([out?.to, out?.from, more], [RIGHT.mac, RIGHT.us, undefined]);
        const expected = packet.slice();
        expected[8] = (packet[8] as number) - 1;
        const changed = out?.ip?.octets.slice() as Uint8Array;
        expected.set(changed.subarray(10, 12), 10);
        assert.deepEqual(changed, expected);
        assert.equal(checksum(changed.subarray(0, out?.ip?.headerLength)), 0);
      }
    }
    assert.equal(r.core.counter("IP_FORWARDED"), 1800);
    assert.deepEqual(r.sent(0), []);
  });

  test("by a route's gateway, to a raw IP device, and back out of the same Ethernet, without a redirect", async () => {
    const r = await known();
    assert.equal(r.pass(letter({ to: FAR }))[0]?.to, "02:00:00:00:02:fe");
    r.pass(letter({ to: "10.3.0.9" }));
    assert.equal(r.sent(2)[0]?.ip?.to, "10.3.0.9");
    r.learn(0, "10.1.0.9", "02:00:00:00:01:09");
    r.pass(letter({ to: "10.1.0.9" }));
    const back = r.sent(0);
    assert.deepEqual([back.length, back[0]?.to, back[0]?.ip?.to], [1, "02:00:00:00:01:09", "10.1.0.9"]);
    assert.ok(r.core.input(letter({ from: "10.3.0.9", to: "10.3.0.77" }), 2));
    r.poll();
    const [error] = r.sent(2);
    assert.deepEqual([error?.icmp?.type, error?.icmp?.code], [3, 0], "not back into a raw IP device");
  });

  test("what is for us stays here, whichever of our addresses it names; our own broadcast addresses are not for others", async () => {
    const r = await known();
    const socket = r.core.udp_bind({ port: 9 });
    for (const to of ["10.1.0.1", "10.2.0.1", "10.2.0.255", "10.1.0.255", "255.255.255.255"]) {
      assert.deepEqual(r.pass(letter({ to })), [], to);
      assert.ok(r.core.udp_read(socket) instanceof Uint8Array, to);
    }
    assert.equal(r.core.counter("IP_FORWARDED"), 0, "directed broadcasts do not pass: RFC 2644");
  });

  test("TTL 1 and 0 end here: time exceeded, for a ping, too, but not for an error or a later fragment", async () => {
    const r = await known();
    for (const ttl of [0, 1]) r.reports(letter({ ttl }), 11, 0);
    const asked = icmp(8, 0, 1, pattern(20));
    const at = { from: LEFT.ip, to: RIGHT.ip, protocol: PROTOCOL.ICMP, ttl: 1 };
    r.reports(ipv4(at, asked), 11, 0);
    r.drops(ipv4(at, icmp(11, 0, 0, letter().subarray(0, 28))), "IP_TTL");
    r.drops(ipv4(at, icmp(0, 0, 1, pattern(20))), "IP_TTL");
    r.drops(letter({ ttl: 1, fragment: 3 }), "IP_TTL");
    assert.equal(r.pass(ipv4({ ...at, ttl: 2 }, asked)).length, 1);
    assert.equal(r.core.counter("IP_TTL"), 6);
  });

  test("no route: network unreachable; a silent host: host unreachable, of what waited for it", async () => {
    const r = await known();
    r.reports(letter({ to: "203.0.113.1" }), 3, 0);
    const silent = letter({ to: "10.2.0.99" });
    assert.equal(r.pass(silent)[0]?.arp?.targetIp, "10.2.0.99");
    const errors: Seen[] = [];
    for (let i = 0; i < 50; i++) {
      r.ms += 100;
      r.poll();
      r.sent(1);
      errors.push(...r.sent(0));
    }
    assert.equal(errors.length, 0, "who is not known as a neighbour gets none: there is no frame to answer any more");
    assert.equal(r.core.counter("HOLD_EXPIRED"), 1);
    r.learn(0, LEFT.ip, LEFT.mac);
    r.pass(silent);
    for (let i = 0; i < 50; i++) {
      r.ms += 100;
      r.poll();
      r.sent(1);
      errors.push(...r.sent(0));
    }
    assert.deepEqual([errors.length, errors[0]?.icmp?.type, errors[0]?.icmp?.code, errors[0]?.to], [1, 3, 1, LEFT.mac]);
    assert.deepEqual(errors[0]?.icmp?.data.subarray(12, 28), silent.subarray(12, 28));
    assert.equal(r.core.pools().HOLD.used, 0);
  });

  test("a datagram waits for its neighbour and goes when that answers; also one that must be cut then", async () => {
    const r = await Router.make({ mtu: 576 });
    assert.equal(r.pass(letter({ to: RIGHT.ip }, 1000))[0]?.arp?.targetIp, RIGHT.ip);
    const reply = arp({ operation: 2, senderMac: RIGHT.mac, senderIp: RIGHT.ip, targetMac: RIGHT.us, targetIp: "10.2.0.1" });
    assert.ok(r.core.input(ethernet(RIGHT.us, RIGHT.mac, ETHER.ARP, reply), 1));
    r.poll();
    r.ms += 1;
    r.poll();
    const pieces = r.sent(1);
    assert.ok(pieces.length === 2 && pieces.every(({ to, ip }) => to === RIGHT.mac && ip?.ttl === 63));
    assert.deepEqual(joined(pieces).udp?.data, pattern(1000));
    assert.equal(r.core.counter("IP_FORWARDED"), 1);
  });

  test("longer than the next MTU: with DF the sender hears which MTU, without it goes in pieces, all or none", async () => {
    const r = await known({ mtu: 576, txSlots: 8 });
    r.reports(letter({ fragment: 0x4000 }, 1000), 3, 4, 576);
    assert.equal(r.core.counter("IP_DF"), 1);
    const pieces = r.pass(letter({}, 1400));
    assert.equal(pieces.length, 3);
    assert.deepEqual(joined(pieces).udp?.data, pattern(1400));
    const fragments = cut(udp(LEFT.ip, 1, RIGHT.ip, 9, pattern(2800)), 1480, {
      from: LEFT.ip,
      to: RIGHT.ip,
      protocol: PROTOCOL.UDP,
      ident: 9,
    });
    const all = fragments.flatMap((frame) => r.pass(frame.subarray(14)));
    assert.deepEqual(joined(all).udp?.data, pattern(2800), "pieces of fragments fit together");
    assert.ok(all.every(({ ip }) => (ip?.octets.length ?? 0) <= 576));
    const full = await known({ mtu: 68, txSlots: 8 });
    assert.deepEqual(full.pass(letter({}, 1000)), []);
    assert.equal(full.core.counter("TX_FULL"), 1);
    assert.equal(full.pass(letter({}, 100)).length, 3);
  });

  test("link broadcasts, groups, martians, link-local addresses and source routes under way do not pass; those are reported", async () => {
    const r = await known();
    r.drops(letter(), "IP_NOT_OURS", { to: EVERYBODY });
    for (const to of ["224.0.0.5", "239.1.2.3", "240.0.0.1", "127.0.0.1", "0.1.2.3", "169.254.3.4"]) r.drops(letter({ to }), "IP_NOT_OURS");
    r.drops(letter({ from: "169.254.3.4" }), "IP_NOT_OURS");
    for (const from of ["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "10.2.0.255", "10.2.0.1", "240.0.0.1"])
      r.drops(letter({ from }), "IP_BAD_SOURCE");
    for (const kind of [131, 137]) r.reports(letter({ options: [kind, 7, 4, 10, 0, 0, 9, 0] }), 3, 5);
    r.drops(letter({ checksum: 0 }), "IP_CHECKSUM");
    assert.equal(r.pass(letter()).length, 1);
  });

  test("errors are limited in rate, and what passes is not", async () => {
    const r = await known({ errorRate: 10 });
    for (let i = 0; i < 500; i++) r.pass(letter({ ttl: 1 }));
    assert.ok(r.sent(0).length <= 10);
    assert.ok(r.core.counter("ICMP_RATE_LIMITED") >= 490);
    for (let i = 0; i < 500; i++) assert.equal(r.pass(letter()).length, 1);
  });

  test("a connection through it, and errors about it, are none of our business", async () => {
    const r = await known();
    const syn = tcp(LEFT.ip, 6000, RIGHT.ip, 80, { ctl: CTL.SYN });
    const [out] = r.pass(ipv4({ from: LEFT.ip, to: RIGHT.ip, protocol: PROTOCOL.TCP }, syn));
    assert.equal(out?.tcp?.ctl, CTL.SYN);
    const error = icmp(3, 3, 0, letter({ from: RIGHT.ip, to: LEFT.ip }).subarray(0, 28));
    assert.equal(r.pass(ipv4({ from: LEFT.ip, to: RIGHT.ip, protocol: PROTOCOL.ICMP }, error))[0]?.icmp?.type, 3);
    assert.equal(r.core.counter("ICMP_IN"), 0);
    assert.equal(r.core.counter("TCP_IN"), 0);
    assert.equal(r.pass(ipv4({ from: LEFT.ip, to: RIGHT.ip, protocol: 200 }, bytes("anything")))[0]?.ip?.protocol, 200);
  });

  test("sweeping a network by way of us evicts no neighbour that we use", async () => {
    const r = await known();
    const socket = r.core.udp_bind({});
    r.core.udp_write(socket, bytes("x"), { address: RIGHT.ip, port: 9 });
    r.poll();
    assert.equal(r.sent(1)[0]?.to, RIGHT.mac);
    for (let i = 0; i < 150; i++) {
      r.ms += 50;
      r.pass(letter({ to: `10.2.0.${100 + (i % 100)}` }));
    }
    const [still] = r.pass(letter());
    assert.equal(still?.to, RIGHT.mac);
    assert.ok(r.core.pools().NEIGHBOUR.used <= 20, `${r.core.pools().NEIGHBOUR.used} of 64`);
  });
});

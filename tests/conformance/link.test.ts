import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { arp, ETHER, EVERYBODY, ethernet, icmp, ipv4, PROTOCOL, udp } from "./packets.js";
import { arpRequest, bytes, datagram, datagrams, messages, OTHER, PEER, ping, Tester, US } from "./tester.js";

/** Overwrites what lies behind a frame, so that reading past its end would be seen. */
function poison(t: Tester): void {
  for (let i = 0; i < t.core.device(0).rxSlots; i++) t.core.device(0).input(new Uint8Array(1514).fill(0xa5));
  t.poll();
}

describe("Ethernet", () => {
  test("ETH-01: frames of 0 to 13 octets are dropped, and nothing behind them is read", async () => {
    const t = await Tester.make();
    poison(t);
    for (let length = 0; length < 14; length++) t.drops(ping().subarray(0, length), "LINK_SHORT", `${length} octets`);
    t.isAlive();
  });

  test("ETH-02: frames longer than a slot are dropped, and the neighbouring slot stays whole", async () => {
    const t = await Tester.make();
    t.isAlive();
    for (const length of [1600, 1601, 4096, 9014, 16_384, 65_536]) {
      assert.ok(t.core.input(new Uint8Array(length).fill(0xee)));
      assert.ok(t.core.input(ping()));
      const reasons = t.reasons(() => assert.equal(messages(t.poll(), 0).length, 1, "the frame behind it is answered"));
      assert.deepEqual(reasons, { LINK_LONG: 1 }, `${length}`);
    }
  });

  test("ETH-03, 1122-2.3.3a: an 802.3 frame with any length field is dropped and never misread", async () => {
    const t = await Tester.make();
    const snap = Uint8Array.from([
      0xaa,
      0xaa,
      3,
      0,
      0,
      0,
      8,
      0,
      ...ipv4({ from: PEER.ip, to: US.ip, protocol: 1 }, icmp(8, 0, 1, bytes("snap"))),
    ]);
    for (const length of [0, 1, 3, 8, 28, 46, 60, 1500, 1501, 1535])
      t.drops(ethernet(US.mac, PEER.mac, length, snap), "LINK_UNKNOWN_TYPE", `${length}`);
    for (let size = 14; size < 60; size++)
      t.drops(ethernet(US.mac, PEER.mac, 1500, snap).subarray(0, size), "LINK_UNKNOWN_TYPE", `${size} octets`);
    t.isAlive();
  });

  test("ETH-04: a frame from our own MAC, or from a group, is dropped and teaches nothing", async () => {
    const t = await Tester.make();
    for (const from of [US.mac, EVERYBODY, "01:00:5e:00:00:01"]) {
      t.drops(ping({}, bytes("x"), { from }), "LINK_BAD_SOURCE", from);
      const packet = arp({ senderMac: OTHER.mac, senderIp: OTHER.ip, targetIp: US.ip });
      t.drops(ethernet(EVERYBODY, from, ETHER.ARP, packet), "LINK_BAD_SOURCE", from);
    }
    assert.equal(t.core.pools().NEIGHBOUR.used, 0);
    t.isAlive();
  });

  test("ETH-05, IPV6-01, 8200-1: VLAN tags, IPv6 and unknown types are dropped and counted", async () => {
    const t = await Tester.make();
    const packet = ipv4({ from: PEER.ip, to: US.ip, protocol: PROTOCOL.ICMP }, icmp(8, 0, 1, bytes("tagged")));
    const tagged = Uint8Array.from([0, 5, 8, 0, ...packet]);
    t.drops(ethernet(US.mac, PEER.mac, ETHER.VLAN, tagged), "LINK_UNKNOWN_VLAN");
    for (const type of [0x88a8, ETHER.IPV6, 0x0000, 0x0801, 0x88cc, 0xffff])
      t.drops(ethernet(US.mac, PEER.mac, type, tagged), "LINK_UNKNOWN_TYPE");
    const loops = Uint8Array.from([0x60, 0, 0, 0, 0, 16, 0, 64, ...new Uint8Array(48)]);
    t.drops(ethernet(US.mac, PEER.mac, ETHER.IPV6, loops), "LINK_UNKNOWN_TYPE");
    t.isAlive();
  });

  test("ETH-06: padding behind the datagram is neither delivered nor echoed", async () => {
    const t = await Tester.make();
    const socket = t.bind(7);
    const packet = ipv4({ from: PEER.ip, to: US.ip, protocol: PROTOCOL.UDP }, udp(PEER.ip, 5000, US.ip, 7, bytes("x")));
    const padded = Uint8Array.from([...ethernet(US.mac, PEER.mac, ETHER.IPV4, packet, 0), ...bytes("attack attack at")]);
    t.inject(padded);
    assert.equal(t.receive(socket), "x");
    const short = ipv4({ from: PEER.ip, to: US.ip, protocol: PROTOCOL.ICMP }, icmp(8, 0, 1, bytes("y")));
    const [reply] = messages(
      t.inject(Uint8Array.from([...ethernet(US.mac, PEER.mac, ETHER.IPV4, short, 0), ...bytes("attack attack at")])),
      0,
    );
    assert.deepEqual(reply?.icmp?.data, bytes("y"));
  });

  test("ETH-07: short frames are padded with zeros, whatever the slot held before", async () => {
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 4, txSlots: 4 }] });
    for (let i = 0; i < 8; i++) t.inject(ping({}, new Uint8Array(1400).fill(0xa5)));
    for (let i = 0; i < 8; i++) {
      // The reader fails on any padding that is not zero.
      const sent = [...t.inject(ping({}, new Uint8Array(i))), ...t.inject(arpRequest(OTHER)), ...t.inject(datagram(9999, "closed"))];
      assert.equal(sent.length, 3);
      assert.ok(sent.filter((seen) => seen.frame.length === 60).length >= 2);
    }
  });

  test("1122-2.4: what came by a link broadcast or multicast is known as such, and gets no error, reset or echo", async () => {
    const t = await Tester.make();
    for (const to of [EVERYBODY, "01:00:5e:00:00:01"]) {
      t.drops(ping({}, bytes("echo?"), { to }), "ICMP_ECHO_BROADCAST", to);
      t.drops(datagram(9999, "closed", {}, { to }), "UDP_NO_SOCKET", to);
      const socket = t.bind(7);
      t.inject(datagram(7, "open", {}, { to }));
      assert.equal(t.receive(socket), "open", "a socket does get it");
      t.core.udp_close(socket);
    }
    assert.equal(messages(t.inject(datagram(9999, "closed")), 3).length, 1, "the control gets an error");
  });

  test("1122-2.3.1: frames with the types of trailers are not spoken", async () => {
    const t = await Tester.make();
    for (let type = 0x1000; type <= 0x100f; type++) t.drops(ethernet(US.mac, PEER.mac, type, new Uint8Array(64)), "LINK_UNKNOWN_TYPE");
    const socket = t.bind();
    t.send(socket, new Uint8Array(1024), PEER.ip);
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.type),
      [ETHER.IPV4],
    );
  });

  test("a frame for another MAC is dropped", async () => {
    const t = await Tester.make();
    t.drops(ping({}, bytes("x"), { to: OTHER.mac }), "LINK_NOT_OURS");
    t.isAlive();
  });
});

// RFC 5227: addresses are probed before use, announced, and defended.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CoreOptions, Err, State } from "../../bindings/node/core.js";
import { arp, CTL, ETHER, EVERYBODY, ethernet, PROTOCOL, type Seen, tcp } from "./packets.js";
import { arpRequest, frame, OTHER, PEER, ping, SEED, Tester, US } from "./tester.js";

const probing = { settings: { probing: 1 } };
const tentative = (more: Partial<CoreOptions> = {}): Partial<CoreOptions> => ({
  ...probing,
  interfaces: [{ device: 0, mac: US.mac, addresses: [{ address: US.ip, prefix: 24, state: "tentative" as const }] }],
  ...more,
});
/** Lets time pass; answers what was sent, and when. */
function watch(t: Tester, ms: number): { at: number; seen: Seen }[] {
  const all: { at: number; seen: Seen }[] = [];
  for (let i = 0; i < ms; i++) for (const seen of t.pass(1)) all.push({ at: t.ms, seen });
  return all;
}
const isProbe = ({ arp: it }: Seen, ip: string = US.ip) => it?.operation === 1 && it.senderIp === "0.0.0.0" && it.targetIp === ip;
const isAnnouncement = ({ arp: it }: Seen, ip: string = US.ip) => it?.operation === 1 && it.senderIp === ip && it.targetIp === ip;
const state = (t: Tester, place = 0) => t.core.interfaces()[0]?.states[place];
/** `from` claims an address, by a reply to everybody or a request for another. */
const claims = (from: { mac: string }, ip: string, operation = 2) =>
  ethernet(EVERYBODY, from.mac, ETHER.ARP, arp({ operation, senderMac: from.mac, senderIp: ip, targetMac: US.mac, targetIp: PEER.ip }));
const probes = (from: { mac: string }, ip: string) =>
  ethernet(EVERYBODY, from.mac, ETHER.ARP, arp({ senderMac: from.mac, senderIp: "0.0.0.0", targetIp: ip }));

describe("probing", () => {
  test("5227-1, 5227-3: three probes from 0.0.0.0, one to two seconds apart, then two announcements two seconds apart; not used before", async () => {
    const firsts = new Set<number>();
    for (let seed = 1; seed <= 8; seed++) {
      const t = await Tester.make(tentative({ seed: SEED.map((octet) => octet ^ seed) }));
      assert.equal(t.core.udp_bind({ address: US.ip }), Err.BAD_ADDRESS);
      t.drops(ping(), "IP_NOT_OURS");
      const sent = watch(t, 12_000);
      const times = (which: (seen: Seen) => boolean) => sent.filter(({ seen }) => which(seen)).map(({ at }) => at);
      const [asked, said] = [times(isProbe), times(isAnnouncement)];
      assert.equal(sent.length, 5, "nothing else is sent");
      assert.ok(asked.length === 3 && said.length === 2);
      const [first, second, third] = asked as [number, number, number];
      assert.ok(first <= 1001 && second - first >= 1000 && second - first <= 2000 && third - second >= 1000 && third - second <= 2000);
      assert.deepEqual(said, [third + 2000, third + 4000]);
      assert.ok(sent.every(({ seen }) => seen.to === EVERYBODY && (isAnnouncement(seen) || seen.arp?.targetMac === "00:00:00:00:00:00")));
      firsts.add(first);
      assert.equal(state(t), "VALID");
      t.isAlive();
    }
    assert.ok(firsts.size > 1, "the first probe comes at a random time");
  });

  test("5227-2: whoever shows to have the address, or to probe it too, makes it a conflict: it is not taken, and the generation says so", async () => {
    for (const [name, rival] of [
      ["a reply", claims(OTHER, US.ip)],
      ["a request", claims(OTHER, US.ip, 1)],
      ["a probe", probes(OTHER, US.ip)],
    ] as const) {
      for (const when of [10, 1500, 3500]) {
        const t = await Tester.make(tentative());
        t.pass(when);
        const before = t.core.interfaces()[0]?.generation ?? 0;
        t.drops(rival, "ARP_CONFLICT", name);
        assert.equal(t.core.counter("ARP_LOST"), 1);
        assert.equal(state(t), "CONFLICT", name);
        assert.equal(t.core.interfaces()[0]?.generation, before + 1);
        assert.deepEqual(t.pass(20_000), [], `${name}: nothing more is said`);
        t.drops(ping(), "IP_NOT_OURS");
      }
    }
  });

  test("5227-2: others' ARP about other addresses, and our own probes come back, are no conflict", async () => {
    const t = await Tester.make(tentative());
    t.pass(2500);
    t.inject(claims(OTHER, "10.0.0.9"), probes(OTHER, "10.0.0.9"), arpRequest(OTHER, PEER.ip));
    t.inject(ethernet(EVERYBODY, OTHER.mac, ETHER.ARP, arp({ senderMac: US.mac, senderIp: "0.0.0.0", targetIp: US.ip })));
    const reply = arp({ operation: 2, senderMac: OTHER.mac, senderIp: "0.0.0.0", targetMac: US.mac, targetIp: US.ip });
    t.inject(ethernet(US.mac, OTHER.mac, ETHER.ARP, reply));
    t.pass(8000);
    assert.equal(state(t), "VALID");
    assert.equal(t.core.counter("ARP_CONFLICT"), 0);
    t.inject(probes(OTHER, US.ip));
    assert.equal(t.core.counter("ARP_REPLIES_OUT"), 1, "a probe for what we have is answered");
  });

  test("address_add probes where the setting is on; a conflict can be taken away, and the place used again", async () => {
    const t = await Tester.make(probing);
    assert.equal(t.core.address_add({ address: "10.0.0.77" }, 24), 1);
    assert.equal(state(t, 1), "TENTATIVE");
    assert.equal(t.core.address_add({ address: "10.0.0.77" }, 24), Err.IN_USE);
    const sent = t.pass(10_000);
    assert.equal(sent.filter((seen) => isProbe(seen, "10.0.0.77")).length, 3);
    assert.equal(state(t, 1), "VALID");
    assert.equal(t.core.address_add({ address: "10.0.0.78" }, 24), 2);
    t.pass(1500);
    t.inject(claims(OTHER, "10.0.0.78"));
    assert.equal(state(t, 2), "CONFLICT");
    assert.equal(t.core.address_remove({ address: "10.0.0.78" }), 0);
    assert.equal(t.core.address_add({ address: "10.0.0.78" }, 24), 2);
    t.pass(500);
    t.core.address_remove({ address: "10.0.0.78" });
    assert.deepEqual(t.pass(10_000), [], "a probe that is not needed any more is not sent");
  });

  test("with a full transmit ring, and without a carrier, probes wait", async () => {
    const t = await Tester.make(tentative());
    t.core.device(0).link = false;
    assert.deepEqual(t.pass(20_000), []);
    t.core.device(0).link = true;
    const sent = t.pass(10_000);
    assert.deepEqual([sent.filter((seen) => isProbe(seen)).length, sent.filter((seen) => isAnnouncement(seen)).length], [3, 2]);
  });

  test("a setting that is neither 0 nor 1 is refused", async () => {
    await assert.rejects(Tester.make({ settings: { probing: 2 } }), /BAD_SETTING|probing/);
  });
});

describe("defending", () => {
  test("5227-4: a rival is answered by one announcement; after ten quiet seconds by another", async () => {
    const t = await Tester.make(probing);
    t.pass(5000);
    for (let i = 0; i < 4; i++) {
      const sent = t.inject(claims(OTHER, US.ip));
      assert.equal(sent.length, 1);
      assert.ok(sent.every((seen) => isAnnouncement(seen)));
      assert.equal(state(t), "VALID");
      assert.deepEqual(t.pass(10_000), []);
    }
    assert.equal(t.core.counter("ARP_CONFLICT"), 4);
    assert.equal(t.core.counter("ARP_LOST"), 0);
    t.isAlive();
  });

  test("5227-4: a second rival claim within ten seconds: the address is given up, and connections from it end", async () => {
    const t = await Tester.make(probing);
    const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
    const [syn] = t.poll().filter((seen) => seen.tcp);
    const fields = { seq: 100, ack: ((syn?.tcp?.seq ?? 0) + 1) >>> 0, ctl: CTL.SYN | CTL.ACK };
    t.inject(frame(tcp(PEER.ip, 80, US.ip, syn?.tcp?.fromPort ?? 0, fields), { protocol: PROTOCOL.TCP }));
    assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
    t.pass(5000);
    assert.equal(t.inject(claims(OTHER, US.ip)).length, 1);
    t.pass(9990);
    assert.deepEqual(t.inject(claims(OTHER, US.ip)), []);
    assert.equal(state(t), "CONFLICT");
    assert.equal(t.core.counter("ARP_LOST"), 1);
    assert.equal(t.core.tcp_receive_ready(handle), Err.UNREACHABLE);
    t.drops(ping(), "IP_NOT_OURS");
    t.drops(arpRequest(OTHER), "ARP_NOT_OURS");
  });

  test("without the setting a rival is counted only, here and in the address's record", async () => {
    const t = await Tester.make();
    for (let i = 0; i < 300; i++) assert.deepEqual(t.inject(claims(OTHER, US.ip)), []);
    assert.equal(t.core.counter("ARP_CONFLICT"), 300);
    assert.equal(state(t), "VALID");
    t.isAlive();
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, State } from "../../bindings/node/core.js";
import { arp, CTL, ETHER, EVERYBODY, ethernet, icmp, PROTOCOL, read, type Seen, tcp } from "./packets.js";
import {
  arpReply,
  arpRequest,
  asksFor,
  bytes,
  datagrams,
  frame,
  GATEWAY,
  host,
  messages,
  OTHER,
  PEER,
  ping,
  Tester,
  US,
} from "./tester.js";

/** Ethernet interface with this prefix, so that many hosts are on link. */
const wide = (gateway?: string) => ({ interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/8`], gateway }] });
/** Host `n` of 10/8, from 10.1.0.0 on. */
const far = (n: number) => ({
  ip: `10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
  mac: `06:00:00:0${n >> 16}:${hex(n >> 8)}:${hex(n)}`,
});
const hex = (n: number) => (n & 255).toString(16).padStart(2, "0");
const strangersPing = (who: { ip: string; mac: string }) =>
  frame(icmp(8, 0, 1, new Uint8Array(8)), { protocol: PROTOCOL.ICMP, from: who.ip }, { from: who.mac });
const textOf = (seen: Seen) => new TextDecoder().decode(seen.udp?.data);

describe("ARP: answering", () => {
  test("826-1: a request for our address gets a unicast reply with our addresses, and the sender is known from then on", async () => {
    const t = await Tester.make();
    const sent = t.inject(arpRequest(OTHER));
    assert.equal(sent.length, 1);
    assert.equal(sent[0]?.to, OTHER.mac);
    assert.deepEqual(sent[0]?.arp, { operation: 2, senderMac: US.mac, senderIp: US.ip, targetMac: OTHER.mac, targetIp: OTHER.ip });
    t.send(t.bind(), "now", OTHER.ip);
    const [first, ...rest] = t.poll();
    assert.equal(first?.to, OTHER.mac);
    assert.deepEqual(rest, []);
  });

  test("826-2, ARP-02: a wrong hardware type, protocol, length, operation or target is not answered", async () => {
    const t = await Tester.make();
    const request = { senderMac: PEER.mac, senderIp: PEER.ip, targetIp: US.ip };
    const wrap = (packet: Uint8Array) => ethernet(EVERYBODY, PEER.mac, ETHER.ARP, packet);
    for (const hardware of [0, 2, 6, 0x0100, 0xffff]) t.drops(wrap(arp({ ...request, hardware })), "ARP_MALFORMED", `hardware ${hardware}`);
    for (const protocol of [0, 0x0801, 0x0008, ETHER.IPV6])
      t.drops(wrap(arp({ ...request, protocol })), "ARP_MALFORMED", `protocol ${protocol}`);
    for (const hardwareLength of [0, 5, 8, 255]) t.drops(wrap(arp({ ...request, hardwareLength })), "ARP_MALFORMED");
    for (const protocolLength of [0, 3, 16, 255]) t.drops(wrap(arp({ ...request, protocolLength })), "ARP_MALFORMED");
    for (const operation of [0, 3, 4, 8, 9, 0x0100, 0xffff])
      t.drops(wrap(arp({ ...request, operation })), "ARP_MALFORMED", `operation ${operation}`);
    for (const targetIp of [OTHER.ip, "10.0.0.255", "0.0.0.0", "10.0.1.1"])
      t.drops(wrap(arp({ ...request, targetIp })), "ARP_NOT_OURS", targetIp);
    assert.equal(messages(t.inject(wrap(arp(request))), 0).length, 0);
    assert.equal(t.core.counter("ARP_REPLIES_OUT"), 1, "the control is answered");
  });

  test("ARP-01: an ARP packet cut at any length is dropped", async () => {
    const t = await Tester.make();
    const whole = arp({ senderMac: PEER.mac, senderIp: PEER.ip, targetIp: US.ip });
    for (let length = 0; length < 28; length++)
      t.drops(ethernet(EVERYBODY, PEER.mac, ETHER.ARP, whole.subarray(0, length), 14), "ARP_MALFORMED", `${length}`);
    assert.equal(t.inject(ethernet(EVERYBODY, PEER.mac, ETHER.ARP, whole, 14)).length, 1, "all 28 octets are answered");
  });

  test("A073: a request from outside our prefix is answered, and a reply to our own question is taken from there", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["192.168.1.1/24"], gateway: "10.7.7.7" }] });
    const packet = arp({ senderMac: PEER.mac, senderIp: "10.9.9.9", targetIp: "192.168.1.1" });
    const [reply] = t.inject(ethernet(EVERYBODY, PEER.mac, ETHER.ARP, packet));
    assert.equal(reply?.arp?.operation, 2);
    assert.equal(reply?.to, PEER.mac);
    t.send(t.bind(), "out", "8.8.8.8");
    assert.equal(asksFor(t.poll(), "10.7.7.7").length, 1);
    const answer = arp({ operation: 2, senderMac: OTHER.mac, senderIp: "10.7.7.7", targetMac: US.mac, targetIp: "192.168.1.1" });
    const [out] = t.inject(ethernet(US.mac, OTHER.mac, ETHER.ARP, answer));
    assert.equal(out?.to, OTHER.mac);
  });

  test("A053: a gateway outside the prefix is taken to be on link", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.5/32"], gateway: "10.0.0.1" }] });
    t.send(t.bind(), "off link", "192.0.2.1");
    assert.equal(asksFor(t.poll(), "10.0.0.1").length, 1);
    const answer = arp({ operation: 2, senderMac: GATEWAY.mac, senderIp: "10.0.0.1", targetMac: US.mac, targetIp: "10.0.0.5" });
    const [out] = t.inject(ethernet(US.mac, GATEWAY.mac, ETHER.ARP, answer));
    assert.equal(out?.to, GATEWAY.mac);
    assert.equal(out?.ip?.to, "192.0.2.1");
  });

  test("ARP-08: hosts that claim our address over and over are counted, and get no storm of defences", async () => {
    const t = await Tester.make();
    let sent = 0;
    for (let i = 0; i < 500; i++) {
      const claim = arp({ senderMac: i & 1 ? PEER.mac : OTHER.mac, senderIp: US.ip, targetIp: US.ip });
      sent += t.inject(ethernet(EVERYBODY, i & 1 ? PEER.mac : OTHER.mac, ETHER.ARP, claim)).length;
      sent += t.pass(20).length;
    }
    assert.ok(sent <= 2, `${sent} frames in 10 s`);
    assert.equal(t.core.counter("ARP_CONFLICT"), 500);
    t.isAlive();
  });
});

describe("ARP: asking", () => {
  test("1122-2.3.2.1b: at most one request a second to an absent host, however much is sent", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    const second: number[] = [];
    for (let i = 0; i < 1000; i++) {
      t.send(socket, "anybody?", OTHER.ip);
      if (asksFor(t.poll(), OTHER.ip).length) second.push(t.ms);
      if (asksFor(t.pass(10), OTHER.ip).length) second.push(t.ms);
    }
    assert.ok(second.length >= 3, "it does ask");
    for (let i = 1; i < second.length; i++) assert.ok((second[i] as number) - (second[i - 1] as number) >= 990, second.join(" "));
  });

  test("A047, ARP-07: no more than one ARP request a second for each of more hosts than fit the table", async () => {
    for (const neighbours of [4, 32]) {
      const t = await Tester.make({ capacities: { neighbours } });
      const socket = t.bind();
      const asked = new Map<string, number>();
      const note = (sent: Seen[]) => {
        for (const { arp: it } of sent) if (it?.operation === 1) asked.set(it.targetIp, (asked.get(it.targetIp) ?? 0) + 1);
      };
      for (let round = 0; round * (neighbours + 1) < 1000; round++) {
        for (let n = 0; n <= neighbours; n++) {
          t.send(socket, "hello", host(10 + n).ip);
          note(t.pass(1));
        }
      }
      assert.ok(asked.size >= neighbours);
      for (const [ip, times] of asked) assert.ok(times <= 2, `${times} requests for ${ip} in a second`);
      assert.ok(t.core.counter("ARP_FULL") > 0);
    }
  });

  test("ARP-07: a thousand silent hosts take no more than the table and the held packets, and afterwards a live one is reached", async () => {
    const t = await Tester.make({ ...wide(), capacities: { neighbours: 16, holds: 4 } });
    const socket = t.bind();
    for (let n = 0; n < 1000; n++) {
      t.send(socket, "hello", far(n).ip);
      t.pass(3);
      assert.ok(t.core.pools().HOLD.used <= 4);
    }
    assert.ok(t.core.counter("HOLD_FULL") > 0 && t.core.counter("ARP_FULL") > 0);
    t.pass(5000);
    assert.equal(t.core.pools().HOLD.used, 0, "nothing stays behind");
    t.send(socket, "alive", PEER.ip);
    assert.equal(datagrams(t.poll()).length, 1);
  });

  test("1122-2.3.2.2: the latest packet to a host is kept while it is resolved, and leaves once it answers", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    for (const text of ["one", "two", "three"]) t.send(socket, text, OTHER.ip);
    assert.equal(datagrams(t.poll()).length, 0);
    const sent = t.inject(arpReply(OTHER));
    assert.deepEqual(sent.map(textOf), ["three"]);
    assert.equal(t.core.counter("HOLD_REPLACED"), 2);
  });

  test("A007, A004: a hundred datagrams to a host that is not known yet stop nothing: its reply is read, the newest leaves, others are answered", async () => {
    const t = await Tester.make();
    t.resolve(PEER);
    const socket = t.bind();
    for (let i = 0; i < 100; i++) {
      assert.ok(t.send(socket, `number ${i}`, OTHER.ip) > 0);
      t.poll();
      if (i % 10 === 0) t.isAlive();
    }
    assert.deepEqual(t.inject(arpReply(OTHER)).map(textOf), ["number 99"]);
    assert.equal(t.core.pools().HOLD.used, 0);
  });

  test("A011: pings from 64 forged hosts on link starve nobody: pings, known hosts and new hosts are served", async () => {
    const t = await Tester.make();
    t.resolve(PEER);
    for (let n = 0; n < 64; n++) t.inject(strangersPing(host(10 + n)));
    assert.equal(t.inject(arpRequest(PEER)).filter((seen) => seen.arp?.operation === 2).length, 1, "ARP is answered");
    t.isAlive();
    const socket = t.bind();
    t.send(socket, "known", PEER.ip);
    assert.equal(datagrams(t.poll()).length, 1, "a known host is reached");
    t.answering.set(OTHER.ip, OTHER.mac);
    t.send(socket, "new", OTHER.ip);
    assert.equal(datagrams(t.poll()).length, 1, "a new host is resolved and reached");
  });

  test("A245: what waited for a resolution leaves before what is sent later, when the device was full meanwhile too", async () => {
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 16, txSlots: 4 }] });
    t.resolve(PEER);
    const socket = t.bind();
    t.send(socket, "C", OTHER.ip);
    t.poll();
    t.core.input(ping());
    t.core.input(arpReply(OTHER));
    t.core.input(ping());
    t.core.poll(t.ms);
    const early = t.core.output().map((each) => read(each));
    t.send(socket, "D", OTHER.ip);
    const sent = [...early, ...t.poll(), ...t.pass(10)];
    assert.deepEqual(datagrams(sent).map(textOf), ["C", "D"]);
  });
});

describe("ARP: connections whose neighbour is gone", () => {
  /** A connection of ours to PEER, after which PEER answers nothing, not even ARP. */
  async function abandoned(): Promise<{ t: Tester; handle: number }> {
    const t = await Tester.make({ settings: { arpTimeout: 2000, userTimeout: 100_000 } });
    const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
    const [syn] = t.poll().filter((seen) => seen.tcp);
    const fields = { seq: 100, ack: ((syn?.tcp?.seq ?? 0) + 1) >>> 0, ctl: CTL.SYN | CTL.ACK };
    t.inject(frame(tcp(PEER.ip, 80, US.ip, syn?.tcp?.fromPort ?? 0, fields), { protocol: PROTOCOL.TCP }));
    assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
    t.answering.clear();
    t.pass(10_000);
    return { t, handle };
  }

  test("octets that cannot leave for want of a neighbour end the connection with the user timeout", async () => {
    const { t, handle } = await abandoned();
    t.core.tcp_write(handle, bytes("nobody will get this"));
    t.pass(90_000);
    assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
    t.pass(20_000);
    assert.equal(t.core.status(handle)?.state, "CLOSED");
    assert.ok(["TIMED_OUT", "UNREACHABLE"].includes(t.core.status(handle)?.error ?? ""));
  });

  test("a connection that was let go with octets left ends too, and leaves nothing behind", async () => {
    const { t, handle } = await abandoned();
    t.core.tcp_write(handle, bytes("nor this"));
    t.core.tcp_close(handle);
    t.pass(120_000);
    assert.equal(t.core.pools().TCP0.used, 0);
    t.pass(20_000);
    assert.equal(t.core.pools().NEIGHBOUR.used, 0);
    assert.deepEqual(t.pass(100_000), [], "nobody is asked for any more");
  });
});

describe("ARP: the table", () => {
  test("A193: the timeout can be set, and an entry past it is asked for again", async () => {
    const t = await Tester.make({ settings: { arpTimeout: 5000 } });
    t.resolve(OTHER);
    const socket = t.bind();
    t.pass(3000);
    t.send(socket, "still known", OTHER.ip);
    assert.equal(datagrams(t.poll()).length, 1);
    t.ms += 6000;
    t.send(socket, "not known any more", OTHER.ip);
    const sent = t.poll();
    assert.deepEqual([asksFor(sent, OTHER.ip).length, datagrams(sent).length], [1, 0]);
    assert.equal(asksFor(sent, OTHER.ip)[0]?.to, EVERYBODY);
  });

  test("A246: an entry whose time ran out is not used by a send before the next poll", async () => {
    const t = await Tester.make();
    t.resolve(OTHER);
    const socket = t.bind();
    t.ms += 60_001;
    t.send(socket, "late", OTHER.ip);
    const sent = t.poll();
    assert.deepEqual([asksFor(sent, OTHER.ip).length, datagrams(sent).length], [1, 0]);
    assert.deepEqual(t.inject(arpReply(OTHER)).map(textOf), ["late"]);
  });

  test("1122-2.3.2.1a: a host whose MAC address changed in silence is found again within the timeout", async () => {
    const t = await Tester.make();
    t.resolve(OTHER);
    const socket = t.bind();
    const moved = { ip: OTHER.ip, mac: "02:00:00:00:00:99" };
    let last = "";
    for (let second = 0; second < 63; second++) {
      t.send(socket, "hello", OTHER.ip);
      const sent = t.pass(1000);
      // The new card hears broadcasts only; the old one is gone.
      if (asksFor(sent, OTHER.ip).some((seen) => seen.to === EVERYBODY)) sent.push(...t.inject(arpReply(moved)));
      last = datagrams(sent).at(-1)?.to ?? last;
    }
    assert.equal(last, moved.mac);
  });

  test("A230: a gateway in use is refreshed by unicast and no datagram waits behind a broadcast", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    t.send(socket, "first", "192.0.2.1");
    t.poll();
    let refreshed = 0;
    for (let i = 0; i < 600; i++) {
      const between = t.pass(500);
      t.send(socket, `${i}`, "192.0.2.1");
      const sent = t.poll();
      assert.deepEqual(datagrams(sent).map(textOf), [`${i}`], "it leaves in the poll after the call");
      for (const ask of asksFor([...between, ...sent], GATEWAY.ip)) {
        assert.equal(ask.to, GATEWAY.mac, "by unicast");
        refreshed++;
      }
    }
    assert.ok(refreshed >= 4, `${refreshed}`);
  });

  test("A231: pings from 100 forged hosts on link do not evict a real one", async () => {
    const t = await Tester.make();
    t.answering.delete(PEER.ip);
    t.resolve(PEER);
    t.pass(2000);
    for (let n = 0; n < 100; n++) t.inject(strangersPing(host(10 + n)));
    t.send(t.bind(), "still there", PEER.ip);
    const sent = t.poll();
    assert.equal(asksFor(sent, PEER.ip).length, 0, "not asked for again");
    assert.equal(datagrams(sent)[0]?.to, PEER.mac);
  });

  test("826-3, ARP-04: ten thousand requests from strangers, to us and to others, leave the gateway's entry alone", async () => {
    const t = await Tester.make(wide(GATEWAY.ip));
    t.resolve(GATEWAY);
    t.pass(1500);
    for (let n = 0; n < 10_000; n += 50) {
      for (let i = n; i < n + 50; i++) assert.ok(t.core.input(arpRequest(far(i), i & 1 ? US.ip : OTHER.ip)));
      t.poll();
    }
    assert.equal(t.core.counter("ARP_NOT_OURS"), 5000);
    assert.ok(t.core.pools().NEIGHBOUR.used <= t.core.pools().NEIGHBOUR.capacity);
    t.answering.clear();
    t.send(t.bind(), "out", "192.0.2.1");
    const sent = t.poll();
    assert.equal(asksFor(sent, GATEWAY.ip).length, 0);
    assert.equal(datagrams(sent)[0]?.to, GATEWAY.mac);
  });

  test("A349, ARP-05: a sender with a group, zero or our own MAC, or with our or no host's IP, never enters the table", async () => {
    const t = await Tester.make();
    const from = (senderMac: string, senderIp: string) =>
      ethernet(EVERYBODY, PEER.mac, ETHER.ARP, arp({ senderMac, senderIp, targetIp: US.ip }));
    for (const senderMac of [EVERYBODY, "01:00:5e:00:00:01", "00:00:00:00:00:00", US.mac])
      t.drops(from(senderMac, OTHER.ip), "ARP_BAD_SENDER", senderMac);
    for (const senderIp of ["255.255.255.255", "224.0.0.1", "127.0.0.1", "10.0.0.255", "10.0.0.0", "240.0.0.1", "0.0.0.1"])
      t.drops(from(OTHER.mac, senderIp), "ARP_BAD_SENDER", senderIp);
    t.drops(from(OTHER.mac, US.ip), "ARP_CONFLICT");
    assert.equal(t.inject(from(OTHER.mac, "0.0.0.0")).length, 1, "a probe is answered");
    assert.equal(t.core.pools().NEIGHBOUR.used, 0);
    t.inject(arpRequest(OTHER));
    assert.equal(t.core.pools().NEIGHBOUR.used, 1, "the control enters it");
  });

  test("ARP-03: unsolicited replies make no entry, and a flood of them does not turn the gateway's traffic to another MAC", async () => {
    const t = await Tester.make();
    const attacker = (ip: string) => arpReply({ ip, mac: "02:00:00:00:00:66" });
    t.inject(attacker(OTHER.ip));
    assert.equal(t.core.pools().NEIGHBOUR.used, 0, "no entry from a reply that nobody asked for");
    t.resolve(GATEWAY);
    t.pass(2000);
    const socket = t.bind();
    for (let i = 0; i < 20; i++) {
      t.inject(attacker(GATEWAY.ip), attacker(GATEWAY.ip), attacker(GATEWAY.ip));
      t.send(socket, "secret", "192.0.2.1");
      for (const seen of datagrams(t.poll())) assert.equal(seen.to, GATEWAY.mac, `after ${i + 1} forged replies`);
      t.pass(100);
    }
    t.pass(5000);
    t.send(socket, "afterwards", "192.0.2.1");
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.to),
      [GATEWAY.mac],
    );
  });

  test("ARP-06: reverse ARP changes nothing", async () => {
    const t = await Tester.make();
    const reply = arp({ operation: 4, senderMac: PEER.mac, senderIp: PEER.ip, targetMac: US.mac, targetIp: "10.0.0.77" });
    t.drops(ethernet(US.mac, PEER.mac, ETHER.RARP, reply), "LINK_UNKNOWN_TYPE");
    t.drops(ethernet(US.mac, PEER.mac, ETHER.ARP, reply), "ARP_MALFORMED");
    t.isAlive();
    assert.equal(t.inject(arpRequest(OTHER, "10.0.0.77")).length, 0);
  });

  test("A006: a datagram sent after a long idle time is asked for once, held, and leaves with the answer", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    t.ms = 10_000;
    assert.ok(t.send(socket, "after ten seconds", OTHER.ip) > 0);
    assert.equal(asksFor(t.poll(), OTHER.ip).length, 1);
    t.ms = 10_002;
    const sent = t.inject(arpReply(OTHER));
    assert.deepEqual(sent.map(textOf), ["after ten seconds"]);
    assert.equal(t.core.udp_receive_ready(socket), Err.WOULD_BLOCK);
    assert.equal(t.core.counters().ARP_REQUESTS_OUT, 1);
  });
});

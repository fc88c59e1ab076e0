import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, Event, instantiate } from "../../bindings/node/core.js";
import { CTL, checksum, EVERYBODY, icmp, ipv4, PROTOCOL, read, type Seen, tcp, udp } from "./packets.js";
import { bytes, datagram, datagrams, frame, GATEWAY, icmpError, messages, OTHER, options, PEER, ping, Tester, US } from "./tester.js";

/** The IP header and `octets` more of what a frame carries. */
const quote = (seen: Seen | undefined, octets = 8) => seen?.ip?.octets.slice(0, (seen.ip?.headerLength ?? 20) + octets) ?? new Uint8Array();

/** A stack, a socket of it, and a datagram that it sent to PEER port 9. */
async function sender(connected: boolean): Promise<{ t: Tester; socket: number; sent: Seen }> {
  const t = await Tester.make();
  const socket = t.bind(5353);
  if (connected) assert.equal(t.core.udp_connect(socket, { address: PEER.ip, port: 9 }), 0);
  t.send(socket, "hello", PEER.ip);
  const [sent] = datagrams(t.poll());
  assert.ok(sent);
  while (t.core.ready_next()) assert.ok(t.core.events >= 0);
  return { t, socket, sent };
}
/** A stack in SYN-SENT to PEER port 80; its SYN. */
async function opening(): Promise<{ t: Tester; handle: number; syn: Seen }> {
  const t = await Tester.make();
  const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
  const [syn] = t.poll().filter((seen) => seen.tcp);
  assert.ok(syn);
  return { t, handle, syn };
}
/** The same, established, with the acknowledgement numbers that PEER sends from then on. */
async function established(): Promise<{ t: Tester; handle: number; next: number; port: number }> {
  const { t, handle, syn } = await opening();
  const port = syn.tcp?.fromPort ?? 0;
  const next = ((syn.tcp?.seq ?? 0) + 1) >>> 0;
  t.inject(frame(tcp(PEER.ip, 80, US.ip, port, { seq: 100, ack: next, ctl: CTL.SYN | CTL.ACK }), { protocol: PROTOCOL.TCP }));
  assert.equal(t.core.status(handle)?.state, "ESTABLISHED");
  while (t.core.ready_next()) assert.ok(t.core.events);
  return { t, handle, next, port };
}

describe("ICMP: echo", () => {
  test("1122-3.2.2.6a, ICMP-13: an echo request of any size comes back with the same octets, from the address that was pinged", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"] }] });
    for (const to of [US.ip, "10.0.0.9"]) {
      for (const size of [0, 1, 2, 7, 18, 63, 1000, 1471, 1472]) {
        const data = Uint8Array.from({ length: size }, (_, i) => (i * 11) & 255);
        const [reply] = messages(t.inject(ping({ to }, data)), 0);
        assert.deepEqual(reply?.icmp, { type: 0, code: 0, rest: 0x00070001, data });
        assert.equal(reply?.ip?.from, to);
      }
    }
    const small = await Tester.make({
      wasm: "build/ringwire-tiny.wasm",
      interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], mtu: 576 }],
      devices: [{ kind: "ethernet", slotOctets: 2048 }],
    });
    small.isAlive();
    small.drops(ping({}, new Uint8Array(1000)), "ICMP_TOO_LONG");
  });

  test("ICMP-13: a flood of pings is answered or waits in the ring, and holds no memory", async () => {
    const t = await Tester.make();
    t.isAlive();
    let replies = 0;
    for (let i = 0; i < 200; i++) {
      for (let k = 0; k < 50; k++) assert.ok(t.core.input(ping({}, new Uint8Array(64))));
      replies += messages(t.poll(), 0).length;
    }
    assert.equal(replies, 10_000);
    assert.equal(t.core.pools().HOLD.used, 0);
  });

  test("1122-3.2.2.6b, A347, ICMP-05: pings to broadcast and multicast addresses are not answered", async () => {
    const t = await Tester.make();
    for (const to of ["10.0.0.255", "255.255.255.255", "10.0.0.0"])
      for (const link of [EVERYBODY, US.mac]) t.drops(ping({ to }, bytes("x"), { to: link }), "ICMP_ECHO_BROADCAST", to);
    t.drops(ping({ to: "224.0.0.1" }, bytes("x"), { to: "01:00:5e:00:00:01" }), "ICMP_ECHO_BROADCAST", "all hosts");
    t.isAlive();
  });

  test("A229, ICMP-01: a ping with options is answered without them to its source, one with a source route under way is reported", async () => {
    const t = await Tester.make();
    const recordRoute = [7, 7, 4, 0, 0, 0, 0, 0];
    const [reply] = messages(t.inject(ping({ options: recordRoute })), 0);
    assert.equal(reply?.ip?.headerLength, 20);
    assert.equal(reply?.ip?.to, PEER.ip);
    assert.deepEqual(reply?.icmp?.data, bytes("are you there?"));
    const answers = t.inject(ping({ options: [131, 7, 4, 10, 0, 0, 9, 0] }));
    assert.deepEqual(
      answers.map(({ icmp }) => [icmp?.type, icmp?.code]),
      [[3, 5]],
    );
  });

  test("1122-3.2.2a, 6918-1, 1122-3.2.2.8, ICMP-11: of all types only an echo request is answered", async () => {
    const t = await Tester.make();
    for (let type = 0; type < 256; type++) {
      if (type === 8) continue;
      const reasons = t.reasons(() =>
        assert.deepEqual(t.inject(frame(icmp(type, 0, 0, new Uint8Array(36)), { protocol: PROTOCOL.ICMP })), [], `type ${type}`),
      );
      const expected = type === 0 ? "ICMP_ECHO_UNMATCHED" : [3, 11, 12].includes(type) ? "ICMP_ERROR_UNMATCHED" : "ICMP_UNKNOWN";
      assert.deepEqual(reasons, { [expected]: 1 }, `type ${type}`);
    }
    for (let code = 1; code < 256; code++) t.drops(frame(icmp(8, code, 0, bytes("x")), { protocol: PROTOCOL.ICMP }), "ICMP_UNKNOWN");
    t.isAlive();
  });

  test("ICMP-02, ICMP-03: a message that is cut short or has a wrong bit is dropped", async () => {
    const t = await Tester.make();
    const good = icmp(8, 0, 1, bytes("0123456789"));
    for (let length = 0; length < 8; length++)
      t.drops(frame(good.subarray(0, length), { protocol: PROTOCOL.ICMP }), "ICMP_SHORT", `${length}`);
    for (let length = 8; length < good.length; length++)
      t.drops(frame(good.subarray(0, length), { protocol: PROTOCOL.ICMP }), "ICMP_CHECKSUM", `${length}`);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      t.drops(frame(bad, { protocol: PROTOCOL.ICMP }), "ICMP_CHECKSUM", `bit ${bit}`);
    }
    t.isAlive();
  });

  test("6633-1, ICMP-08: source quench is ignored and never sent", async () => {
    const { t, handle, next, port } = await established();
    t.core.tcp_write(handle, new Uint8Array(536));
    const [segment] = t.poll().filter((seen) => seen.tcp?.text.length);
    const before = t.core.status(handle);
    t.drops(icmpError(4, 0, quote(segment)), "ICMP_UNKNOWN");
    assert.deepEqual(t.core.status(handle), before);
    t.inject(frame(tcp(PEER.ip, 80, US.ip, port, { seq: 101, ack: (next + 536) >>> 0, ctl: CTL.ACK }), { protocol: PROTOCOL.TCP }));
    assert.equal(t.core.status(handle)?.unacknowledged, 0);
  });

  test("A139+348, 1122-3.2.2.2, ICMP-09: redirects are ignored, from whomever they come", async () => {
    const { t, socket } = await sender(false);
    t.send(socket, "x", "192.0.2.1");
    const [out] = datagrams(t.poll());
    for (const from of [GATEWAY, OTHER]) {
      for (const [code, to] of [
        [0, 0x0a000003],
        [1, 0x0a000003],
        [1, 0x0a000001],
        [1, 0xc0000202],
      ] as const) {
        const redirect = icmp(5, code, to, quote(out));
        t.drops(frame(redirect, { protocol: PROTOCOL.ICMP, from: from.ip }, { from: from.mac }), "ICMP_UNKNOWN");
      }
    }
    t.send(socket, "again", "192.0.2.1");
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.to),
      [GATEWAY.mac],
    );
  });
});

describe("ICMP: errors we send", () => {
  test("1122-4.1.3.1, 1122-3.2.2c: port unreachable quotes the IP header and 8 octets as they came", async () => {
    const t = await Tester.make();
    for (const ipOptions of [[], [1, 1, 1, 0], new Array(40).fill(1)]) {
      const closed = datagram(9999, "nobody listens here", { options: ipOptions, ttl: 3, tos: 0x1c, ident: 0xbeef });
      const [error] = messages(t.inject(closed), 3);
      assert.deepEqual([error?.icmp?.code, error?.icmp?.rest], [3, 0]);
      assert.deepEqual(error?.icmp?.data, closed.subarray(14, 14 + 20 + ipOptions.length + 8));
      assert.deepEqual([error?.ip?.to, error?.ip?.from, error?.ip?.tos], [PEER.ip, US.ip, 0]);
    }
  });

  test("1122-3.2.2b, ICMP-10: no error about an error, a broadcast, a multicast, a link broadcast, a later fragment or a source that is no host", async () => {
    const t = await Tester.make();
    const closed = datagram(9999, "x");
    t.drops(icmpError(3, 3, closed.subarray(14, 42), 0, { from: PEER.ip }), "ICMP_ERROR_UNMATCHED");
    t.drops(datagram(9999, "x", { to: "10.0.0.255" }, { to: EVERYBODY }), "UDP_NO_SOCKET");
    t.drops(datagram(9999, "x", { to: "224.0.0.1" }, { to: "01:00:5e:00:00:01" }), "UDP_NO_SOCKET");
    t.drops(datagram(9999, "x", {}, { to: EVERYBODY }), "UDP_NO_SOCKET");
    assert.deepEqual([...t.inject(datagram(9999, "x", { fragment: 3 })), ...t.pass(70_000)], []);
    for (const from of ["10.0.0.255", "0.0.0.0", "127.0.0.1", "224.0.0.1"]) t.drops(datagram(9999, "x", { from }), "IP_BAD_SOURCE");
    assert.equal(messages(t.inject(closed), 3).length, 1, "the control gets one");
  });

  test("A072, A100, 1122-3.2.2d, UDP-07: errors are limited in rate, and real traffic goes on meanwhile", async () => {
    const t = await Tester.make({ settings: { errorRate: 10 } });
    const socket = t.bind(7);
    let errors = 0;
    for (let i = 0; i < 1000; i++) {
      errors += messages(t.inject(datagram(1024 + i * 7, "scan")), 3).length;
      if (i % 100 === 0) {
        t.inject(datagram(7, `real ${i}`));
        assert.equal(t.receive(socket), `real ${i}`);
      }
      errors += messages(t.pass(1), 3).length;
    }
    assert.ok(errors >= 5 && errors <= 21, `${errors} errors in a second, 10 were allowed`);
    assert.equal(t.core.counter("ICMP_RATE_LIMITED"), 1000 - errors);
  });

  test("A072: a small rate is reached in the long run too, however often it is asked for", async () => {
    for (const errorRate of [1, 5, 9]) {
      const t = await Tester.make({ settings: { errorRate } });
      t.isAlive();
      let errors = 0;
      for (let i = 0; i < 600; i++) {
        errors += messages(t.inject(datagram(9999, "closed")), 3).length;
        t.ms += 100;
      }
      assert.ok(errors >= errorRate * 30 && errors <= errorRate * 62, `${errors} errors in a minute at ${errorRate} a second`);
    }
  });

  test("ICMP-14: how many errors a burst gets is not always the same number", async () => {
    const t = await Tester.make({ settings: { errorRate: 50 } });
    const counts = new Set<number>();
    for (let second = 0; second < 20; second++) {
      let errors = 0;
      for (let i = 0; i < 4; i++) errors += messages(t.inject(...Array.from({ length: 30 }, () => datagram(9999, "probe"))), 3).length;
      counts.add(errors);
      t.ms += 2000;
    }
    assert.ok(counts.size > 3, [...counts].join(" "));
  });

  test("an error that quotes long options is no longer than the MTU", async () => {
    for (const mtu of [68, 80, 95, 96, 100]) {
      const core = await instantiate(options({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], mtu }] }));
      core.poll(0);
      core.output();
      const closed = frame(udp(PEER.ip, 1, US.ip, 9999, new Uint8Array()), { protocol: PROTOCOL.UDP, options: new Array(40).fill(1) });
      core.input(closed);
      core.poll(1);
      const [error] = core.output().map((each) => read(each));
      const length = Math.min(mtu, 20 + 8 + 60 + 8);
      assert.equal(error?.ip?.octets.length, length);
      assert.deepEqual(error?.icmp?.data, closed.subarray(14, 14 + length - 28));
    }
  });

  test("answers to strangers take no place in the table, hold nothing, and go whence the frame came", async () => {
    const t = await Tester.make();
    const far = "02:00:00:00:00:aa";
    for (let n = 4; n < 200; n++) {
      const from = `10.0.0.${n}`;
      const sent = [...t.inject(ping({ from }, bytes("x"), { from: far })), ...t.inject(datagram(9999, "x", { from }, { from: far }))];
      assert.ok(sent.length >= 1 && sent.every((seen) => seen.to === far && seen.ip?.to === from));
    }
    assert.deepEqual([t.core.pools().NEIGHBOUR.used, t.core.pools().HOLD.used], [0, 0]);
  });
});

describe("ICMP: errors we get", () => {
  test("A067+358: an error is believed only by the connected socket whose datagram it quotes, and told once", async () => {
    const { t, socket, sent } = await sender(true);
    const forged = (from: string, fromPort: number, to: string, toPort: number) =>
      ipv4({ from, to, protocol: PROTOCOL.UDP }, udp(from, fromPort, to, toPort, bytes("hello")));
    for (const quoted of [
      forged("1.2.3.4", 5353, "8.8.8.8", 9),
      forged(US.ip, 5353, "8.8.8.8", 9),
      forged(US.ip, 5354, PEER.ip, 9),
      forged(US.ip, 5353, PEER.ip, 10),
    ])
      t.drops(icmpError(3, 3, quoted), "ICMP_ERROR_UNMATCHED");
    t.drops(icmpError(3, 3, quote(sent), 0, { to: "255.255.255.255" }), "ICMP_ERROR_UNMATCHED");
    t.drops(icmpError(3, 3, quote(sent), 0, { to: "10.0.0.255" }), "ICMP_ERROR_UNMATCHED");
    assert.equal(t.core.ready_next(), 0);
    t.isEmpty(socket);
    assert.deepEqual(
      t.reasons(() => t.inject(icmpError(3, 3, quote(sent)))),
      {},
    );
    assert.equal(t.core.ready_next(), socket);
    assert.ok(t.core.events & Event.SOFT_ERROR);
    assert.equal(t.core.udp_receive_ready(socket), Err.REFUSED);
    t.isEmpty(socket);
  });

  test("A067+358: nobody can make a socket that is not connected fail", async () => {
    const { t, socket, sent } = await sender(false);
    const elsewhere = ipv4({ from: US.ip, to: "8.8.8.8", protocol: PROTOCOL.UDP }, udp(US.ip, 5353, "8.8.8.8", 53, bytes("hello")));
    for (const about of [elsewhere, quote(sent)]) {
      assert.deepEqual(t.inject(icmpError(3, 3, about)), []);
      t.isEmpty(socket);
    }
    t.inject(datagram(5353, "still receiving"));
    assert.equal(t.receive(socket), "still receiving");
  });

  test("ICMP-04, ICMP-12, 1122-3.2.2b: an error with a quote cut at any length, or with a wrong inner header, is dropped", async () => {
    const { t, sent } = await sender(true);
    const whole = quote(sent);
    for (const code of [0, 3, 4])
      for (let length = 0; length < 28; length++)
        t.drops(icmpError(3, code, whole.subarray(0, length)), "ICMP_ERROR_UNMATCHED", `${length}`);
    for (let words = 0; words < 16; words++) {
      if (words === 5) continue;
      const wrong = whole.slice();
      wrong[0] = 0x40 | words;
      t.drops(icmpError(3, 3, wrong), "ICMP_ERROR_UNMATCHED", `${words} words`);
    }
    const later = whole.slice();
    later[7] = 1;
    t.drops(icmpError(3, 3, later), "ICMP_ERROR_UNMATCHED", "a later fragment");
    assert.deepEqual(
      t.reasons(() => t.inject(icmpError(3, 3, whole))),
      {},
      "the whole is taken",
    );
  });

  test("A049: an error that quotes 50 errors within each other is looked at one level deep", async () => {
    const { t, socket, sent } = await sender(true);
    let nested: Uint8Array = quote(sent);
    for (let i = 0; i < 50 && nested.length < 1400; i++)
      nested = ipv4({ from: US.ip, to: PEER.ip, protocol: PROTOCOL.ICMP }, icmp(3, 3, 0, nested));
    t.drops(icmpError(3, 3, nested), "ICMP_ERROR_UNMATCHED");
    t.isEmpty(socket);
    t.isAlive();
  });

  test("A263: soft errors do not end an opening or an open connection; port unreachable ends an opening one", async () => {
    const soft = [
      [3, 0],
      [3, 1],
      [3, 5],
      [11, 0],
      [11, 1],
      [12, 0],
    ] as const;
    const { t, handle, syn } = await opening();
    for (const [type, code] of soft) {
      t.inject(icmpError(type, code, quote(syn)));
      assert.equal(t.core.status(handle)?.state, "SYN_SENT", `${type}/${code}`);
      assert.equal(t.core.status(handle)?.softError, type * 256 + code);
    }
    t.inject(icmpError(3, 3, quote(syn)));
    assert.equal(t.core.status(handle)?.error, "REFUSED");
    const open = await established();
    open.t.core.tcp_write(open.handle, bytes("in flight"));
    const [segment] = open.t.poll().filter((seen) => seen.tcp?.text.length);
    for (const [type, code] of soft) {
      open.t.inject(icmpError(type, code, quote(segment)));
      assert.equal(open.t.core.status(open.handle)?.state, "ESTABLISHED", `${type}/${code}`);
      assert.equal(open.t.core.status(open.handle)?.softError, type * 256 + code);
    }
  });

  test("A353: a soft error wakes the application once", async () => {
    const { t, handle, syn } = await opening();
    t.inject(icmpError(3, 1, quote(syn)));
    assert.equal(t.core.ready_next(), handle);
    assert.equal(t.core.events, Event.SOFT_ERROR);
    assert.equal(t.core.ready_next(), 0);
  });

  test("A352, ICMP-06: an error about an open connection must quote octets in flight, and a hard one is soft then", async () => {
    const { t, handle, next, port } = await established();
    const about = (seq: number) =>
      ipv4({ from: US.ip, to: PEER.ip, protocol: PROTOCOL.TCP }, tcp(US.ip, port, PEER.ip, 80, { seq: seq >>> 0, ctl: CTL.ACK }));
    for (const seq of [next, next - 1, next + 1]) t.drops(icmpError(3, 1, about(seq)), "ICMP_ERROR_UNMATCHED", `${seq - next}`);
    assert.equal(t.core.status(handle)?.softError, 0);
    t.core.tcp_write(handle, bytes("in flight"));
    t.poll();
    t.drops(icmpError(3, 1, about(next + 9)), "ICMP_ERROR_UNMATCHED", "SND.NXT");
    for (let code = 0; code < 16; code++) {
      if (code === 4) continue;
      t.inject(icmpError(3, code, about(next)));
      assert.equal(t.core.status(handle)?.state, "ESTABLISHED", `code ${code}`);
      assert.equal(t.core.status(handle)?.softError, 0x300 + code);
    }
    assert.equal(t.core.ready_next(), handle);
    assert.ok(t.core.events & Event.SOFT_ERROR);
  });

  test("ping sockets: replies go to the socket that asked, errors too", async () => {
    const t = await Tester.make();
    const socket = t.core.ping_open();
    t.core.udp_write(socket, bytes("knock"), { address: PEER.ip, port: 3 });
    const [request] = messages(t.poll(), 8);
    const ident = (request?.icmp?.rest ?? 0) >>> 16;
    t.drops(
      frame(icmp(0, 0, ((((ident + 1) & 0xffff) << 16) | 3) >>> 0, bytes("not mine")), { protocol: PROTOCOL.ICMP }),
      "ICMP_ECHO_UNMATCHED",
    );
    t.inject(frame(icmp(0, 0, request?.icmp?.rest ?? 0, bytes("knock")), { protocol: PROTOCOL.ICMP }));
    assert.equal(t.receive(socket), "knock");
    t.inject(icmpError(11, 0, quote(request)));
    assert.equal(t.core.udp_receive_ready(socket), Err.UNREACHABLE);
    assert.equal(checksum(request?.ip?.octets.subarray(20) ?? new Uint8Array()), 0);
  });
});

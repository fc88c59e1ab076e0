import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, Option } from "../../bindings/node/core.js";
import { CTL, checksum, EVERYBODY, PROTOCOL, tcp } from "./packets.js";
import { bytes, datagram, datagrams, frame, GATEWAY, messages, OTHER, PEER, ping, Tester, US } from "./tester.js";

/** A SYN from PEER, or whoever `fields` names. */
function syn(fields: { from?: string; to?: string; ttl?: number } = {}, link: { to?: string; from?: string } = {}): Uint8Array {
  const segment = tcp(fields.from ?? PEER.ip, 6000, fields.to ?? US.ip, 80, { ctl: CTL.SYN });
  return frame(segment, { protocol: PROTOCOL.TCP, ...fields }, link);
}
/** Ping, datagram to an open port, datagram to a closed port, and SYN to a listener, with the same IP addresses. */
function four(fields: { from?: string; to?: string; ttl?: number }, link: { to?: string; from?: string } = {}): Uint8Array[] {
  return [ping(fields, bytes("x"), link), datagram(7, "open", fields, link), datagram(9999, "closed", fields, link), syn(fields, link)];
}
/** A stack with a socket on port 7 and a listener on port 80. */
async function serving(more = {}): Promise<{ t: Tester; socket: number }> {
  const t = await Tester.make(more);
  const socket = t.bind(7);
  assert.ok(t.core.tcp_listen({ port: 80 }) > 0);
  return { t, socket };
}
/** All of `four` are answered or delivered when nothing is wrong with them. */
function control(t: Tester, socket: number): void {
  const sent = four({}).flatMap((each) => t.inject(each));
  assert.equal(messages(sent, 0).length, 1);
  assert.equal(messages(sent, 3).length, 1);
  assert.equal(sent.filter((seen) => seen.tcp?.ctl === (CTL.SYN | CTL.ACK)).length, 1);
  assert.equal(t.receive(socket), "open");
}

describe("IPv4: the header", () => {
  test("1122-3.2.1.1, IP-01: of all first octets only version 4 with a header that fits is taken", async () => {
    const t = await Tester.make();
    const good = ping({}, new Uint8Array(60));
    for (let octet = 0; octet < 256; octet++) {
      if (octet === 0x45) continue;
      const bad = good.slice();
      bad[14] = octet;
      // The checksum is made right again, so that only the octet speaks.
      const words = Math.max(octet & 15, 5);
      bad.set([0, 0], 24);
      const sum = checksum(bad.subarray(14, 14 + words * 4));
      bad.set([sum >>> 8, sum & 255], 24);
      const reason = octet >> 4 !== 4 ? "IP_VERSION" : (octet & 15) < 5 ? "IP_HEADER_LENGTH" : null;
      if (reason) t.drops(bad, reason, `first octet ${octet}`);
      else assert.equal(messages(t.inject(bad), 0).length, 0, `first octet ${octet}`);
    }
    t.isAlive();
  });

  test("791-1, IP-02, IP-13: header and total length must fit each other and the frame; padding is ignored", async () => {
    const t = await Tester.make();
    const whole = 20 + 8 + 14;
    for (const totalLength of [0, 1, 19]) t.drops(ping({ totalLength }), "IP_TOTAL_LENGTH", `${totalLength}`);
    for (const totalLength of [47, 100, 1500, 65_535]) t.drops(ping({ totalLength }), "IP_TOTAL_LENGTH", `${totalLength}`);
    t.drops(ping({ totalLength: 20 }), "ICMP_SHORT", "an empty payload is IP's to pass on");
    for (let totalLength = 28; totalLength < whole; totalLength++)
      t.drops(ping({ totalLength }), "ICMP_CHECKSUM", "the payload ends where the header says");
    t.isAlive();
  });

  test("IP-03: a header length beyond the packet is dropped before anything is computed from it", async () => {
    const t = await Tester.make();
    for (let size = 1; size < 20; size++) t.drops(ping().subarray(0, 14 + size), "IP_SHORT", `${size} octets of IP`);
    t.drops(ping().subarray(0, 14), "IP_SHORT");
    for (let headerWords = 7; headerWords <= 15; headerWords++) {
      const cut = ping({ headerWords, totalLength: 26 }).subarray(0, 14 + 26);
      t.drops(cut, "IP_HEADER_LENGTH", `${headerWords} words`);
    }
    for (let headerWords = 6; headerWords <= 15; headerWords++)
      t.drops(ping({ headerWords, totalLength: 20 }, new Uint8Array(60)), "IP_TOTAL_LENGTH");
    t.isAlive();
  });

  test("1122-3.2.1.2, IP-07: every single wrong bit of the header is found by the checksum or by its field", async () => {
    const t = await Tester.make();
    const good = ping();
    for (let bit = 0; bit < 160; bit++) {
      const bad = good.slice();
      bad[14 + (bit >> 3)] = (bad[14 + (bit >> 3)] as number) ^ (0x80 >> (bit & 7));
      const reasons = t.reasons(() => assert.deepEqual(t.inject(bad), [], `bit ${bit}`));
      assert.equal(
        Object.values(reasons).reduce((a, b) => a + b, 0),
        1,
        `bit ${bit}: ${JSON.stringify(reasons)}`,
      );
      if (bit >= 32) assert.deepEqual(reasons, { IP_CHECKSUM: 1 }, `bit ${bit}`);
    }
    t.isAlive();
    t.drops(ping({ checksum: 0 }), "IP_CHECKSUM");
    t.drops(ping({ checksum: 0xffff }), "IP_CHECKSUM");
  });

  test("1122-3.2.1.7a: a datagram for us with TTL 1 or 0 is taken, and what we send has the default", async () => {
    const { t, socket } = await serving();
    for (const ttl of [0, 1, 255]) {
      const [reply] = messages(t.inject(ping({ ttl })), 0);
      assert.equal(reply?.ip?.ttl, 64, `TTL ${ttl}`);
      t.inject(datagram(7, `ttl ${ttl}`, { ttl }));
      assert.equal(t.receive(socket), `ttl ${ttl}`);
    }
  });

  test("A238: the default TTL can be set, for SYN, UDP, echo reply and errors", async () => {
    const { t } = await serving({ settings: { ttl: 33 } });
    const sent = four({}).flatMap((each) => t.inject(each));
    t.send(t.bind(), "hello", PEER.ip);
    assert.ok(t.core.tcp_connect({ address: PEER.ip, port: 80 }) > 0);
    sent.push(...t.poll());
    const kinds = sent.filter((seen) => seen.ip).map((seen) => seen.ip?.ttl);
    assert.ok(kinds.length >= 5, `${kinds.length}`);
    assert.deepEqual([...new Set(kinds)], [33]);
  });

  test("1122-3.2.1.6, A250+279: DiffServ is set for each socket, TCP and UDP, and inherited from the listener", async () => {
    const t = await Tester.make();
    const tos = 0x2e << 2;
    const listener = t.core.tcp_listen({ port: 80 });
    const socket = t.bind();
    for (const handle of [listener, socket]) assert.equal(t.core.socket_set(handle, Option.TOS, tos), 0);
    assert.equal(t.core.socket_get(socket, Option.TOS), tos);
    t.send(socket, "marked", PEER.ip);
    assert.deepEqual(
      datagrams(t.poll()).map((seen) => seen.ip?.tos),
      [tos],
    );
    const [synAck] = t.inject(syn()).filter((seen) => seen.tcp);
    assert.equal(synAck?.ip?.tos, tos, "SYN-ACK");
    const ack = { seq: 1, ack: (synAck?.tcp?.seq ?? 0) + 1, ctl: CTL.ACK };
    t.inject(frame(tcp(PEER.ip, 6000, US.ip, 80, ack), { protocol: PROTOCOL.TCP }));
    const server = t.core.tcp_accept(listener);
    assert.ok(server > 0);
    t.core.tcp_write(server, bytes("data"));
    assert.deepEqual(
      t
        .poll()
        .filter((seen) => seen.tcp)
        .map((seen) => seen.ip?.tos),
      [tos],
      "data",
    );
    const text = frame(tcp(PEER.ip, 6000, US.ip, 80, { ...ack, ack: ack.ack + 4, text: bytes("more") }), { protocol: PROTOCOL.TCP });
    const acks = [...t.inject(text), ...t.pass(500)].filter((seen) => seen.tcp);
    assert.ok(acks.length > 0 && acks.every((seen) => seen.ip?.tos === tos), "ACK");
    t.core.tcp_abort(server);
    assert.deepEqual(
      t
        .poll()
        .filter((seen) => (seen.tcp?.ctl ?? 0) & CTL.RST)
        .map((seen) => seen.ip?.tos),
      [tos],
      "RST",
    );
    for (const wrong of [-1, 256]) assert.equal(t.core.socket_set(socket, Option.TOS, wrong), Err.BAD_ARGUMENT);
  });
});

describe("IPv4: addresses", () => {
  test("1122-3.2.1.3a: what is addressed to a neighbour but came to our MAC is neither answered nor forwarded", async () => {
    const { t, socket } = await serving();
    for (const to of [OTHER.ip, "192.0.2.1", "224.0.0.5", "239.1.2.3", "10.0.1.255"])
      for (const each of four({ to })) t.drops(each, "IP_NOT_OURS", to);
    t.isEmpty(socket);
    control(t, socket);
  });

  test("A064+314, 1122-3.2.1.3b, 1122-4.1.3.6, IP-09: a source that is no one host's is dropped in silence, whatever it carries", async () => {
    const { t, socket } = await serving();
    const sources = [
      "127.0.0.1",
      "127.255.255.255",
      "0.0.0.0",
      "0.1.2.3",
      "224.0.0.5",
      "239.255.255.255",
      "240.0.0.1",
      "255.255.255.255",
      "10.0.0.255",
      "10.0.0.0",
    ];
    for (const from of sources) for (const each of four({ from })) t.drops(each, "IP_BAD_SOURCE", from);
    t.isEmpty(socket);
    control(t, socket);
  });

  test("IP-08, A064: our own address as a source is dropped (land)", async () => {
    const { t, socket } = await serving();
    for (const each of four({ from: US.ip })) t.drops(each, "IP_BAD_SOURCE");
    t.drops(frame(tcp(US.ip, 80, US.ip, 80, { ctl: CTL.SYN }), { protocol: PROTOCOL.TCP, from: US.ip }), "IP_BAD_SOURCE");
    control(t, socket);
  });

  test("A174: the broadcast address of any subnet of ours is no source, and no reply goes there", async () => {
    const interfaces = [{ device: 0, mac: US.mac, addresses: ["192.168.1.1/24", "10.0.0.1/24"] }];
    const t = await Tester.make({ interfaces });
    t.drops(ping({ from: "10.0.0.255" }), "IP_BAD_SOURCE");
    t.drops(ping({ from: "192.168.1.255", to: "10.0.0.1" }), "IP_BAD_SOURCE");
    t.isAlive();
  });

  test("1122-3.2.1.3c: 127/8 never passes the wire, in neither direction", async () => {
    const { t, socket } = await serving();
    assert.equal(t.send(socket, "to myself", "127.0.0.1"), Err.BAD_ADDRESS);
    assert.equal(t.core.udp_connect(socket, { address: "127.0.0.2", port: 9 }), Err.BAD_ADDRESS);
    assert.equal(t.core.tcp_connect({ address: "127.0.0.1", port: 80 }), Err.BAD_ADDRESS);
    assert.deepEqual(t.poll(), []);
    for (const each of four({ to: "127.0.0.1" })) t.drops(each, "IP_NOT_OURS");
    control(t, socket);
  });

  test("1122-3.2.1.3d: every source address that leaves is ours", async () => {
    const interfaces = [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"], gateway: GATEWAY.ip }];
    const { t } = await serving({ interfaces });
    const sent = [...four({}), ...four({ to: "10.0.0.9" }), ...four({ to: "10.0.0.255" })].flatMap((each) => t.inject(each));
    const bound = t.bind(0, "10.0.0.9");
    t.send(bound, "from the second", "192.0.2.1");
    sent.push(...t.poll());
    const pairs = sent.filter((seen) => seen.ip).map((seen) => seen.ip?.from);
    assert.deepEqual([...new Set(pairs)].sort(), ["10.0.0.1", "10.0.0.9"]);
    assert.equal(datagrams(sent).at(-1)?.ip?.from, "10.0.0.9");
    assert.equal(t.core.udp_bind({ address: OTHER.ip }), Err.BAD_ADDRESS);
    assert.equal(t.core.tcp_connect({ address: PEER.ip, port: 1 }, { address: OTHER.ip }), Err.BAD_ADDRESS);
  });

  test("A339, 1122-3.3.6, A347: all forms of broadcast are known: delivered by UDP, never answered", async () => {
    const { t, socket } = await serving();
    for (const to of ["255.255.255.255", "10.0.0.255", "10.0.0.0", "0.0.0.0"]) {
      for (const mac of [EVERYBODY, US.mac]) {
        t.drops(ping({ to }, bytes("x"), { to: mac }), "ICMP_ECHO_BROADCAST", to);
        t.drops(datagram(9999, "closed", { to }, { to: mac }), "UDP_NO_SOCKET", to);
        t.drops(syn({ to }, { to: mac }), "TCP_NOT_UNICAST", to);
        t.inject(datagram(7, "to all", { to }, { to: mac }));
        assert.equal(t.receive(socket), "to all", to);
      }
    }
    control(t, socket);
  });

  test("IP-10: our address in a link broadcast, and a broadcast address to our MAC, get no reset and no error", async () => {
    const { t, socket } = await serving();
    t.drops(syn({}, { to: EVERYBODY }), "TCP_NOT_UNICAST");
    t.drops(frame(tcp(PEER.ip, 1, US.ip, 81, { ctl: CTL.SYN }), { protocol: PROTOCOL.TCP }, { to: EVERYBODY }), "TCP_NOT_UNICAST");
    t.drops(datagram(9999, "closed", {}, { to: EVERYBODY }), "UDP_NO_SOCKET");
    t.drops(datagram(9999, "closed", { to: "10.0.0.255" }, { to: US.mac }), "UDP_NO_SOCKET");
    control(t, socket);
  });
});

describe("IPv4: options and protocols", () => {
  const pad = (octets: number[]) => [...octets, ...new Array((4 - (octets.length % 4)) % 4).fill(0)];

  test("1122-3.2.1.8, IP-05: unknown, truncated and malformed options are skipped, whatever their length says", async () => {
    const { t, socket } = await serving();
    const options = [
      [1, 1, 1, 1],
      [0, 0, 0, 0],
      [7, 0, 0, 0],
      [7, 1, 0, 0],
      [7, 2, 0, 0],
      [7, 255, 0, 0],
      [68, 40, 5, 0],
      [222, 4, 9, 9],
      [1, 1, 1, 131],
      [131, 0, 0, 0],
      [137, 1, 0, 0],
      [131, 2, 0, 0],
      [137, 200, 4, 0],
    ];
    for (const each of options) {
      const [reply] = messages(t.inject(ping({ options: each })), 0);
      assert.deepEqual(reply?.icmp?.data, bytes("are you there?"), `${each}`);
      t.inject(datagram(7, `${each}`, { options: each }));
      assert.equal(t.receive(socket), `${each}`);
    }
    for (let words = 1; words <= 10; words++) {
      t.inject(datagram(7, `${words} words`, { options: new Array(words * 4).fill(1) }));
      assert.equal(t.receive(socket), `${words} words`, "the payload begins behind the options");
    }
  });

  test("A225+346, IP-06: a source route that is not at its end is not delivered but reported; one at its end is", async () => {
    const { t, socket } = await serving();
    for (const kind of [131, 137]) {
      const unfinished = pad([1, kind, 7, 4, 10, 0, 0, 9]);
      const [error, ...rest] = t.inject(datagram(7, "on its way", { options: unfinished }));
      assert.deepEqual([error?.icmp?.type, error?.icmp?.code, error?.ip?.to, rest.length], [3, 5, PEER.ip, 0]);
      t.drops(datagram(7, "to many", { to: "10.0.0.255", options: unfinished }, { to: EVERYBODY }), "IP_SOURCE_ROUTE");
      const [about] = messages(t.inject(ping({ options: unfinished })), 3);
      assert.deepEqual([about?.icmp?.code, t.core.counter("ICMP_ECHO_REPLIES_OUT")], [5, 0]);
      t.inject(datagram(7, "arrived", { options: pad([1, kind, 7, 8, 10, 0, 0, 9]) }));
      assert.equal(t.receive(socket), "arrived");
    }
    t.isEmpty(socket);
  });

  test("IP-04: options with bad lengths are quoted in an error as they came, and never obeyed", async () => {
    const { t } = await serving();
    for (const options of [
      [131, 39, 255, 0],
      [137, 3, 9, 0],
      [7, 255, 255, 255],
    ]) {
      const closed = datagram(9999, "to a closed port", { options });
      const [error] = messages(t.inject(closed), 3);
      if (!error) continue;
      assert.equal(error.ip?.headerLength, 20, "our own header has none");
      assert.deepEqual(error.icmp?.data, closed.subarray(14, 14 + 24 + 8));
    }
    assert.ok(t.core.counter("ICMP_ERRORS_OUT") >= 2);
  });

  test("1122-3.2.2.1, IP-11, IP-12: unknown protocols get protocol unreachable, limited in rate", async () => {
    const t = await Tester.make();
    const [error] = messages(t.inject(frame(bytes("what is this?"), { protocol: 200 })), 3);
    assert.deepEqual([error?.icmp?.type, error?.icmp?.code], [3, 2]);
    const inner = ping().subarray(14);
    for (const protocol of [4, 41]) {
      const [reply] = messages(t.inject(frame(inner, { protocol })), 3);
      assert.deepEqual([reply?.icmp?.type, reply?.icmp?.code], [3, 2], "tunnels are not entered");
    }
    let errors = 0;
    for (let i = 0; i < 10_000; i += 50) {
      for (let k = 0; k < 50; k++) t.core.input(frame(new Uint8Array(20), { protocol: 100 + (k % 50) }));
      errors += messages(t.pass(5), 3).length;
    }
    assert.ok(errors <= 100, `${errors} errors a second`);
    assert.ok(t.core.counter("ICMP_RATE_LIMITED") > 9000);
    assert.ok(t.core.counter("IP_UNKNOWN_PROTOCOL") >= 10_000);
    t.isAlive();
  });
});

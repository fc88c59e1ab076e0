import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cut, echo, letter, part, pattern, request } from "./cut.js";
import { CTL, PROTOCOL, tcp, udp } from "./packets.js";
import { datagram, messages, OTHER, PEER, ping, Tester, US } from "./tester.js";

const ROOM = { fragments: 4, fragmentOctets: 65_535, udpOctets: 9000 };
const UDP = (ident: number) => ({ protocol: PROTOCOL.UDP, ident });

/** A stack that puts long datagrams together, with a socket on port 7. */
async function gathering(more: { capacities?: object; settings?: object } = {}): Promise<{ t: Tester; socket: number }> {
  const t = await Tester.make({ ...more, capacities: { ...ROOM, ...more.capacities } });
  return { t, socket: t.bind(7) };
}
/** Octets of the datagram that a socket has, which must be there. */
function read(t: Tester, socket: number): Uint8Array {
  const got = t.core.udp_read(socket);
  assert.ok(got instanceof Uint8Array, `nothing arrived: ${got}`);
  return got;
}
/** Nothing arrived, and two fragments of a sound datagram still make one. */
function goesOn(t: Tester, socket: number, ident = 9999): void {
  t.isEmpty(socket);
  const data = pattern(1000);
  t.inject(...cut(letter(7, data), 504, UDP(ident)));
  assert.deepEqual(read(t, socket), data);
}
/** A list in another order: the last first, or every second first. */
const reversed = <T>(list: T[]) => [...list].reverse();
const interleaved = <T>(list: T[]) => [...list.filter((_, i) => i % 2), ...list.filter((_, i) => i % 2 === 0)];

describe("reassembly", () => {
  test("1122-3.3.2a: fragments make their datagram in any order, doubled, and between those of others", async () => {
    const { t, socket } = await gathering();
    let ident = 1;
    for (const length of [9, 17, 548, 1480, 1500, 4000, 8192]) {
      const data = pattern(length - 8);
      for (const size of [8, 24, 576, 1480]) {
        if (length <= size || length / size > 120) continue;
        const frames = () => cut(letter(7, data), size, UDP(++ident));
        for (const each of [frames(), reversed(frames()), frames().flatMap((one) => [one, one])]) {
          for (const one of each) t.inject(one);
          assert.deepEqual(read(t, socket), data, `${length} octets in pieces of ${size}`);
        }
      }
    }
    const [a, b] = [cut(letter(7, pattern(3000)), 552, UDP(5001)), interleaved(cut(letter(7, pattern(2000)), 552, UDP(5002)))];
    for (let i = 0; i < a.length; i++) t.inject(...[a[i], b[i]].filter((one) => one !== undefined));
    assert.deepEqual(read(t, socket), pattern(2000));
    assert.deepEqual(read(t, socket), pattern(3000));
    t.isEmpty(socket);
    t.pass(61_000);
    assert.equal(t.core.pools().FRAGMENTS.used, 0, "what came again when all was there had its time, too");
  });

  test("A051: strays, contradictions and one that never completes do not keep a whole datagram from being put together", async () => {
    const { t } = await gathering({ capacities: { fragments: 1 } });
    t.drops(part(request(1000), 0, 504, echo(1, { to: OTHER.ip })), "IP_NOT_OURS");
    assert.equal(t.core.pools().FRAGMENTS.used, 0, "what is not for us takes no place");
    t.drops(part(new Uint8Array(70_000), 65_528, 66_000, echo(2)), "IP_FRAGMENT_TOO_LONG");
    assert.equal(t.core.pools().FRAGMENTS.used, 0, "nor what cannot be completed");
    t.inject(part(request(1000), 0, 504, echo(3)));
    assert.equal(t.core.pools().FRAGMENTS.used, 1);
    const sent = t.inject(...cut(request(1000), 504, echo(4)));
    assert.deepEqual(messages(sent, 0)[0]?.icmp?.data, pattern(1000));
    assert.equal(t.core.counter("IP_FRAGMENTS_FULL"), 1);
  });

  test("1122-3.3.2b: a datagram that is not complete after its time is dropped, and its sender told when the first fragment came", async () => {
    const { t } = await gathering();
    for (const hasFirst of [true, false]) {
      const began = t.ms;
      t.inject(hasFirst ? part(request(1000), 0, 504, echo(1)) : part(request(1000), 504, 1008, echo(1)));
      const early = t.pass(40_000);
      t.inject(part(request(2000), 1504, 2008, echo(1), false));
      early.push(...t.pass(19_998));
      assert.deepEqual(messages(early, 11), [], "the time is not prolonged by what comes");
      assert.equal(t.core.pools().FRAGMENTS.used, 1);
      const [error] = messages(t.pass(100), 11);
      assert.ok(t.ms - began >= 60_000 && t.ms - began < 61_000);
      assert.equal(t.core.pools().FRAGMENTS.used, 0);
      if (!hasFirst) assert.equal(error, undefined);
      else {
        assert.deepEqual([error?.icmp?.code, error?.ip?.to, error?.to], [1, PEER.ip, PEER.mac]);
        assert.deepEqual(error?.icmp?.data, part(request(1000), 0, 504, echo(1)).subarray(14, 14 + 28), "as it came");
      }
    }
    assert.equal(t.core.counter("IP_FRAGMENT_TIMEOUT"), 2);
    t.isAlive();
  });

  test("FRAG-14: of what times out, nothing is said to groups, and no more than the rate of errors", async () => {
    const { t } = await gathering({ capacities: { fragments: 64 }, settings: { errorRate: 10 } });
    t.inject(part(letter(7, pattern(1000)), 0, 504, { ...UDP(1), to: "10.0.0.255" }));
    assert.deepEqual(messages(t.pass(61_000), 11), [], "to a broadcast address");
    for (let i = 0; i < 64; i++) t.inject(part(request(1000), 0, 504, echo(i, { from: `10.0.0.${20 + i}` })));
    for (let i = 0; i < 64; i++) assert.deepEqual(t.inject(part(request(1000), 504, 512, echo(i, { from: `10.0.0.${20 + i}` }))), []);
    const errors = messages(t.pass(61_000), 11).length;
    assert.ok(errors > 0 && errors <= 10, `${errors} errors`);
    assert.equal(t.core.counter("IP_FRAGMENT_TIMEOUT"), 65);
    t.isAlive();
  });

  test("791-2, FRAG-13: source, destination, protocol and identification each tell datagrams apart", async () => {
    const interfaces = [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"] }];
    const t = await Tester.make({ interfaces, capacities: { ...ROOM, fragments: 8 } });
    const socket = t.bind(7);
    const data = pattern(100);
    const whole = letter(7, data);
    t.inject(part(whole, 0, 56, UDP(5)));
    for (const other of [{ ...UDP(5), from: OTHER.ip }, { ...UDP(5), to: "10.0.0.9" }, { protocol: 99, ident: 5 }, UDP(6)])
      t.inject(part(whole, 56, 108, other));
    t.isEmpty(socket);
    assert.equal(t.core.pools().FRAGMENTS.used, 5);
    t.inject(part(whole, 56, 108, UDP(5)));
    assert.deepEqual(read(t, socket), data);
  });

  test("the whole datagram's checksum counts, and its length; what is wrong in one fragment drops all", async () => {
    const { t, socket } = await gathering();
    const wrong = letter(7, pattern(1000));
    wrong[700] = (wrong[700] as number) ^ 1;
    const [first, last] = cut(wrong, 504, UDP(1)) as [Uint8Array, Uint8Array];
    t.inject(first);
    assert.deepEqual(
      t.reasons(() => t.inject(last)),
      { UDP_CHECKSUM: 1 },
    );
    const bad = request(1000);
    bad[900] = (bad[900] as number) ^ 4;
    const [head, tail] = cut(bad, 504, echo(2)) as [Uint8Array, Uint8Array];
    t.inject(head);
    assert.deepEqual(
      t.reasons(() => assert.deepEqual(t.inject(tail), [])),
      { ICMP_CHECKSUM: 1 },
    );
    goesOn(t, socket);
  });

  test("options of the first fragment are the datagram's, those of later ones are not; errors quote it as a whole one", async () => {
    const { t, socket } = await gathering();
    const data = pattern(600);
    t.inject(part(letter(7, data), 0, 304, { ...UDP(1), options: [7, 7, 4, 0, 0, 0, 0, 0] }), part(letter(7, data), 304, 608, UDP(1)));
    assert.deepEqual(read(t, socket), data);
    const sent = t.inject(...cut(letter(9, data), 304, { ...UDP(2), options: [1, 1, 1, 0] }));
    const [error] = messages(sent, 3);
    const quoted = error?.icmp?.data as Uint8Array;
    assert.equal(quoted.length, 24 + 8);
    assert.deepEqual([quoted[2], quoted[3], quoted[6], quoted[7]], [0x02, 0x78, 0, 0], "total length 632, no fragment");
  });

  test("congestion that one fragment met is the datagram's; with one that cannot say so it is dropped", async () => {
    const { t, socket } = await gathering();
    const segment = tcp(PEER.ip, 6000, US.ip, 80, { ctl: CTL.SYN, text: pattern(48) });
    const one = (tos: [number, number], ident: number) => [
      part(segment, 0, 40, { protocol: PROTOCOL.TCP, ident, tos: tos[0] }),
      part(segment, 40, 68, { protocol: PROTOCOL.TCP, ident, tos: tos[1] }),
    ];
    const raw = t.core.raw_open(PROTOCOL.TCP);
    const tosOf = (tos: [number, number], ident: number) => {
      t.inject(...one(tos, ident));
      const got = t.core.udp_read(raw);
      return got instanceof Uint8Array ? (got[1] as number) : got;
    };
    assert.equal(tosOf([2, 3], 1), 3);
    assert.equal(tosOf([3, 2], 2), 3);
    assert.equal(tosOf([2, 2], 3), 2);
    assert.ok(tosOf([0, 3], 4) < 0);
    goesOn(t, socket);
  });
});

test("the state hash covers what is being put together", async () => {
  const after = async (...frames: Uint8Array[]) => {
    const { t } = await gathering();
    t.inject(...frames);
    return t.core.stateHash();
  };
  const data = request(1000);
  const other = data.slice();
  other[20] = 99;
  const [first, last] = [part(data, 0, 504, echo(1)), part(data, 560, 1008, echo(1))];
  assert.equal(await after(first, last), await after(first, last));
  assert.notEqual(await after(first, last), await after(part(other, 0, 504, echo(1)), last));
});

describe("fragments that attack", () => {
  test("FRAG-01, 791-3: what would reach beyond 65,535 octets is dropped, and so is what there was of it", async () => {
    const { t, socket } = await gathering();
    t.inject(part(request(1000), 0, 504, echo(1)));
    t.drops(part(new Uint8Array(67_008), 65_528, 67_008, echo(1)), "IP_FRAGMENT_TOO_LONG");
    assert.equal(t.core.pools().FRAGMENTS.used, 0);
    t.drops(part(new Uint8Array(65_536), 65_520, 65_528, { ...echo(2), options: [1, 1, 1, 1] }, false), "IP_FRAGMENT_TOO_LONG");
    goesOn(t, socket);
  });

  test("FRAG-02, FRAG-04, 791-3: an overlap drops the datagram, before and behind, and what else comes of it", async () => {
    const { t, socket } = await gathering();
    const data = letter(7, pattern(100));
    const other = letter(8, pattern(100));
    const overlaps: [string, Uint8Array[]][] = [
      ["teardrop", [part(data, 0, 40, UDP(1)), part(data, 24, 28, UDP(1), false)]],
      ["rewritten ports", [part(data, 0, 40, UDP(2)), part(other, 0, 8, UDP(2))]],
      ["from the middle", [part(data, 0, 40, UDP(3)), part(data, 32, 64, UDP(3))]],
      ["into the next", [part(data, 64, 108, UDP(4)), part(data, 32, 72, UDP(4))]],
      ["over a hole", [part(data, 0, 16, UDP(5)), part(data, 32, 48, UDP(5)), part(data, 8, 40, UDP(5))]],
      ["over all", [part(data, 32, 48, UDP(6)), part(data, 0, 104, UDP(6))]],
    ];
    for (const [what, frames] of overlaps) {
      const last = frames.pop() as Uint8Array;
      t.inject(...frames);
      t.drops(last, "IP_FRAGMENT_OVERLAP", what);
      const ident = ((last[18] as number) << 8) | (last[19] as number);
      for (const rest of cut(data, 8, UDP(ident))) t.drops(rest, "IP_FRAGMENT", "the rest of it");
      t.isEmpty(socket);
    }
    goesOn(t, socket);
  });

  test("FRAG-03: the same fragment again changes nothing, and is counted", async () => {
    const { t, socket } = await gathering();
    const data = letter(7, pattern(100));
    t.inject(part(data, 0, 40, UDP(1)));
    for (let i = 0; i < 3; i++) t.drops(part(data, 0, 40, UDP(1)), "IP_FRAGMENT_DUPLICATE");
    t.inject(part(data, 64, 108, UDP(1)));
    t.drops(part(data, 64, 108, UDP(1)), "IP_FRAGMENT_DUPLICATE");
    t.inject(part(data, 40, 64, UDP(1)));
    assert.deepEqual(read(t, socket), pattern(100));
    t.isEmpty(socket);
    assert.equal(t.core.pools().FRAGMENTS.used, 0);
  });

  test("FRAG-05, 1858-1: a TCP header is never taken from two fragments", async () => {
    const { t, socket } = await gathering();
    assert.ok(t.core.tcp_listen({ port: 80 }) > 0);
    const segment = tcp(PEER.ip, 6000, US.ip, 80, { ctl: CTL.SYN, text: pattern(48) });
    const fields = (ident: number) => ({ protocol: PROTOCOL.TCP, ident });
    for (const length of [8, 16]) t.drops(part(segment, 0, length, fields(1)), "IP_FRAGMENT", `first ${length}`);
    for (const from of [8, 16]) t.drops(part(segment, from, 68, fields(2)), "IP_FRAGMENT", `from ${from}`);
    assert.equal(t.core.pools().FRAGMENTS.used, 0);
    const sent = t.inject(part(segment, 0, 24, fields(3)), part(segment, 24, 68, fields(3)));
    assert.equal(sent.filter((seen) => seen.tcp?.ctl === (CTL.SYN | CTL.ACK)).length, 1, "with a whole one it is answered");
    goesOn(t, socket);
  });

  test("FRAG-06: 100,000 fragments of datagrams that never complete take no more than their places, and end with their time", async () => {
    const { t, socket } = await gathering();
    const data = request(8000);
    for (let i = 0; i < 100_000; i++) {
      const frame = part(data, (i % 900) * 8, (i % 900) * 8 + 8, echo((i >> 3) & 0xffff, { from: `10.0.0.${20 + (i % 50)}` }));
      if (i % 50 === 0) t.poll();
      assert.ok(t.core.input(frame));
    }
    t.poll();
    assert.equal(t.core.pools().FRAGMENTS.used, 4);
    assert.ok(t.core.counter("IP_FRAGMENTS_FULL") > 90_000);
    t.isAlive();
    goesOn(t, socket);
    t.pass(61_000);
    assert.equal(t.core.pools().FRAGMENTS.used, 0);
    const holes = cut(letter(7, pattern(8000)), 8, UDP(60_000)).filter((_, i) => i % 2 === 0);
    for (const hole of holes) t.inject(hole);
    assert.ok(t.core.counter("IP_FRAGMENT") > 0, "holes are bounded, too");
    goesOn(t, socket, 60_001);
  });

  test("FRAG-06: one source cannot take all places from another", async () => {
    const { t, socket } = await gathering();
    const data = letter(7, pattern(1000));
    const [first, last] = cut(data, 504, UDP(1)) as [Uint8Array, Uint8Array];
    t.inject(first);
    for (let i = 0; i < 50; i++) t.inject(part(request(1000), 0, 504, echo(i, { from: OTHER.ip })));
    t.inject(last);
    assert.deepEqual(read(t, socket), pattern(1000));
  });

  test("FRAG-07, FRAG-08, 791-3: a fragment that is empty, or no last one and not of whole units, is dropped alone", async () => {
    const { t, socket } = await gathering();
    const data = letter(7, pattern(100));
    t.inject(part(data, 0, 40, UDP(1)));
    for (const length of [1, 7, 9, 13]) t.drops(part(data, 40, 40 + length, UDP(1)), "IP_FRAGMENT", `${length} octets`);
    for (const [from, more] of [
      [0, true],
      [40, true],
      [40, false],
      [65_528, false],
    ] as const)
      t.drops(part(data, from, from, UDP(1), more), "IP_FRAGMENT", `nothing at ${from}`);
    t.inject(part(data, 40, 108, UDP(1)));
    assert.deepEqual(read(t, socket), pattern(100));
  });

  test("FRAG-09: two ends of one datagram drop it", async () => {
    const { t, socket } = await gathering();
    const data = letter(7, pattern(100));
    const ends: Uint8Array[][] = [
      [part(data, 16, 24, UDP(1), false), part(data, 8, 16, UDP(1), false)],
      [part(data, 16, 24, UDP(2), false), part(data, 24, 32, UDP(2), false)],
      [part(data, 16, 24, UDP(3), false), part(data, 24, 32, UDP(3), true)],
      [part(data, 32, 48, UDP(4), true), part(data, 16, 24, UDP(4), false)],
      [part(data, 16, 24, UDP(5), false), part(data, 16, 24, UDP(5), true)],
    ];
    for (const [first, second] of ends as [Uint8Array, Uint8Array][]) {
      t.inject(first);
      t.drops(second, "IP_FRAGMENT_OVERLAP");
    }
    goesOn(t, socket);
  });

  test("FRAG-10: fragments with DF are taken like others", async () => {
    const { t, socket } = await gathering();
    const fields = { ...UDP(1), fragment: 0x4000 };
    t.inject(part(letter(7, pattern(100)), 0, 40, fields), part(letter(7, pattern(100)), 40, 108, fields));
    assert.deepEqual(read(t, socket), pattern(100));
  });

  test("FRAG-11, FRAG-12: longer than the buffer is dropped as soon as it shows, up to the last octet that fits is taken", async () => {
    const small = await gathering({ capacities: { fragmentOctets: 3028 } });
    assert.deepEqual(messages(small.t.inject(...cut(request(3001), 1480, echo(1))), 0), []);
    assert.equal(small.t.core.counter("IP_FRAGMENT_TOO_LONG"), 1);
    small.t.takesAny = true;
    assert.equal(small.t.inject(...cut(request(3000), 1480, echo(2))).length, 3, "the reply");
    for (const length of [8000, 65_507]) {
      assert.deepEqual(messages(small.t.inject(...cut(request(length), 1480, echo(3))), 0), []);
      assert.ok(small.t.core.counter("IP_FRAGMENT_TOO_LONG") >= 1);
    }
    goesOn(small.t, small.socket);
  });

  test("FRAG-15: a TCP segment in fragments is a segment; a fragment that is not the first gets no error", async () => {
    const { t } = await gathering();
    assert.ok(t.core.tcp_listen({ port: 80 }) > 0);
    const segment = tcp(PEER.ip, 6000, US.ip, 80, { ctl: CTL.SYN, text: pattern(100) });
    const sent = t.inject(...reversed(cut(segment, 48, { protocol: PROTOCOL.TCP, ident: 1 })));
    assert.deepEqual(
      sent.filter((seen) => seen.tcp).map((seen) => seen.tcp?.ctl),
      [CTL.SYN | CTL.ACK],
    );
    assert.deepEqual(t.inject(part(letter(9, pattern(100)), 40, 108, UDP(2))), []);
    assert.deepEqual(t.inject(part(pattern(100), 40, 100, { protocol: 200, ident: 3 })), []);
    const [error] = messages(t.inject(part(letter(9, pattern(100)), 0, 40, UDP(2))), 3);
    assert.deepEqual([error?.icmp?.type, error?.icmp?.code], [3, 3], "the whole one does");
  });

  test("fragments to groups: a broadcast datagram is delivered and never answered", async () => {
    const { t, socket } = await gathering();
    const data = pattern(100);
    const toAll = { ...UDP(1), to: "10.0.0.255" };
    t.inject(...cut(udp(PEER.ip, 5000, toAll.to, 7, data), 40, toAll));
    assert.deepEqual(read(t, socket), data);
    assert.deepEqual(t.inject(...cut(udp(PEER.ip, 5000, toAll.to, 9, data), 40, { ...toAll, ident: 2 })), []);
    const half = cut(letter(9, data), 56, UDP(3)) as [Uint8Array, Uint8Array];
    half[0].fill(255, 0, 6);
    assert.deepEqual(t.inject(...half), [], "one of the frames was everybody's");
    t.isEmpty(socket);
    t.isAlive();
  });
});

describe("a host without reassembly", () => {
  test("with no places every fragment is counted and dropped, and what is whole goes on", async () => {
    const t = await Tester.make({ capacities: { fragments: 0 } });
    const socket = t.bind(7);
    for (const frame of cut(request(1000), 504, echo(1))) t.drops(frame, "IP_FRAGMENTS_FULL");
    t.inject(datagram(7, "whole"));
    assert.equal(t.receive(socket), "whole");
    assert.equal(messages(t.inject(ping({ fragment: 0x4000 })), 0).length, 1, "DF alone is no fragment");
    assert.equal(messages(t.inject(datagram(9999, "closed")), 3).length, 1);
  });
});

// The DHCP client: its messages, its clocks, and how it checks an address before use.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import {
  ack,
  answersTo,
  asked,
  bare,
  bound,
  build,
  LEASED,
  lease,
  next,
  offer,
  type Option,
  quad,
  request,
  SERVER,
  status,
  toClient,
  TYPE,
  claims,
  announcements,
  interface_,
} from "./dhcp.js";
import { EVERYBODY } from "./packets.js";
import { asksFor, GATEWAY, OTHER, options, SEED, Tester, US } from "./tester.js";

describe("messages", () => {
  test("2131-1, A337: DISCOVER and REQUEST: from nobody to everybody, 68 to 67, at least 300 octets, one random xid, secs, the broadcast flag, the server named", async () => {
    const t = await bare();
    assert.equal(t.core.dhcp_name("ok-1.lan"), 0);
    assert.equal(t.core.dhcp_start(0, { now: true }), 0);
    const first = next(t);
    const discover = next(t);
    for (const { seen, op, flags, ciaddr, options } of [first, discover]) {
      assert.deepEqual([seen.ip?.from, seen.ip?.to, seen.to], ["0.0.0.0", "255.255.255.255", EVERYBODY]);
      assert.deepEqual([seen.udp?.fromPort, seen.udp?.toPort], [68, 67]);
      assert.deepEqual([op, flags, ciaddr], [1, 0x8000, "0.0.0.0"]);
      assert.deepEqual(options.get(61), [1, 2, 0, 0, 0, 0, 1], "client identifier");
      assert.deepEqual(options.get(55), [1, 121, 3, 6, 26, 42, 58, 59], "what is asked for");
      assert.deepEqual(options.get(57), [1500 >> 8, 1500 & 255], "longest message");
      assert.equal(String.fromCharCode(...(options.get(12) ?? [])), "ok-1.lan");
      assert.ok(!options.has(50) && !options.has(54));
    }
    assert.equal(first.secs, 0);
    assert.ok(discover.secs >= 3 && discover.secs <= 5, `${discover.secs} s`);
    assert.equal(discover.xid, first.xid, "the same transaction");
    const [sent] = asked(t.inject(offer(discover)));
    assert.ok(sent);
    assert.deepEqual([sent.type, sent.xid, sent.secs], [TYPE.REQUEST, discover.xid, discover.secs]);
    assert.deepEqual(sent.addresses(50), [LEASED]);
    assert.deepEqual(sent.addresses(54), [SERVER.ip]);
    assert.equal(sent.seen.ip?.from, "0.0.0.0");
    const other = await bare({ seed: SEED.map((octet) => octet ^ 0x5a) });
    other.core.dhcp_start(0, { now: true });
    assert.notEqual(next(other).xid, first.xid, "another seed, another xid");
  });

  test("A303: options in sname (64 octets at 44) and file (128 octets at 108) are read when option 52 says so, and not otherwise", async () => {
    const inFile: Option = [3, ...quad(GATEWAY.ip)];
    const inSname: Option = [6, ...quad("10.0.0.99")];
    const fields = {
      file: [...new Array(121).fill(0), inFile[0], 4, ...inFile.slice(1), 255].slice(0, 128),
      sname: [...new Array(57).fill(0), inSname[0], 4, ...inSname.slice(1), 255].slice(0, 64),
    };
    for (const [overload, gateway, dns] of [
      [0, null, []],
      [1, GATEWAY.ip, []],
      [2, null, ["10.0.0.99"]],
      [3, GATEWAY.ip, ["10.0.0.99"]],
    ] as const) {
      const t = await bare();
      const sent = request(t, { now: true, unchecked: true });
      t.inject(ack(sent, [[3], [6], overload ? [52, overload] : [52]], fields));
      const known = status(t);
      assert.deepEqual([known.state, known.gateway, known.dns], ["BOUND", gateway, dns], `overload ${overload}`);
    }
    const t = await bare();
    const names = { sname: [..."abc\0"].map((c) => c.charCodeAt(0)), file: [..."boot\0"].map((c) => c.charCodeAt(0)) };
    t.inject(ack(request(t, { now: true, unchecked: true }), [], names));
    assert.equal(status(t).state, "BOUND", "names in sname and file are no options");
  });

  test("A344: a host name has labels of letters, digits and hyphens", async () => {
    const t = await bare();
    for (const name of ["a b", "", "x".repeat(64), "-x", "x-", "a..b", ".a", "a.", "a.-b", "a-.b", "a_b", "\u00e4"])
      assert.equal(t.core.dhcp_name(name), Err.BAD_ARGUMENT, name);
    for (const name of ["ok-1.lan", "a", "0", "X".repeat(63), null]) assert.equal(t.core.dhcp_name(name), 0, String(name));
    t.core.dhcp_name("host");
    assert.equal(t.core.dhcp_name("-"), Err.BAD_ARGUMENT);
    t.core.dhcp_start(0, { now: true });
    assert.deepEqual(next(t).options.get(12), [104, 111, 115, 116], "a wrong name changes nothing");
  });

  test("calls refuse what makes no sense", async () => {
    const t = await bare();
    assert.equal(t.core.dhcp_start(1), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcp_start(-1), Err.BAD_ARGUMENT);
    assert.equal(t.core.exports.dhcp_start?.(0, 8), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcp_status(1), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcp_stop(1), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcp_release(1), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcp_name("a", 1), Err.BAD_ARGUMENT);
    assert.equal(t.core.dhcp_stop(0), 0, "one that does not run");
    const small = await bare({ capacities: { udpOctets: 547 } });
    assert.equal(small.core.dhcp_start(), Err.NO_ROOM);
    const narrow = await bare({ interfaces: [{ device: 0, mac: US.mac, mtu: 575 }] });
    assert.equal(narrow.core.dhcp_start(), Err.NOT_SUPPORTED);
    const raw = await Tester.make({ devices: [{ kind: "ip" }], interfaces: [{ device: 0 }] });
    assert.equal(raw.core.dhcp_start(), Err.NOT_SUPPORTED);
    t.bind(68);
    assert.equal(t.core.dhcp_start(), Err.NO_SOCKET, "somebody has the port");
  });
});

describe("clocks", () => {
  test("2131-2, A034: without a server DISCOVERs come after 4, 8, 16, 32, 64, 64 s, each one second more or less, after a random start; two seeds differ", async () => {
    const times = async (seed: Uint8Array) => {
      const t = await bare({ seed });
      assert.equal(t.core.dhcp_start(), 0);
      const at: number[] = [];
      for (let i = 0; i < 7; i++) {
        const message = next(t);
        assert.equal(message.type, TYPE.DISCOVER);
        at.push(t.ms);
        t.ms++;
      }
      return at;
    };
    const all: number[][] = [];
    for (const n of [1, 2, 3, 4]) all.push(await times(SEED.map((octet) => (octet + n * 31) & 255)));
    for (const at of all) {
      assert.ok((at[0] as number) >= 1000 && (at[0] as number) <= 10_000, `start after ${at[0]} ms`);
      [4, 8, 16, 32, 64, 64].forEach((seconds, i) => {
        const wait = (at[i + 1] as number) - (at[i] as number);
        assert.ok(wait >= seconds * 1000 - 1000 && wait <= seconds * 1000 + 1000, `wait ${i}: ${wait}`);
      });
    }
    assert.equal(new Set(all.map((at) => at[0])).size, 4, "starts differ");
    assert.equal(new Set(all.map((at) => (at[2] as number) - (at[1] as number))).size, 4, "waits differ");
  });

  test("2131-3, A154: at T1 the server is asked by unicast, at T2 everybody, at the end the address is dropped and its connections end", async () => {
    const t = await bare();
    const relay = { from: "10.0.0.201" };
    const message = request(t, { now: true, unchecked: true });
    t.inject(toClient(build({ xid: message.xid, yiaddr: LEASED, options: lease(TYPE.ACK, [[51, ...quad(1000)]]) }), relay));
    const began = t.ms;
    t.answering.set(SERVER.ip, SERVER.mac);
    const connection = t.core.tcp_connect({ address: OTHER.ip, port: 80 });
    assert.ok(connection > 0);
    const renewal = next(t, 600_000);
    assert.ok(t.ms - began >= 440_000 && t.ms - began <= 500_100, `T1 after ${t.ms - began}`);
    assert.deepEqual(
      [renewal.seen.ip?.from, renewal.seen.ip?.to, renewal.seen.to],
      [LEASED, SERVER.ip, SERVER.mac],
      "to the server, not the relay",
    );
    assert.deepEqual([renewal.type, renewal.ciaddr, renewal.flags], [TYPE.REQUEST, LEASED, 0]);
    assert.ok(!renewal.options.has(50) && !renewal.options.has(54));
    let last = renewal;
    const waits: number[] = [];
    for (let at = t.ms; last.seen.ip?.to === SERVER.ip; at = t.ms) {
      t.ms++;
      last = next(t, 400_000);
      waits.push(t.ms - at);
    }
    assert.ok(waits.every((wait) => wait >= 59_000 || wait === waits.at(-1)) && waits.length >= 2, `asked again after ${waits}`);
    assert.ok(t.ms - began >= 800_000 && t.ms - began <= 875_100, `T2 after ${t.ms - began}`);
    assert.deepEqual([last.seen.ip?.from, last.seen.ip?.to, last.ciaddr], [LEASED, "255.255.255.255", LEASED]);
    assert.equal(status(t).state, "REBINDING");
    assert.ok(answersTo(t, LEASED), "in use until the end");
    t.pass(began + 999_900 - t.ms);
    assert.ok(answersTo(t, LEASED));
    t.pass(200);
    assert.equal(answersTo(t, LEASED), false, "not a second longer");
    assert.deepEqual(interface_(t)?.addresses, []);
    assert.equal(status(t).gateway, null);
    t.pass(100);
    assert.equal(t.core.tcp_receive_ready(connection), Err.UNREACHABLE);
    const again = next(t, 12_000);
    assert.deepEqual([again.type, again.addresses(50)], [TYPE.DISCOVER, [LEASED]], "the same address is asked for");
  });

  test("2131-3: an acknowledgement at T1 or T2 begins the lease anew", async () => {
    for (const after of [500, 875]) {
      const t = await bound([[51, ...quad(1000)]]);
      t.answering.set(SERVER.ip, SERVER.mac);
      t.pass(after * 1000 - 100_000);
      let sent = next(t, 200_000);
      if (after === 875) while (sent.seen.ip?.to === SERVER.ip) sent = next(t, 200_000);
      t.inject(ack(sent));
      const known = status(t);
      assert.deepEqual([known.state, known.lease], ["BOUND", 3600]);
      assert.ok(known.ends >= 3598 && known.renews > 1600 && known.renews <= 1800 && known.rebinds > 2900 && known.rebinds <= 3150);
      assert.deepEqual(asked(t.pass(1_600_000)), []);
      assert.ok(answersTo(t, LEASED));
    }
  });

  test("DHCP-06: T1 and T2 are believed when 4 s <= T1 < T2 < lease; a lease of all ones never ends; one below 10 s is no lease", async () => {
    for (const [t1, t2, renews, rebinds] of [
      [100, 200, 100, 200],
      [200, 100, 1800, 3150],
      [100, 3600, 1800, 3150],
      [0, 200, 1800, 3150],
      [3, 200, 1800, 3150],
      [5000, 6000, 1800, 3150],
    ] as const) {
      const t = await bound(
        [
          [58, ...quad(t1)],
          [59, ...quad(t2)],
        ],
        {},
        { now: true, unchecked: true },
      );
      const known = status(t);
      assert.ok(known.renews <= renews && known.renews >= renews * 0.93 - 1, `T1 ${t1}: ${known.renews}`);
      assert.ok(known.rebinds <= rebinds && known.rebinds >= rebinds * 0.93 - 1, `T2 ${t2}: ${known.rebinds}`);
    }
    const forEver = await bound([[51, ...quad(0xffffffff)]]);
    const { lease, ends, renews, rebinds } = status(forEver);
    assert.deepEqual([lease, ends, renews, rebinds], new Array(4).fill(Number.POSITIVE_INFINITY));
    assert.deepEqual(asked(forEver.pass(100 * 86_400_000)), []);
    assert.ok(answersTo(forEver, LEASED));
    const long = await bound([[51, ...quad(0xfffffffe)]]);
    assert.ok(status(long).ends >= 0xfffffffe - 10);
    for (const seconds of [0, 9]) {
      const t = await bare();
      t.core.dhcp_start(0, { now: true });
      const discover = next(t);
      assert.deepEqual(
        t.reasons(() => assert.deepEqual(asked(t.inject(offer(discover, [[51, ...quad(seconds)]]))), [])),
        { DHCP_REFUSED: 1 },
      );
      assert.equal(asked(t.inject(offer(discover, [[51, ...quad(10)]])))[0]?.type, TYPE.REQUEST, "ten seconds are enough");
    }
  });

  test("the lease's clock goes on over the wrap of 32 bits of milliseconds, for months", async () => {
    const t = await bound([[51, ...quad(60 * 86_400)]], { ms: 2 ** 32 - 4_000 });
    t.answering.set(SERVER.ip, SERVER.mac);
    assert.deepEqual(asked(t.pass(29 * 86_400_000)), []);
    const renewal = next(t, 2 * 86_400_000);
    assert.equal(renewal.ciaddr, LEASED);
    t.inject(ack(renewal));
    assert.equal(status(t).state, "BOUND");
  });
});

describe("checking the address", () => {
  test("2131-4, A155: ARP asks whether anybody has the address; nobody: it is announced and used", async () => {
    const t = await bare();
    const before = t.inject(ack(request(t)));
    assert.deepEqual(
      before.filter((seen) => seen.arp?.senderIp === LEASED),
      [],
    );
    assert.equal(status(t).state, "CHECKING");
    assert.equal(answersTo(t, LEASED), false, "not used before");
    const sent = t.pass(8_000);
    const probes = asksFor(sent, LEASED).filter((seen) => seen.arp?.senderIp === "0.0.0.0");
    assert.equal(probes.length, 3);
    assert.ok(announcements(sent, LEASED).length >= 1, "announced");
    assert.equal(status(t).state, "BOUND");
    assert.ok(answersTo(t, LEASED));
  });

  test("2131-4, A155: somebody has it: DECLINE names address and server, and no DISCOVER for ten seconds", async () => {
    const t = await bare();
    t.inject(ack(request(t)));
    t.pass(1_500);
    const [decline, ...more] = asked(t.inject(claims(LEASED)));
    assert.ok(decline && !more.length);
    assert.deepEqual([decline.type, decline.ciaddr, decline.seen.ip?.from], [TYPE.DECLINE, "0.0.0.0", "0.0.0.0"]);
    assert.deepEqual([decline.addresses(50), decline.addresses(54)], [[LEASED], [SERVER.ip]]);
    assert.equal(t.core.counter("DHCP_DECLINED"), 1);
    assert.deepEqual(interface_(t)?.addresses, []);
    const at = t.ms;
    const discover = next(t);
    assert.ok(t.ms - at >= 10_000, `after ${t.ms - at} ms`);
    assert.deepEqual([discover.type, discover.addresses(50)], [TYPE.DISCOVER, []], "another address");
    assert.notEqual(discover.xid, decline.xid);
  });

  test("A166, A036: an address that the interface has already is declined, not doubled; the static one stays as it is", async () => {
    const t = await Tester.make(options({ interfaces: [{ device: 0, mac: US.mac, addresses: [`${LEASED}/16`] }] }));
    t.core.dhcp_start(0, { now: true });
    const discover = next(t);
    const [sent] = asked(t.inject(offer(discover)));
    assert.ok(sent);
    assert.equal(asked(t.inject(ack(sent)))[0]?.type, TYPE.DECLINE);
    assert.deepEqual(interface_(t)?.addresses, [`${LEASED}/16`]);
    t.core.dhcp_stop();
    assert.deepEqual(interface_(t)?.addresses, [`${LEASED}/16`]);
    const leased = await bound();
    assert.equal(leased.core.address_add({ address: LEASED }, 16), Err.IN_USE, "it is there already");
    assert.deepEqual(interface_(leased)?.addresses, [`${LEASED}/24`]);
  });

  test("A036: a leased address that the host takes away is asked for again, and comes back", async () => {
    const t = await bound();
    assert.equal(t.core.address_remove({ address: LEASED }), 0);
    t.poll();
    const known = status(t);
    assert.deepEqual([known.state, known.address], ["INIT_REBOOT", null], "the lease is reported gone");
    const sent = next(t, 2_000);
    assert.deepEqual([sent.type, sent.addresses(50), sent.addresses(54)], [TYPE.REQUEST, [LEASED], []]);
    t.inject(ack(sent));
    t.pass(8_000);
    assert.equal(status(t).state, "BOUND");
    assert.ok(answersTo(t, LEASED));
    assert.equal(t.core.address_add({ address: "10.0.0.60" }, 24), 1, "one beside it");
    assert.ok(answersTo(t, LEASED) && status(t).state === "BOUND");
  });

  test("with probing on, an address lost to another host is declined while bound", async () => {
    const t = await bound([], { settings: { probing: 1 } });
    assert.deepEqual(asked(t.inject(claims(LEASED))), [], "defended once");
    assert.equal(asked(t.inject(claims(LEASED)))[0]?.type, TYPE.DECLINE);
    assert.equal(status(t).address, null);
  });
});

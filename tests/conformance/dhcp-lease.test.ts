// The DHCP client: addresses from before, and what a lease brings.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import {
  ack,
  answersTo,
  asked,
  bare,
  bound,
  LEASED,
  nak,
  next,
  offer,
  type Option,
  quad,
  request,
  SERVER,
  status,
  TYPE,
  carrier,
  interface_,
} from "./dhcp.js";
import { read } from "./packets.js";
import { arpReply, asksFor, GATEWAY, options, PEER, Tester, US } from "./tester.js";

describe("refusals", () => {
  test("2131-6: NAK: the address goes, and it begins anew", async () => {
    const t = await bound();
    t.answering.set(SERVER.ip, SERVER.mac);
    t.pass(1_600_000);
    const renewal = next(t, 300_000);
    t.inject(nak(renewal));
    assert.equal(answersTo(t, LEASED), false);
    const discover = next(t, 10_000);
    assert.deepEqual([discover.type, discover.addresses(50)], [TYPE.DISCOVER, []]);
    assert.notEqual(discover.xid, renewal.xid);
    assert.equal(t.core.counter("DHCP_NAKS"), 1);
  });

  test("A158, DHCP-07: a server that refuses every request, or offers leases of nothing, is asked less and less", async () => {
    const t = await bare();
    t.core.dhcp_start(0, { now: true });
    const at: number[] = [];
    for (let i = 0; i < 7; i++) {
      const discover = next(t);
      assert.equal(discover.type, TYPE.DISCOVER);
      at.push(t.ms);
      const [sent] = asked(t.inject(offer(discover)));
      assert.ok(sent);
      t.inject(nak(sent));
    }
    const waits = at.slice(1).map((time, i) => time - (at[i] as number));
    [4, 8, 16, 32, 64, 64].forEach((seconds, i) => {
      assert.ok(Math.abs((waits[i] as number) - seconds * 1000) <= 1001, `${waits}`);
    });
    const greedy = await bare();
    greedy.core.dhcp_start(0, { now: true });
    let exchanges = 0;
    for (const end = greedy.ms + 1_100; greedy.ms < end; greedy.ms += 10) {
      for (const message of asked(greedy.poll())) {
        exchanges++;
        greedy.core.input(offer(message, [[51, ...quad(0)]]));
      }
    }
    assert.equal(exchanges, 1);
  });

  test("requests without an answer: four, and it begins anew", async () => {
    const t = await bare();
    const first = request(t);
    for (let i = 0; i < 3; i++) {
      const again = next(t);
      assert.deepEqual([again.type, again.xid, again.secs], [TYPE.REQUEST, first.xid, first.secs]);
      t.ms++;
    }
    assert.equal(next(t).type, TYPE.DISCOVER);
  });
});

describe("from before", () => {
  test("2131-7: a remembered address is asked for without a server's name; ACK: bound, NAK: DISCOVER, silence: DISCOVER", async () => {
    for (const answer of ["ack", "nak", "silence"]) {
      const t = await bare();
      assert.equal(t.core.dhcp_start(0, { now: true, address: LEASED }), 0);
      assert.equal(status(t).state, "INIT_REBOOT");
      const sent = next(t);
      assert.deepEqual([sent.type, sent.addresses(50), sent.addresses(54), sent.ciaddr], [TYPE.REQUEST, [LEASED], [], "0.0.0.0"]);
      assert.equal(sent.seen.ip?.to, "255.255.255.255");
      if (answer === "ack") {
        t.inject(ack(sent));
        t.pass(8_000);
        assert.equal(status(t).state, "BOUND");
        assert.ok(answersTo(t, LEASED));
        continue;
      }
      if (answer === "nak") t.inject(nak(sent));
      let message = next(t);
      while (message.type === TYPE.REQUEST) message = next(t);
      assert.equal(message.type, TYPE.DISCOVER);
    }
  });

  test("A223, A222: after the link was down, even between two polls, the first message is a REQUEST for the old address, which is used meanwhile; NAK ends it", async () => {
    for (const isSeen of [true, false]) {
      const t = await bound();
      carrier(t, false);
      if (isSeen) t.pass(5_000);
      carrier(t, true);
      t.poll();
      assert.ok(answersTo(t, LEASED), "in use");
      const sent = next(t, 1_000);
      assert.deepEqual([sent.type, sent.addresses(50), sent.addresses(54)], [TYPE.REQUEST, [LEASED], []]);
      assert.ok(answersTo(t, LEASED));
      if (isSeen) {
        t.inject(ack(sent));
        assert.equal(status(t).state, "BOUND");
        assert.ok(answersTo(t, LEASED));
        continue;
      }
      t.inject(nak(sent));
      assert.equal(answersTo(t, LEASED), false);
      assert.equal(next(t, 3_000).type, TYPE.DISCOVER);
    }
  });

  test("A223: nobody answers after the link was down: the lease is used to its end", async () => {
    const t = await bound();
    carrier(t, false);
    t.pass(1_000);
    carrier(t, true);
    assert.equal(asked(t.pass(60_000)).filter(({ type }) => type === TYPE.REQUEST).length, 3);
    assert.equal(status(t).state, "BOUND");
    assert.ok(answersTo(t, LEASED));
    carrier(t, false);
    t.pass(3_600_000);
    assert.deepEqual(interface_(t)?.addresses, [], "it ends without a link too");
    carrier(t, true);
    assert.equal(next(t, 12_000).type, TYPE.DISCOVER);
  });

  test("without a carrier nothing is sent; as soon as there is one, a DISCOVER is", async () => {
    const t = await bare();
    carrier(t, false);
    t.core.dhcp_start(0, { now: true });
    assert.deepEqual(t.pass(100_000), []);
    carrier(t, true);
    assert.equal(asked(t.pass(200))[0]?.type, TYPE.DISCOVER);
  });
});

describe("what a lease brings", () => {
  test("mask, gateway, DNS and NTP servers, MTU; the interface's generation tells; release takes all back and tells the server", async () => {
    const more: Option[] = [
      [6, ...quad("10.0.0.53"), ...quad("10.0.0.54")],
      [42, ...quad("10.0.0.55")],
      [26, 1280 >> 8, 1280 & 255],
    ];
    const t = await bare();
    const before = interface_(t)?.generation ?? 0;
    t.inject(ack(request(t, { now: true, unchecked: true }), more));
    const known = status(t);
    assert.deepEqual(
      [known.address, known.server, known.gateway, known.dns, known.ntp, interface_(t)?.mtu, known.lease],
      [`${LEASED}/24`, SERVER.ip, GATEWAY.ip, ["10.0.0.53", "10.0.0.54"], ["10.0.0.55"], 1280, 3600],
    );
    assert.ok((interface_(t)?.generation ?? 0) > before);
    assert.equal(t.send(t.bind(), "x", "192.0.2.1"), 1);
    assert.equal(asksFor(t.poll(), GATEWAY.ip).length, 1, "by the gateway");
    t.inject(arpReply(GATEWAY));
    t.answering.set(SERVER.ip, SERVER.mac);
    assert.equal(t.core.dhcp_release(), 0);
    const [release] = asked(t.pass(100));
    assert.ok(release);
    assert.deepEqual([release.type, release.ciaddr, release.addresses(54)], [TYPE.RELEASE, LEASED, [SERVER.ip]]);
    assert.deepEqual([release.seen.ip?.from, release.seen.ip?.to, release.seen.to], [LEASED, SERVER.ip, SERVER.mac]);
    const after = status(t);
    assert.deepEqual([after.state, after.address, after.gateway, after.dns, interface_(t)?.mtu], ["OFF", null, null, [], 1500]);
    assert.deepEqual([interface_(t)?.addresses, interface_(t)?.gateway], [[], null]);
    assert.equal(t.send(t.bind(), "x", "192.0.2.1"), Err.NO_ROUTE);
    assert.deepEqual(asked(t.pass(100_000)), [], "over");
    assert.equal(t.core.pools().UDP.used, 2, "the client's socket is closed");
  });

  test("A168: a gateway that changes with a renewal is told by the generation; a renewal that changes nothing is not", async () => {
    const t = await bound();
    t.answering.set(SERVER.ip, SERVER.mac);
    for (const [router, isNew] of [
      [GATEWAY.ip, false],
      ["10.0.0.253", true],
    ] as const) {
      t.pass(1_600_000);
      const renewal = next(t, 300_000);
      const before = interface_(t)?.generation ?? 0;
      t.inject(ack(renewal, [[3, ...quad(router)]]));
      assert.equal(interface_(t)?.gateway, router);
      assert.equal((interface_(t)?.generation ?? 0) - before, isNew ? 1 : 0, router);
    }
  });

  test("A206: a gateway that the host has set stays, whatever leases come and go; so does one set afterwards", async () => {
    const t = await Tester.make(options());
    t.inject(ack(request(t, { now: true, unchecked: true }), [[3, ...quad("10.0.0.253")]]));
    assert.equal(status(t).state, "BOUND");
    assert.deepEqual([interface_(t)?.gateway, status(t).gateway], [GATEWAY.ip, null]);
    t.core.dhcp_release();
    assert.equal(interface_(t)?.gateway, GATEWAY.ip);
    const other = await bound();
    assert.equal(other.core.gateway_set({ address: PEER.ip }), 0);
    other.core.dhcp_stop();
    assert.equal(interface_(other)?.gateway, PEER.ip);
  });

  test("classless routes take the place of the router option; those of others stay; they go with the lease", async () => {
    const routes: Option = [
      121,
      ...[0, ...quad("10.0.0.250")],
      ...[8, 11, ...quad("10.0.0.251")],
      ...[25, 192, 0, 2, 128, ...quad("10.0.0.252")],
      ...[16, 172, 16, ...quad("0.0.0.0")],
    ];
    const t = await bare();
    const sent = request(t, { now: true, unchecked: true });
    t.inject(ack(sent, [routes]));
    assert.deepEqual([status(t).gateway, status(t).routes], ["10.0.0.250", 3]);
    const socket = t.bind();
    for (const [to, hop] of [
      ["11.1.2.3", "10.0.0.251"],
      ["192.0.2.129", "10.0.0.252"],
      ["192.0.2.127", "10.0.0.250"],
      ["172.16.5.5", "172.16.5.5"],
    ] as const) {
      t.send(socket, "x", to);
      assert.equal(asksFor(t.poll(), hop).length, 1, `${to} by ${hop}`);
      t.pass(5_000);
    }
    t.core.dhcp_stop();
    assert.equal(t.core.pools().ROUTE.used, 0);
    const other = await bound([[121, ...[8, 11, ...quad("10.0.0.251")]]], {}, { now: true, unchecked: true });
    assert.equal(status(other).gateway, null, "no default route among them, no gateway");
  });

  test("two interfaces, one socket: each has its own lease", async () => {
    const t = await Tester.make({
      devices: [{ kind: "ethernet" }, { kind: "ethernet" }],
      interfaces: [
        { device: 0, mac: US.mac },
        { device: 1, mac: "02:00:00:00:00:11" },
      ],
    });
    const { core } = t;
    assert.equal(core.dhcp_start(0, { now: true, unchecked: true }), 0);
    assert.equal(core.dhcp_start(1, { now: true, unchecked: true }), 0);
    assert.equal(core.pools().UDP.used, 1);
    const discover = next(t);
    const [sent] = asked(t.inject(offer(discover)));
    assert.ok(sent);
    t.inject(ack(sent));
    assert.equal(status(t).state, "BOUND");
    t.pass(100);
    const [other] = asked(core.output(1).map(read));
    assert.ok(other && other.xid !== discover.xid);
    assert.equal(other.seen.from, "02:00:00:00:00:11");
    const here = core.dhcp_status(1);
    assert.ok(typeof here === "object" && here.state === "SELECTING" && here.address === null);
    core.dhcp_stop(0);
    assert.equal(core.pools().UDP.used, 1, "one still runs");
    core.dhcp_stop(1);
    assert.equal(core.pools().UDP.used, 0);
  });
});

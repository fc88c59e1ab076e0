import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Counter, Err } from "../../bindings/node/core.js";
import { bytes, datagram, frame, PEER, ping } from "../conformance/tester.js";
import { capacities, namesIn } from "./capacities.js";
import * as filter from "./filter.js";
import * as fragments from "./fragments.js";
import * as groups from "./groups.js";
import * as http from "./http.js";
import * as names from "./names.js";
import * as others from "./others.js";
import * as services from "./services.js";
import * as tcp from "./tcp.js";
import { World } from "./world.js";

/** A scenario for each capacity, and a small value besides the default. */
const SCENARIOS: Record<string, { scenario: tcp.Scenario; small: number }> = {
  TCP_SOCKETS: { scenario: tcp.sockets, small: 2 },
  TCP_RECEIVE: { scenario: tcp.receiveRing, small: 700 },
  TCP_SEND: { scenario: tcp.sendRing, small: 500 },
  LISTENERS: { scenario: tcp.listeners, small: 1 },
  SYN_QUEUE: { scenario: tcp.synQueue, small: 2 },
  TIME_WAIT: { scenario: tcp.timeWait, small: 2 },
  UDP_SOCKETS: { scenario: others.udpSockets, small: 1 },
  UDP_RECEIVE: { scenario: others.udpReceive, small: 2 },
  UDP_SEND: { scenario: others.udpSend, small: 1 },
  UDP_OCTETS: { scenario: others.udpOctets, small: 100 },
  NEIGHBOURS: { scenario: others.neighbours, small: 3 },
  ROUTES: { scenario: others.routes, small: 1 },
  HOLDS: { scenario: others.holds, small: 2 },
  GROUPS: { scenario: groups.groups, small: 2 },
  SOURCES: { scenario: groups.sources, small: 3 },
  FRAGMENTS: { scenario: fragments.fragments, small: 2 },
  FRAGMENT_OCTETS: { scenario: fragments.fragmentOctets, small: 600 },
  RULES: { scenario: filter.rules, small: 2 },
  FLOWS: { scenario: filter.flows, small: 3 },
  FORWARDS: { scenario: filter.forwards, small: 2 },
  REQUESTS: { scenario: http.requests, small: 2 },
  REQUEST_OCTETS: { scenario: http.requestOctets, small: 300 },
  LEASES: { scenario: services.leases, small: 2 },
  OWNERS: { scenario: others.owners, small: 1 },
  NAMES: { scenario: names.names, small: 2 },
  SERVICES: { scenario: names.services, small: 1 },
  SENT_RECORDS: { scenario: tcp.sentRecords, small: 4 },
  TRANSFERS: { scenario: services.transfers, small: 1 },
  RECORD: { scenario: tcp.record, small: 8 },
};

const found = capacities("assembly/memory/config.ts");
const NAMES = [...Object.keys(Counter), ...Object.keys(Err)];

describe("each capacity, to the brim, one over, and back", () => {
  test("every capacity of the source has a scenario, and no scenario is left over", () => {
    assert.deepEqual(found.map((capacity) => capacity.name).sort(), Object.keys(SCENARIOS).sort());
  });
  for (const { name, value, text } of found) {
    const known = SCENARIOS[name];
    if (!known) continue;
    for (const size of [known.small, value]) {
      test(`${name} of ${size}: what its sentence says is what happens, and a transfer goes on`, async () => {
        const seen = await known.scenario(size);
        if (size === known.small) assert.deepEqual(seen.sort(), namesIn(text, NAMES), text);
      });
    }
  }
});

describe("frame rings", () => {
  const rings = [{ kind: "ethernet" as const, rxSlots: 16, txSlots: 8 }];

  test("RX full: input answers false, and after a poll it takes frames again", async () => {
    const w = await World.make({}, { devices: rings });
    w.core.poll(w.ms);
    for (let i = 0; i < 16; i++) assert.equal(w.core.input(datagram(9, "x", { to: "10.9.9.9" })), true, `frame ${i}`);
    const read = w.core.counter("FRAMES_IN");
    assert.equal(w.core.input(ping()), false);
    w.core.poll(w.ms);
    assert.equal(w.core.counter("FRAMES_IN"), read + 16);
    assert.equal(w.core.input(ping()), true);
    w.goesOn();
  });

  test("TX full: TX_BLOCKED is set, TX_FULL counts, nothing that was owed is lost", async () => {
    const w = await World.make({ udpSend: 16 }, { devices: rings });
    const socket = w.core.udp_bind({});
    const theirs = w.peer.udp_bind({ port: 40 });
    w.run(50);
    for (let i = 0; i < 16; i++) assert.ok(w.core.udp_write(socket, bytes(`${i}`), { address: PEER.ip, port: 40 }) > 0);
    for (let i = 0; i < 5; i++) w.core.poll(++w.ms);
    assert.ok(w.core.txBlocked && w.core.device(0).pending >= 6);
    assert.ok(w.core.counter("TX_FULL") > 0);
    assert.equal(w.core.input(frame(new Uint8Array(8), { protocol: 1 })), true, "RX is still there");
    const got: string[] = [];
    w.until(() => {
      const data = w.peer.udp_read(theirs);
      if (typeof data !== "number") got.push(new TextDecoder().decode(data));
      return got.length === 8;
    });
    w.goesOn();
    assert.deepEqual(
      got,
      Array.from({ length: 8 }, (_, i) => `${i}`),
      "the peer's own ring holds eight",
    );
    assert.equal(w.core.txBlocked, false);
  });
});

describe("neighbours in use", () => {
  test("connections that pin many neighbours leave the free ones to others", async () => {
    const w = await World.make({ neighbours: 160, classes: [{ sockets: 120, receive: 64, send: 64 }] });
    const mac = (i: number) => `06:00:00:04:00:${i.toString(16).padStart(2, "0")}`;
    for (let i = 0; i < 180; i++) w.answering.set(`10.4.0.${i + 1}`, mac(i));
    for (let i = 0; i < 100; i++) assert.ok(w.core.tcp_connect({ address: `10.4.0.${i + 1}`, port: 80 }) > 0);
    w.run(20);
    const socket = w.core.udp_bind({});
    for (let i = 100; i < 180; i++) {
      w.sent = [];
      assert.ok(w.core.udp_write(socket, bytes("x"), { address: `10.4.0.${i + 1}`, port: 9 }) > 0);
      w.run(100);
      assert.ok(
        w.sent.some((seen) => seen.udp && seen.to === mac(i)),
        `host ${i}: ${w.core.pools().NEIGHBOUR.used} of 160 places taken`,
      );
    }
    w.goesOn();
  });
});

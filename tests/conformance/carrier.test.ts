// A carrier that goes and comes is an input.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CONTROL, DEVICE, Event, State } from "../../bindings/node/core.js";
import { CTL, PROTOCOL, tcp } from "./packets.js";
import { arpReply, asksFor, bytes, datagrams, frame, OTHER, PEER, Tester, US } from "./tester.js";

const link = (t: Tester) => t.core.view.getUint32(t.core.control + CONTROL.deviceTable + DEVICE.link, true);
/** Down and up before the stack looks. */
function flap(t: Tester): void {
  t.core.device(0).link = false;
  t.core.device(0).link = true;
}
/** A connection of ours to PEER; answers its handle. */
function connected(t: Tester): number {
  const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
  const [syn] = t.poll().filter((seen) => seen.tcp);
  const fields = { seq: 100, ack: ((syn?.tcp?.seq ?? 0) + 1) >>> 0, ctl: CTL.SYN | CTL.ACK };
  t.inject(frame(tcp(PEER.ip, 80, US.ip, syn?.tcp?.fromPort ?? 0, fields), { protocol: PROTOCOL.TCP }));
  assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
  t.pass(100);
  while (t.core.ready_next() > 0);
  return handle;
}

describe("a carrier", () => {
  test("A222: one that went and came back between two polls is noticed: addresses are announced, ARP asks anew, waiters go on", async () => {
    const t = await Tester.make();
    t.resolve(OTHER);
    connected(t);
    const waiting = t.core.tcp_connect({ address: "10.0.0.9", port: 80 });
    assert.equal(asksFor(t.poll(), "10.0.0.9").length, 1);
    t.pass(2500);
    assert.deepEqual([t.core.neighbours().length, link(t) & 1], [3, 0]);
    const before = link(t);
    flap(t);
    t.answering.set("10.0.0.9", "02:00:00:00:00:09");
    const sent = t.pass(20);
    assert.notEqual(link(t), before, "who looks at the record sees it");
    assert.equal(link(t) & 1, 0);
    assert.equal(sent.filter((seen) => seen.arp?.senderIp === US.ip && seen.arp.targetIp === US.ip).length, 1, "announced");
    assert.equal(asksFor(sent, PEER.ip).length, 1, "the host of the connection is asked for anew");
    assert.ok(!t.core.neighbours().some((it) => it.address === OTHER.ip), "one that nobody needs is forgotten");
    t.pass(2000);
    assert.equal(t.core.status(waiting)?.waits === "NEIGHBOUR", false, "who waited has sent");
    assert.deepEqual(t.pass(100), []);
    assert.equal(link(t) & 1, 0);
    t.isAlive();
  });

  test("A222: every change is another number, whichever way it is told", async () => {
    const t = await Tester.make();
    const seen = new Set([link(t)]);
    for (let i = 0; i < 4; i++) {
      flap(t);
      t.poll();
      seen.add(link(t));
    }
    const at = t.core.control + CONTROL.deviceTable + DEVICE.linkDown;
    for (const down of [1, 0, 1, 0]) {
      t.core.view.setUint8(at, down);
      t.poll();
      assert.equal(link(t) & 1, down, "a host that tells no number");
      seen.add(link(t));
    }
    t.poll();
    seen.add(link(t));
    assert.equal(seen.size, 9);
  });

  test("while it is gone connections wait and are told once; what they write leaves when it is back, with the address asked for first", async () => {
    const t = await Tester.make();
    const handle = connected(t);
    const idle = connected(t);
    t.core.device(0).link = false;
    t.poll();
    const told = new Set<number>();
    for (let next = t.core.ready_next(); next > 0; next = t.core.ready_next()) {
      assert.ok(t.core.events & Event.SOFT_ERROR);
      told.add(next);
    }
    assert.deepEqual(told, new Set([handle, idle]));
    assert.deepEqual(t.core.status(handle)?.softError, 0x300);
    const out = t.core.counter("TCP_OUT");
    t.core.tcp_write(handle, bytes("patience"));
    t.pass(30_000);
    assert.equal(t.core.counter("TCP_OUT"), out, "nothing counts as sent");
    assert.equal(t.core.status(handle)?.retransmissions, 0);
    assert.equal(t.core.ready_next(), 0, "told once");
    t.core.device(0).link = true;
    const sent = t.pass(20);
    const [data] = sent.filter((seen) => seen.tcp?.text.length);
    assert.deepEqual(data?.tcp?.text, bytes("patience"));
    assert.ok(sent.indexOf(data as (typeof sent)[number]) > sent.indexOf(asksFor(sent, PEER.ip)[0] as (typeof sent)[number]));
    assert.equal(t.core.tcp_status(idle), State.ESTABLISHED);
  });

  test("what was in flight when it went leaves again at once when it is back, and the user timeout ends what waits too long", async () => {
    const t = await Tester.make({ settings: { userTimeout: 100_000 } });
    const handle = connected(t);
    t.core.tcp_write(handle, bytes("lost"));
    assert.equal(t.poll().filter((seen) => seen.tcp?.text.length).length, 1);
    t.core.device(0).link = false;
    t.pass(50_000);
    t.core.device(0).link = true;
    assert.equal(t.pass(20).filter((seen) => seen.tcp?.text.length).length, 1, "not after a timer that has backed off");
    t.core.device(0).link = false;
    t.pass(100_000);
    assert.equal(t.core.status(handle)?.error, "TIMED_OUT");
  });

  test("a datagram that waits for a neighbour is kept over it, and leaves when that answers", async () => {
    const t = await Tester.make();
    t.send(t.bind(), "kept", OTHER.ip);
    t.poll();
    flap(t);
    t.poll();
    const sent = [...t.pass(1100), ...t.inject(arpReply(OTHER))];
    assert.equal(datagrams(sent).length, 1);
    assert.ok(asksFor(sent, OTHER.ip).length >= 1);
  });

  test("with probing, addresses in use stay in use while they are probed again, and a rival then takes them away", async () => {
    const t = await Tester.make({ settings: { probing: 1 } });
    t.pass(5000);
    flap(t);
    const sent = t.pass(10_000).filter((seen) => seen.arp);
    assert.deepEqual(
      sent.map((seen) => seen.arp?.senderIp),
      ["0.0.0.0", "0.0.0.0", "0.0.0.0", US.ip, US.ip],
    );
    flap(t);
    t.pass(10);
    t.isAlive();
  });
});

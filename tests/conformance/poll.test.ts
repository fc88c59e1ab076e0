import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, type CoreOptions, Err, instantiate, State } from "../../bindings/node/core.js";
import { NOTHING_ARMED } from "../../bindings/node/layout.js";
import { CTL, PROTOCOL, read, tcp } from "./packets.js";
import {
  arpReply,
  arpRequest,
  asksFor,
  bytes,
  datagram,
  datagrams,
  frame,
  messages,
  OTHER,
  options,
  PEER,
  ping,
  Tester,
  US,
} from "./tester.js";

/** Our stack in SYN-SENT to PEER port 80, or established when `ack` is true; sequence numbers that follow. */
async function connection(t: Tester): Promise<{ handle: number; port: number; next: number }> {
  const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 });
  const [syn] = t.poll().filter((seen) => seen.tcp);
  const port = syn?.tcp?.fromPort ?? 0;
  const next = ((syn?.tcp?.seq ?? 0) + 1) >>> 0;
  t.inject(frame(tcp(PEER.ip, 80, US.ip, port, { seq: 100, ack: next, ctl: CTL.SYN | CTL.ACK }), { protocol: PROTOCOL.TCP }));
  assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
  t.pass(100);
  return { handle, port, next };
}
/** Two stacks on a wire and their common time. */
class Pair {
  ms: number;
  constructor(
    readonly a: Core,
    readonly b: Core,
    ms: number,
  ) {
    this.ms = ms;
  }
  static async make(ms = 0, more: Partial<CoreOptions> = {}): Promise<Pair> {
    const other = options({ ms, ...more, interfaces: [{ device: 0, mac: PEER.mac, addresses: [`${PEER.ip}/24`] }] });
    return new Pair(await instantiate(options({ ms, ...more })), await instantiate(other), ms);
  }
  /** Polls both until `done`; answers the polls it took. */
  until(done: () => boolean, limit = 60_000): number {
    const end = this.ms + limit;
    for (let polls = 1; ; polls++) {
      const wait = Math.min(this.a.poll(this.ms >>> 0), this.b.poll(this.ms >>> 0));
      const moved = this.a.transfer(this.b) + this.b.transfer(this.a);
      if (done()) return polls;
      if (!moved) this.ms += Math.max(wait, 1);
      assert.ok(this.ms < end, `not within ${limit} ms`);
    }
  }
  /** Lets time pass. */
  idle(ms: number): void {
    const end = this.ms + ms;
    this.until(() => this.ms >= end, ms + 600_000);
  }
  connect(port = 80): { client: number; server: number } {
    const listener = this.b.tcp_listen({ port });
    assert.ok(listener > 0);
    const client = this.a.tcp_connect({ address: PEER.ip, port });
    let server: number = Err.WOULD_BLOCK;
    this.until(() => {
      server = this.b.tcp_accept(listener);
      return server > 0;
    });
    return { client, server };
  }
  /** Sends text from a to b; it must arrive whole. */
  exchange(client: number, server: number, text: string): void {
    assert.equal(this.a.tcp_write(client, bytes(text)), text.length);
    let got = "";
    this.until(() => {
      const read = this.b.tcp_read(server);
      if (read instanceof Uint8Array) got += new TextDecoder().decode(read);
      return got.length >= text.length;
    });
    assert.equal(got, text);
  }
}

describe("poll: budgets", () => {
  test("A063, RES-02: of 10,000 frames one poll reads no more than its budget, says that more waits, and a timer still runs", async () => {
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 16_384, txSlots: 1024 }], settings: { frameBudget: 100 } });
    const { handle } = await connection(t);
    t.core.tcp_write(handle, bytes("to be sent again"));
    assert.equal(t.poll().filter((seen) => seen.tcp?.text.length).length, 1);
    for (let i = 0; i < 10_000; i++) assert.ok(t.core.input(datagram(9, "flood", { to: OTHER.ip })));
    t.ms += 5000;
    const before = t.core.counter("FRAMES_IN");
    assert.equal(t.core.poll(t.ms), 0, "poll again");
    assert.equal(t.core.counter("FRAMES_IN") - before, 100);
    assert.equal(t.core.counter("TCP_TIMEOUTS"), 1, "the retransmission timer ran in that poll");
    for (let polls = 1; polls < 100; polls++) assert.equal(t.core.poll(t.ms) === 0, polls < 99, `poll ${polls}`);
    assert.equal(t.core.counter("FRAMES_IN") - before, 10_000);
  });

  test("RES-02: a flood on one device does not keep the others waiting", async () => {
    const t = await Tester.make({
      devices: [
        { kind: "ethernet", rxSlots: 1024, txSlots: 64 },
        { kind: "ethernet", rxSlots: 64, txSlots: 64 },
      ],
      interfaces: [
        { device: 0, mac: US.mac, addresses: [`${US.ip}/24`] },
        { device: 1, mac: OTHER.mac, addresses: ["10.1.0.1/24"] },
      ],
      settings: { frameBudget: 128 },
    });
    t.core.output(1);
    for (let i = 0; i < 1000; i++) t.core.input(datagram(9, "flood", { to: OTHER.ip }));
    t.core.input(frame(new Uint8Array(8), { protocol: 200, from: "10.1.0.2", to: "10.1.0.1" }, { to: OTHER.mac }), 1);
    t.core.poll(t.ms);
    assert.equal(t.core.counter("IP_UNKNOWN_PROTOCOL"), 1, "read in the first poll");
  });

  test("RES-06, A129, A134: with a full transmit ring nothing that is owed is lost, and nobody spins", async () => {
    const t = await Tester.make({ devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 4 }] });
    const { handle, port, next } = await connection(t);
    const socket = t.bind(7);
    for (let i = 0; i < 4; i++) t.core.input(ping());
    t.core.tcp_write(handle, bytes("owed text"));
    t.send(socket, "owed datagram", PEER.ip);
    let wait = 0;
    let polls = 0;
    do wait = t.core.poll(t.ms);
    while (wait === 0 && ++polls < 20);
    assert.ok(polls < 20, "poll does not answer 0 while the ring is full");
    assert.ok(t.core.txBlocked);
    assert.equal(t.core.device(0).pending <= 4, true);
    const sent = t.poll();
    assert.equal(messages(sent, 0).length, 4);
    assert.deepEqual(
      datagrams(sent).map((seen) => new TextDecoder().decode(seen.udp?.data)),
      ["owed datagram"],
    );
    assert.equal(sent.filter((seen) => seen.tcp?.text.length).length, 1);
    assert.equal(t.core.txBlocked, false);
    t.core.input(
      frame(tcp(PEER.ip, 80, US.ip, port, { seq: 101, ack: next + 9, ctl: CTL.ACK, text: bytes("x") }), { protocol: PROTOCOL.TCP }),
    );
    const later = [...t.poll(), ...t.pass(500)];
    assert.ok(
      later.some((seen) => seen.tcp?.ack === 102),
      "the ACK leaves",
    );
  });

  test("RES-06: a device that takes no frames does not stop the others: UDP, TCP and replies go on there", async () => {
    const t = await Tester.make({
      devices: [
        { kind: "ip", rxSlots: 64, txSlots: 4 },
        { kind: "ethernet", rxSlots: 64, txSlots: 64 },
      ],
      interfaces: [
        { device: 0, addresses: ["10.9.0.1/24"] },
        { device: 1, mac: US.mac, addresses: [`${US.ip}/24`] },
      ],
    });
    const { core } = t;
    const take = () => core.output(1).map((each) => read(each));
    take();
    core.input(arpRequest(PEER), 1);
    core.poll(t.ms);
    take();
    const stuck = t.bind();
    for (let i = 0; i < 4; i++) assert.ok(t.send(stuck, `${i}`, "10.9.0.2") > 0);
    assert.ok(core.tcp_connect({ address: "10.9.0.2", port: 80 }) > 0);
    for (let i = 0; i < 4; i++) core.poll(++t.ms);
    assert.ok(core.txBlocked, "device 0 is full");
    assert.ok(t.send(t.bind(), "by the other device", PEER.ip) > 0);
    assert.ok(core.tcp_connect({ address: PEER.ip, port: 80 }) > 0);
    core.input(ping(), 1);
    core.poll(++t.ms);
    const sent = take();
    assert.equal(messages(sent, 0).length, 1, "echo reply");
    assert.equal(sent.filter((seen) => seen.tcp).length, 1, "SYN");
    assert.equal(datagrams(sent).length, 1, "datagram");
    assert.equal(core.output(0).length, 4 - 2);
  });

  test("RES-06, A134: more senders behind a full ring than one poll looks at do not make it answer 0", async () => {
    for (const kind of ["tcp", "udp"]) {
      const classes = [{ sockets: 30, receive: 64, send: 64 }];
      const t = await Tester.make({
        devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 4 }],
        settings: { frameBudget: 8 },
        capacities: { classes, udpSockets: 30 },
      });
      t.resolve(PEER);
      for (let i = 0; i < 30; i++) {
        if (kind === "tcp") assert.ok(t.core.tcp_connect({ address: PEER.ip, port: 80 }) > 0);
        else assert.ok(t.send(t.bind(), "x", PEER.ip) > 0);
      }
      let zeros = 0;
      for (let i = 0; i < 50; i++) if (t.core.poll(t.ms) === 0) zeros++;
      assert.ok(zeros <= 5, `${kind}: ${zeros} of 50 polls ask for another although the ring is full`);
      assert.ok(t.core.txBlocked);
      const sent = t.poll();
      assert.equal(sent.filter((seen) => seen.tcp ?? seen.udp).length, 30, "all leave once there is room");
    }
  });

  test("A129: a device that takes one frame now and then loses nothing", async () => {
    const pair = await Pair.make(0, { devices: [{ kind: "ethernet", rxSlots: 4, txSlots: 4 }] });
    const { client, server } = pair.connect();
    const text = "0123456789abcdef".repeat(1000);
    let [sent, got] = [0, ""];
    for (let round = 0; got.length < text.length; round++) {
      assert.ok(round < 100_000);
      sent += Math.max(0, pair.a.tcp_write(client, bytes(text), sent));
      pair.a.poll(pair.ms);
      pair.b.poll(pair.ms);
      if (round & 1) pair.a.transfer(pair.b);
      else pair.b.transfer(pair.a);
      const read = pair.b.tcp_read(server);
      if (read instanceof Uint8Array) got += new TextDecoder().decode(read);
      pair.ms += round % 7 === 0 ? 1 : 0;
    }
    assert.equal(got, text);
  });

  test("A278, RES-08: the cost of a poll does not grow with idle connections", async () => {
    const cost = async (connections: number) => {
      const classes = [{ sockets: 2000, receive: 64, send: 64 }];
      const pair = await Pair.make(0, {
        capacities: { classes, synQueue: 64 },
        devices: [{ kind: "ethernet", rxSlots: 256, txSlots: 256 }],
      });
      const listener = pair.b.tcp_listen({ port: 80 }, 0, 64);
      for (let i = 0; i < connections; i++) {
        assert.ok(pair.a.tcp_connect({ address: PEER.ip, port: 80 }) > 0);
        pair.until(() => pair.b.tcp_accept(listener) > 0);
      }
      pair.idle(5000);
      let best = Number.POSITIVE_INFINITY;
      for (let run = 0; run < 20; run++) {
        const began = process.hrtime.bigint();
        for (let i = 0; i < 2000; i++) pair.a.poll(pair.ms);
        best = Math.min(best, Number(process.hrtime.bigint() - began));
      }
      return best;
    };
    const [few, many] = [await cost(1), await cost(1500)];
    assert.ok(many < few * 8, `2,000 polls take ${few} ns with 1 idle connection and ${many} ns with 1,500`);
  });
});

describe("poll: time", () => {
  test("A107+108: after a call the next poll is due at once, and what it owes leaves in that poll", async () => {
    const pair = await Pair.make();
    const { client, server } = pair.connect();
    pair.idle(1000);
    pair.b.tcp_write(server, bytes("greeting"));
    const began = pair.ms;
    pair.until(() => pair.a.tcp_receive_ready(client) === 8);
    assert.ok(pair.ms - began <= 1, `${pair.ms - began} ms`);
    pair.idle(1000);
    pair.b.tcp_close(server);
    const closed = pair.ms;
    pair.a.tcp_receive_release(client, 8);
    pair.until(() => pair.a.tcp_receive_ready(client) === Err.END);
    assert.ok(pair.ms - closed <= 1, `${pair.ms - closed} ms`);
  });

  test("A107+108: a frame that came between the halves is seen by the next poll, which is due at once", async () => {
    const t = await Tester.make();
    t.core.receive(t.ms);
    assert.ok(t.core.input(ping()));
    assert.equal(t.core.transmit(), 0, "a frame waits");
    assert.equal(messages(t.poll(), 0).length, 1);
    assert.equal(t.core.receive(t.ms), 0);
    assert.ok(t.core.transmit() > 0);
  });

  test("A021: deadlines lie in the future: following only the answers, time advances and nothing repeats", async () => {
    const t = await Tester.make();
    t.answering.clear();
    t.core.tcp_connect({ address: PEER.ip, port: 80 });
    t.send(t.bind(), "anybody", OTHER.ip);
    let polls = 0;
    let asked = 0;
    for (let ms = 0; ms < 1_250_000; polls++) {
      asked += t.poll().length;
      assert.ok(t.wait > 0);
      if (t.wait >= NOTHING_ARMED) break;
      ms += t.wait;
      t.ms += t.wait;
    }
    assert.ok(polls < 60, `${polls} polls for what needs a few`);
    assert.ok(asked > 0, `${asked} requests for neighbours that are not there`);
    assert.equal(t.wait, NOTHING_ARMED);
  });

  test("A194, RES-03: clocks that wrap at 2^31 and 2^32 milliseconds change nothing: ARP, retransmission, TIME-WAIT", async () => {
    for (const start of [2 ** 32 - 5000, 2 ** 31 - 5000]) {
      const pair = await Pair.make(start, { settings: { msl: 2000 } });
      const { client, server } = pair.connect();
      for (let i = 0; i < 10; i++) {
        pair.exchange(client, server, `message ${i}`);
        pair.idle(1000);
      }
      pair.a.tcp_write(client, bytes("lost once"));
      pair.a.poll(pair.ms >>> 0);
      assert.ok(pair.a.output().length >= 1);
      pair.until(() => pair.b.tcp_receive_ready(server) === 9);
      pair.b.tcp_receive_release(server, 9);
      pair.exchange(client, server, "and what follows");
      pair.a.tcp_close(client);
      pair.b.tcp_close(server);
      pair.until(() => pair.a.pools().TIME_WAIT.used === 1);
      pair.until(() => pair.a.pools().TIME_WAIT.used === 0, 5000);
    }
  });

  test("A194: a retransmission and an ARP retry span the wrap", async () => {
    for (const start of [2 ** 32 - 600, 2 ** 31 - 600]) {
      const t = await Tester.make({ ms: start });
      const { handle } = await connection(t);
      t.core.tcp_write(handle, bytes("text"));
      t.send(t.bind(), "x", OTHER.ip);
      const sent = t.pass(3000);
      assert.ok(sent.filter((seen) => seen.tcp?.text.length).length >= 3, "sent again after 200 and 400 ms or so");
      assert.equal(asksFor(sent, OTHER.ip).length, 3, "three requests, a second apart");
      assert.equal(datagrams(t.inject(arpReply(PEER))).length, 0);
    }
  });

  test("A290, RES-03: a clock that jumps back an hour or forward a day neither traps nor storms, and the connection goes on", async () => {
    const pair = await Pair.make(10_000_000);
    const { client, server } = pair.connect();
    pair.exchange(client, server, "before");
    pair.ms -= 3_600_000;
    pair.exchange(client, server, "an hour back");
    const out = pair.a.counter("FRAMES_OUT");
    pair.ms += 86_400_000;
    pair.exchange(client, server, "a day forward");
    pair.idle(10_000);
    assert.ok(pair.a.counter("FRAMES_OUT") - out < 30, "no storm");
    pair.exchange(client, server, "and on");
  });

  test("RES-03: a clock that stands still or went back lets no time pass, and timers resume with it", async () => {
    const t = await Tester.make({ ms: 1_000_000 });
    t.send(t.bind(), "x", OTHER.ip);
    assert.equal(asksFor(t.poll(), OTHER.ip).length, 1);
    t.ms -= 500_000;
    for (let i = 0; i < 100; i++) assert.deepEqual(t.poll(), []);
    assert.equal(asksFor(t.pass(2500), OTHER.ip).length, 2);
  });
});

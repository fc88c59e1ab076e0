// TCP extensions and congestion control as options: of a stack, a listener, a connection.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { CONTROL, Event, instantiate, Offer, Option } from "../../bindings/node/core.js";
import {
  createStack,
  createWire,
  RingwireError,
  type Stack,
  type TcpExtensions,
  type TcpOptions,
  TcpSocket,
} from "../../bindings/node/index.js";

const COOKIES = Offer.COOKIES;
const DEFAULT = Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS | COOKIES;

/** Two stacks on a wire; the first has these options. */
async function pair(tcp: TcpOptions = {}): Promise<{ a: Stack; b: Stack; close: () => Promise<unknown> }> {
  const [near, far] = createWire();
  const a = await createStack({ interfaces: [{ driver: near, addresses: ["10.0.0.1/24"] }], tcp });
  const b = await createStack({ interfaces: [{ driver: far, addresses: ["10.0.0.2/24"] }] });
  return { a, b, close: () => Promise.all([a.close(), b.close()]) };
}
const word = ({ core }: Stack, name: "offer" | "congestion" | "sentRecords") => core.view.getUint32(core.control + CONTROL[name], true);
function is(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof RingwireError && error.code === code && message.test(error.message) && !error.message.includes("\n");
}

describe("TCP extensions of a stack", () => {
  test("what is said is set, what is not said stays the module's", async () => {
    const rows: [TcpOptions, number, number, number][] = [
      [{}, DEFAULT, 0, 1024],
      [{ timestamps: false }, Offer.SCALE | Offer.SACK | COOKIES, 0, 1024],
      [{ windowScaling: false, sack: false, timestamps: false, cookies: false }, 0, 0, 1024],
      [{ ecn: true, congestion: "cubic", sentRecords: 64 }, DEFAULT | Offer.ECN, 1, 64],
      [{ congestion: "newreno", sentRecords: 0, sack: true }, DEFAULT, 0, 0],
    ];
    for (const [tcp, offer, congestion, records] of rows) {
      const { a, close } = await pair(tcp);
      assert.deepEqual([word(a, "offer"), word(a, "congestion"), word(a, "sentRecords")], [offer, congestion, records]);
      await close();
    }
  });
  test("a core takes switches, names and numbers", async () => {
    const given = { seed: "0123456789abcdef".repeat(4), devices: [{ kind: "ip" as const }], interfaces: [{ addresses: ["10.0.0.1/24"] }] };
    for (const [settings, offer, congestion] of [
      [{ offer: 2, congestion: 1 }, 2, 1],
      [{ offer: { sack: false, ecn: true }, congestion: "cubic" as const }, Offer.SCALE | Offer.TIMESTAMPS | Offer.ECN | COOKIES, 1],
      [{ offer: {} }, DEFAULT, 0],
    ] as const) {
      const core = await instantiate({ ...given, settings });
      const handle = core.tcp_connect({ address: "10.0.0.2", port: 7 });
      assert.deepEqual([core.socket_get(handle, Option.OFFER), core.socket_get(handle, Option.CONGESTION)], [offer, congestion]);
    }
    const refused = (settings: object, code: string, message: RegExp) =>
      assert.rejects(instantiate({ ...given, settings }), is(code, message));
    await refused({ offer: 32 }, "BAD_SETTING", /offer \(expected offer bits, 0 to 31\)/);
    await refused({ offer: { sack: 1 } }, "BAD_SETTING", /settings\.offer\.sack: 1 is no switch/);
    await refused({ offer: { fack: true } }, "BAD_ARGUMENT", /settings\.offer: unknown option "fack"/);
    await refused({ congestion: "bbr" }, "BAD_SETTING", /settings\.congestion: "bbr" is not known \(expected "newreno" or "cubic"\)/);
    await refused({ congestion: 2 }, "BAD_SETTING", /congestion \(expected newreno \(0\) or/);
    await refused({ sentRecords: 65_537 }, "BAD_SETTING", /sentRecords \(expected 0 to 65,536/);
  });
  test("what makes no sense is refused in one line", async () => {
    const refused = async (tcp: object, code: string, message: RegExp) => {
      const [driver] = createWire();
      await assert.rejects(createStack({ interfaces: [{ driver, addresses: ["10.0.0.1/24"] }], tcp }), is(code, message));
    };
    await refused({ sack: "yes" }, "BAD_SETTING", /tcp\.sack: yes is no switch \(expected true or false\)/);
    await refused({ congestion: "reno" }, "BAD_SETTING", /tcp\.congestion: "reno" is not known \(expected "newreno" or "cubic"\)/);
    await refused({ sentRecords: -1 }, "BAD_SETTING", /sentRecords: -1 is out of range/);
    await refused({ timestamp: true }, "BAD_ARGUMENT", /tcp: unknown option "timestamp" \(known: .*timestamps/);
  });
  test("tiny has neither CUBIC nor records, and says so", async () => {
    const wasm = new URL("../../../ringwire-tiny.wasm", import.meta.url);
    const refused = async (tcp: TcpOptions, message: RegExp) => {
      const [driver] = createWire();
      const few = { sockets: 2, receive: 2048, send: 2048, listeners: 1, synQueue: 2, timeWait: 2 };
      const interfaces = [{ driver, addresses: ["10.0.0.1/24"] }];
      await assert.rejects(createStack({ interfaces, wasm, tcp: { ...few, ...tcp } }), is("BAD_SETTING", message));
    };
    await refused({ congestion: "cubic" }, /congestion \(expected newreno/);
    await refused({ sentRecords: 4 }, /sentRecords .*or 0 where the module has no RACK/);
  });
  test("tiny agrees on window scaling and SACK, and on nothing that it leaves out, whatever it is told to offer", async () => {
    const core = (last: number, more: object) =>
      instantiate({
        seed: "0123456789abcdef".repeat(4),
        devices: [{ kind: "ip" }],
        interfaces: [{ addresses: [`10.0.0.${last}/24`] }],
        ...more,
      });
    const everything = { settings: { offer: { timestamps: true, ecn: true, cookies: true } } };
    const tiny = await core(1, { wasm: new URL("../../../ringwire-tiny.wasm", import.meta.url), ...everything });
    const full = await core(2, everything);
    const turn = (ms: number) => {
      for (const each of [tiny, full]) each.poll(ms);
      tiny.transfer(full);
      full.transfer(tiny);
    };
    for (const [from, to, address] of [
      [tiny, full, "10.0.0.2"],
      [full, tiny, "10.0.0.1"],
    ] as const) {
      // biome-ignore format: short
      const listener = to.tcp_listen({ port: 7 });
      const client = from.tcp_connect({ address, port: 7 });
      for (let ms = 1; ms < 20; ms++) turn(ms);
      const server = to.tcp_accept(listener);
      const agreed = { windowScaling: true, sack: true, timestamps: false, ecn: false };
      assert.deepEqual([from.status(client)?.agreed, to.status(server)?.agreed], [agreed, agreed]);
    }
  });
});

describe("TCP extensions of a socket", () => {
  test("of a listener they are those of its connections, of a connection its own; others keep the stack's", async (t) => {
    const { a, b, close } = await pair({ timestamps: false });
    t.after(close);
    const listener = b.listen({ port: 7, sack: false, ecn: true, cookies: false, congestion: "cubic" });
    const asked: [TcpExtensions, number, number][] = [
      [{ windowScaling: false, timestamps: true }, Offer.SACK | Offer.TIMESTAMPS | COOKIES, 0],
      [{ congestion: "cubic", ecn: false }, Offer.SCALE | Offer.SACK | COOKIES, 1],
      [{}, Offer.SCALE | Offer.SACK | COOKIES, 0],
    ];
    for (const [options, offer, congestion] of asked) {
      const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 7, ...options }), listener.accept()]);
      const of = (stack: Stack, handle: number) => [Option.OFFER, Option.CONGESTION].map((option) => stack.core.socket_get(handle, option));
      assert.deepEqual(of(a, client.handle), [offer, congestion]);
      assert.deepEqual(of(b, server.handle), [Offer.SCALE | Offer.TIMESTAMPS | Offer.ECN, 1]);
      client.destroy();
      server.destroy();
    }
  });
  test("timestamps take twelve octets of each segment where both sides offer them", async (t) => {
    const { a, b, close } = await pair();
    t.after(close);
    b.listen({ port: 7 });
    b.listen({ port: 8, timestamps: false });
    const mss = async (port: number, options: TcpExtensions = {}) =>
      (await a.connect({ host: "10.0.0.2", port, ...options })).status()?.mss;
    assert.deepEqual([await mss(7), await mss(8), await mss(7, { timestamps: false })], [1448, 1460, 1460]);
  });
  test("what makes no sense is refused before there is a socket", async (t) => {
    const { a, close } = await pair();
    t.after(close);
    assert.throws(() => a.listen({ port: 7, sack: 1 as never }), is("BAD_SETTING", /^sack: 1 is no switch/));
    assert.throws(() => a.listen({ port: 7, congestion: "vegas" as never }), is("BAD_SETTING", /^congestion: "vegas" is not known/));
    await assert.rejects(a.connect({ host: "10.0.0.2", port: 7, ecn: null as never }), is("BAD_SETTING", /^ecn: null is no switch/));
    assert.deepEqual(a.sockets(), []);
  });
});

describe("what a connection is told", () => {
  test("status says what was agreed on and how loss recovery stands; type of service is that of what is sent", async (t) => {
    const { a, b, close } = await pair();
    t.after(close);
    const listener = b.listen({ port: 7 });
    const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 7 }), listener.accept()]);
    client.setTypeOfService(0xb8).write("hello");
    for await (const data of server) {
      assert.equal(String(data), "hello");
      break;
    }
    const status = a.sockets().find(({ protocol }) => protocol === "tcp");
    assert.deepEqual(status?.agreed, { windowScaling: true, sack: true, timestamps: true, ecn: false });
    assert.deepEqual([status?.phase, status?.lost, status?.timeouts, status?.undone, status?.mssMax], ["OPEN", 0, 0, 0, 1448]);
    assert.equal(client.urgent, 0);
    const option = a.core.socket_get(client.handle, Option.TOS);
    assert.equal(option, 0xb8);
    for (const wrong of [-1, 256, 1.5, "8"]) assert.throws(() => client.setTypeOfService(wrong as number), is("BAD_ARGUMENT", /^tos: /));
  });
  test("the TOS octet of what arrives can be read", async (t) => {
    const { a, b, close } = await pair();
    t.after(close);
    const listener = b.listen({ port: 7 });
    const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 7 }), listener.accept()]);
    client.setTypeOfService(0x28).write("hello");
    await once(server.resume(), "data");
    assert.equal(server.status()?.receivedTos, 0x28);
  });
  test("`urgent` tells how many octets lie before the end of urgent data, and they stay in the stream; `stalled` tells of R1", async () => {
    const told: [string, number | undefined][] = [];
    const core = { status: () => ({ urgent: 7 }), tcp_receive_ready: () => 0, tcp_abort: () => 0, tcp_close: () => 0 };
    const host = { core, attach: () => {}, detach: () => {}, schedule: () => {}, ensureOpen: () => {} };
    const end = { address: "10.0.0.1", port: 1, interface: 0 };
    const socket = new TcpSocket(host as never, { handle: 1, local: end, remote: end, connecting: false });
    socket.on("urgent", (octets: number) => told.push(["urgent", octets])).on("stalled", () => told.push(["stalled", undefined]));
    socket.ready(Event.URGENT);
    socket.ready(Event.STALLED | Event.READABLE);
    socket.ready(Event.READABLE);
    assert.deepEqual(told, [["urgent", 7], ["stalled", undefined]]); // biome-ignore format: short
    assert.equal(socket.urgent, 7);
    socket.destroy();
  });
});

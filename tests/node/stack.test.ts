import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Driver } from "../../bindings/node/driver.js";
import { RingwireError } from "../../bindings/node/error.js";
import { type StackOptions, createStack } from "../../bindings/node/index.js";
import type { UdpSocket } from "../../bindings/node/udp.js";
import { createWire } from "../../bindings/node/wire.js";
import { delay, network } from "./network.js";

/** A driver that notes whether it was stopped. */
function watched(): Driver & { stopped: boolean } {
  const [end] = createWire();
  return { kind: "ethernet", stopped: false, start: (port) => end.start(port), pump: () => end.pump(), async stop() { this.stopped = true; } }; // biome-ignore format: short
}

async function refused(options: Partial<StackOptions>, code: string, message: RegExp): Promise<void> {
  const driver = watched();
  const interfaces = [{ driver, addresses: ["10.0.0.1/24"] }];
  await assert.rejects(createStack({ interfaces, ...options }), (error) => {
    assert.ok(error instanceof RingwireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
  if (!options.interfaces) assert.equal(driver.stopped, true);
}

describe("createStack", () => {
  test("refuses what is wrong in one line, and stops the drivers", async () => {
    const driver = watched();
    await refused({ seed: "1234" }, "BAD_SEED", /64 hexadecimal digits/);
    await refused({ tpc: {} } as never, "BAD_ARGUMENT", /unknown option "tpc"/);
    await refused({ tcp: { socket: 1 } as never }, "BAD_ARGUMENT", /tcp: unknown option "socket"/);
    await refused({ tcp: { sockets: -1 } }, "BAD_CAPACITY", /tcp\.sockets: -1/);
    await refused({ udp: { receive: 3 } }, "BAD_CAPACITY", /udpReceive/);
    await refused({ tcp: { delayedAck: 600 } }, "BAD_SETTING", /delayedAck/);
    await refused({ memoryLimit: 65536 }, "NO_MEMORY", /octets are needed/);
    await refused({ interfaces: [] }, "BAD_COUNT", /interfaces: expected a list of 1 to 8/);
    await refused({ interfaces: [{ driver, addresses: ["10.0.0.1"] }] }, "BAD_ADDRESS", /expected A\.B\.C\.D\/LEN/);
    await refused({ interfaces: [{ driver, addresses: [] }] }, "BAD_INTERFACE", /one to four addresses/);
    await refused({ interfaces: [{ addresses: ["10.0.0.1/24"] } as never] }, "BAD_DEVICE", /a driver is expected/);
  });
  test("three devices, Ethernet and raw IP, carry TCP and ping each", async () => {
    const wires = [createWire(), createWire(), createWire("ip")];
    const side = (end: 0 | 1) => wires.map((wire, i) => ({ driver: wire[end], addresses: [`10.0.${i}.${end + 1}/24`] }));
    const [a, b] = [await createStack({ interfaces: side(0) }), await createStack({ interfaces: side(1) })];
    b.listen({ port: 7 }).on("connection", (socket) => socket.pipe(socket));
    for (const host of ["10.0.0.2", "10.0.1.2", "10.0.2.2"]) {
      assert.equal((await a.ping(host)).address, host);
      const socket = await a.connect({ host, port: 7 });
      socket.write(host);
      const [octets] = (await once(socket, "data")) as [Buffer];
      assert.equal(octets.toString(), host);
    }
    await Promise.all([a.close(), b.close()]);
  });
  test("the same seed makes the same MAC, another seed another", async () => {
    const macOf = async (seed: string) => {
      const driver = watched();
      const stack = await createStack({ seed, interfaces: [{ driver, addresses: ["10.0.0.1/24"] }] });
      const [mine] = stack.interfaces();
      await stack.close();
      const states = { addresses: ["10.0.0.1/24"], states: ["VALID"], generation: 0 };
      assert.deepEqual(mine, { device: 0, mac: mine?.mac, vlan: 0, mtu: 1500, ...states, gateway: null });
      return mine?.mac;
    };
    const [one, other] = ["0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4)] as const;
    assert.equal(await macOf(one), await macOf(one));
    assert.notEqual(await macOf(one), await macOf(other));
  });
  test("an idle stack sleeps, with an open connection and a listener too", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const listener = b.listen({ port: 80 });
    await Promise.all([a.connect({ host: "10.0.0.2", port: 80 }), listener.accept()]);
    await delay(200);
    const { core } = a;
    const receive = core.receive.bind(core);
    let runs = 0;
    core.receive = (ms, us) => {
      runs++;
      return receive(ms, us);
    };
    await delay(400);
    assert.ok(runs <= 4, `${runs} runs in 400 ms`);
  });
  test("a handler that throws does not stop the stack", () => {
    const script = `
      const { createStack, createWire } = await import(${JSON.stringify(new URL("../../bindings/node/index.js", import.meta.url).href)});
      const [near, far] = createWire();
      const a = await createStack({ interfaces: [{ driver: near, addresses: ["10.0.0.1/24"] }] });
      const b = await createStack({ interfaces: [{ driver: far, addresses: ["10.0.0.2/24"] }] });
      b.listen({ port: 7 }).on("connection", (socket) => socket.pipe(socket));
      const socket = await a.connect({ host: "10.0.0.2", port: 7 });
      socket.once("data", () => { throw new Error("a mistake") });
      process.once("uncaughtException", () => socket.on("data", (octets) => {
        console.log(String(octets));
        if (String(octets) === "two") Promise.all([a.close(), b.close()]);
        else socket.write("two");
      }).resume().write("one"));
      socket.write("zero");`;
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 10_000 });
    assert.equal(stdout, "one\ntwo\n");
    assert.equal(status, 0);
  });
  test("close resets connections, rejects what waits, settles at once, and nothing works afterwards", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const listener = b.listen({ port: 80 });
    const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80 }), listener.accept()]);
    const failed = once(server, "error");
    const waiting = assert.rejects(a.connect({ host: "10.0.0.77", port: 80 }), { code: "ABORTED" });
    const pinging = assert.rejects(a.ping("10.0.0.77"), { code: "ABORTED" });
    await delay(5);
    const begin = performance.now();
    await a.close();
    assert.ok(performance.now() - begin < 100);
    await waiting;
    await pinging;
    assert.equal(((await failed) as [RingwireError])[0].code, "RESET");
    assert.equal(client.destroyed, true);
    assert.throws(() => a.listen({ port: 1 }), /the stack was closed/);
    await assert.rejects(a.connect({ host: "10.0.0.2", port: 80 }), { code: "NOT_READY" });
    await a.close();
  });
});

describe("IP", () => {
  test("a stack between two others forwards, by the routes it was given, what is longer than an MTU, too", async (t) => {
    const [a1, a2] = createWire();
    const [b1, b2] = createWire();
    const udp = { octets: 5000 };
    const left = await createStack({ udp, interfaces: [{ driver: a1, addresses: ["10.1.0.2/24"], gateway: "10.1.0.1" }] });
    const router = await createStack({
      ip: { forwarding: true },
      routes: [{ to: "192.0.2.0/24", via: "10.2.0.2", interface: 1, metric: 3 }],
      interfaces: [
        { driver: a2, addresses: ["10.1.0.1/24"] },
        { driver: b2, addresses: ["10.2.0.1/24"], mtu: 600 },
      ],
    });
    const addresses = ["10.2.0.2/24", "192.0.2.9/32"];
    const right = await createStack({ udp, interfaces: [{ driver: b1, addresses, gateway: "10.2.0.1", mtu: 600 }] });
    t.after(() => Promise.all([left.close(), router.close(), right.close()]));
    assert.deepEqual(router.core.routes(), [{ network: "192.0.2.0/24", gateway: "10.2.0.2", interface: 1, metric: 3 }]);
    const [here, there] = [left.bindUdp(), right.bindUdp({ port: 9 })];
    const data = Buffer.alloc(4000, "ringwire");
    await left.ping("10.2.0.2");
    await here.send(data, 9, "192.0.2.9");
    const { data: got, remote } = await there.receive();
    assert.ok(got.equals(data));
    await there.send(got, remote.port, remote.address);
    assert.ok((await here.receive()).data.equals(data));
    assert.ok(router.counters().IP_FORWARDED >= 8);
    const driver = watched();
    await assert.rejects(
      createStack({
        interfaces: [{ driver, addresses: ["10.0.0.1/24"] }],
        routes: [{ to: "192.0.2.0/24", via: "10.0.0.9", interface: 5 }],
      }),
      { code: "BAD_ARGUMENT", message: /routes\[0\]/ },
    );
    assert.equal(driver.stopped, true);
  });
});

describe("UDP", () => {
  test("datagrams go both ways, with events, as an iterator, connected", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const server = b.bindUdp({ port: 53 });
    server.on("message", (data, remote) => server.send(`${data} from ${remote.address}`, remote.port, remote.address));
    const client = a.bindUdp();
    await client.send("one", 53, "10.0.0.2");
    const { data, remote } = await client.receive();
    assert.equal(data.toString(), "one from 10.0.0.1");
    assert.deepEqual(remote, { address: "10.0.0.2", port: 53, family: "IPv4", size: data.length, to: "10.0.0.1", toPort: client.port });
    client.connect(53, "10.0.0.2");
    for (let i = 0; i < 100; i++) void client.send(`${i}`);
    let count = 0;
    for await (const message of client) {
      assert.equal(message.data.toString(), `${count++} from 10.0.0.1`);
      if (count === 100) break;
    }
  });
  test("an empty and the longest datagram arrive; a longer one is TOO_LONG", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const server = b.bindUdp({ port: 53 });
    const client = a.bindUdp();
    for (const size of [0, 1472]) {
      await client.send(new Uint8Array(size), 53, "10.0.0.2");
      assert.equal((await server.receive()).data.length, size);
    }
    await assert.rejects(client.send(new Uint8Array(1473), 53, "10.0.0.2"), { code: "TOO_LONG" });
  });
  test("a port in use, broadcast without leave, no route, a closed port: each with its error", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const server = b.bindUdp({ port: 53 });
    assert.throws(() => b.bindUdp({ port: 53 }), { code: "IN_USE" });
    const client = a.bindUdp();
    await assert.rejects(client.send("x", 53, "10.0.0.255"), { code: "BROADCAST_OFF" });
    client.setBroadcast(true);
    await client.send("x", 53, "10.0.0.255");
    assert.equal((await server.receive()).data.toString(), "x");
    await assert.rejects(client.send("x", 53, "192.0.2.1"), { code: "NO_ROUTE" });
    await assert.rejects(client.send("x", 53, "nowhere"), { code: "BAD_ADDRESS" });
    client.connect(54, "10.0.0.2");
    client.on("message", () => {});
    const failed = once(client, "error");
    await client.send("x");
    assert.equal(((await failed) as [RingwireError])[0].code, "REFUSED");
    client.close();
    await assert.rejects(client.send("x"), { code: "BAD_HANDLE" });
  });
  test("more datagrams than the ring holds wait for room and arrive in order", async (t) => {
    const { a, b, close } = await network(null, { udp: { send: 2, receive: 1024 } });
    t.after(close);
    const server: UdpSocket = b.bindUdp({ port: 53 });
    const client = a.bindUdp();
    await a.ping("10.0.0.2");
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.send(`${i}`, 53, "10.0.0.2")));
    for (let i = 0; i < 500; i++) assert.equal((await server.receive()).data.toString(), `${i}`);
  });
});

describe("ping", () => {
  test("answers address, time, sequence and size; a thousand in a row lose none", async (t) => {
    const { a, close } = await network();
    t.after(close);
    const echo = await a.ping("10.0.0.2", { size: 1000, sequence: 7 });
    assert.equal(echo.address, "10.0.0.2");
    assert.equal(echo.sequence, 7);
    assert.equal(echo.size, 1000);
    assert.equal(echo.intact, true);
    assert.ok(echo.ms > 0 && echo.ms < 1000);
    for (let i = 0; i < 1000; i++) await a.ping("10.0.0.2");
    assert.equal(a.pools().UDP.used, 0);
  });
  test("what is not there is told", async (t) => {
    const { a, close } = await network();
    t.after(close);
    await assert.rejects(a.ping("10.0.0.77", { timeout: 50 }), { code: "TIMED_OUT" });
    await assert.rejects(a.ping("192.0.2.1"), { code: "NO_ROUTE" });
    await assert.rejects(a.ping("host"), { code: "BAD_ADDRESS" });
  });
});

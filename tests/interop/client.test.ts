// Our sockets as clients of the kernel's servers and of stock programs.
import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import { Link, type RingwireError, type Stack, type TapDriver, type TcpSocket } from "../../bindings/node/index.js";
import { delay, noise, sha, until } from "../node/network.js";
import { Lab, missing, needs } from "./lab.js";
import { echoed, readAll } from "./streams.js";

let lab: Lab;

describe("our sockets and the kernel's servers", { skip: missing }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  test("30 MB to the kernel's echo server and back, byte-exact", async () => {
    const stack = await lab.stack();
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await echoed(stack, lab.device().kernel, 7001, 30_000_000);
    assert.equal(stack.counters().TCP_CHECKSUM, 0);
  });
  for (const [name, faults] of [
    ["loss", { loss: 0.05 }],
    ["reordering", { reorder: 0.1 }],
    ["duplication", { duplicate: 0.1 }],
    ["corruption", { corrupt: 0.03 }],
    ["all together", { loss: 0.03, reorder: 0.03, duplicate: 0.02, corrupt: 0.01, delay: 1 }],
  ] as const) {
    test(`200 KB to the kernel and back under ${name}, byte-exact`, async () => {
      const link = new Link({ ...faults, seed: 7 });
      const stack = await lab.stack(
        {},
        lab.interface(0, "tap", (driver: TapDriver) => link.attach(driver)),
      );
      await lab.kernel("serve", { port: 7001, what: "echo" });
      await echoed(stack, lab.device().kernel, 7001, 200_000);
    });
  }
  test("a TUN: 5 MB to the kernel and back, byte-exact, and a ping", async () => {
    const stack = await lab.stack({}, lab.interface(0, "tun"));
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await echoed(stack, lab.device().kernel, 7001, 5_000_000);
    await stack.ping(lab.device().kernel);
  });
  test("our pings of 0, 1 and 1472 octets are answered by the kernel", async () => {
    const stack = await lab.stack();
    for (const size of [0, 1, 56, 1472]) await stack.ping(lab.device().kernel, { size, timeout: 20_000 });
  });
  test("50 connections at once come back exactly", async () => {
    const stack = await lab.stack();
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await Promise.all(Array.from({ length: 50 }, () => echoed(stack, lab.device().kernel, 7001, 100_000)));
  });
  test("300 short connections one after another leave only TIME-WAIT records, and those 2 MSL long", async () => {
    const stack = await lab.stack({ tcp: { msl: 200 } });
    await lab.kernel("serve", { port: 7001, what: "echo" });
    for (let i = 0; i < 300; i++) await echoed(stack, lab.device().kernel, 7001, 100);
    await until(() => stack.pools().TCP0.used === 0, "no socket is left");
    assert.ok(stack.pools().TIME_WAIT.mark > 10, "we closed first");
    await delay(400);
    await until(() => stack.pools().TIME_WAIT.used === 0, "no TIME-WAIT record is left");
    assert.deepEqual(stack.sockets(), []);
    assert.equal(stack.counters().TCP_TIME_WAIT_CUT, 0);
  });
  test("Node's http client over our stream reads from a server of the kernel", async () => {
    const stack = await lab.stack();
    const text = noise(300_000).toString("hex");
    await lab.kernel("serveHttp", { port: 8080, text });
    const host = lab.device().kernel;
    const createConnection = () => stack.createConnection({ host, port: 8080 });
    const sent = get({ createConnection: createConnection as never });
    const [response] = await once(sent, "response");
    assert.equal(response.statusCode, 200);
    assert.equal(sha(await readAll(response)), sha(Buffer.from(text)));
  });
  test("nc -l of the kernel's side takes what we send and answers", { skip: needs("nc") }, async () => {
    const stack = await lab.stack();
    const answer = noise(200_000, 2);
    const heard = lab.run("nc", ["-N", "-l", "7002"], answer);
    const socket = await whenListening(stack, 7002);
    const sent = noise(100_000, 3).toString("latin1");
    socket.write(sent, "latin1");
    assert.equal(sha(await readAll(socket.iterator({ destroyOnReturn: false }))), sha(answer));
    socket.end(); // nc ends when the other side does, whether or not it has sent everything
    assert.equal((await heard).stdout, sent);
  });
  test("datagrams of 0, 1 and 1472 octets come back from the kernel", async () => {
    const stack = await lab.stack();
    await lab.kernel("serveDatagrams", { port: 7003 });
    const socket = stack.bindUdp();
    for (const size of [0, 1, 1472, 1472, 0]) {
      const sent = noise(size, size + 1);
      await socket.send(sent, 7003, lab.device().kernel);
      const { data, remote } = await socket.receive();
      assert.deepEqual(data, sent);
      assert.equal(remote.address, lab.device().kernel);
      assert.equal(remote.port, 7003);
    }
  });
  test("one stack on two TAPs and a TUN: our connections, datagrams and pings go out by the right one", async () => {
    const stack = await lab.stack({}, lab.interface(0), lab.interface(1), lab.interface(2, "tun"));
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await lab.kernel("serveDatagrams", { port: 7003 });
    const each = [0, 1, 2].map(async (n) => {
      const { kernel, us } = lab.device(n);
      await echoed(stack, kernel, 7001, 2_000_000);
      await stack.ping(kernel);
      const socket = stack.bindUdp();
      await socket.send("which way?", 7003, kernel);
      const { remote } = await socket.receive();
      assert.deepEqual([remote.address, remote.to], [kernel, us]);
    });
    await Promise.all(each);
  });
  test("a broadcast needs the option, then reaches the kernel's socket", async () => {
    const stack = await lab.stack();
    await lab.kernel("serveDatagrams", { port: 7003 });
    const socket = stack.bindUdp();
    await assert.rejects(socket.send("all of you", 7003, "10.76.0.255"), (error: RingwireError) => error.code === "BROADCAST_OFF");
    for (const to of ["10.76.0.255", "255.255.255.255"]) {
      await socket.setBroadcast(true).send(to, 7003, to);
      const { data, remote } = await socket.receive();
      assert.deepEqual([String(data), remote.address], [to, lab.device().kernel]);
    }
  });
  test("the kernel as gateway: what is not on link goes through it", async () => {
    const { kernel } = lab.device();
    lab.ip("address", "add", "10.98.7.6/32", "dev", "lo");
    const stack = await lab.stack({}, { ...lab.interface(), gateway: kernel });
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await echoed(stack, "10.98.7.6", 7001, 500_000);
    await stack.ping("10.98.7.6");
    assert.equal(stack.pools().NEIGHBOUR.used, 1);
    lab.ip("address", "del", "10.98.7.6/32", "dev", "lo");
  });
});

/** Connects as soon as somebody listens there. */
async function whenListening(stack: Stack, port: number): Promise<TcpSocket> {
  for (let left = 1000; ; left--) {
    try {
      return await stack.connect({ host: lab.device().kernel, port, allowHalfOpen: true });
    } catch (error) {
      if (!left) throw error;
      await delay(20);
    }
  }
}

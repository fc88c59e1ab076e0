// How both ends behave when something is wrong, slow or refused.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, test } from "node:test";
import type { RingwireError, TcpSocket } from "../../bindings/node/index.js";
import { delay, noise, sha, until } from "../node/network.js";
import { Lab, missing } from "./lab.js";
import { codeOf, echoed, echoing, readAll } from "./streams.js";

let lab: Lab;
/** A test that takes longer hangs. */
const LIMIT = { timeout: 60_000 };
/** Parameters of the namespace that tests change, with what they were. */
const saved = new Map<string, string>();

function set(...settings: string[]): void {
  for (const setting of settings) {
    const name = setting.slice(0, setting.indexOf("="));
    if (!saved.has(name)) saved.set(name, lab.sysctlOf(name));
  }
  lab.sysctl(...settings);
}

describe("behaviour of both ends", { skip: missing, timeout: 170_000 }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(async () => {
    await lab.clear();
    for (const [name, value] of saved) lab.sysctl(`${name}=${value}`);
    saved.clear();
  });
  after(() => lab.close());

  for (const [name, ...settings] of [
    ["no SACK", "net.ipv4.tcp_sack=0"],
    ["no timestamps", "net.ipv4.tcp_timestamps=0"],
    ["no window scaling", "net.ipv4.tcp_window_scaling=0"],
    ["none of these options", "net.ipv4.tcp_sack=0", "net.ipv4.tcp_timestamps=0", "net.ipv4.tcp_window_scaling=0"],
    ["small buffers", "net.ipv4.tcp_rmem=4096 4096 4096", "net.ipv4.tcp_wmem=4096 4096 4096"],
    ["ECN asked for", "net.ipv4.tcp_ecn=1"],
    ["RFC 1337 and no reuse", "net.ipv4.tcp_rfc1337=1", "net.ipv4.tcp_tw_reuse=0"],
  ] as const) {
    test(`a kernel with ${name}: 1 MB echoed byte-exact, as client and as server`, LIMIT, async () => {
      set(...settings);
      const stack = await lab.stack();
      const { us, kernel } = lab.device();
      echoing(stack, 7);
      const asServer = await lab.kernel("echo", { host: us, port: 7, octets: 1_000_000 });
      assert.equal(asServer.received, asServer.sent);
      await lab.kernel("serve", { port: 7001, what: "echo" });
      await echoed(stack, kernel, 7001, 1_000_000);
      assert.equal(stack.counters().TCP_GIVEN_UP, 0);
    });
  }

  test("the kernel's card is exchanged under an open connection: what is sent next is echoed in seconds", LIMIT, async () => {
    const stack = await lab.stack();
    const { name, kernel } = lab.device();
    await lab.kernel("serve", { port: 7001, what: "echo" });
    const socket = stack.createConnection({ host: kernel, port: 7001 });
    await once(socket, "connect");
    for (const address of [null, "02:00:00:00:77:01", "02:00:00:00:77:02"]) {
      if (address) lab.ip("link", "set", name, "address", address);
      const began = stack.counters().TCP_OUT;
      socket.write(noise(1000, 1));
      let got = 0;
      for await (const part of socket.iterator({ destroyOnReturn: false })) {
        got += (part as Buffer).length;
        if (got >= 1000) break;
      }
      assert.ok(stack.counters().TCP_OUT > began);
    }
    socket.destroy();
  });

  test("half close by the kernel: what we send afterwards arrives", LIMIT, async () => {
    const stack = await lab.stack();
    stack.listen({ port: 9000, allowHalfOpen: true }).on("connection", async (socket: TcpSocket) => {
      for await (const _ of socket.iterator({ destroyOnReturn: false })) continue;
      await delay(100);
      assert.equal(socket.status()?.state, "CLOSE_WAIT");
      socket.end(noise(500_000));
    });
    const answer = await lab.kernel("ask", { host: lab.device().us, port: 9000, question: "anything?" });
    assert.equal(answer, sha(noise(500_000)));
    await until(() => stack.pools().TCP0.used === 0, "the connection is gone");
  });
  test("half close by us: what the kernel sends afterwards arrives", LIMIT, async () => {
    const stack = await lab.stack();
    await lab.kernel("serve", { port: 7001, what: "digest", pause: 2000 });
    const socket = await stack.connect({ host: lab.device().kernel, port: 7001, allowHalfOpen: true });
    socket.end(noise(1000));
    await until(() => socket.status()?.state === "FIN_WAIT_2", "our FIN is acknowledged");
    const closed = once(socket, "close");
    assert.equal(String(await readAll(socket)), sha(noise(1000)));
    await closed;
    assert.equal(stack.pools().TIME_WAIT.used, 1);
  });
  test("a reset by the kernel's server ends our client with RESET", LIMIT, async () => {
    const stack = await lab.stack();
    await lab.kernel("serve", { port: 7001, what: "reset" });
    const socket = await stack.connect({ host: lab.device().kernel, port: 7001 });
    socket.write("knock");
    const [error] = await once(socket, "error");
    assert.equal((error as RingwireError).code, "RESET");
    await until(() => stack.pools().TCP0.used === 0, "the connection is gone");
  });
  test("a reset by the kernel's client ends our server's connection with RESET", LIMIT, async () => {
    const stack = await lab.stack();
    const listener = stack.listen({ port: 9000 });
    const knocking = lab.kernel("knock", { host: lab.device().us, port: 9000, reset: true });
    const socket = await listener.accept();
    socket.on("data", () => socket.write("who is there?"));
    const [error] = await once(socket, "error");
    assert.equal((error as RingwireError).code, "RESET");
    await knocking;
  });
  test("our reset reaches the kernel's client as ECONNRESET", LIMIT, async () => {
    const stack = await lab.stack();
    stack.listen({ port: 9000 }).on("connection", (socket: TcpSocket) => socket.once("data", () => socket.resetAndDestroy()));
    assert.equal(await lab.kernel("knock", { host: lab.device().us, port: 9000 }), "ECONNRESET");
  });
  test("letting go of unread octets resets, RFC 1122 4.2.2.13", LIMIT, async () => {
    const stack = await lab.stack();
    stack.listen({ port: 9000 }).on("connection", async (socket: TcpSocket) => {
      await until(() => (socket.status()?.readable ?? 0) > 0, "octets wait");
      socket.destroy();
    });
    assert.equal(await lab.kernel("knock", { host: lab.device().us, port: 9000 }), "ECONNRESET");
  });
  test("a closed TCP port: the kernel gets ECONNREFUSED, we get REFUSED", LIMIT, async () => {
    const stack = await lab.stack();
    assert.equal(await lab.kernel("knock", { host: lab.device().us, port: 9001 }), "ECONNREFUSED");
    assert.equal(await codeOf(stack.connect({ host: lab.device().kernel, port: 7009 })), "REFUSED");
    await until(() => stack.pools().TCP0.used === 0, "the connection is gone");
  });
  test("a closed UDP port: the kernel gets ECONNREFUSED, we get REFUSED", LIMIT, async () => {
    const stack = await lab.stack();
    assert.equal(await lab.kernel("reported", { host: lab.device().us, port: 9001 }), "ECONNREFUSED");
    const socket = stack.bindUdp().connect(7009, lab.device().kernel);
    const reported = once(socket, "error");
    await socket.send("anybody?");
    assert.equal(((await reported)[0] as RingwireError).code, "REFUSED");
  });
});

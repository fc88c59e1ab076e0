// Many pings, many connections at once, many one after another: none is lost, and nothing stays behind.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Stack, TcpSocket } from "../../bindings/node/index.js";
import { Lab, missing, needs } from "../interop/lab.js";
import { echoed, echoing } from "../interop/streams.js";
import { delay, until } from "../node/network.js";

let lab: Lab;
const LIMIT = { timeout: 400_000 };
/** Maximum segment lifetime of the stacks here: TIME-WAIT lasts twice as long. */
const MSL = 1000;

/** Nothing is left but `sockets` sockets; after 2 MSL no TIME-WAIT record either, and the neighbour is pinned by nobody. */
async function nothingIsLeft(stack: Stack, sockets: number): Promise<void> {
  await until(() => stack.pools().TCP0.used === 0, "no connection is left");
  await delay(2 * MSL);
  await until(() => stack.pools().TIME_WAIT.used === 0, "no TIME-WAIT record is left");
  const pools = stack.pools();
  for (const name of ["TCP0", "HALF_OPEN", "HOLD"] as const) assert.equal(pools[name].used, 0, name);
  assert.equal(stack.sockets().length, sockets);
  const { ARP_EVICTED: evicted } = stack.counters();
  await assert.rejects(stack.ping("10.76.0.99", { timeout: 500 }));
  assert.equal(stack.counters().ARP_FULL, 0, "the only neighbour entry is pinned");
  assert.equal(stack.counters().ARP_EVICTED, evicted + 1, "the only neighbour entry could be reused");
  await until(() => stack.pools().HOLD.used === 0, "no packet waits");
}

describe("floods", { skip: missing }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  test("10,000 flood pings lose none, on a TAP and on a TUN", { ...LIMIT, skip: needs("ping") }, async (t) => {
    const devices = [lab.device(0), lab.device(1, "tun")];
    await lab.up(...devices.flatMap(({ options }) => options));
    for (const { us } of devices) {
      const { stdout } = await lab.run("ping", ["-n", "-f", "-q", "-c", "10000", us]);
      t.diagnostic(stdout.split("\n").slice(-3).join(" "));
      assert.match(stdout, /10000 packets transmitted, 10000 received, 0% packet loss/);
    }
  });
  test("10,000 flood pings of whole frames lose none", { ...LIMIT, skip: needs("ping") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    const { stdout } = await lab.run("ping", ["-n", "-f", "-q", "-s", "1472", "-c", "10000", device.us]);
    assert.match(stdout, /10000 packets transmitted, 10000 received, 0% packet loss/);
  });
  test("200 connections at once are echoed byte-exactly", LIMIT, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    assert.equal(await lab.kernel("many", { host: device.us, port: 7, octets: 500_000, count: 200 }), 200);
  });
  test("200 connections of ours at once are echoed byte-exactly by the kernel", LIMIT, async () => {
    const stack = await lab.stack();
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await Promise.all(Array.from({ length: 200 }, () => echoed(stack, lab.device().kernel, 7001, 200_000)));
  });
  test("10,000 short connections that the kernel closes first leave nothing behind", LIMIT, async (t) => {
    const stack = await lab.stack({ tcp: { msl: MSL }, arp: { neighbours: 1 } });
    echoing(stack, 7);
    const began = performance.now();
    assert.equal(await lab.kernel("short", { host: lab.device().us, port: 7, octets: 64, count: 10_000 }), 10_000);
    t.diagnostic(`${Math.round((performance.now() - began) / 10)} us each`);
    const { TCP_PASSIVE_OPENS: opens, TCP_RST_OUT: resets, TCP_RETRANSMITTED: again } = stack.counters();
    assert.equal(opens, 10_000);
    // A FIN sent again, since the kernel was late, is acknowledged twice: the second ACK finds no connection.
    assert.ok(resets <= again, `${resets} RSTs, but only ${again} segments were sent again`);
    await nothingIsLeft(stack, 1);
  });
  test("10,000 short connections that we close first leave nothing behind", LIMIT, async () => {
    const stack = await lab.stack({ tcp: { msl: MSL, timeWait: 16_384 }, arp: { neighbours: 1 } });
    stack.listen({ port: 13 }).on("connection", (socket: TcpSocket) => socket.resume().end("now\r\n"));
    assert.equal(await lab.kernel("visit", { host: lab.device().us, port: 13, count: 10_000 }), 10_000);
    assert.ok(stack.pools().TIME_WAIT.mark > 100, "there were TIME-WAIT records");
    assert.equal(stack.counters().TCP_TIME_WAIT_CUT, 0);
    await nothingIsLeft(stack, 1);
  });
  test("10,000 short connections of ours leave nothing behind", LIMIT, async () => {
    const stack = await lab.stack({ tcp: { msl: MSL, timeWait: 16_384 }, arp: { neighbours: 1 } });
    await lab.kernel("serve", { port: 7001, what: "echo" });
    for (let i = 0; i < 10_000; i++) await echoed(stack, lab.device().kernel, 7001, 64);
    assert.equal(stack.counters().TCP_ACTIVE_OPENS, 10_000);
    await nothingIsLeft(stack, 0);
  });
});

// Echo over a bad link: 5 % lost, 5 % reordered, 2 % twice, 1 % with a flipped bit, each way.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Link, type TapDriver } from "../../bindings/node/index.js";
import { Lab, missing, needs } from "../interop/lab.js";
import { echoed } from "../interop/streams.js";

const BAD = ["--loss", "5", "--reorder", "5", "--duplicate", "2", "--corrupt", "1"];
let lab: Lab;

async function echoedByUp(octets: number, seed: number, ...more: string[]): Promise<number> {
  const device = lab.device();
  await lab.up(...device.options, "--service", "echo,http", ...BAD, ...more, "--link-seed", String(seed));
  const { returned, sent, received, ms } = await lab.kernel("echo", { host: device.us, port: 7, octets });
  assert.equal(returned, octets);
  assert.equal(received, sent);
  return ms;
}

describe("a bad link", { skip: missing }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  for (const seed of [1, 2, 3]) {
    test(`1 MB each way within 120 s, seed ${seed}`, { timeout: 130_000 }, async (t) => {
      const ms = await echoedByUp(1_000_000, seed);
      t.diagnostic(`${(ms / 1000).toFixed(1)} s`);
      assert.ok(ms < 120_000);
    });
  }
  test("1 MB each way with a delay of 20 ms too, within 120 s", { timeout: 130_000 }, async (t) => {
    const ms = await echoedByUp(1_000_000, 4, "--delay", "20");
    t.diagnostic(`${(ms / 1000).toFixed(1)} s`);
    assert.ok(ms < 120_000);
  });
  test("1 MB each way from our client within 120 s", { timeout: 130_000 }, async (t) => {
    const link = new Link({ loss: 0.05, reorder: 0.05, duplicate: 0.02, corrupt: 0.01, seed: 5 });
    const stack = await lab.stack(
      {},
      lab.interface(0, "tap", (driver: TapDriver) => link.attach(driver)),
    );
    await lab.kernel("serve", { port: 7001, what: "echo" });
    const ms = await echoed(stack, lab.device().kernel, 7001, 1_000_000);
    t.diagnostic(`${(ms / 1000).toFixed(1)} s`);
    assert.ok(ms < 120_000);
  });
  test("20 connections at once, 50 KB each way, each byte-exact", { timeout: 130_000 }, async () => {
    const device = lab.device();
    await lab.up(...device.options, ...BAD, "--link-seed", "6");
    assert.equal(await lab.kernel("many", { host: device.us, port: 7, octets: 50_000, count: 20 }), 20);
  });
  test("10 MB each way within 10 minutes, and how often something was sent again", { timeout: 610_000, skip: needs("curl") }, async (t) => {
    const ms = await echoedByUp(10_000_000, 7);
    const { counters } = await lab.status(lab.device());
    const names = ["TCP_RETRANSMITTED", "TCP_TIMEOUTS", "TCP_FAST_RETRANSMITS", "TCP_RANGES_FULL"];
    t.diagnostic(`${(ms / 1000).toFixed(1)} s; ${names.map((name) => `${name} ${counters[name]}`).join(", ")}`);
    assert.ok(ms < 600_000);
  });
});

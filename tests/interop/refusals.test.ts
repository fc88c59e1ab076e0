// What cannot be: one clear line, and nothing is left behind. Full tables: what is there goes on, and what waits gets its turn.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, test } from "node:test";
import { RingwireError, type StackOptions } from "../../bindings/node/index.js";
import { delay, until } from "../node/network.js";
import { Lab, missing } from "./lab.js";
import { echoed, echoing } from "./streams.js";

let lab: Lab;

function devices(): string[] {
  return (JSON.parse(lab.ip("-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname);
}

function isError(code: string, line: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RingwireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, line);
    assert.ok(!error.message.includes("\n"), "one line");
    return true;
  };
}

describe("refusals and full tables on a TAP", { skip: missing, timeout: 170_000 }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  const wrong: [string, Omit<StackOptions, "interfaces">, string, RegExp][] = [
    ["an arena too small", { memoryLimit: 65_536 }, "NO_MEMORY", /: \d+ octets are needed, the limit is 65536$/],
    ["a seed without entropy", { seed: new Uint8Array(32) }, "BAD_SEED", /all octets are equal/],
    ["a seed too short", { seed: "abcd" }, "BAD_SEED", /64 hexadecimal digits/],
    ["a capacity that is none", { tcp: { sockets: -1 } }, "BAD_CAPACITY", /tcp\.sockets: -1/],
    ["a setting out of range", { tcp: { delayedAck: 500 } }, "BAD_SETTING", /delayedAck/],
    ["a module that is not there", { wasm: "/nowhere.wasm" }, "BAD_ARGUMENT", /nowhere\.wasm: ENOENT/],
  ];
  for (const [name, options, code, line] of wrong) {
    test(`${name}: one line, and the TAP is gone`, async () => {
      await assert.rejects(lab.stack(options), isError(code, line));
      assert.deepEqual(devices(), ["lo"]);
    });
  }
  test("an address that is none: one line, and the TAP is gone", async () => {
    const { driver } = lab.interface();
    assert.deepEqual(devices(), ["lo", "rw0"]);
    await assert.rejects(lab.stack({}, { driver, addresses: ["10.76.0.256/24"] }), isError("BAD_ADDRESS", /10\.76\.0\.256/));
    assert.deepEqual(devices(), ["lo"]);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    test(`a ${signal} ends the wait for a DHCP server at once`, async () => {
      const child = lab.ringwire("up", "--tap", "rw0", "--netns", lab.netns, "--dhcp");
      let said = "";
      child.stderr?.on("data", (text) => {
        said += text;
      });
      await until(() => devices().includes("rw0"), "the device is there");
      await delay(1000);
      const ended = once(child, "close");
      child.kill(signal);
      const [status] = (await Promise.race([ended, delay(30_000).then(() => ["still there"])])) as [number | string];
      assert.deepEqual([status, said], [signal === "SIGINT" ? 130 : 143, "ringwire: interrupted before a DHCP server gave an address\n"]);
      assert.deepEqual(devices(), ["lo"]);
    });
  test("a port in use is refused, and the one that has it goes on", async () => {
    const stack = await lab.stack();
    echoing(stack, 7);
    assert.throws(() => stack.listen({ port: 7 }), isError("IN_USE", /0\.0\.0\.0:7/));
    assert.equal(await lab.kernel("short", { host: lab.device().us, port: 7, octets: 1000, count: 3 }), 3);
    stack.bindUdp({ port: 7 });
    assert.throws(() => stack.bindUdp({ port: 7 }), isError("IN_USE", /0\.0\.0\.0:7/));
  });
  test("more connections of the kernel than sockets: those beyond wait and get their turn", async () => {
    const stack = await lab.stack({ tcp: { sockets: 2 } });
    echoing(stack, 7);
    assert.equal(await lab.kernel("many", { host: lab.device().us, port: 7, octets: 20_000, count: 6 }), 6);
    assert.ok(stack.counters().TCP_NO_SOCKET > 0);
    await until(() => stack.pools().TCP0.used === 0, "no connection is left");
    assert.equal(stack.pools().HALF_OPEN.used, 0);
  });
  test("more connections of ours than sockets: NO_SOCKET, the others go on, and the next one works", async () => {
    const stack = await lab.stack({ tcp: { sockets: 2 } });
    const { kernel } = lab.device();
    await lab.kernel("serve", { port: 7001, what: "echo" });
    const [one] = await Promise.all([0, 1].map(() => stack.connect({ host: kernel, port: 7001 })));
    await assert.rejects(stack.connect({ host: kernel, port: 7001 }), isError("NO_SOCKET", /10\.76\.0\.1:7001/));
    one?.resetAndDestroy();
    await until(() => stack.pools().TCP0.used === 1, "one is gone");
    await echoed(stack, kernel, 7001, 50_000);
  });
});

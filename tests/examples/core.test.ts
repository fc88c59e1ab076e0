import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Core, CONTROL, MORE, Err, RingwireError, instantiate } from "../../bindings/node/core.js";
import { load } from "../../bindings/node/module.js";

const ROOT = process.cwd();
const EXAMPLE = "examples/core/ping-pong.mjs";
const PAGE = readFileSync(join(ROOT, "docs/core.md"), "utf8");
const textOf = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Rows of the page's tables of which the first cell is one name and the second one number: the number by its name. */
function defaultsIn(page: string): Map<string, number> {
  const rows = page.matchAll(/^\| `(\w+)` \| (-?[\d,]+) \|/gm);
  return new Map([...rows].map((row) => [row[1] as string, Number((row[2] as string).replaceAll(",", ""))]));
}

describe("examples/core/ping-pong.mjs", () => {
  test("is under 60 lines and does what it prints", () => {
    assert.ok(textOf(EXAMPLE).trimEnd().split("\n").length < 60);
    const printed = execFileSync(process.execPath, [EXAMPLE], { cwd: ROOT, encoding: "utf8", timeout: 60_000 }).trimEnd().split("\n");
    assert.deepEqual(printed.slice(0, 3), [
      'ping: "are you there?" from 10.0.0.2, sequence 1',
      "tcp: 10.0.0.1 is connected to port 7",
      'tcp: "pong? pong!"',
    ]);
    assert.match(printed[3] ?? "", /^tcp: closed, 1 connection in TIME-WAIT after \d+ ms$/);
    assert.deepEqual(printed.slice(4), ["arp: 10.0.0.2 is at 02:00:00:00:00:02"]);
  });
  test("stands in docs/core.md as it is", () => {
    assert.ok(PAGE.includes(`\`\`\`js\n${textOf(EXAMPLE)}\`\`\`\n`), `docs/core.md holds ${EXAMPLE} word for word`);
  });
});

describe("docs/core.md", () => {
  test("its defaults are those of the module", async () => {
    const { control, memory } = await load();
    const [view, at] = [new DataView(memory.buffer), control()];
    const stated = defaultsIn(PAGE);
    const words = Object.entries(CONTROL).filter(([name, offset]) => offset >= CONTROL.listeners && offset < CONTROL.more && name);
    for (const [name, offset] of words) assert.equal(stated.get(name), view.getUint32(at + offset, true), name);
    const more = Object.entries(MORE).filter(([name]) => name !== "octets");
    const given = more.map(([name, offset]) => [name, view.getUint32(view.getUint32(at + CONTROL.more, true) + offset, true)] as const);
    for (const [name, value] of given) assert.equal(stated.get(name) ?? 0, value, name);
    assert.equal(stated.get("clockGranularity"), view.getUint32(at + CONTROL.clockGranularity, true));
    const bufferClass = [0, 4, 8].map((word) => view.getUint32(at + CONTROL.classes + word, true));
    assert.ok(PAGE.includes(`\`[{ sockets: ${bufferClass[0]}, receive: ${bufferClass[1]}, send: ${bufferClass[2]} }]\``));
  });
  test("it names every method and getter of Core and every error", () => {
    const members = membersOf(Core.prototype);
    const isNamed = (name: string) => new RegExp(`\`${name}[\`(]`).test(PAGE);
    assert.deepEqual(
      [...members, "exports", "memory", "octets", "view", "control", "arena", "devices"].filter((name) => !isNamed(name)),
      [],
    );
    assert.deepEqual(
      Object.keys(Err).filter((name) => !PAGE.includes(`\`${name}\``)),
      [],
    );
  });
  test("what it says of wrong options is so", async () => {
    const right = {
      seed: "0123456789abcdef".repeat(4),
      devices: [{ kind: "ethernet" as const }],
      interfaces: [{ mac: "02:00:00:00:00:01", addresses: ["10.0.0.1/24"] }],
    };
    assert.equal((await instantiate(right)).interfaces()[0]?.mtu, 1500);
    const refused = (more: object, code: string) =>
      assert.rejects(instantiate({ ...right, ...more }), (error) => error instanceof RingwireError && error.code === code, code);
    await refused({ seed: undefined }, "BAD_SEED");
    await refused({ devices: [] }, "BAD_COUNT");
    await refused({ devices: [{ kind: "ip", txSlots: 3 }] }, "BAD_DEVICE");
    await refused({ interfaces: [{ addresses: ["10.0.0.1/24"] }] }, "BAD_INTERFACE");
    await refused({ interfaces: [{ ...right.interfaces[0], addresses: ["10.0.0.300/24"] }] }, "BAD_ADDRESS");
    await refused({ interfaces: [right.interfaces[0], { device: 0, mac: "02:00:00:00:00:02" }] }, "NOT_SUPPORTED");
    await refused({ capacities: { owners: 256 } }, "BAD_CAPACITY");
    await refused({ settings: { ttl: 256 } }, "BAD_SETTING");
    await refused({ memoryLimit: 65536 }, "NO_MEMORY");
    await refused({ wasm: "nowhere.wasm" }, "BAD_ARGUMENT");
    await refused({ colour: "red" }, "BAD_ARGUMENT");
  });
});

/** Names of methods and getters, those of the classes it extends too; not the protected ones. */
function membersOf(prototype: object | null): string[] {
  if (!prototype || prototype === Object.prototype) return [];
  const own = Object.getOwnPropertyNames(prototype).filter((name) => !["constructor", "word", "endpoint", "pass"].includes(name));
  return [...own, ...membersOf(Object.getPrototypeOf(prototype))];
}

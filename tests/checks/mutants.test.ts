import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bodies, dataEnd, signed, spliced, unsigned } from "../mutants/wasm.js";
import type { Change } from "../mutants/automatic.js";
import { isChoice } from "../mutants/choice.js";
import { flagsIn, watched } from "../mutants/watched.js";
import { faults, named, parsed, withBug } from "../mutants/named.js";
import { LEAST_SHARE, partOf } from "../mutants/report.js";
import { type Failed, Tap } from "../mutants/tap.js";

const ROOT = process.cwd();
const ROWS = named(ROOT);
const PAGE = readFileSync(join(ROOT, "docs/mutants.md"), "utf8");
const sourceOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Names in the last table of a part of the page, in its order. */
function namesOn(part: string): string[] {
  const last = part.slice(part.lastIndexOf("| --- |"));
  return [...last.matchAll(/^\| ([a-z][a-z0-9-]*) \|/gm)].map(([, name]) => name ?? "");
}

describe("named mutants", () => {
  test("there are at least 40, three of each class, and each old text stands in its file exactly once", () => {
    assert.ok(ROWS.length >= 40);
    assert.deepEqual(faults(ROWS, sourceOf), []);
  });
  test("docs/mutants.md has each of them, and all are caught", () => {
    const part = partOf(PAGE, "named");
    assert.deepEqual(
      namesOn(part),
      ROWS.map(({ name }) => name),
      "run `npm run mutants -- --write`",
    );
    assert.ok(!part.includes("**survives**") && !part.includes("not hunted"));
  });
  const hunted = partOf(PAGE, "automatic");
  // They are hunted by command (`npm run mutants -- --automatic 300 --write`); the page is held to its word once it has such a table.
  test("an automatic hunt on docs/mutants.md had at least 300, and enough of them were caught", () => {
    if (!hunted) return assert.ok(!PAGE.includes("## Automatic"), "a part without a table");
    const [, caught = 0, total = 0] = /(\d+) of (\d+) caught/.exec(hunted) ?? [];
    assert.ok(Number(total) >= 300 && Number(caught) >= LEAST_SHARE * Number(total), `${caught} of ${total}`);
  });
});

describe("the checks of mutants can fail", () => {
  const row = { name: "a", class: "timers", file: "f", old: "x < y", fresh: "x > y", meaning: "turned" };

  test("an old text that is gone, or stands there twice, is seen, and so are doubles and unknown classes", () => {
    assert.equal(withBug("if (x < y) {", row), "if (x > y) {");
    assert.throws(() => withBug("if (x <= y) {", row), /0 times/);
    assert.throws(() => withBug("x < y; x < y", row), /2 times/);
    const found = faults([row, row, { ...row, name: "b", class: "weather" }], () => "x < y");
    assert.ok(found.some((fault) => fault.includes("twice")));
    assert.ok(found.some((fault) => fault.includes("weather")));
    assert.ok(found.some((fault) => fault === "timers: fewer than three"));
    assert.throws(() => parsed("a\tb"), /2 columns/);
  });
  test("failed tests are found in TAP, with their files, inner ones only once", () => {
    const found: Failed[] = [];
    const tap = new Tap((failed) => found.push(failed));
    tap.take("ok 1 - fine\n  ---\n  ...\n    not ok 1 - in");
    tap.take("ner \\# one\n      ---\n      location: '/x/a.test.js:3:1'\nnot ok 2 - outer\n  location: '/x/a.test.js:2:1'\n");
    tap.take("not ok 3 - skipped # SKIP no TAP\n");
    tap.close();
    assert.deepEqual(found, [{ file: "/x/a.test.js", test: "inner # one" }]);
  });
});

describe("changes of a module", () => {
  /** (func (result i32) i32.const 1000) with the name `f`. */
  const section = (id: number, ...octets: number[]) => [id, octets.length, ...octets];
  const name = section(0, 4, ...new TextEncoder().encode("name"), 1, 4, 1, 0, 1, 102);
  const parts = [
    section(1, 1, 0x60, 0, 1, 0x7f),
    section(3, 1, 0),
    section(7, 1, 1, 102, 0, 0),
    section(10, 1, 5, 0, 0x41, ...signed(1000n), 0x0b),
  ];
  const module = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...parts.flat(), ...name]);

  test("an instruction is found and replaced by a longer one, and the module stays valid", async () => {
    const [body] = bodies(module);
    assert.equal(body?.name, "f");
    const [constant] = body.instructions;
    assert.deepEqual([constant?.opcode, constant?.value], [0x41, 1000n]);
    assert.ok(constant);
    const changed = spliced(module, body, constant, Uint8Array.from([0x41, ...signed(-70_000n)]));
    const instance = await WebAssembly.instantiate(await WebAssembly.compile(Uint8Array.from(changed)));
    assert.equal((instance.exports.f as () => number)(), -70_000);
  });
  test("a watched comparison and a watched store set their flags when the change would show, and work on", async () => {
    /** (func (param i32 i32) (result i32) (i32.store (local.get 0) (local.get 1)) (i32.lt_u (local.get 0) (local.get 1))), and a memory. */
    const body = [0, 0x20, 0, 0x20, 1, 0x36, 2, 0, 0x20, 0, 0x20, 1, 0x49, 0x0b];
    const sample = Uint8Array.from(
      [
        [0, 97, 115, 109, 1, 0, 0, 0],
        section(1, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
        section(3, 1, 0),
        section(5, 1, 0, 1),
        section(7, 2, 1, 102, 0, 0, 1, 109, 2, 0),
        section(10, 1, body.length, ...body),
        name,
      ].flat(),
    );
    const [one] = bodies(sample);
    const at = (opcode: number) => one?.instructions.find((instruction) => instruction.opcode === opcode);
    const changes = [
      { kind: "store", isBound: false, body: one, instruction: at(0x36) },
      { kind: "comparison", isBound: true, body: one, instruction: at(0x49) },
    ] as Change[];
    const { instance } = await WebAssembly.instantiate(Uint8Array.from(watched(sample, changes)));
    const f = instance.exports.f as (left: number, right: number) => number;
    const flags = () => flagsIn(instance.exports.m as WebAssembly.Memory);
    assert.deepEqual([f(8, 0), flags()], [0, []]);
    assert.deepEqual([f(8, 9), flags()], [1, [0]]);
    assert.deepEqual([f(16, 16), flags()], [0, [0, 1]]);
    assert.deepEqual([f(8, 9), flags()], [1, [0, 1]]);
  });
  test("a module whose static data lies where the flags are is refused, the shipped ones are not", () => {
    const withData = (place: bigint) =>
      Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...section(11, 1, 0, 0x41, ...signed(place), 0x0b, 3, 1, 2, 3)]);
    assert.equal(dataEnd(withData(4000n)), 4003);
    assert.throws(() => watched(withData(4030n), []), /static data ends at 4033/);
    assert.ok(dataEnd(readFileSync("build/ringwire.wasm")) <= 4032);
  });
  test("a minimum is told from other comparisons", () => {
    const code = (...opcodes: [number, number?][]) =>
      opcodes.map(([opcode, value = 0], at) => ({ at, length: 1, opcode, value: BigInt(value) }));
    const [GET, TEE, LOAD, CONST, SUB, LESS, SELECT] = [0x20, 0x22, 0x28, 0x41, 0x6b, 0x49, 0x1b];
    const compared = (...before: [number, number?][]) => isChoice(code(...before, [LESS], [SELECT]), before.length);
    assert.equal(compared([GET, 1], [GET, 2], [GET, 1], [GET, 2]), true);
    assert.equal(compared([GET, 1], [GET, 2], [GET, 2], [GET, 1]), true);
    assert.equal(compared([GET, 1], [GET, 7], [LOAD], [TEE, 2], [GET, 1], [GET, 2]), true);
    assert.equal(compared([CONST, 9], [GET, 1], [GET, 1], [CONST, 9]), true);
    assert.equal(compared([GET, 1], [GET, 2], [GET, 1], [GET, 2], [SUB], [CONST, 0]), true);
    assert.equal(compared([GET, 1], [GET, 2], [GET, 1], [GET, 2], [SUB], [CONST, 1]), false);
    assert.equal(compared([GET, 1], [GET, 2], [GET, 1], [GET, 3]), false);
    assert.equal(compared([CONST, 1], [GET, 2], [GET, 1], [GET, 2]), false);
    assert.equal(isChoice(code([GET, 1], [GET, 2], [GET, 1], [GET, 2], [LESS]), 4), false);
  });
  test("numbers are written as the format has them", () => {
    assert.deepEqual([...unsigned(300)], [0xac, 2]);
    assert.deepEqual([...signed(-1n)], [0x7f]);
    assert.deepEqual([...signed(64n)], [0xc0, 0]);
    assert.deepEqual([...signed(-64n)], [0x40]);
  });
});

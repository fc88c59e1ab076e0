import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brokenPromises, overBudget } from "./promises.js";
import { readWasm } from "./wasm.js";

const ROOT = process.cwd();
const BUDGET = "tests/budget.json";
const DEBUG = "ringwire-debug.wasm";

function shipped(): string[] {
  const folder = join(ROOT, "examples");
  const named = (name: string) => existsSync(join(folder, name, "index.ts"));
  const examples = existsSync(folder) ? readdirSync(folder).filter(named) : [];
  return ["ringwire.wasm", "ringwire-simd.wasm", "ringwire-tiny.wasm", DEBUG, ...examples.sort().map((name) => `examples/${name}.wasm`)];
}

function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(ROOT, "build", name)));
}

async function exportsOf(name: string): Promise<WebAssembly.Exports> {
  const { instance } = await WebAssembly.instantiate(bytesOf(name));
  return instance.exports;
}

describe("modules", () => {
  for (const name of shipped()) {
    test(`${name} keeps the promises: no import, no memory.grow, no mutable global, no managed runtime`, () => {
      assert.deepEqual(brokenPromises(bytesOf(name)), []);
    });
  }

  test("the debug module names its functions, so that the promise about the runtime can fail", () => {
    assert.ok(readWasm(bytesOf(DEBUG)).functionNames.length > 50);
  });

  test("control() and ARENA_START are the same in every module", async () => {
    const found = new Map<string, string>();
    for (const name of shipped()) {
      const { control, ARENA_START } = await exportsOf(name);
      const address = (control as () => number)();
      found.set(name, `control ${address}, arena ${(ARENA_START as WebAssembly.Global).value}`);
    }
    assert.equal(new Set(found.values()).size, 1, JSON.stringify([...found], null, 1));
  });

  test("sizes are within tests/budget.json", () => {
    const sizes = new Map(
      shipped()
        .filter((name) => name !== DEBUG)
        .map((name) => [name, bytesOf(name).length]),
    );
    for (const [name, size] of sizes) console.log(`${name.padEnd(24)} ${size} octets`);
    const budget = JSON.parse(readFileSync(join(ROOT, BUDGET), "utf8")) as Record<string, number>;
    assert.deepEqual(overBudget(sizes, budget), [], `if the growth is worth it, raise the number in ${BUDGET} and say why in CHANGELOG.md`);
  });

  test("README.md states the budgets of the two modules for use", () => {
    const budget = JSON.parse(readFileSync(join(ROOT, BUDGET), "utf8")) as Record<string, number>;
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const stated = /`ringwire\.wasm` takes up to ([\d,]+) octets and `ringwire-tiny\.wasm` up to ([\d,]+)/.exec(readme) ?? [];
    const [release, tiny] = stated.slice(1).map((text) => Number(text.replaceAll(",", "")));
    assert.deepEqual([release, tiny], [budget["ringwire.wasm"], budget["ringwire-tiny.wasm"]]);
  });
});

describe("the check of modules can fail", () => {
  /** A section: its id, and its octets behind their length. */
  const section = (id: number, ...octets: number[]) => [id, octets.length, ...octets];
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const HEAD = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const MEMORY = section(5, 1, 0, 1);
  const ARENA = section(7, 1, ...text("ARENA_START"), 3, 0);
  const constant = (mutable: number) => section(6, 1, 0x7f, mutable, 0x41, 0, 0x0b);
  const FUNCTION = [...section(1, 1, 0x60, 0, 0), ...section(3, 1, 0)];
  const code = (...body: number[]) => section(10, 1, body.length + 2, 0, ...body, 0x0b);
  const broken = (...sections: number[][]) => brokenPromises(Uint8Array.from([...HEAD, ...sections.flat()]));

  test("a module that keeps the promises passes, with 0x40 as a number in its code", () => {
    assert.deepEqual(broken(FUNCTION, MEMORY, constant(0), ARENA, code(0x41, 0x40, 0x1a)), []);
  });
  test("an import is seen", () => {
    const imported = section(2, 1, ...text("env"), ...text("abort"), 0, 0);
    assert.deepEqual(broken(section(1, 1, 0x60, 0, 0), imported, MEMORY, constant(0), ARENA), ["imports env.abort"]);
  });
  test("memory.grow is seen", () => {
    assert.deepEqual(broken(FUNCTION, MEMORY, constant(0), ARENA, code(0x41, 1, 0x40, 0, 0x1a)), ["memory.grow in function 0"]);
  });
  test("a mutable global is seen", () => {
    assert.deepEqual(broken(MEMORY, constant(1), ARENA), ["mutable globals: ARENA_START"]);
  });
  test("a function of the runtime is seen by its name", () => {
    const inner = [1, 0, ...text("~lib/rt/stub/__new")];
    const names = section(0, ...text("name"), 1, inner.length, ...inner);
    const faults = broken(FUNCTION, MEMORY, constant(0), ARENA, code(), names);
    assert.deepEqual(faults, ["functions of the managed runtime: ~lib/rt/stub/__new"]);
  });
  test("an exported function of another type than i32 is seen", () => {
    const types = [...section(1, 1, 0x60, 1, 0x7e, 1, 0x7f), ...section(3, 1, 0)];
    const exported = section(7, 2, ...text("ARENA_START"), 3, 0, ...text("poll"), 0, 0);
    assert.deepEqual(broken(types, MEMORY, constant(0), exported, code(0x41, 0)), ["other types than i32: poll"]);
  });
  test("a missing ARENA_START and a maximum of memory are seen", () => {
    assert.deepEqual(broken(section(5, 1, 1, 1, 4)), ["memory with a maximum", "ARENA_START is not exported as a global"]);
  });
  test("an instruction that is not known stops the check", () => {
    assert.throws(() => broken(FUNCTION, MEMORY, constant(0), ARENA, code(0xff)), /unknown instruction 0xff/);
  });
  test("a module over its budget, without one, or gone is named", () => {
    const sizes = new Map([
      ["a", 101],
      ["b", 5],
    ]);
    const faults = overBudget(sizes, { a: 100, c: 1 });
    assert.deepEqual(faults, [
      "a takes 101 octets, 1 more than its budget of 100",
      "b has no budget; it takes 5 octets",
      "c has a budget but was not built",
    ]);
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Constants, differences, functionDifferences, unlisted } from "./abi.js";
import { FUNCTION, readWasm } from "./wasm.js";

const ROOT = process.cwd();
const PAGE = readFileSync(join(ROOT, "docs/abi.md"), "utf8");
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(ROOT, "build", name)));

/** What tests/build/constants.mjs offers. */
interface Generator {
  exportedGlobals(bytes: Uint8Array): Promise<[string, number][]>;
}
const generator = (await import(pathToFileURL(join(ROOT, "tests/build/constants.mjs")).href)) as Generator;
const CONSTANTS: Constants = new Map(await generator.exportedGlobals(bytesOf("ringwire-debug.wasm")));
const functionsOf = (name: string) =>
  readWasm(bytesOf(name))
    .exports.filter(({ kind }) => kind === FUNCTION)
    .map((entry) => entry.name);

describe("docs/abi.md", () => {
  test("its error codes, bits, states, options and offsets are those of the module", () => {
    assert.deepEqual(differences(PAGE, CONSTANTS), []);
  });
  test("it names every function of the release module, and no other", () => {
    assert.deepEqual(functionDifferences(PAGE, functionsOf("ringwire.wasm")), []);
  });
  test("it names every constant", () => {
    assert.deepEqual(unlisted(PAGE, CONSTANTS), []);
  });
  test("the debug module and the one with vectors have the functions of the release module, and tiny has no other", () => {
    const release = functionsOf("ringwire.wasm").sort();
    assert.deepEqual(functionsOf("ringwire-debug.wasm").sort(), release);
    assert.deepEqual(functionsOf("ringwire-simd.wasm").sort(), release);
    assert.deepEqual(
      functionsOf("ringwire-tiny.wasm").filter((name) => !release.includes(name)),
      [],
    );
  });
});

describe("the check of docs/abi.md can fail", () => {
  const replaced = (from: string | RegExp, to: string) => {
    const changed = PAGE.replace(from, to);
    assert.notEqual(changed, PAGE, `docs/abi.md holds ${from}`);
    return differences(changed, CONSTANTS).length - differences(PAGE, CONSTANTS).length;
  };
  test("a wrong number is seen: of an error, an event, a state, an option, an offset, a field of the status record", () => {
    assert.equal(replaced("| -9 | `WOULD_BLOCK`", "| -19 | `WOULD_BLOCK`"), 1);
    assert.equal(replaced("4 `ACCEPTABLE`", "5 `ACCEPTABLE`"), 1);
    assert.equal(replaced("7 `CLOSE_WAIT`", "8 `CLOSE_WAIT`"), 1);
    assert.equal(replaced("9 `BROADCAST`", "10 `BROADCAST`"), 1);
    assert.ok(replaced("| 64 | 32 octets | `seed`", "| 65 | 32 octets | `seed`") >= 1);
    assert.ok(replaced("32 `rto`", "33 `rto`") >= 1);
    assert.equal(replaced("| 31 | u8 | `tries`", "| 29 | u8 | `tries`"), 2);
    assert.equal(replaced("### Device record (48 octets)", "### Device record (40 octets)"), 1);
  });
  test("a missing row, a missing member and a run of errors out of step are seen", () => {
    assert.ok(replaced(/\| 16, 20 \| u32 \| `rxRing`.*\n/, "") >= 1);
    assert.equal(replaced(", 64 `SOFT_ERROR`", ""), 1);
    assert.ok(replaced("`BAD_SEED NO_MEMORY", "`NO_MEMORY BAD_SEED") >= 2);
  });
  test("a function or a constant that only one side knows is seen", () => {
    assert.deepEqual(functionDifferences("`a()` and `b(x) -> y`", ["b", "c"]), [
      "c() is exported but not in docs/abi.md",
      "a() is in docs/abi.md but not exported",
    ]);
    assert.deepEqual(
      unlisted(
        "`ONE` and `TWO THREE`",
        new Map([
          ["E.ONE", 1],
          ["E.THREE", 3],
          ["E.FOUR", 4],
        ]),
      ),
      ["E.FOUR"],
    );
  });
});

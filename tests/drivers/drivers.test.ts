// Drivers in C (boards/drivers), each against a model of its part, on this machine; and with mistakes in them, that the tests see them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DRIVERS, gcc, HERE, noCompiler, OUT, PARTS, type Ran, runProgram, SANITIZED, shows } from "./gcc.js";
import { MUTANTS } from "./mutants.js";

/** The tests and the model of a part, compiled; their names begin with `name`. */
function objects(part: string, name: string, ...flags: string[]): string[] {
  return ["common", `${part}_model`, `${part}_test`].map((file) => {
    const object = join(OUT, `${name}-${file}.o`);
    gcc(...flags, "-c", join(HERE, `${file}.c`), "-o", object);
    return object;
  });
}
/** Runs the tests of a driver with this source of it. */
function ran(source: string, name: string, tests: string[], ...flags: string[]): Ran {
  const program = join(OUT, name);
  gcc(...flags, ...tests, source, "-o", program);
  return runProgram(program);
}

describe("drivers on models of their parts", { skip: noCompiler }, () => {
  for (const part of PARTS) {
    test(`${part}: every test of the driver holds, and no access is out of bounds`, async (t) => {
      await shows(t, ran(join(DRIVERS, `${part}.c`), part, objects(part, "safe", ...SANITIZED), ...SANITIZED), 14);
    });
  }
  const known: Record<string, string[]> = {};
  MUTANTS.forEach(({ part, what, text, instead }, i) => {
    test(`${part}, a mistake is seen: ${what}`, () => {
      const source = readFileSync(join(DRIVERS, `${part}.c`), "utf8");
      assert.equal(source.split(text).length, 2, `${part}.c holds once: ${text}`);
      const wrong = join(OUT, `wrong-${i}.c`);
      known[part] ??= objects(part, "plain");
      writeFileSync(wrong, source.replace(text, instead));
      const { status, stdout } = ran(wrong, `wrong-${i}`, known[part], "-Wno-error", "-Wno-unused");
      assert.notEqual(status, 0, stdout);
      assert.match(stdout, /^not ok /m);
    });
  });
  test("boards/drivers/README.md says how many mistakes there are", () => {
    const [, count] = /(\d+) mistakes/.exec(readFileSync(join(DRIVERS, "README.md"), "utf8")) ?? [];
    assert.equal(Number(count), MUTANTS.length);
  });
  test("what is said of them is in their heads: from where, and that no silicon was there", () => {
    for (const part of PARTS) {
      const head = readFileSync(join(DRIVERS, `${part}.h`), "utf8");
      assert.match(head, /Tested on a model, not on silicon\./);
      assert.match(head, /Facts from/);
      assert.match(head, /The model in tests\/drivers follows/);
    }
  });
});

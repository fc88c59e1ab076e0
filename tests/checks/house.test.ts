import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Allowed, floorOf, forbidden, tooLong, withoutSpec, wrongImports } from "./house.js";
import { parsed, sourcesBelow } from "./sources.js";

const ROOT = process.cwd();
const ALLOWED = JSON.parse(readFileSync(join(ROOT, "tests/checks/allowed.json"), "utf8")) as Allowed;
const ASSEMBLY = sourcesBelow(ROOT, ["assembly"]);
const NONE: Allowed = { longFiles: {}, longFunctions: {}, withoutUnitTest: {} };

describe("the house", () => {
  test("no import goes up a floor, from tcp to udp or back, or from a binding into assembly/", () => {
    assert.deepEqual(wrongImports(sourcesBelow(ROOT, ["assembly", "bindings"])), []);
  });
  test("files have at most 400 lines and functions at most 60, or a reason in tests/checks/allowed.json", () => {
    assert.deepEqual(tooLong(sourcesBelow(ROOT, ["assembly", "bindings", "tests", "examples", "boards"]), ALLOWED), []);
  });
  test("assembly/ has no module-level let, new, @inline, @ts-ignore, default parameter of an export, or unfinished work", () => {
    assert.deepEqual([...ASSEMBLY, ...sourcesBelow(ROOT, ["examples"])].flatMap(forbidden), []);
  });
  test("every module of assembly/ has a unit test of its name, or a reason in tests/checks/allowed.json", () => {
    const specs = new Set(sourcesBelow(ROOT, ["tests/unit"]).map((source) => source.path));
    assert.deepEqual(withoutSpec(ASSEMBLY, specs, ALLOWED), []);
  });
  test("every exception has a reason", () => {
    const reasons = Object.values(ALLOWED).flatMap((group: Record<string, string>) => Object.values(group));
    assert.ok(reasons.every((reason) => reason.length > 5));
  });
});

describe("the check of the house can fail", () => {
  const faultsOf = (path: string, text: string) => wrongImports([parsed(path, text)]).length;

  test("an import that goes up is seen, one that goes down or stays is not", () => {
    assert.equal(faultsOf("assembly/wire/tcp.ts", 'import { a } from "../link/arp";'), 1);
    assert.equal(faultsOf("assembly/wire/tcp.ts", 'export { a } from "../receive";'), 1);
    assert.equal(faultsOf("assembly/stack.ts", 'import * as index from "./index";'), 1);
    assert.equal(faultsOf("assembly/wire/tcp.ts", 'import { a } from "../memory/bytes";'), 0);
    assert.equal(faultsOf("assembly/wire/tcp.ts", 'import { a } from "./ipv4";'), 0);
    assert.equal(faultsOf("assembly/application/echo.ts", 'import { a } from "../receive";'), 0);
    assert.equal(faultsOf("assembly/application/text.ts", 'import { Socket } from "../tcp";'), 0);
    assert.equal(faultsOf("assembly/transport/ready.ts", 'import { Socket } from "../tcp";'), 1);
  });
  test("tcp and udp are kept apart, and share what lies between them", () => {
    assert.equal(faultsOf("assembly/transport/tcp/input.ts", 'import { a } from "../udp/socket";'), 1);
    assert.equal(faultsOf("assembly/transport/udp/socket.ts", 'import { a } from "../tcp/tcb";'), 1);
    assert.equal(faultsOf("assembly/transport/tcp/input.ts", 'import { a } from "../ready";'), 0);
  });
  test("a binding that reaches into assembly/, and assembly/ that reaches out, are seen", () => {
    assert.equal(faultsOf("bindings/node/core.ts", 'import { a } from "../../assembly/memory/errors";'), 1);
    assert.equal(faultsOf("assembly/memory/bytes.ts", 'import { a } from "node:fs";'), 1);
    assert.equal(faultsOf("assembly/memory/bytes.ts", 'import { a } from "../../tests/unit/peer";'), 1);
  });
  test("a folder without a floor stops the check", () => {
    assert.throws(() => floorOf("assembly/attic/box.ts"), /has no floor/);
  });
  test("a long file and a long function are seen, and a reason that is no longer needed", () => {
    const long = parsed("assembly/a.ts", `function f(): void {\n${"  g();\n".repeat(59)}}\n`);
    assert.deepEqual(tooLong([long], NONE), ["assembly/a.ts#f: a function of 61 lines, at most 60"]);
    const allowed = { ...NONE, longFunctions: { "assembly/a.ts#f": "a table" }, longFiles: { "assembly/b.ts": "generated" } };
    assert.deepEqual(tooLong([long], allowed), ["assembly/b.ts: allowed as a long file, but it is gone"]);
    const lines = parsed("assembly/a.ts", "f();\n".repeat(401));
    assert.deepEqual(tooLong([lines], NONE), ["assembly/a.ts: a file of 401 lines, at most 400"]);
  });
  const bad: [string, string][] = [
    ["let x = 1;", "module-level let"],
    ["export var x = 1;", "module-level let"],
    ["function f(): void { const a = new Uint8Array(1); }", "new brings"],
    ["class A { @inline f(): void {} }", "@inline"],
    ["// @ts-ignore", "@ts-ignore"],
    [`// ${"TO"}${"DO"}: later`, `${"TO"}${"DO"}`],
    ["export function f(a: i32 = 1): void {}", "default parameter"],
  ];
  for (const [text, fault] of bad) {
    test(`is seen: ${text.replace(/TODO/, "to do")}`, () => {
      const faults = forbidden(parsed("assembly/a.ts", text));
      assert.equal(faults.length, 1);
      assert.match(faults[0], new RegExp(fault));
    });
  }
  test("what is allowed passes", () => {
    const text =
      "const A: i32 = 1;\nfunction f(a: i32 = 1): void {\n  let b = a;\n}\nexport function g(): i32 { return changetype<i32>(A); }";
    assert.deepEqual(forbidden(parsed("assembly/a.ts", text)), []);
  });
  test("a module without a unit test is seen, one of constants only needs none", () => {
    const code = parsed("assembly/wire/arp.ts", "export function f(): void {}");
    const constants = parsed("assembly/memory/config.ts", "export const A: i32 = 1;");
    assert.deepEqual(withoutSpec([code, constants], new Set(), NONE), ["assembly/wire/arp.ts has no unit test of its name"]);
    assert.deepEqual(withoutSpec([code], new Set(["tests/unit/wire/arp.spec.ts"]), NONE), []);
  });
});

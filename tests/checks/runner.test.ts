import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { page, uncounted, unknownIds } from "../conformance/report.js";
import { idsOf, namesOf } from "../conformance/requirements.js";
import { sentence, sum, type TestResult } from "../runner/result.js";
import { chosen } from "../runner/suites.js";
import { comparedWithSummary, specsByFloor, writeEntries } from "../runner/unit.js";

const ROOT = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "ringwire-runner-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs made-up test files as a suite would, in a process of its own (a test may not run tests itself). */
function ran(files: Record<string, string>): TestResult[] {
  const work = mkdtempSync(join(folder, "suite-"));
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(work, name), `import { test, describe } from "node:test";\nimport assert from "node:assert";\n${text}`);
    return join(work, name);
  });
  writeFileSync(join(work, "package.json"), '{ "type": "module" }');
  const runner = pathToFileURL(join(ROOT, "build/js/tests/runner/node.js")).href;
  const script = join(work, "run.mjs");
  const text = `import { runNode } from ${JSON.stringify(runner)};
    const tests = await runNode(${JSON.stringify(paths)}, { concurrency: 1, fileMinutes: 0.05 });
    console.log(JSON.stringify(tests));`;
  writeFileSync(script, text);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [script], { env, encoding: "utf8" });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout) as TestResult[];
}

describe("the runner", () => {
  test("sums passed, failed and skipped tests, inner ones once", () => {
    const tests = ran({
      "a.test.js": `describe("group", () => { test("one", () => {}); test("two", () => assert.fail("wrong")); });
        test("outer", async (t) => { await t.test("inner", () => {}); });
        test("left out", { skip: "no TAP" }, () => {});`,
    });
    assert.equal(sentence(sum(tests)), "2 passed, 1 failed, 1 skipped");
    assert.equal(tests.find((result) => result.outcome === "skipped")?.reason, "no TAP");
    assert.match(tests.find((result) => result.name === "two")?.reason ?? "", /wrong/);
  });
  test("fails a file without a test, one that cannot be loaded, and one that does not end", () => {
    assert.equal(sentence(sum(ran({ "a.test.js": "" }))), "0 passed, 1 failed");
    assert.equal(sum(ran({ "b.test.js": 'import "./missing.js"; test("never", () => {});' })).failed, 1);
    assert.ok(sum(ran({ "c.test.js": 'test("hangs", () => new Promise(() => setInterval(() => {}, 1000)));' })).failed >= 1);
  });
  test("fails an outer test that fails after its inner ones passed", () => {
    const tests = ran({ "a.test.js": 'test("outer", async (t) => { await t.test("inner", () => {}); assert.fail("late"); });' });
    assert.equal(sentence(sum(tests)), "1 passed, 1 failed");
  });
  test("refuses a suite that does not exist", () => {
    assert.throws(() => chosen(["nothing"]), /no suite nothing; there are checks, unit/);
    assert.deepEqual(
      chosen([]).map((suite) => suite.name),
      ["checks", "unit", "node", "wrong", "interop", "simulation"],
    );
  });
});

describe("the unit suite", () => {
  const passed = (file: string): TestResult => ({ name: "a", outcome: "passed", leaf: true, file, reason: "" });

  test("has one entry a floor that imports all its specs", () => {
    mkdirSync(join(folder, "tests/unit/wire"), { recursive: true });
    for (const name of ["arp", "tcp"]) writeFileSync(join(folder, `tests/unit/wire/${name}.spec.ts`), "");
    const floors = specsByFloor(folder);
    assert.deepEqual([...floors], [["wire", ["tests/unit/wire/arp.spec.ts", "tests/unit/wire/tcp.spec.ts"]]]);
    assert.deepEqual(writeEntries(folder, floors), ["build/unit/wire.ts"]);
  });
  test("fails when no test ran, when as-pect stops, and when its sum differs from what was reported", () => {
    const file = "build/unit/a.ts";
    assert.match(comparedWithSummary([], "[Tests]: 0 / 0", 0)[0].reason, /no test ran/);
    assert.match(comparedWithSummary([], "ERROR TS1005", 1)[0].reason, /ended with status 1 before its summary/);
    assert.match(comparedWithSummary([passed(file)], "[Tests]: 2 / 2", 0)[0].reason, /says 2 of 2/);
    assert.match(comparedWithSummary([passed(file)], "[Tests]: 1 / 1", 1)[0].reason, /ended with status 1/);
    assert.deepEqual(comparedWithSummary([passed(file)], "[Tests]: 1 / 1", 0), []);
  });
});

describe("the conformance report", () => {
  test("takes the ids at the head of a test's name, and the parts of a joined row", () => {
    assert.deepEqual(idsOf("MUST-3, A012+030: checksum"), ["MUST-3", "A012+030"]);
    assert.deepEqual(idsOf("1122-3.2.1.3a: source"), ["1122-3.2.1.3a"]);
    assert.deepEqual(idsOf("RFC 9293 figure 6: handshake"), []);
    assert.deepEqual(namesOf("A111+112"), ["A111+112", "A111", "A112"]);
  });
  test("shows a test that ran, keeps what suites say that did not run, and drops a test that failed or is gone", () => {
    const first = page(ROOT, [{ name: "wide", tests: [{ name: "MUST-2: wide", outcome: "passed" }] }], "");
    const row = (text: string, id: string) => text.split("\n").find((line) => line.startsWith(`| ${id} |`)) ?? "";
    const tests: TestResult[] = [{ name: "MUST-3: sum | all", outcome: "passed", leaf: true, file: "", reason: "" }];
    const second = page(ROOT, [{ name: "node", tests }], first);
    assert.match(row(second, "MUST-2"), /`wide`: MUST-2: wide/);
    assert.ok(row(second, "MUST-3").endsWith("| `node`: MUST-3: sum \\| all |"));
    assert.equal(page(ROOT, [{ name: "node", tests }], second), second);
    const failed = page(ROOT, [{ name: "node", tests: [{ name: "MUST-3: sum | all", outcome: "failed" }] }], second);
    assert.match(row(failed, "MUST-3"), /no test yet|later: /);
  });
  test("a row about TCP that neither counts nor is declined is seen", () => {
    const text = page(ROOT, [{ name: "wide", tests: [{ name: "MUST-2: wide", outcome: "passed" }] }], "");
    assert.ok(uncounted(ROOT, text).some((line) => line.startsWith("MUST-2: ")));
    assert.ok(!uncounted(ROOT, text).some((line) => line.startsWith("MUST-51: ")));
  });
  test("an id that is no row is seen", () => {
    const tests: TestResult[] = [{ name: "MUST-999: none", outcome: "passed", leaf: true, file: "", reason: "" }];
    assert.equal(unknownIds(ROOT, [{ name: "node", tests }]).length, 1);
  });
});

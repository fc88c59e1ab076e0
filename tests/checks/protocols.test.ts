// The table of protocols: no cell is empty, what it names is there, and docs/protocols.md agrees.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Cell, cells, cellsIn, faults, PAGE, page, WAYS } from "../protocols/protocols.js";

const ROOT = process.cwd();
const table = cells(ROOT);

describe("the table of protocols", () => {
  test("every protocol is reached from AssemblyScript, the host interface and the command, with a test that shows it", () => {
    assert.ok(table.length >= 80);
    assert.deepEqual(faults(ROOT, table), []);
  });
  test("docs/protocols.md is what the table gives", () => {
    assert.equal(readFileSync(join(ROOT, PAGE), "utf8"), page(table), "run `npm run protocols`");
  });

  const good = table.find(({ protocol, way }) => protocol === "TFTP client" && way === "cli") as Cell;
  const asmGood = table.find(({ protocol, way }) => protocol === "TFTP client" && way === "assembly") as Cell;
  const abiGood = table.find(({ protocol, way }) => protocol === "TFTP client" && way === "abi") as Cell;
  const whole = [good, asmGood, abiGood];
  for (const [fault, wrong, what] of [
    ["an empty cell", [good, asmGood], /TFTP client, abi: empty/],
    ["a cell twice", [...whole, good], /there twice/],
    ["a cell without a test", [asmGood, abiGood, { ...good, test: "" }], /cli: empty/],
    ["a test that is not there", [asmGood, abiGood, { ...good, test: "our client flies" }], /has no test "our client flies"/],
    ["a file that is not there", [asmGood, abiGood, { ...good, file: "tests/none.test.ts" }], /is not there/],
    ["a command that is not there", [asmGood, abiGood, { ...good, what: "`ringwire ftp`" }], /no command ringwire ftp/],
    ["an option that is not there", [asmGood, abiGood, { ...good, what: "`ringwire tftp --fast`" }], /no option --fast/],
    ["a call that is not there", [good, asmGood, { ...abiGood, what: "`tftp_fetch`" }], /docs\/abi.md has no tftp_fetch/],
    ["a call that the test does not use", [good, asmGood, { ...abiGood, what: "`napt_enable`" }], /does not use napt_enable/],
    ["a module that the test does not import", [good, abiGood, { ...asmGood, what: "application/dns: query" }], /does not import/],
    ["a function that is not exported", [good, abiGood, { ...asmGood, what: "application/tftp: fetch" }], /exports no fetch/],
  ] as const)
    test(`is found: ${fault}`, () => {
      assert.match(faults(ROOT, [...wrong]).join("\n"), what);
    });
  test("a good row has no fault, and the page shows it", () => {
    assert.deepEqual(faults(ROOT, whole), []);
    assert.match(page(whole), /\| \*\*TFTP client\*\* \| `application\/tftp: .*`ringwire tftp`<br>\[wide\/seen\.test\.ts\]/);
    assert.equal(cellsIn("head\na\tb\tc\td\te\n").length, 1);
    assert.equal(Object.keys(WAYS).length, 3);
  });
});

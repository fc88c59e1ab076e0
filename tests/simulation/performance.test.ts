// Performance in virtual time against the committed table: what changes by more than a tenth must be explained.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { Instances } from "./module.js";
import { changes, measure, parseTable, type Rows, tableText } from "./performance.js";
import { MODULES, STACKS_MOST } from "./seeds.js";

const TABLE = "tests/simulation/performance.tsv";

describe("performance in virtual time", { timeout: 120_000 }, () => {
  const committed = parseTable(readFileSync(TABLE, "utf8"));
  let measured: Rows;
  before(async () => {
    measured = measure(await Instances.of(MODULES.release, STACKS_MOST));
  });

  test(`every number of ${TABLE} is what it was; else: npm run simulate -- --write-performance "why"`, () => {
    assert.deepEqual(changes(committed.rows, measured), []);
  });
  test("the table says why it is as it is", () => {
    assert.ok(committed.reasons.length > 0 && committed.reasons.every((reason) => reason.length > 10));
  });
  test("flows over a shared bottleneck share it: Jain's index is 0.9 at least", () => {
    const indices = [...measured].filter(([name]) => name.endsWith("Jain's index"));
    assert.equal(indices.length, 6);
    for (const [name, value] of indices) assert.ok(value >= 0.9, `${name}: ${value}`);
  });
  test("a bottleneck is used to nine tenths, and its queue is what delays, no longer than it is", () => {
    for (const [name, value] of measured) {
      if (name.endsWith("kB/s together")) assert.ok(value > 0.9 * 1250 * (1448 / 1500) && value <= 1250, `${name}: ${value}`);
      if (name.endsWith("in the queue, ms")) assert.ok(value <= 73.5, `${name}: ${value}`);
    }
  });
  test("without loss a transfer is as fast as buffer and RTT, or the link, allow", () => {
    for (const [name, value] of measured) {
      const match = /^goodput, loss 0 %, RTT (\d+) ms, buffer (\d+)/.exec(name);
      if (!match) continue;
      const most = Math.min(12_500, Number(match[2]) / Number(match[1]));
      assert.ok(value <= most * 1.02, `${name}: ${value}, ${most} is possible`);
    }
  });
  test("SACK and RACK are faster than NewReno without SACK at 5 % loss and 40 ms", () => {
    const rack = measured.get("goodput, loss 5 %, RTT 40 ms, SACK and RACK: kB/s") ?? 0;
    const reno = measured.get("goodput, loss 5 %, RTT 40 ms, NewReno without SACK: kB/s") ?? Number.POSITIVE_INFINITY;
    assert.ok(rack > reno, `${rack} and ${reno}`);
  });
});

describe("the comparison can fail", () => {
  const rows: Rows = new Map([["a", 100]]);
  test("a tenth is let pass, more is not", () => {
    assert.deepEqual(changes(rows, new Map([["a", 110]])), []);
    assert.deepEqual(changes(rows, new Map([["a", 89]])), ["a: 100 before, 89 now"]);
  });
  test("a row that is new or gone is told", () => {
    assert.deepEqual(changes(rows, new Map()), ["a: 100 before, not there now"]);
    assert.deepEqual(changes(new Map(), rows), ["a: not there before, 100 now"]);
  });
  test("the table is read as it was written", () => {
    assert.deepEqual(parseTable(tableText(rows, ["because it was measured"])), { rows, reasons: ["because it was measured"] });
  });
});

// The committed record of what the stack sends in the first seeds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Instances } from "./module.js";
import { differences, parseRecord, RECORD, RECORDED, recorded, recordText } from "./record.js";
import { MODULES, STACKS_MOST } from "./seeds.js";

test(`every frame of seeds 1 to ${RECORDED} is what ${RECORD} says; where a change is meant: npm run simulate -- --write-record, and its why in the commit`, async () => {
  const rows = recorded(await Instances.of(MODULES.release, STACKS_MOST));
  assert.equal(rows.length, RECORDED);
  assert.deepEqual(differences(parseRecord(readFileSync(RECORD, "utf8")), rows), []);
});
test("the record of another module differs", async () => {
  const rows = recorded(await Instances.of(MODULES.tiny, STACKS_MOST), 5);
  const committed = parseRecord(readFileSync(RECORD, "utf8")).slice(0, rows.length);
  assert.equal(differences(committed, rows).length, rows.length);
});
test("a difference tells what was and what is", () => {
  const row = "1\t2\t30\t400\t5.000\t0000abcd";
  assert.deepEqual(differences([row], [row]), []);
  assert.deepEqual(differences([row], [row.replace("30", "31")]), ["seed 1: frames 30, now 31"]);
  assert.deepEqual(differences([row], []), ["seed 1: not there now"]);
  assert.deepEqual(differences([], [row]), ["seed 1: not recorded"]);
  assert.deepEqual(parseRecord(recordText([row])), [row]);
});

// The short ways that usual packets take change nothing, and are really taken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Instances } from "./module.js";
import { predicted } from "./performance.js";
import { MODULES, runSeeds, STACKS_MOST } from "./seeds.js";

test("200 seeds are the same, frame by frame and in their last states, without header prediction and without what is remembered", {
  timeout: 110_000,
}, async () => {
  const sum = await runSeeds(1, 200, MODULES.release, 2, undefined, MODULES.plain);
  assert.deepEqual(sum.failed, []);
  assert.equal(sum.seeds, 200);
});
test("header prediction takes nine in ten segments of a bulk transfer, at both ends", async () => {
  for (const { predicted: taken, all } of predicted(await Instances.of(MODULES.release, STACKS_MOST)))
    assert.ok(all > 100 && taken / all >= 0.9, `${taken} of ${all}`);
});

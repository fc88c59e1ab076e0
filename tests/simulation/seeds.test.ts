// What the simulation promises of itself: one seed decides everything, every seed is large enough, faults shrink.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { FaultKind } from "./faults.js";
import { Instances } from "./module.js";
import { planOf } from "./plan.js";
import { MODULES, runSeed, STACKS_MOST } from "./seeds.js";
import { shrink } from "./shrink.js";
import { missing, RARE } from "./sometimes.js";

const SEEDS = 300;
const MAIN = "build/js/tests/simulation/main.js";
const instances = await Instances.of(MODULES.release, STACKS_MOST);

test("one seed decides everything: every frame and its time, whatever ran before in the same memory", () => {
  const digests = (seeds: number[]) => new Map(seeds.map((seed) => [seed, runSeed(seed, instances).digest]));
  const seeds = [3, 14, 159, 26, 5];
  const forwards = digests(seeds);
  const backwards = digests([...seeds].reverse());
  for (const seed of seeds) assert.equal(forwards.get(seed), backwards.get(seed), `seed ${seed}`);
  assert.equal(new Set(forwards.values()).size, seeds.length);
});
test("a run with the list of its own faults is the same run", () => {
  for (const seed of [7, 21, 56]) {
    const first = runSeed(seed, instances);
    const again = runSeed(seed, instances, { kept: first.faults });
    assert.equal(again.digest, first.digest, `seed ${seed}`);
    assert.equal(again.faults.length, first.faults.length);
  }
});
test("every seed moves 64 KB or 20 connections at least", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { connections } = planOf(seed);
    const octets = connections.reduce((sum, { applications }) => sum + applications[0].octets + applications[1].octets, 0);
    assert.ok(connections.length >= 20 || octets >= 65_536, `seed ${seed}: ${connections.length} connections, ${octets} octets`);
  }
});
test("seeds differ in everything that the swarm varies", () => {
  const plans = Array.from({ length: SEEDS }, (_, i) => planOf(i + 1));
  const values = (of: (plan: (typeof plans)[number]) => unknown) => new Set(plans.map((plan) => JSON.stringify(of(plan)))).size;
  assert.ok(values(({ stacks }) => stacks[0]?.mtu) >= 6);
  assert.ok(values(({ paths }) => paths[1]?.delay) >= 7);
  assert.ok(values(({ stacks }) => stacks[0]?.classes[2]?.receive) >= 4);
  assert.ok(plans.some(({ stacks }) => stacks.some(({ classes }) => classes.some(({ receive }) => receive === 1 << 20))));
  assert.ok(plans.some(({ stacks }) => stacks.some(({ classes }) => classes.some(({ receive }) => receive === 0))));
  for (const kind of [FaultKind.OUTAGE, FaultKind.REFUSE, FaultKind.SPOOF, FaultKind.NARROW, FaultKind.SWALLOW]) {
    assert.ok(plans.some(({ planned }) => planned.some((fault) => fault.kind === kind)));
  }
});
test("delta debugging finds the few faults that matter, and none when none does", () => {
  const list = Array.from({ length: 200 }, (_, i) => i);
  const isBad = (part: readonly number[]) => part.includes(17) && part.includes(140);
  assert.deepEqual(shrink(list, isBad, 1000), [17, 140]);
  assert.deepEqual(
    shrink(list, () => true, 1000),
    [],
  );
  assert.ok(isBad(shrink(list, isBad, 10)), "a few tries give what still fails");
});
test("a rare state that is not reached is told, from its number of seeds on", () => {
  assert.equal(missing(new Map(), 1999).length, 0);
  assert.ok(missing(new Map(), 2000).length > 30);
  assert.deepEqual(missing(new Map(RARE.map(({ name }) => [name, 1])), 20_000), []);
});
test("the command line says in one line what it does not understand", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  for (const args of [["--seeds", "0"], ["--first", "x"], ["--sedes", "1"], ["7"], ["--write-performance", "short"]]) {
    const { status, stderr } = run(...args);
    assert.ok(status === 1 || status === 2, args.join(" "));
    assert.match(stderr, /^simulate: [^\n]+\n$/);
  }
  const { status, stdout } = run("--seeds", "3", "--first", "9");
  assert.equal(status, 0, stdout);
  assert.match(stdout, /3 seeds, 0 failed; \d+ frames/);
});

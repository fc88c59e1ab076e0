// What the benchmark says of loss recovery, in virtual time, and that its figures are made as they are called.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { benchOptions } from "../bench/loss/options.js";
import { median, table, uncertainty } from "../bench/statistics.js";
import { transfer } from "../bench/loss/transfer.js";
import { type Variant, variantsOf } from "../bench/loss/variants.js";

const RUNS = 20;
const OCTETS = 2_000_000;
/** Octets a second: 0.9 of what Linux reached over the same link in real time. */
const FLOOR = 140_000;
/** Our receiver helps a sender without SACK more than the kernel does; against the kernel `npm run bench` shows 1.5. */
const TIMES = 1.3;

async function goodput(variant: Variant): Promise<number> {
  const rates: number[] = [];
  for (let seed = 1; seed <= RUNS; seed++) {
    const measured = await transfer({ octets: OCTETS, link: { delay: 20, loss: 0.05, seed }, sender: variant.settings ?? [] });
    rates.push(measured.goodput);
  }
  return median(rates);
}

describe("bulk transfer at 5 % loss and 40 ms, in virtual time", () => {
  test("SACK and RACK reach 1.3 times NewReno without SACK, and 0.9 times Linux's rate", async (t) => {
    const [rack = 0, newreno = 0] = await Promise.all(variantsOf(["rack", "newreno"]).map(goodput));
    t.diagnostic(`${(rack / 1000).toFixed(1)} and ${(newreno / 1000).toFixed(1)} kB/s: ${(rack / newreno).toFixed(2)} times`);
    assert.ok(rack >= TIMES * newreno);
    assert.ok(rack >= FLOOR);
  });
  test("the same seed gives the same run", async () => {
    const [{ settings = [] }] = variantsOf(["rack"]) as [Variant];
    const once = () => transfer({ octets: 200_000, link: { delay: 20, loss: 0.05, seed: 7 }, sender: settings });
    assert.deepEqual(await once(), await once());
  });
});

describe("the benchmark's figures", () => {
  test("medians, uncertainties and tables", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(uncertainty([5, 5, 5]), 0);
    assert.equal(uncertainty([1, 3]), 0.5);
    assert.equal(table(["a", "b"], [["x", "1.0"]]), "| a   |   b |\n| --- | --: |\n| x   | 1.0 |");
  });
  test("options are checked", () => {
    assert.equal(benchOptions(["--help"]), null);
    assert.equal(benchOptions(["--runs", "3"])?.runs, 3);
    assert.throws(() => benchOptions(["--runs", "many"]), /--runs: "many"/);
    assert.throws(() => benchOptions(["--variants", "vegas"]), /no variant "vegas" \(known: linux, rack/);
  });
});

// The full grid, stack to stack in virtual time: every combination of loss, delay, offers, congestion control, module and role.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { octetStream } from "../../bindings/node/cli/demo/octets.js";
import { Offer, Option } from "../../bindings/node/core.js";
import { median } from "../bench/statistics.js";
import type { Setting } from "../bench/loss/transfer.js";
import { all, type Combination, pairwise, tuples } from "./combinations.js";
import { cross } from "./crossing.js";

const OCTETS = 262_144;
const FIRST = Buffer.concat([...octetStream(OCTETS, 1)]);
const SECOND = Buffer.concat([...octetStream(OCTETS, 2)]);
const TINY = fileURLToPath(new URL("../../../ringwire-tiny.wasm", import.meta.url));
const EVERYTHING = Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS | Offer.ECN;
const CUBIC = 1;

/** Percent, and milliseconds. */
const LINKS = { loss: [0, 1, 5, 10], rtt: [0, 40, 150, 300] };
/** What one of the two stacks is like; the other offers and takes everything. */
const STACKS = {
  sack: [true, false],
  timestamps: [true, false],
  ecn: [true, false],
  scaling: [true, false],
  cubic: [false, true],
  /** Records of sent segments tell what is lost; without them, and in `tiny`, duplicate acknowledgements are counted. */
  module: ["ringwire", "without records", "tiny"],
  role: ["client", "server"],
};
type Link = Combination<typeof LINKS>;
type Stack = Combination<typeof STACKS>;

/** Round trips and milliseconds of timeouts in which 256 KB go both ways at this loss: half of the runs, and every run. A chain of lost retransmissions doubles the timeout each time. */
const BOUNDS = new Map([
  [0, { half: { trips: 10, waits: 50 }, every: { trips: 14, waits: 500 } }],
  [1, { half: { trips: 22, waits: 100 }, every: { trips: 45, waits: 10_000 } }],
  [5, { half: { trips: 55, waits: 1_500 }, every: { trips: 110, waits: 60_000 } }],
  [10, { half: { trips: 90, waits: 4_000 }, every: { trips: 200, waits: 240_000 } }],
]);

function possible({ module, cubic }: Stack): boolean {
  return module !== "tiny" || !cubic;
}
/** Milliseconds. */
function limitOf({ loss, rtt }: Link, of: "half" | "every"): number {
  const bound = BOUNDS.get(loss)?.[of];
  return bound ? bound.trips * rtt + bound.waits : 0;
}
function socketsOf({ sack, timestamps, ecn, scaling, cubic }: Stack): Setting[] {
  const bits = (sack ? Offer.SACK : 0) | (timestamps ? Offer.TIMESTAMPS : 0) | (ecn ? Offer.ECN : 0) | (scaling ? Offer.SCALE : 0);
  const offer: Setting = [Option.OFFER, bits];
  return cubic ? [offer, [Option.CONGESTION, CUBIC]] : [offer];
}
async function milliseconds({ loss, rtt }: Link, stack: Stack): Promise<number> {
  const { module, role } = stack;
  return cross({
    link: { delay: rtt / 2, loss: loss / 100, seed: 1 },
    modules: module === "tiny" ? [TINY] : [],
    settings: [module === "without records" ? { sentRecords: 0 } : {}, {}],
    octets: [FIRST, SECOND],
    sockets: [socketsOf(stack), [[Option.OFFER, EVERYTHING]]],
    client: role === "client" ? 0 : 1,
    limit: limitOf({ loss, rtt }, "every"),
  });
}

describe("the full grid in virtual time: 256 KB both ways at once, byte-exact, within a bound", () => {
  for (const link of all(LINKS)) {
    const name = `loss ${link.loss} %, RTT ${link.rtt} ms`;
    test(`${name}: every combination of SACK, timestamps, ECN, window scaling, congestion control, module and role`, async (t) => {
      const stacks = all(STACKS).filter(possible);
      const taken: number[] = [];
      const failed: string[] = [];
      for (const stack of stacks) {
        const ended = await milliseconds(link, stack).catch((error: Error) => `${JSON.stringify(stack)}: ${error.message}`);
        if (typeof ended === "number") taken.push(ended);
        else failed.push(ended);
      }
      const [middle, longest] = [median(taken), Math.max(...taken)];
      t.diagnostic(
        `${name}: ${taken.length} runs, median ${middle.toFixed(0)} of ${limitOf(link, "half")} ms, longest ${longest.toFixed(0)} of ${limitOf(link, "every")} ms`,
      );
      assert.deepEqual(failed, []);
      assert.ok(middle <= limitOf(link, "half"), `the median is ${middle} ms`);
    });
  }
});

describe("combinations", () => {
  const factors = { loss: [0, 1, 5, 10], rtt: [0, 40, 150, 300], sack: [1, 0], ecn: [1, 0], role: ["a", "b"] };

  test("a pairwise cover holds every pair of values and is short", () => {
    const cover = pairwise(factors);
    const wanted = new Set(all(factors).flatMap((one) => tuples(one, 2)));
    assert.deepEqual(new Set(cover.flatMap((one) => tuples(one, 2))), wanted);
    assert.ok(cover.length >= 16 && cover.length <= 20, `${cover.length} combinations`);
  });
  test("it is the same each time, and may be filled up", () => {
    const filled = pairwise(factors, 24);
    assert.deepEqual(filled, pairwise(factors, 24));
    assert.deepEqual(filled.slice(0, pairwise(factors).length), pairwise(factors));
    assert.equal(filled.length, 24);
    assert.equal(new Set(filled.map((one) => JSON.stringify(one))).size, 24);
  });
});

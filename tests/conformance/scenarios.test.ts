// Each scenario of tests/conformance/scenarios against the release module in virtual time. tests/interop plays the same against Linux.
import { join } from "node:path";
import { test } from "node:test";
import { scenariosIn } from "./dialect/parse.js";
import { playRingwire } from "./dialect/ringwire.js";

for (const scenario of scenariosIn(join(process.cwd(), "tests/conformance/scenarios"))) {
  test(scenario.name, () => playRingwire(scenario));
}

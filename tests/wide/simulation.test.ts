// 20,000 seeds of the simulation, none of those that npm test runs.
import { test } from "node:test";
import { allHold } from "../simulation/hold.js";
import { MODULES } from "../simulation/seeds.js";

const SEEDS = 20_000;
const FIRST = 100_001;

test("20,000 seeds hold, and every rare state is reached", { timeout: 600_000 }, () => allHold("release", MODULES.release, FIRST, SEEDS));

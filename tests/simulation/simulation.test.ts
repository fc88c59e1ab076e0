// 2,000 seeds: every rule holds in every one, and the rare states are really reached.
import { test } from "node:test";
import { allHold } from "./hold.js";
import { MODULES } from "./seeds.js";

test("2,000 seeds hold, and every rare state is reached", { timeout: 110_000 }, () => allHold("release", MODULES.release, 1, 2000));
test("100 seeds of the tiny module hold", { timeout: 60_000 }, () => allHold("tiny", MODULES.tiny, 1, 100));

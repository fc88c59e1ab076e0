// All tests of TCP once more, with a NIC between stack and wire that fills in checksums and cuts what left together.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { OFFLOADS } from "../conformance/nic.js";

const FOLDER = fileURLToPath(new URL("../conformance/", import.meta.url));
/** Tests of TCP in all those files. */
const LEAST = 490;
/** Those that count slots, or tell in which segment of a frame PSH is: left out. */
const SKIPPED = 5;

test("TCP behaves the same on the wire with a NIC that cuts", () => {
  const files = readdirSync(FOLDER).filter((name) => /^tcp-.*\.test\.js$/.test(name));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", ...files.map((name) => join(FOLDER, name))], {
    env: { ...env, RINGWIRE_OFFLOAD: String(OFFLOADS) },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(stdout)?.[1]);
  assert.deepEqual(
    stdout.split("\n").filter((line) => /^ *not ok/.test(line)),
    [],
  );
  assert.ok(count("pass") >= LEAST, `${count("pass")} passed`);
  assert.equal(count("skipped"), SKIPPED);
});

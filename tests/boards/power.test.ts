// What a board keeps through a power cut: the seed, with the number of its starts.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noise } from "../node/network.js";
import { ROOT, Rig, tools } from "./rig.js";

const board = tools.boardOf(ROOT, "mps2-an385");
/** Where the number of starts lies behind the seed. */
const STARTS = 32;

test("a board without noise starts from the seed it has kept, and counts its starts", {
  skip: tools.whyNoBoard(board) || false,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "ringwire-kept-"));
  const path = join(folder, "seed");
  try {
    await assert.rejects(Rig.start(board, "wasm2c", { words: [`kept=${path}`], seed: "" }), /no start: error/);
    for (let start = 1; start <= 3; start++) {
      const rig = await Rig.start(board, "wasm2c", { words: [`kept=${path}`], ...(start === 1 ? {} : { seed: "" }) });
      try {
        const sent = noise(2000, start);
        assert.ok(sent.equals(await rig.echo(sent)), `start ${start}`);
        assert.equal(readFileSync(path).readUInt32LE(STARTS), start);
      } finally {
        await rig.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// Ten million octets through TCP, there and back, over a wire of UDP datagrams with the link simulator in it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noise } from "../node/network.js";
import { atRest } from "./account.js";
import { type Engine, ROOT, Rig, tools } from "./rig.js";

const OCTETS = 10_000_000;
const FAULTS = { loss: 0.002, reorder: 0.005, duplicate: 0.005, seed: 5 };
const BOARDS: [string, Engine][] = [
  ["mps2-an385", "wasm2c"],
  ["mps2-an385", "wasm3"],
  ["riscv-virt", "wasm3"],
];
/** Half a minute here; machines with much to do may take six times as long. */
const LIMIT = { timeout: 240_000 };

for (const [name, engine] of BOARDS) {
  const board = tools.boardOf(ROOT, name);
  const missing = tools.whyNoBoard(board) || (engine === "wasm3" ? tools.whyNoWasm3(ROOT) : "");
  describe(`ten million octets through TCP, ${name}, ${engine}`, { skip: missing || false }, () => {
    test("come back as they were sent", LIMIT, async () => {
      const rig = await Rig.start(board, engine);
      try {
        const sent = noise(OCTETS, 1);
        assert.ok(sent.equals(await rig.echo(sent)));
      } finally {
        await rig.stop();
      }
    });
    test("come back as they were sent over a link that loses, reorders and duplicates, and the board has sent again", LIMIT, async () => {
      const rig = await Rig.start(board, engine, { faults: FAULTS, account: true, words: ["msl=100"] });
      try {
        const sent = noise(OCTETS, 2);
        assert.ok(sent.equals(await rig.echo(sent)));
        const { counters, traps } = await atRest(rig, 1);
        assert.ok(rig.lost > 10, `the link has lost ${rig.lost} frames`);
        assert.ok((counters.TCP_RETRANSMITTED ?? 0) > 0 && (counters.TCP_OUT_OF_ORDER ?? 0) > 0, JSON.stringify(counters));
        assert.equal(traps, 0);
      } finally {
        await rig.stop();
      }
    });
  });
}

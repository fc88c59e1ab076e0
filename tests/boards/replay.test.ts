// The input log of a board, played back in Node with the same module: every frame comes out again, octet for octet.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { noise } from "../node/network.js";
import { type Engine, ROOT, Rig, tools } from "./rig.js";

/** Frames in and out together; connections at a time, octets of each, and rounds of them. */
const FRAMES = 10_000;
const CONNECTIONS = 3;
const OCTETS = 150_000;
const FAULTS = { loss: 0.004, reorder: 0.01, duplicate: 0.01, seed: 11 };
const BOARDS: [string, Engine][] = [
  ["mps2-an385", "wasm2c"],
  ["mps2-an385", "wasm3"],
  ["riscv-virt", "wasm3"],
];

for (const [name, engine] of BOARDS) {
  const board = tools.boardOf(ROOT, name);
  const missing = tools.whyNoBoard(board) || (engine === "wasm3" ? tools.whyNoWasm3(ROOT) : "");
  describe(`input log of ${name}, ${engine}`, { skip: missing || false }, () => {
    const folder = mkdtempSync(join(tmpdir(), "ringwire-log-"));
    let log: Buffer;
    let wasm: Buffer;
    before(async () => {
      const path = join(folder, "log");
      const rig = await Rig.start(board, engine, { faults: FAULTS, words: [`log=${path}`], log: true });
      try {
        for (let seed = 1; seed === 1 || framesIn(readFileSync(path)) < FRAMES; seed += CONNECTIONS) {
          const sent = Array.from({ length: CONNECTIONS }, (_, i) => noise(OCTETS, seed + i));
          const came = await Promise.all(sent.map((octets) => rig.echo(octets)));
          for (const [i, octets] of came.entries()) assert.ok(sent[i]?.equals(octets), `connection ${seed + i}`);
        }
      } finally {
        await rig.stop();
      }
      log = readFileSync(path);
      wasm = readFileSync(join(ROOT, tools.buildModule(ROOT, tools.boardOf(ROOT, name).module)));
    });
    after(() => rmSync(folder, { recursive: true }));

    test(`${FRAMES} frames, lost ones among them, give the same frames and answers`, async () => {
      const { received, sent, starts, counters } = await tools.replay(log, wasm);
      assert.equal(starts, 1);
      assert.ok(received + sent >= FRAMES, `${received} frames in, ${sent} out`);
      assert.ok(Number(counters.TCP_RETRANSMITTED) > 0, "nothing was sent again");
    });
    test("another octet in what was received or sent, or another module, is found", async () => {
      const changed = (kind: number) => {
        const other = Buffer.from(log);
        const long = [...tools.records(other)].filter((record) => record.kind === kind && record.octets.length > 1000);
        const frame = long[long.length >> 1]?.octets as Buffer;
        frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
        return other;
      };
      await assert.rejects(tools.replay(changed(SENT), wasm), /octet \d+ of frame \d+ out: \d+ in the log, \d+ in the replay/);
      await assert.rejects(
        tools.replay(changed(RECEIVED), wasm),
        /record \d+, at \d+ ms, poll \d+: .* (in the replay|than the replay|no receive slot)$/,
      );
      await assert.rejects(tools.replay(log, readFileSync(join(ROOT, "build/ringwire-tiny.wasm"))), /the log is of another module/);
      await assert.rejects(tools.replay(wasm, wasm), /this is no input log/);
      await assert.rejects(tools.replay(Buffer.alloc(0), wasm), /the log is empty/);
    });
    test("a log that a power cut has cut off is played as far as it goes", async () => {
      const { received, sent } = await tools.replay(log.subarray(0, log.length - 5), wasm);
      assert.ok(received + sent >= FRAMES - 1);
    });
  });
}

const RECEIVED = 4;
const SENT = 8;

function framesIn(log: Buffer): number {
  let count = 0;
  for (const { kind } of tools.records(log)) if (kind === RECEIVED || kind === SENT) count++;
  return count;
}

// Examples of examples/, unchanged, on boards: they speak with the board by the mailbox.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ADDRESS, ROOT, Rig, tools } from "./rig.js";

const board = tools.boardOf(ROOT, "mps2-an385");
const LIMIT = { timeout: 180_000 };
const SINCE_1900 = 2_208_988_800;
/** What the server says it is: 2026-11-28T16:00:00Z. */
const TIME = 1_795_881_600;

describe("examples on mps2-an385", { skip: tools.whyNoBoard(board) || false }, () => {
  test("sensor: the page shows the mailbox word that the board writes", LIMIT, async () => {
    for (const [word, shown] of [
      ["mail=0:2150", "21.50"],
      ["mail=0:705", "7.05"],
    ]) {
      const rig = await Rig.start(board, "wasm2c", { app: "sensor", words: [word as string] });
      try {
        const page = await rig.text();
        assert.match(page, /^HTTP\/1\.1 200 /);
        assert.ok(page.includes(`<h1>${shown} °C</h1>`), page);
      } finally {
        await rig.stop();
      }
    }
  });
  test("clock: asks the SNTP server in the mailbox, and the board prints the time it finds there", LIMIT, async () => {
    const rig = await Rig.start(board, "wasm2c", { app: "clock", words: [`mail=0:${0x0a090001}`, "show=8"] });
    try {
      const server = rig.stack.bindUdp({ port: 123 });
      const { data, remote } = await server.receive();
      assert.equal(remote.address, ADDRESS);
      const reply = Buffer.alloc(48);
      reply.set([0x24, 2]);
      reply.set(data.subarray(40, 48), 24);
      reply.writeUInt32BE(TIME + SINCE_1900, 32);
      reply.writeUInt32BE(TIME + SINCE_1900, 40);
      await server.send(reply, remote.port, remote.address);
      await rig.running.prints("text: 2026-11-28T16:00:01.000Z");
      await rig.running.prints("text: 2026-11-28T16:00:02.000Z");
    } finally {
      await rig.stop();
    }
  });
  test("every example can be built for the board", LIMIT, () => {
    for (const app of tools.appNames(ROOT))
      assert.match(tools.buildBoard(ROOT, board.name, "wasm2c", "main", { app }), new RegExp(`-${app}\\.elf$`));
    assert.throws(() => tools.buildBoard(ROOT, board.name, "wasm2c", "main", { app: "none" }), /no example none; there are boot, clock, /);
  });
});

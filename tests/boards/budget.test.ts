import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { budget, measured, risen } from "./measuring.js";
import { type Board, type Engine, ROOT, rigs, tools } from "./rig.js";

describe("what firmware takes is within its budget (tests/boards/budget.json; `npm run board -- --measure` writes it)", () => {
  const may = budget();
  for (const { board, engine, skip } of rigs()) {
    const name = `${board.name} ${engine}`;
    test(name, { skip }, async (context) => {
      const is = await measured(board, engine);
      context.diagnostic(JSON.stringify(is));
      assert.deepEqual(risen(name, is, may[name] ?? {}), []);
    });
  }
  test("every budget belongs to a board and an engine", () => {
    const names = rigs().map(({ board, engine }) => `${board.name} ${engine}`);
    assert.deepEqual(Object.keys(may).sort(), names.sort());
  });
  test("four connections and the page on 64 KB of SRAM take less than 64 KB of flash and less than 40 KB of SRAM", () => {
    const { flash = Number.NaN, ram = Number.NaN } = may["lm3s6965evb wasm2c"] ?? {};
    assert.ok(flash * 1.01 < 64 * 1024 && ram * 1.01 < 40 * 1024, `${flash} of flash, ${ram} of SRAM`);
  });
  test("wasm3 with all of tiny takes no more than 128 KB of RAM on mps2-an385: interpreter, code, linear memory and stacks", () => {
    const { ram = Number.NaN, heap = Number.NaN } = may["mps2-an385 wasm3"] ?? {};
    const { ram: limit, heap: room } = tools.boardOf(ROOT, "mps2-an385") as Board & { ram: Record<Engine, number>; heap: number };
    assert.equal(limit.wasm3, 128 * 1024);
    assert.ok(ram <= limit.wasm3 && heap <= room, `${ram} of RAM; ${heap} of a heap of ${room}`);
  });
});

describe("the budget can be exceeded", () => {
  test("by more than a hundredth, not by less", () => {
    assert.deepEqual(risen("a", { x: 101, y: 5 }, { x: 100, y: 5 }), []);
    assert.deepEqual(risen("a", { x: 102, y: 5 }, { x: 100, y: 5 }), ["a: x is 102, its budget 100"]);
  });
  test("by what has none, and by what is not measured any more", () => {
    assert.deepEqual(risen("a", { x: 1 }, { y: 1 }), ["a: x is 1, its budget is missing", "a: y was not measured"]);
  });
});

// The whole way on this machine: the stack as C (wasm2c), bindings/c, each driver of boards/drivers, the model of its part, and a peer on the wire.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, test } from "node:test";
import { DRIVERS, gcc, HERE, noCompiler, OUT, PARTS, type Ran, ROOT, runProgram, SANITIZED, shows } from "./gcc.js";

const BINDING = join(ROOT, "bindings/c");
/** Calls that the tiny module does not have go with those that nobody makes. */
const SECTIONS = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"];
const FLAGS = [...SANITIZED, ...SECTIONS, `-I${BINDING}`, "-DRW_MEMORY_OCTETS=131072"];
/** Mistakes in ringwire.c on the way of frames, and what stands there instead. */
const MISTAKES = [
  ["a slot is lent from its beginning", "driver->lend(part, free + RW_SLOT_ETHERNET, room())", "driver->lend(part, free, room())"],
  ["slots that were lent before a trap count", "it.lent = it.handed = 0;", ""],
  [
    "a slot is free before the part has read it",
    "driver->sent ? taken + driver->sent(part) : it.handed",
    "(driver->sent(part), it.handed)",
  ],
  ["the carrier is not told", "bool is_down = !driver->link(part);", "bool is_down = false;"],
] as const;

/** What a source becomes, made anew. */
function object(source: string, ...flags: string[]): string {
  const out = join(OUT, `linked-${basename(source, ".c")}.o`);
  gcc(...FLAGS, ...flags, "-c", source, "-o", out);
  return out;
}
function asC(): string {
  const module = join(OUT, "module.c");
  const { status, stderr } = spawnSync(process.execPath, [join(BINDING, "w2c.mjs"), join(ROOT, "build/ringwire-tiny.wasm"), module]);
  assert.equal(status, 0, String(stderr));
  return module;
}
function partOf(name: string): string[] {
  return [join(DRIVERS, `${name}.c`), join(HERE, `${name}_model.c`), join(HERE, `${name}_linked.c`)].map((source) => object(source));
}
function linked(name: string, ...objects: string[]): Ran {
  const program = join(OUT, `linked-${name}`);
  gcc(...FLAGS, ...objects, "-o", program);
  return runProgram(program);
}

describe("drivers behind bindings/c, with the stack", { skip: noCompiler }, () => {
  let shared: string[] = [];
  let binding = "";
  let dma: string[] = [];
  before(() => {
    const sources = [join(HERE, "common.c"), join(HERE, "linked_test.c"), join(BINDING, "ringwire_w2c.c")];
    shared = [object(asC(), "-w", "-g0"), ...sources.map((source) => object(source))];
    binding = object(join(BINDING, "ringwire.c"));
    dma = partOf("stm32eth");
  });
  for (const part of PARTS)
    test(`${part}: what comes from the wire is answered there`, async (t) => {
      const objects = part === "stm32eth" ? dma : partOf(part);
      await shows(t, linked(part, ...objects, binding, ...shared), 6);
    });
  for (const [i, [what, text, instead]] of MISTAKES.entries())
    test(`a mistake in the binding is seen: ${what}`, () => {
      const source = readFileSync(join(BINDING, "ringwire.c"), "utf8");
      assert.equal(source.split(text).length, 2, `ringwire.c holds once: ${text}`);
      const wrong = join(OUT, `binding-${i}.c`);
      writeFileSync(wrong, source.replace(text, instead));
      const { status, stdout } = linked(`wrong-${i}`, ...dma, object(wrong, "-w"), ...shared);
      assert.notEqual(status, 0, stdout);
      assert.match(stdout, /^not ok /m);
    });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { README, withTable } from "../boards/yardstick.js";

const ROOT = process.cwd();
const GENERATED = ["bindings/node/constants.ts", "bindings/c/ringwire_abi.h", "docs/conformance.md", "docs/abi.md"];

/** What tests/build/constants.mjs offers. */
interface Generator {
  CONSTANTS: string;
  constantsText(root: string): Promise<string>;
}
const generator = (await import(pathToFileURL(join(ROOT, "tests/build/constants.mjs")).href)) as Generator;

/** What tests/build/cheader.mjs offers. */
interface HeaderGenerator {
  C_HEADER: string;
  headerText(root: string): Promise<string>;
}
const header = (await import(pathToFileURL(join(ROOT, "tests/build/cheader.mjs")).href)) as HeaderGenerator;

describe("generated files", () => {
  test("bindings/node/constants.ts is what the debug module gives", async () => {
    assert.equal(readFileSync(join(ROOT, generator.CONSTANTS), "utf8"), await generator.constantsText(ROOT));
  });
  test("bindings/c/ringwire_abi.h is what the modules give", async () => {
    assert.equal(readFileSync(join(ROOT, header.C_HEADER), "utf8"), await header.headerText(ROOT));
  });
  test("the table of boards/mps2-an385/README.md is that of tests/boards/budget.json and yardstick.json", () => {
    const text = readFileSync(README, "utf8");
    assert.equal(text, withTable(text), "npm run board -- --yardstick writes it");
  });
  test("what is committed is what was generated", (t) => {
    if (!existsSync(join(ROOT, ".git"))) return t.diagnostic("no git here: nothing is committed");
    if (process.env.CI !== "true") return t.diagnostic("compared under CI=true only");
    const { stdout } = spawnSync("git", ["status", "--porcelain", "--", ...GENERATED], { cwd: ROOT, encoding: "utf8" });
    assert.equal(stdout, "");
  });
});

describe("the generator of constants", () => {
  const folder = mkdtempSync(join(tmpdir(), "ringwire-constants-"));
  after(() => rmSync(folder, { recursive: true }));

  test("nests the members of an enum, keeps plain constants, the order and the comments, and leaves functions and __names out", async () => {
    mkdirSync(join(folder, "build"));
    mkdirSync(join(folder, "assembly"));
    writeFileSync(join(folder, "assembly/a.ts"), "/** Colours. */\nexport enum Colour {\n  /** Like blood. */\n  RED = 7,\n}\n");
    const text = (value: string) => [value.length, ...Buffer.from(value)];
    const names = ["Colour.RED", "LIMIT", "__heap_base"];
    const globals = [7, -5 & 127, 1].flatMap((value) => [0x7f, 0, 0x41, value, 0x0b]);
    const exported = names.flatMap((name, index) => [...text(name), 3, index]);
    const section = (id: number, octets: number[]) => [id, octets.length, ...octets];
    const module = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(6, [3, ...globals]), ...section(7, [3, ...exported])];
    writeFileSync(join(folder, "build/ringwire-debug.wasm"), Uint8Array.from(module));
    const made = await generator.constantsText(folder);
    assert.ok(made.includes("export const LIMIT = -5;"));
    assert.ok(made.includes("/** Colours. */\nexport const Colour = {\n  /** Like blood. */\n  RED: 7,\n} as const;"));
    assert.ok(!made.includes("__heap_base"));
  });
});

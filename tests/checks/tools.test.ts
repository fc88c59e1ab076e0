import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

const ROOT = process.cwd();
const BIOME = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const LINES_SHOWN = 60;

interface Ended {
  status: number | null;
  output: string;
}

function run(tool: string, args: string[], cwd = ROOT): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [tool, ...args], { cwd, maxBuffer: 1 << 26 }, (_error, stdout, stderr) => {
      const lines = `${stdout}\n${stderr}`.trim().split("\n").slice(0, LINES_SHOWN);
      resolve({ status: child.exitCode, output: lines.join("\n") });
    });
  });
}

function assertClean({ status, output }: Ended): void {
  assert.equal(status, 0, output);
}

describe("tools", () => {
  test("format and lint: biome has nothing to say (npm run format mends most)", async () => {
    assertClean(await run(BIOME, ["check", "--error-on-warnings", "--max-diagnostics=40", "--colors=off"]));
  });
  test("tsc accepts the bindings and the tests", async () => {
    assertClean(await run(TSC, ["-p", "tsconfig.json", "--noEmit"]));
  });
  for (const project of ["assembly", "tests/unit"]) {
    test(`tsc accepts ${project} as TypeScript, as an editor does`, async () => {
      assert.ok(existsSync(join(ROOT, project, "tsconfig.json")));
      assertClean(await run(TSC, ["-p", `${project}/tsconfig.json`, "--noEmit"]));
    });
  }
});

describe("the check of format and lint can fail", () => {
  const folder = mkdtempSync(join(tmpdir(), "ringwire-tools-"));
  copyFileSync(join(ROOT, ".biome.json"), join(folder, ".biome.json"));
  after(() => rmSync(folder, { recursive: true }));
  const check = (text: string) => {
    writeFileSync(join(folder, "a.ts"), text);
    return spawnSync(process.execPath, [BIOME, "check", "--error-on-warnings"], { cwd: folder }).status;
  };

  test("well written passes, badly laid out and badly written do not", () => {
    assert.equal(check("export const a = 1;\n"), 0);
    assert.notEqual(check("export const a   = 1\n"), 0);
    assert.notEqual(check("export function f(a: number): boolean {\n  return a == 1;\n}\n"), 0);
  });
});

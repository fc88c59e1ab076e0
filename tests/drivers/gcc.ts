// How tests of drivers are compiled and run, and what they print becomes tests of Node.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";

export const ROOT = process.cwd();
export const OUT = join(ROOT, "build/drivers");
export const HERE = join(ROOT, "tests/drivers");
export const DRIVERS = join(ROOT, "boards/drivers");
export const PARTS = ["enc28j60", "w5500", "stm32eth"];
export const SANITIZED = ["-g", "-fsanitize=address,undefined"];
const FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1"];
/** Milliseconds after which a driver that hangs is ended. */
const PATIENCE = 30_000;
export const noCompiler = spawnSync("gcc", ["--version"]).error ? "needs gcc" : false;

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function gcc(...args: string[]): void {
  mkdirSync(OUT, { recursive: true });
  const { status, stderr } = spawnSync("gcc", [...FLAGS, `-I${DRIVERS}`, ...args], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}
export function runProgram(program: string): Ran {
  return spawnSync(program, { encoding: "utf8", timeout: PATIENCE });
}
/** Every test that a program has run holds, and there were at least so many. */
export async function shows(t: TestContext, { status, stdout, stderr }: Ran, least: number): Promise<void> {
  const lines = stdout.split("\n").filter((line) => /^(not )?ok /.test(line));
  assert.ok(lines.length >= least, stdout + stderr);
  for (const line of lines) await t.test(line.replace(/^(not )?ok /, ""), () => assert.match(line, /^ok /, stdout + stderr));
  assert.equal(status, 0, stdout + stderr);
}

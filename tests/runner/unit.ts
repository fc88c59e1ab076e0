import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { failure, type TestResult } from "./result.js";

const SPECS = "tests/unit";
const WORK = "build/unit";
const RESULTS = `${WORK}/results.ndjson`;

/** Specs of each floor (a folder of tests/unit), as paths relative to `root`. */
export function specsByFloor(root: string): Map<string, string[]> {
  const floors = new Map<string, string[]>();
  const top = join(root, SPECS);
  if (!existsSync(top)) return floors;
  const names = readdirSync(top, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((path) => path.endsWith(".spec.ts")).sort()) {
    const floor = name.split("/")[0].replace(/\.spec\.ts$/, "");
    floors.set(floor, [...(floors.get(floor) ?? []), posix.join(SPECS, name)]);
  }
  return floors;
}

/** Writes for each floor one entry file that imports its specs, so that as-pect compiles once a floor; answers their paths. */
export function writeEntries(root: string, floors: Map<string, string[]>): string[] {
  rmSync(join(root, WORK), { recursive: true, force: true });
  mkdirSync(join(root, WORK), { recursive: true });
  return [...floors].map(([floor, specs]) => {
    const entry = posix.join(WORK, `${floor}.ts`);
    const lines = specs.map((spec) => `import "${posix.relative(WORK, spec).replace(/\.ts$/, "")}";\n`);
    writeFileSync(join(root, entry), lines.join(""));
    return entry;
  });
}

/** Runs the unit tests of the AssemblyScript modules under as-pect. Fewer tests than spec files is a failure: an empty match passes there. */
export async function runUnit(root: string, onTest: (test: TestResult) => void): Promise<TestResult[]> {
  const floors = specsByFloor(root);
  if (floors.size === 0) return [];
  const entries = writeEntries(root, floors);
  const { code, output } = await asPect(root, entries);
  const results = readResults(join(root, RESULTS));
  for (const [floor, specs] of floors) {
    const count = results.filter((test) => test.file === posix.join(WORK, `${floor}.ts`)).length;
    if (count < specs.length) results.push(failure(`unit tests of ${floor}`, `${specs.length} spec files, but ${count} tests ran`, floor));
  }
  results.push(...comparedWithSummary(results, output, code));
  for (const test of results) onTest(test);
  return results;
}

function asPect(root: string, entries: string[]): Promise<{ code: number | null; output: string }> {
  const cli = join(root, "node_modules/@as-pect/cli/lib/test.js");
  const config = ["--config", `${SPECS}/as-pect.config.js`, "--as-config", `${SPECS}/as-pect.asconfig.json`, "--summary", "--no-logo"];
  const child = spawn(process.execPath, [cli, ...config, ...entries], {
    cwd: root,
    env: { ...process.env, RINGWIRE_UNIT_RESULTS: RESULTS, FORCE_COLOR: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const take = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

function readResults(path: string): TestResult[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as TestResult);
}

/** as-pect's own sum must agree with what its reporter told us, and its exit status with both. */
export function comparedWithSummary(results: TestResult[], output: string, code: number | null): TestResult[] {
  const tail = output.trim().split("\n").slice(-40).join("\n");
  const summary = /\[Tests\]: (\d+) \/ (\d+)/.exec(output);
  if (!summary) return [failure("as-pect", `ended with status ${code} before its summary:\n${tail}`)];
  const ran = results.filter((test) => test.file.startsWith(dirname(RESULTS)));
  const passed = ran.filter((test) => test.outcome === "passed").length;
  if (Number(summary[2]) !== ran.length || Number(summary[1]) !== passed) {
    return [failure("as-pect", `its summary says ${summary[1]} of ${summary[2]} passed, its reporter ${passed} of ${ran.length}`)];
  }
  if (Number(summary[2]) === 0) return [failure("as-pect", "no test ran")];
  if (code !== 0 && passed === ran.length) return [failure("as-pect", `ended with status ${code}:\n${tail}`)];
  return [];
}

// `npm test [-- SUITE...]`: runs suites in order and sums them. The last line is `N passed, N failed`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceTests } from "./conformance/report.js";
import { type SuiteResult, sentence, sum, type TestResult } from "./runner/result.js";
import { chosen, runSuite, type Suite } from "./runner/suites.js";

const root = process.cwd();

async function main(names: string[]): Promise<void> {
  const results: SuiteResult[] = [];
  for (const suite of suitesOrExit(names)) results.push(await runAndPrint(suite));
  keepResults(results);
  const began = performance.now();
  const tests = conformanceTests(root, results).map(strict);
  tests.forEach(printTest);
  results.push({ name: "conformance", tests, seconds: (performance.now() - began) / 1000, budgetMinutes: 0.1 });
  printClosing(results);
}

function suitesOrExit(names: string[]): Suite[] {
  try {
    return chosen(names);
  } catch (error) {
    console.error(`tests: ${(error as Error).message}`);
    return process.exit(2);
  }
}

async function runAndPrint(suite: Suite): Promise<SuiteResult> {
  console.log(`\n== ${suite.name}: ${suite.about} (budget ${suite.budgetMinutes} min)`);
  const result = await runSuite(suite, root, (test) => printTest(strict(test)));
  result.tests = result.tests.map(strict);
  console.log(`   ${suite.name}: ${sentence(sum(result.tests))} in ${minutes(result.seconds)} of ${suite.budgetMinutes} min`);
  return result;
}

/** Under CI=true nothing may be skipped. */
function strict(test: TestResult): TestResult {
  if (process.env.CI !== "true" || test.outcome !== "skipped") return test;
  return { ...test, outcome: "failed", reason: `skipped, which CI does not allow: ${test.reason}` };
}

function printTest(test: TestResult): void {
  if (!test.leaf || test.outcome === "passed") return;
  const where = test.file ? ` (${test.file})` : "";
  console.log(`   ${test.outcome}: ${test.name}${where}\n      ${test.reason.split("\n").join("\n      ")}`);
}

function minutes(seconds: number): string {
  return (seconds / 60).toFixed(2);
}

/** Keeps what ran in build/test-results.json; suites that did not run this time stay as they were. */
function keepResults(results: SuiteResult[]): void {
  const path = join(root, "build/test-results.json");
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>) : {};
  for (const { name, tests } of results) {
    kept[name] = tests.map((test) => ({
      name: test.name,
      suite: name,
      passed: test.outcome === "passed",
      outcome: test.outcome,
      file: test.file,
    }));
  }
  writeFileSync(path, `${JSON.stringify(kept, null, 1)}\n`);
}

function printClosing(results: SuiteResult[]): void {
  console.log("\nsuite         passed  failed skipped  minutes  budget");
  for (const { name, tests, seconds, budgetMinutes } of results) {
    const { passed, failed, skipped } = sum(tests);
    const columns = [String(passed).padStart(8), String(failed).padStart(8), String(skipped).padStart(8)];
    const late = seconds > budgetMinutes * 60 ? "  over budget" : "";
    console.log(`${name.padEnd(12)}${columns.join("")}${minutes(seconds).padStart(9)}${String(budgetMinutes).padStart(8)}${late}`);
  }
  const totals = sum(results.flatMap((result) => result.tests));
  console.log(`\n${sentence(totals)}`);
  if (totals.failed) process.exitCode = 1;
}

await main(process.argv.slice(2));

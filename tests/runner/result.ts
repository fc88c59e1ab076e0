/** What became of one test. */
export interface TestResult {
  /** Its own name, as written in the test file. */
  name: string;
  outcome: "passed" | "failed" | "skipped";
  /** Only leaves are summed; a group of tests is none. */
  leaf: boolean;
  /** File it stands in, relative to the repository where known. */
  file: string;
  /** Why it failed or was skipped. */
  reason: string;
}

/** What became of a suite. */
export interface SuiteResult {
  name: string;
  tests: TestResult[];
  seconds: number;
  budgetMinutes: number;
}

/** Sums of outcomes. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** A result that stands for a whole suite or file that could not do its work. */
export function failure(name: string, reason: string, file = ""): TestResult {
  return { name, outcome: "failed", leaf: true, file, reason };
}

/** Sums the leaves of `tests`. */
export function sum(tests: TestResult[]): Totals {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const test of tests) if (test.leaf) totals[test.outcome]++;
  return totals;
}

/** `N passed, N failed`, and `, N skipped` if there are any. */
export function sentence({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
}

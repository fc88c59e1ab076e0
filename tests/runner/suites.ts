import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { recording, runWrong } from "../conformance/record/wrongrun.js";
import { reported } from "../simulation/hold.js";
import { runNode } from "./node.js";
import { failure, type SuiteResult, type TestResult } from "./result.js";
import { runUnit } from "./unit.js";

/** A named group of tests with the minutes it may take. */
export interface Suite {
  name: string;
  about: string;
  /** Minutes; a suite that takes longer is reported, and under CI=true has failed. */
  budgetMinutes: number;
  /** Whether `npm test` runs it when no suite is named. */
  always: boolean;
  run: (root: string, onTest: (test: TestResult) => void) => Promise<TestResult[]>;
}

const ELSEWHERE = ["boards", "checks", "interop", "simulation", "wide"];

/** All suites, in the order in which they run. */
export const SUITES: Suite[] = [
  {
    name: "checks",
    about: "standing checks of sources, modules and documents",
    budgetMinutes: 2.5,
    always: true,
    run: (root, onTest) => runNode(testsIn(root, "checks"), { concurrency: 2, fileMinutes: 2, onTest }),
  },
  { name: "unit", about: "as-pect, the modules of assembly/", budgetMinutes: 1.5, always: true, run: runUnit },
  {
    name: "node",
    about: "Node host over the virtual wire, and other runtimes",
    budgetMinutes: 4,
    always: true,
    run: (root, onTest) => recording(root, "right", () => runNode(testsOutside(root), { concurrency: 2, fileMinutes: 3, onTest })),
  },
  {
    name: "wrong",
    about: "the tests of requirements with two stacks that are wrong on purpose, to see them fail; after node",
    budgetMinutes: 2.5,
    always: true,
    run: async (root, onTest) => {
      const results = await runWrong(root);
      results.forEach(onTest);
      return results;
    },
  },
  {
    name: "interop",
    about: "the Linux kernel over TAP and TUN",
    budgetMinutes: 5,
    always: true,
    run: (root, onTest) => runNode(testsIn(root, "interop"), { concurrency: 1, fileMinutes: 3, onTest }),
  },
  {
    name: "simulation",
    about: "2,000 seeds in virtual time, the rules broken on purpose, performance",
    budgetMinutes: 2,
    always: true,
    run: (root, onTest) => andReport(2000, runNode(testsIn(root, "simulation"), { concurrency: 2, fileMinutes: 2, onTest })),
  },
  {
    name: "wide",
    about: "long transfers, floods, many seeds and grids; DHCP, names and SLIP with other software",
    budgetMinutes: 24,
    always: false,
    run: (root, onTest) => andReport(20_000, runNode(testsIn(root, "wide"), { concurrency: 1, fileMinutes: 15, onTest })),
  },
  {
    name: "boards",
    about: "firmware on emulated boards: what it serves, what it takes",
    budgetMinutes: 15,
    always: false,
    run: (root, onTest) => runNode(testsIn(root, "boards"), { concurrency: 1, fileMinutes: 8, onTest }),
  },
];

/** The suites called `names`, in their own order; those of `npm test` when none is named. */
export function chosen(names: string[]): Suite[] {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length) throw new Error(`no suite ${unknown.join(", ")}; there are ${SUITES.map((suite) => suite.name).join(", ")}`);
  return SUITES.filter((suite) => (names.length ? names.includes(suite.name) : suite.always));
}

/** Runs one suite. One without any test has failed. */
export async function runSuite(suite: Suite, root: string, onTest: (test: TestResult) => void): Promise<SuiteResult> {
  const began = performance.now();
  const tests: TestResult[] = [];
  const add = (test: TestResult) => {
    tests.push(test);
    onTest(test);
  };
  try {
    tests.push(...(await suite.run(root, onTest)));
  } catch (error) {
    add(failure(`suite ${suite.name}`, error instanceof Error ? (error.stack ?? error.message) : String(error)));
  }
  if (!tests.some((test) => test.leaf)) add(failure(`suite ${suite.name}`, "no test ran"));
  const seconds = (performance.now() - began) / 1000;
  if (seconds > suite.budgetMinutes * 60 && process.env.CI === "true") {
    add(failure(`suite ${suite.name}`, `took ${(seconds / 60).toFixed(1)} minutes, its budget is ${suite.budgetMinutes}`));
  }
  return { name: suite.name, tests, seconds, budgetMinutes: suite.budgetMinutes };
}

/** Prints what so many seeds of the simulation came to. */
async function andReport(seeds: number, run: Promise<TestResult[]>): Promise<TestResult[]> {
  const results = await run;
  console.log(reported(seeds));
  return results;
}

function testsIn(root: string, folder: string): string[] {
  return testFiles(join(root, "build/js/tests", folder));
}

function testsOutside(root: string): string[] {
  const top = join(root, "build/js/tests");
  return testFiles(top).filter((path) => !ELSEWHERE.some((folder) => path.startsWith(`${join(top, folder)}/`)));
}

function testFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .map((name) => join(folder, name));
}

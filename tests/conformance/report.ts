// docs/conformance.md and build/conformance.json from the tests that really ran.
// `npm test`, then `npm run conformance` writes the page anew; every test run compares it with what ran.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { failure, type TestResult } from "../runner/result.js";
import { page, type Ran, rowsOf } from "./page.js";
import { writeEvidence } from "./record/evidence.js";
import { declined, idsOf, later, requirements, rowNames, TABLES } from "./requirements.js";

export { page, type Ran } from "./page.js";

const PAGE = "docs/conformance.md";
/** Rows about TCP in the table of RFCs. */
const TCP_ROW = /^(MUST|SHLD|MAY|REC|SM|XDEAD|RFC)/;
/** Most rows that may be declined. */
const DECLINED_MOST = 12;
/** The only rows of the level MUST that may be: source routes. */
const DECLINABLE = ["MUST-51", "MUST-52", "MUST-53"];

/** Ids at the head of test names that look like a row's but are none. */
export function unknownIds(root: string, ran: Ran[]): string[] {
  const ids = rowNames(root);
  const kinds = new Set([...ids].map(kindOf));
  const cited = ran.flatMap((suite) => suite.tests).flatMap((test) => idsOf(test.name).map((id) => ({ id, name: test.name })));
  return cited.filter(({ id }) => /\d/.test(id) && kinds.has(kindOf(id)) && !ids.has(id)).map(({ id, name }) => `${id} in "${name}"`);
}

function kindOf(id: string): string {
  return id.replace(/\d.*$/, "");
}

/** Rows of later.tsv that are no row of a table, or that a test shows already. */
export function staleLater(root: string, text: string): string[] {
  const ids = new Set(TABLES.flatMap((table) => requirements(root, table)).map((row) => row.id));
  const shown = rowsOf(text);
  return [...later(root).keys()].filter((id) => !ids.has(id) || (shown.get(id)?.entries.size ?? 0) > 0);
}

/** What is wrong with declined.tsv. */
export function wronglyDeclined(root: string): string[] {
  const not = declined(root);
  const rows = TABLES.flatMap((table) => requirements(root, table));
  const faults = [...not].flatMap(([id, reason]) => {
    const row = rows.find((each) => each.id === id);
    if (!row) return [`${id} is no row`];
    if (!reason) return [`${id} has no reason`];
    return /^MUST/.test(row.level) && !DECLINABLE.includes(id) ? [`${id} is a ${row.level}`] : [];
  });
  return not.size > DECLINED_MOST ? [...faults, `${not.size} rows are declined, at most ${DECLINED_MOST} may be`] : faults;
}

/** TCP rows of the RFC table that neither count nor are declined. */
export function uncounted(root: string, text: string): string[] {
  const said = rowsOf(text);
  const [rfc] = TABLES;
  const rows = rfc ? requirements(root, rfc).filter(({ id }) => TCP_ROW.test(id)) : [];
  return rows
    .filter(({ id }) => !/^(yes|declined)/.test(said.get(id)?.counted ?? ""))
    .map(({ id }) => `${id}: ${said.get(id)?.counted ?? "missing"}`);
}

/** The report's own checks, counted as tests. Writes build/conformance.json when the tests of rows ran. */
export function conformanceTests(root: string, ran: Ran[]): TestResult[] {
  const committed = committedPage(root);
  const fresh = page(root, ran, committed);
  const checks = [
    verdict("docs/conformance.md agrees with the tests that ran", firstDifference(committed, fresh)),
    verdict("ids in the names of tests are rows of tests/requirements", unknownIds(root, ran).join("\n")),
    verdict("tests/requirements/later.tsv names rows that have no test", staleLater(root, fresh).join(", ")),
    verdict("every row about TCP counts or is declined", uncounted(root, fresh).join("\n")),
    verdict(`at most ${DECLINED_MOST} rows are declined, and no MUST but source routes`, wronglyDeclined(root).join("\n")),
  ];
  if (ran.some(({ name }) => name === "node")) checks.push(verdict("every test of a row left a note", withoutNote(root, ran).join("\n")));
  return checks;
}

/** Tests of the suite node that show a row and passed, but of which no note says what they did. */
function withoutNote(root: string, ran: Ran[]): string[] {
  const noted = new Set(writeEvidence(root).map(({ test }) => test));
  const rows = rowNames(root);
  const passed = ran.filter(({ name }) => name === "node").flatMap(({ tests }) => tests.filter(({ outcome }) => outcome === "passed"));
  return passed.filter(({ name }) => idsOf(name).some((id) => rows.has(id)) && !noted.has(name)).map(({ name }) => name);
}

function verdict(name: string, fault: string): TestResult {
  return fault ? failure(name, fault) : { name, outcome: "passed", leaf: true, file: "", reason: "" };
}

function firstDifference(committed: string, fresh: string): string {
  if (committed === fresh) return "";
  const old = committed.split("\n");
  const now = fresh.split("\n");
  const at = now.findIndex((line, index) => line !== old[index]);
  const line = at < 0 ? now.length : at;
  return `run \`npm run conformance\` after \`npm test\`. Line ${line + 1} is\n${old[line] ?? "(missing)"}\nand should be\n${now[line] ?? "(nothing)"}`;
}

function committedPage(root: string): string {
  const path = join(root, PAGE);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function write(root: string): void {
  const path = join(root, "build/test-results.json");
  if (!existsSync(path)) throw new Error("no build/test-results.json: run `npm test` first");
  const kept = JSON.parse(readFileSync(path, "utf8")) as Record<string, Ran["tests"]>;
  const ran = Object.entries(kept).map(([name, tests]) => ({ name, tests }));
  writeEvidence(root);
  writeFileSync(join(root, PAGE), page(root, ran, committedPage(root)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href && process.argv.includes("--write")) {
  try {
    write(process.cwd());
  } catch (error) {
    console.error(`conformance: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

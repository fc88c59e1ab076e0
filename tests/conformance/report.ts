// docs/conformance.md: each requirement with the tests that show it, from the tests that really ran.
// `npm test`, then `npm run conformance` writes it anew; every test run compares it with what ran.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { failure, type TestResult } from "../runner/result.js";
import { idsOf, later, namesOf, type Requirement, requirements, TABLES, type Table } from "./requirements.js";

/** The tests of one suite, as far as this report needs them. */
export interface Ran {
  name: string;
  tests: Pick<TestResult, "name" | "outcome">[];
}

const PAGE = "docs/conformance.md";
const NONE = "no test yet";
const HEADER = `# Conformance

Each requirement, and the test that shows it: \`suite\`: name. A test shows a row when its name begins with the row's id and a colon.
Generated from tests/requirements and from the tests that ran (\`npm test\`, then \`npm run conformance\`); every test run checks it.
`;

/** The whole page. Suites that did not run, or not whole, keep what the committed page says of them. */
export function page(root: string, ran: Ran[], committed: string): string {
  const shown = new Map<string, string[]>();
  const suites = new Set(ran.filter(({ tests }) => !tests.some(({ outcome }) => outcome === "skipped")).map((suite) => suite.name));
  for (const [id, entries] of entriesOf(committed)) {
    for (const entry of entries) if (!suites.has(suiteOf(entry))) note(shown, id, entry);
  }
  for (const suite of ran) {
    for (const test of suite.tests) {
      if (test.outcome === "failed") continue;
      for (const id of idsOf(test.name)) note(shown, id, `\`${suite.name}\`: ${escaped(test.name)}`);
    }
  }
  const known = later(root);
  return [HEADER, ...TABLES.map((table) => section(table, requirements(root, table), shown, known))].join("\n");
}

function section(table: Table, rows: Requirement[], shown: Map<string, string[]>, known: Map<string, string>): string {
  let tested = 0;
  const lines = rows.map(({ id, level, text }) => {
    const entries = [...new Set(namesOf(id).flatMap((name) => shown.get(name) ?? []))].sort();
    if (entries.length) tested++;
    const answer = entries.length ? entries.join("<br>") : known.has(id) ? `later: ${escaped(known.get(id) ?? "")}` : NONE;
    return `| ${id} | ${level} | ${escaped(text)} | ${answer} |\n`;
  });
  return `## ${table.title}\n\n${tested} of ${rows.length} rows have a test.\n\n| id | level | requirement | shown by |\n|---|---|---|---|\n${lines.join("")}`;
}

/** What a committed page says: row id to its tests. */
function entriesOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (cells.length !== 6 || !cells[4].startsWith("`")) continue;
    found.set(cells[1], cells[4].split("<br>"));
  }
  return found;
}

function suiteOf(entry: string): string {
  return /^`([^`]*)`/.exec(entry)?.[1] ?? "";
}

function note(shown: Map<string, string[]>, id: string, entry: string): void {
  shown.set(id, [...(shown.get(id) ?? []), entry]);
}

function escaped(text: string): string {
  return text.replace(/\|/g, "\\|").replace(/</g, "&lt;");
}

/** Ids at the head of test names that look like a row's but are none. */
export function unknownIds(root: string, ran: Ran[]): string[] {
  const ids = new Set(TABLES.flatMap((table) => requirements(root, table)).flatMap((row) => namesOf(row.id)));
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
  const shown = entriesOf(text);
  return [...later(root).keys()].filter((id) => !ids.has(id) || shown.has(id));
}

/** The report's own checks, counted as tests. */
export function conformanceTests(root: string, ran: Ran[]): TestResult[] {
  const committed = committedPage(root);
  const fresh = page(root, ran, committed);
  const unknown = unknownIds(root, ran);
  const stale = staleLater(root, fresh);
  return [
    verdict("docs/conformance.md agrees with the tests that ran", firstDifference(committed, fresh)),
    verdict("ids in the names of tests are rows of tests/requirements", unknown.join("\n")),
    verdict("tests/requirements/later.tsv names rows that have no test", stale.join(", ")),
  ];
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

// The text of docs/conformance.md: each requirement, the tests that show it, and whether it counts.
import { differences, LINUX_TABLE } from "./dialect/table.js";
import { type Evidence, evidence, scenarios } from "./record/evidence.js";
import { WRONG } from "./record/wrong.js";
import { declined, idsOf, later, namesOf, type Requirement, requirements, TABLES, type Table } from "./requirements.js";
import type { TestResult } from "../runner/result.js";

/** The tests of one suite, as far as the page needs them. */
export interface Ran {
  name: string;
  tests: Pick<TestResult, "name" | "outcome">[];
}

/** What a committed page says of a row. */
interface Row {
  counted: string;
  /** Tests, each as `suite`: name, with what is remarked on it. */
  entries: Map<string, string>;
}

/** What is not `later`, `declined` or a reason why it does not count. */
const COUNTED = "yes";
const NONE = "no test yet";
const REMARK = " — ";
const HEADER = `# Conformance

Each requirement, and the tests that show it: \`suite\`: name. A test shows a row when its name begins with the row's id and a colon.
Generated from tests/requirements and from the tests that ran (\`npm test\`, then \`npm run conformance\`); every test run checks it.

A row **counts** when one of its tests injected a frame or made a call, asserted on what came of it, and fails with at least one of two stacks
that are wrong on purpose (suite \`wrong\`): \`drops-everything\` takes no frame and sends none, \`answers-everything\` answers each segment with a
plausible ACK. A test without a remark fails with both. Where silence is right, the same test shows a frame too, and the counter.
\`build/conformance.json\` holds for each test its frames, calls, assertions and the stacks with which it fails.
`;

/** The whole page. Suites that did not run, or not whole, keep what the committed page says of them. */
export function page(root: string, ran: Ran[], committed: string): string {
  const old = rowsOf(committed);
  const shown = entriesNow(ran, old);
  const wasJudged = ["node", "wrong"].every((name) => ran.some((suite) => suite.name === name));
  const proof = wasJudged ? evidence(root) : null;
  const known = { later: later(root), declined: declined(root), old, proof };
  const tables = TABLES.map((table) => section(table, requirements(root, table), shown, known));
  return [HEADER, ...tables, linuxSection(root)].join("\n");
}

interface Known {
  later: Map<string, string>;
  declined: Map<string, string>;
  old: Map<string, Row>;
  proof: Evidence[] | null;
}

function section(table: Table, rows: Requirement[], shown: Map<string, string[]>, known: Known): string {
  const sums = { counted: 0, declined: 0, later: 0, open: 0 };
  const lines = rows.map(({ id, level, text }) => {
    const names = [...new Set(namesOf(id).flatMap((name) => shown.get(name) ?? []))].sort();
    const counted = verdict(id, names, known);
    sums[kindOf(counted)]++;
    const entries = names.map((name) => name + remark(id, name, known));
    return `| ${id} | ${level} | ${escaped(text)} | ${counted} | ${entries.join("<br>")} |\n`;
  });
  const sum = `${sums.counted} of ${rows.length} rows count, ${sums.declined} are declined, ${sums.later} come later, ${sums.open} do not count.`;
  return `## ${table.title}\n\n${sum}\n\n| id | level | requirement | counts | shown by |\n|---|---|---|---|---|\n${lines.join("")}`;
}

function kindOf(counted: string): "counted" | "declined" | "later" | "open" {
  if (counted === COUNTED) return "counted";
  if (counted.startsWith("declined")) return "declined";
  return counted.startsWith("later") ? "later" : "open";
}

/** The column `counts` of a row. */
function verdict(id: string, names: string[], { later: waiting, declined: not, old, proof }: Known): string {
  if (not.has(id)) return `declined: ${escaped(not.get(id) ?? "")}`;
  if (!names.length) return waiting.has(id) ? `later: ${escaped(waiting.get(id) ?? "")}` : NONE;
  if (!proof) return old.get(id)?.counted ?? NONE;
  const own = proof.filter((each) => each.id === id);
  if (own.some(({ counts }) => counts)) return COUNTED;
  if (!own.length) return "no: no test over the host interface";
  if (own.every(({ failsAgainst }) => !failsAgainst.length)) return "no: its tests pass with both wrong stacks";
  return "no: its tests failed, or asserted nothing";
}

/** What is to be said of a test beside its name. */
function remark(id: string, name: string, { old, proof }: Known): string {
  if (!proof) return old.get(id)?.entries.get(name) ?? "";
  const own = proof.find((each) => each.id === id && name === entryOf("node", each.test));
  if (!own) return "";
  const { failsAgainst, linux } = own;
  const remarks = [
    failsAgainst.length === WRONG.length
      ? ""
      : failsAgainst.length
        ? `fails with ${failsAgainst.join()} only`
        : "passes with both wrong stacks",
    linux === "agrees" ? "Linux agrees" : linux === "differs" ? "Linux differs" : linux === "lacks" ? "not on Linux" : "",
  ].filter(Boolean);
  return remarks.length ? REMARK + remarks.join(", ") : "";
}

/** Row id to its tests, from what ran and, for suites that did not run whole, from the committed page. */
function entriesNow(ran: Ran[], old: Map<string, Row>): Map<string, string[]> {
  const shown = new Map<string, string[]>();
  const note = (id: string, name: string) => shown.set(id, [...(shown.get(id) ?? []), name]);
  const whole = new Set(ran.filter(({ tests }) => !tests.some(({ outcome }) => outcome === "skipped")).map((suite) => suite.name));
  for (const [id, { entries }] of old) {
    for (const name of entries.keys()) if (!whole.has(suiteOf(name))) note(id, name);
  }
  for (const suite of ran) {
    for (const test of suite.tests) {
      if (test.outcome === "failed") continue;
      for (const id of idsOf(test.name)) note(id, entryOf(suite.name, test.name));
    }
  }
  return shown;
}

/** What a page says: row id to its verdict and tests. */
export function rowsOf(text: string): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const line of text.split("\n")) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (cells.length !== 7 || cells[1] === "id" || cells[1]?.startsWith("---")) continue;
    const entries = (cells[5] ?? "").split("<br>").filter(Boolean);
    found.set(cells[1] ?? "", { counted: cells[4] ?? "", entries: new Map(entries.map(splitRemark)) });
  }
  return found;
}

function splitRemark(entry: string): [string, string] {
  const at = entry.lastIndexOf(REMARK);
  const isRemark = at > 0 && /fails with|passes with|Linux/.test(entry.slice(at));
  return isRemark ? [entry.slice(0, at), entry.slice(at)] : [entry, ""];
}

function entryOf(suite: string, test: string): string {
  return `\`${suite}\`: ${escaped(test)}`;
}

function suiteOf(entry: string): string {
  return /^`([^`]*)`/.exec(entry)?.[1] ?? "";
}

/** The differences between Linux and the scenarios. */
function linuxSection(root: string): string {
  const all = scenarios(root);
  const listed = differences(root);
  const differing = listed.filter(({ kind }) => kind === "differs");
  const lacking = listed.filter(({ kind }) => kind === "lacks");
  const played = all.length - lacking.length;
  const cell = (text: string) => escaped(text);
  const lines = differing.map(
    ({ scenario, at, linux, ringwire, right }) =>
      `| ${cell(scenario)} | \`${at}\` | ${cell(linux)} | ${cell(ringwire)} | ${cell(right)} |\n`,
  );
  const absent = lacking.map(({ scenario, linux, right }) => `| ${cell(scenario)} | ${cell(linux)} | ${cell(right)} |\n`);
  return `## The same scenarios on Linux

The scenarios of tests/conformance/scenarios (docs/scenarios.md) run against the release module in virtual time and against the Linux kernel over
TAP in real time: ${played} of ${all.length} are played there, ${played - differing.length} with the same outcome. The suite \`interop\` fails when Linux does
anything else than this table (${LINUX_TABLE}) says.

| scenario | where | Linux | Ringwire | the RFC supports |
|---|---|---|---|---|
${lines.join("")}
Scenarios that cannot run on Linux, and what it lacks:

| scenario | Linux lacks | the RFC says |
|---|---|---|
${absent.join("")}`;
}

function escaped(text: string): string {
  return text.replace(/\|/g, "\\|").replace(/</g, "&lt;");
}

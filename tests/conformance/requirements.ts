import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One row of a table under tests/requirements. */
export interface Requirement {
  /** As in the first column, without what follows a space. `A014+261` is known as that, as A014 and as A261. */
  id: string;
  /** MUST, SHOULD, MAY; a severity; or the layer that is attacked. */
  level: string;
  /** What a correct stack does, in one line. */
  text: string;
}

/** A table of requirements and how its columns are read. */
export interface Table {
  file: string;
  title: string;
  level: number;
  text: number;
}

/** The tables, in the order of docs/conformance.md. */
export const TABLES: Table[] = [
  { file: "rfc.tsv", title: "What the RFCs ask", level: 2, text: 3 },
  { file: "known-mistakes.tsv", title: "Mistakes that other stacks made", level: 1, text: 4 },
  { file: "attacks.tsv", title: "Attacks", level: 1, text: 2 },
];

const FOLDER = "tests/requirements";
const SHORT = 140;

/** Rows of a table, in its order. */
export function requirements(root: string, table: Table): Requirement[] {
  return records(join(root, FOLDER, table.file)).map((columns) => ({
    id: columns[0].split(" ")[0],
    level: columns[table.level] ?? "",
    text: shortened(columns[table.text] ?? ""),
  }));
}

/** Where a requirement comes that no test shows yet: row id to `where: reason`. From tests/requirements/later.tsv (id, where, reason). */
export function later(root: string): Map<string, string> {
  const path = join(root, FOLDER, "later.tsv");
  if (!existsSync(path)) return new Map();
  return new Map(records(path).map(([id, where, reason]) => [id, reason ? `${where}: ${reason}` : where]));
}

/** Every name under which a row may be cited: A014+261 also as A014 and A261. */
export function namesOf(id: string): string[] {
  const [first, ...rest] = id.split("+");
  if (!rest.length) return [id];
  const prefix = first.replace(/\d+$/, "");
  return [id, first, ...rest.map((number) => prefix + number)];
}

/** Rows that are not implemented by decision: row id to reason. From tests/requirements/declined.tsv (id, reason). */
export function declined(root: string): Map<string, string> {
  const path = join(root, FOLDER, "declined.tsv");
  return new Map(existsSync(path) ? records(path).map(([id, reason = ""]) => [id, reason]) : []);
}

/** Every name of every row of all tables. */
export function rowNames(root: string): Set<string> {
  return new Set(TABLES.flatMap((table) => requirements(root, table)).flatMap((row) => namesOf(row.id)));
}

/** The ids that a test's name begins with: `MUST-3, A012+030: ...`; none when it begins otherwise. */
export function idsOf(testName: string): string[] {
  const match = /^([\w.+/-]+(?:, ?[\w.+/-]+)*): /.exec(testName);
  return match ? match[1].split(/, ?/) : [];
}

function records(path: string): string[][] {
  const lines = readFileSync(path, "utf8").split("\n").slice(1);
  return lines.filter((line) => line.trim()).map((line) => line.split("\t"));
}

/** The first sentence, cut at a word where it is long. */
function shortened(text: string): string {
  const sentence = text.split(/(?<=[.;]) /)[0].replace(/[.;]$/, "");
  if (sentence.length <= SHORT) return sentence;
  return `${sentence.slice(0, SHORT).replace(/\s+\S*$/, "")} ...`;
}

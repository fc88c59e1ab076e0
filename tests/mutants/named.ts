// Deliberate bugs with a name: a text of a source file and what stands there instead. tests/mutants/named.tsv holds them.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The classes of bugs; each has at least three. */
export const CLASSES = [
  "loss recovery",
  "windows and probes",
  "sequence arithmetic",
  "acknowledgement",
  "state transitions",
  "timers",
  "checksums and lengths",
  "listener and queues",
  "security",
];

/** One row. In the file a line break is written `\n`. */
export interface Named {
  name: string;
  class: string;
  /** Relative to the repository. */
  file: string;
  old: string;
  fresh: string;
  /** What goes wrong, in one line. */
  meaning: string;
}

/** Where the rows stand. */
export const TABLE = "tests/mutants/named.tsv";

const COLUMNS = 6;

/** All rows, in their order. */
export function named(root: string): Named[] {
  const lines = readFileSync(join(root, TABLE), "utf8").split("\n").slice(1);
  return lines.filter((line) => line.trim()).map(parsed);
}

/** One row from its line; throws when columns are missing. */
export function parsed(line: string): Named {
  const columns = line.split("\t");
  const [name = "", kind = "", file = "", old = "", fresh = "", meaning = ""] = columns;
  if (columns.length !== COLUMNS) throw new Error(`${TABLE}: ${name} has ${columns.length} columns instead of ${COLUMNS}`);
  return { name, class: kind, file, old: unescaped(old), fresh: unescaped(fresh), meaning };
}

function unescaped(text: string): string {
  return text.replace(/\\n/g, "\n");
}

/** The source with the bug in it; throws unless the old text stands there exactly once. */
export function withBug(source: string, { name, file, old, fresh }: Named): string {
  const places = source.split(old).length - 1;
  if (places !== 1) throw new Error(`mutant ${name}: its old text stands ${places} times in ${file}, not once: ${old}`);
  return source.replace(old, () => fresh);
}

/** What is wrong with the table: doubles, unknown classes, classes with fewer than three, old texts that are gone. */
export function faults(rows: Named[], sourceOf: (file: string) => string): string[] {
  const found: string[] = [];
  const names = rows.map(({ name }) => name);
  found.push(...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} stands there twice`));
  found.push(...rows.filter((row) => !CLASSES.includes(row.class)).map((row) => `${row.name}: no class ${row.class}`));
  found.push(
    ...rows.filter((row) => row.old === row.fresh || !row.meaning).map((row) => `${row.name}: nothing changes, or nobody says what`),
  );
  for (const kind of CLASSES) if (rows.filter((row) => row.class === kind).length < 3) found.push(`${kind}: fewer than three`);
  for (const row of rows) {
    try {
      withBug(sourceOf(row.file), row);
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  return found;
}

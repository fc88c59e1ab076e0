// docs/mutants.md: what was hunted and what caught it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "./automatic.js";
import type { Verdict } from "./hunt.js";
import { RECORD } from "./killers.js";
import { CLASSES, type Named } from "./named.js";

/** The page. */
export const PAGE = "docs/mutants.md";
/** Share of the automatic mutants that must be caught. */
export const LEAST_SHARE = 0.85;

const TITLES = { named: "## Named mutants", automatic: "## Automatic mutants" };
const HEAD = `# Mutants

Deliberate bugs, and the test that catches each. A bug that no test catches is a gap in the tests. \`npm run mutants\` hunts the
named ones, \`npm run mutants -- --automatic 300\` those of the compiled module; with \`--write\` each writes its part of this page.
A test file in which a changed instruction would never do otherwise (no other octets stored, no equal numbers compared) is not run for it.
`;

/** Why a survivor cannot be seen from outside, by function, line of source and change. */
export type Reasons = Map<string, string>;

/** Reads tests/mutants/equivalent.tsv. */
export function reasons(root: string): Reasons {
  const path = join(root, "tests/mutants/equivalent.tsv");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(1) : [];
  return new Map(
    lines.filter(Boolean).map((line) => {
      const [name, source, what, reason = ""] = line.split("\t");
      return [`${name}\t${source}\t${what}`, reason];
    }),
  );
}

/** How many mutants were caught, how many of these only by the record of behaviour, and how many there were. */
export interface Score {
  caught: number;
  recorded: number;
  total: number;
}

/** What the verdicts come to. */
export function score(verdicts: Verdict[]): Score {
  const caught = verdicts.filter(({ failed }) => failed.length);
  const recorded = caught.filter(({ failed }) => failed.every(({ file }) => file === RECORD));
  return { caught: caught.length, recorded: recorded.length, total: verdicts.length };
}

/** The part about the named mutants. */
export function namedPart(rows: Named[], verdicts: Verdict[]): string {
  const byName = new Map(verdicts.map((verdict) => [verdict.name, verdict]));
  const classes = CLASSES.map((kind) => {
    const { caught, total } = score(rows.filter((row) => row.class === kind).flatMap((row) => byName.get(row.name) ?? []));
    return [kind, total, caught];
  });
  const all = score(verdicts);
  const lines = rows.map(({ name, class: kind, file, meaning }) => {
    const verdict = byName.get(name);
    return [name, kind, `\`${file.replace("assembly/", "")}\``, meaning, verdict ? caughtBy(verdict) : "not hunted"];
  });
  return [
    `${TITLES.named}\n\n${all.caught} of ${all.total} caught. They stand in tests/mutants/named.tsv.\n`,
    table(["class", "total", "caught"], classes),
    table(["name", "class", "file", "what goes wrong", "caught by"], lines),
  ].join("\n");
}

function caughtBy({ failed: [first] }: Verdict): string {
  return first ? `${shortened(first.file)}: ${first.test}` : "**survives**";
}
function shortened(killer: string): string {
  return `\`${killer.replace(/^tests\/|\.test\.ts$/g, "")}\``;
}

/** The part about the automatic mutants. `lineOf`: the text of a line of source. */
export function automaticPart(changes: Change[], verdicts: Verdict[], draw: Draw, known: Reasons, lineOf: LineOf): string {
  const { caught, recorded, total } = score(verdicts);
  const byName = new Map(verdicts.map((verdict) => [verdict.name, verdict]));
  const verdictsOf = (accept: (change: Change) => boolean) => changes.filter(accept).flatMap((change) => byName.get(change.name) ?? []);
  const grouped = (key: (change: Change) => string) =>
    [...new Set(changes.map(key))].sort().map((value) => {
      const sum = score(verdictsOf((change) => key(change) === value));
      return [value, sum.total, sum.caught, sum.recorded];
    });
  const survivors = changes.filter(({ name }) => !byName.get(name)?.failed.length);
  const lines = survivors.map((change) => {
    const reason = known.get(keyOf(change, lineOf));
    return [`\`${change.function}\``, placeOf(change), `\`${lineOf(change.place.file, change.place.line)}\``, change.what, reason ?? ""];
  });
  return [
    `${TITLES.automatic}\n\n${caught} of ${total} caught (${percent(caught, total)}), at least ${LEAST_SHARE * 100} % must be, by whatever sees them; seed ${draw.seed}. Changes of single instructions in`,
    "the compiled functions of `transport/tcp`, spread over all of them; but for the bound of a minimum or maximum, none was left out because it cannot be seen.",
    `${caught - recorded} (${percent(caught - recorded, total)}) by a test or a rule of the simulation that says what is wrong; the other ${recorded} only since frames differ from the committed`,
    "record of 200 simulated seeds (tests/simulation/record.tsv), which tells that something changed and no more.",
    `Drawn from the module whose SHA-256 begins with ${draw.module.slice(0, 8)}: another one gives others.\n`,
    table(
      ["change", "total", "caught", "by the record only"],
      grouped(({ kind }) => kind),
    ),
    table(
      ["file", "total", "caught", "by the record only"],
      grouped((change) => fileOf(change)),
    ),
    table(["caught by", "mutants"], tally(verdicts)),
    `### Survivors\n\n${survivors.length} of them; a reason where the change makes no difference that a host or a peer can see.\n`,
    table(["function", "line", "source", "change", "reason"], lines),
  ].join("\n");
}

/** Which changes were drawn: the seed, and the SHA-256 of the module. */
export interface Draw {
  seed: number;
  module: string;
}

/** The text of a line of source, trimmed. */
export type LineOf = (file: string, line: number) => string;

/** How a change is known in equivalent.tsv. */
export function keyOf(change: Change, lineOf: LineOf): string {
  return `${change.function}\t${lineOf(change.place.file, change.place.line)}\t${change.what}`;
}
function fileOf({ function: name }: Change): string {
  return `${name.split("/")[0]}.ts`;
}
function placeOf({ place, inlined }: Change): string {
  const short = (file: string) => file.split("/").at(-1);
  return `${short(place.file)}:${place.line}${inlined ? ` (${short(inlined.file)}:${inlined.line})` : ""}`;
}
function tally(verdicts: Verdict[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { failed } of verdicts) if (failed[0]) counts.set(failed[0].file, (counts.get(failed[0].file) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([killer, count]) => [shortened(killer), count]);
}
/** A share in words. */
export function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`;
}

/** A table in Markdown. */
function table(head: string[], rows: (string | number)[][]): string {
  const line = (cells: (string | number)[]) =>
    `| ${cells.map((cell) => `${cell}`.replace(/\|/g, "\\|").replace(/</g, "&lt;")).join(" | ")} |\n`;
  return `${line(head)}${line(head.map(() => "---"))}${rows.map(line).join("")}`;
}

/** Puts a part into the page; the other stays. */
export function writePart(root: string, which: keyof typeof TITLES, part: string): void {
  const path = join(root, PAGE);
  const page = existsSync(path) ? readFileSync(path, "utf8") : "";
  const parts = { named: partOf(page, "named"), automatic: partOf(page, "automatic"), [which]: part.trimEnd() };
  writeFileSync(path, `${[HEAD.trimEnd(), parts.named, parts.automatic].filter(Boolean).join("\n\n")}\n`);
}
/** A part of a page as it stands there; empty when it is missing. */
export function partOf(page: string, which: keyof typeof TITLES): string {
  const from = page.indexOf(TITLES[which]);
  if (from < 0) return "";
  const next = page.indexOf("\n## ", from + 1);
  return page.slice(from, next < 0 ? undefined : next).trimEnd();
}

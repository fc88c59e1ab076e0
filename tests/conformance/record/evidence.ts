// build/conformance.json: what each test of a row did, and whether that counts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Scenario, scenariosIn } from "../dialect/parse.js";
import { differences } from "../dialect/table.js";
import { idsOf, namesOf, requirements, TABLES } from "../requirements.js";
import { keyOf, type Note, notes } from "./notes.js";
import { WRONG } from "./wrong.js";

/** One test of one row, as build/conformance.json holds it. */
export interface Evidence {
  id: string;
  test: string;
  file: string;
  passed: boolean;
  framesIn: number;
  framesOut: number;
  calls: number;
  assertions: number;
  /** Wrong stacks and mutants with which the test fails. */
  failsAgainst: string[];
  /** Whether the Linux kernel follows the same scenario; null where it is none. */
  linux: "agrees" | "differs" | "lacks" | null;
  counts: boolean;
}

/** Where the results of a run are written, from the root. */
export const RESULTS = "build/conformance.json";
const SCENARIOS = "tests/conformance/scenarios";
/** Which tests fail with which mutant; `npm run mutants -- --matrix` writes it. */
const MATRIX = "build/mutants-matrix.json";

/** Evidence of all tests of rows that were noted, one entry for each row of a test. */
export function evidence(root: string): Evidence[] {
  const rows = new Map(TABLES.flatMap((table) => requirements(root, table)).flatMap(({ id }) => namesOf(id).map((name) => [name, id])));
  const failed = failures(root);
  const linux = verdicts(root);
  return notes(root).flatMap((note) => {
    const ids = new Set(idsOf(note.name).flatMap((name) => rows.get(name) ?? []));
    const failsAgainst = failed.get(keyOf(note)) ?? [];
    return [...ids].map((id) => entry(id, note, failsAgainst, linux.get(note.name) ?? null));
  });
}

function entry(id: string, note: Note, failsAgainst: string[], linux: Evidence["linux"]): Evidence {
  const { name, file, passed, framesIn, framesOut, calls, assertions } = note;
  const counts = passed && framesIn + calls > 0 && assertions > 0 && failsAgainst.length > 0;
  return { id, test: name, file, passed, framesIn, framesOut, calls, assertions, failsAgainst, linux, counts };
}

/** Writes build/conformance.json; the mutants with which a test fails stand there too where they are known. */
export function writeEvidence(root: string): Evidence[] {
  const all = evidence(root).sort((a, b) => a.id.localeCompare(b.id) || a.test.localeCompare(b.test));
  const killed = mutants(root);
  const told = all.map((each) => ({ ...each, failsAgainst: [...each.failsAgainst, ...(killed.get(each.test) ?? [])] }));
  writeFileSync(join(root, RESULTS), `${JSON.stringify(told, null, 1)}\n`);
  return all;
}

/** By test: the mutants with which it fails. */
function mutants(root: string): Map<string, string[]> {
  const path = join(root, MATRIX);
  const found = new Map<string, string[]>();
  if (!existsSync(path)) return found;
  const matrix = JSON.parse(readFileSync(path, "utf8")) as Record<string, { test: string }[]>;
  for (const [name, tests] of Object.entries(matrix)) {
    for (const { test } of tests) found.set(test, [...(found.get(test) ?? []), name]);
  }
  return found;
}

/** By test: the wrong stacks with which it fails. */
function failures(root: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const stack of WRONG) {
    for (const note of notes(root, stack).filter(({ passed }) => !passed)) {
      found.set(keyOf(note), [...(found.get(keyOf(note)) ?? []), stack]);
    }
  }
  return found;
}

/** By scenario: what Linux does with it. tests/interop sees to it that this is so. */
function verdicts(root: string): Map<string, Evidence["linux"]> {
  const listed = new Map(differences(root).map(({ scenario, kind }) => [scenario, kind]));
  return new Map(scenarios(root).map(({ name }) => [name, listed.get(name) ?? "agrees"]));
}

/** All scenarios of the repository. */
export function scenarios(root: string): Scenario[] {
  return scenariosIn(join(root, SCENARIOS));
}

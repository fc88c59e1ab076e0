// tests/conformance/linux.tsv: where Linux does something else than a scenario says, and which scenarios cannot run there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One line of the table. */
export interface Difference {
  scenario: string;
  /** `differs`: played, and Linux departs from it; `lacks`: not played, because Linux cannot. */
  kind: "differs" | "lacks";
  /** The line of the scenario that Linux does not follow. */
  at: string;
  /** What Linux does there, or the call that it lacks. */
  linux: string;
  /** What Ringwire does. */
  ringwire: string;
  /** Whom the RFC supports, and where it says so. */
  right: string;
}

/** The table's place in the repository. */
export const LINUX_TABLE = "tests/conformance/linux.tsv";
/** The names of its columns. */
export const COLUMNS = ["scenario", "kind", "at", "linux", "ringwire", "right"] as const;

/** All lines of the table; throws at one that is not whole. */
export function differences(root: string): Difference[] {
  const path = join(root, LINUX_TABLE);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.slice(1).flatMap((line, i) => (line ? [differenceOf(line, i + 2)] : []));
}

function differenceOf(line: string, number: number): Difference {
  const [scenario = "", kind = "", at = "", linux = "", ringwire = "", right = "", ...more] = line.split("\t");
  const isKind = kind === "differs" || kind === "lacks";
  if (!isKind || !scenario || !linux || !ringwire || !right || more.length)
    throw new Error(`${LINUX_TABLE}:${number}: ${COLUMNS.join(", ")}`);
  return { scenario, kind, at, linux, ringwire, right };
}

// What the tests that ran did, as preload.ts noted it, and build/conformance.json made of it.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What one test did. */
export interface Note {
  name: string;
  /** The compiled test file, relative to build/js. */
  file: string;
  passed: boolean;
  framesIn: number;
  framesOut: number;
  /** Calls of the host interface, looks at status and counters among them. */
  calls: number;
  assertions: number;
  ms: number;
}

/** Where notes of a run are: with the right stack, or with a wrong one. */
export function notesFolder(root: string, stack = "right"): string {
  return join(root, "build/conformance", stack);
}

/** Forgets the notes of an earlier run. */
export function forget(root: string, stack = "right"): void {
  rmSync(notesFolder(root, stack), { recursive: true, force: true });
}

/** All notes of a run. */
export function notes(root: string, stack = "right"): Note[] {
  const folder = notesFolder(root, stack);
  if (!existsSync(folder)) return [];
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Note);
}

/** What tells one test from all others. */
export function keyOf({ file, name }: Pick<Note, "file" | "name">): string {
  return `${file}: ${name}`;
}

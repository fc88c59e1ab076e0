// Runs the tests that show rows with each wrong stack, and notes which fail: a test that passes with all of them shows nothing.
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runNode } from "../../runner/node.js";
import { failure, type TestResult } from "../../runner/result.js";
import { idsOf, rowNames } from "../requirements.js";
import { forget, keyOf, notes, notesFolder } from "./notes.js";
import { WRONG } from "./wrong.js";

const PRELOAD = fileURLToPath(new URL("./preload.js", import.meta.url));
const FILE_MINUTES = 1;

/** Runs `work` with test processes that note what their tests do, with the right stack or a wrong one. */
export async function recording<Result>(root: string, stack: string, work: () => Promise<Result>): Promise<Result> {
  const before = { ...process.env };
  forget(root, stack);
  process.env.NODE_OPTIONS = `${before.NODE_OPTIONS ?? ""} --import=${pathToFileURL(PRELOAD).href}`.trim();
  process.env.RINGWIRE_RECORD = notesFolder(root, stack);
  if (stack !== "right") process.env.RINGWIRE_WRONG = stack;
  try {
    return await work();
  } finally {
    for (const name of ["NODE_OPTIONS", "RINGWIRE_RECORD", "RINGWIRE_WRONG"]) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** Plays the row tests that ran with the right stack against each wrong one; a test of the runner's says for each whether all met it. */
export async function runWrong(root: string): Promise<TestResult[]> {
  const rows = rowNames(root);
  const shown = notes(root).filter(({ name, passed }) => passed && idsOf(name).some((id) => rows.has(id)));
  const files = [...new Set(shown.map(({ file }) => join(root, "build/js", file)))].sort();
  const results: TestResult[] = [];
  for (const stack of WRONG) {
    await recording(root, stack, () => runNode(files, { concurrency: 3, fileMinutes: FILE_MINUTES }));
    const met = new Set(notes(root, stack).map(keyOf));
    const missing = shown.filter((note) => !met.has(keyOf(note))).map(({ name }) => name);
    const name = `all row tests were played with the wrong stack ${stack}`;
    results.push(missing.length ? failure(name, missing.join("\n")) : { name, outcome: "passed", leaf: true, file: "", reason: "" });
  }
  return results;
}

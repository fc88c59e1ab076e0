import { relative } from "node:path";
import { run } from "node:test";
import { failure, type TestResult } from "./result.js";

/** How the test files of a suite are run. */
export interface NodeOptions {
  /** Files at once. */
  concurrency: number;
  /** A file that takes longer has failed. */
  fileMinutes: number;
  /** Called with each leaf as it ends. */
  onTest?: (test: TestResult) => void;
}

interface Event {
  name: string;
  nesting: number;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { type?: string; error?: Error & { failureType?: string; cause?: unknown } };
}

/** Runs test files, each in a process of its own. A file without a test has failed. */
export async function runNode(files: string[], { concurrency, fileMinutes, onTest }: NodeOptions): Promise<TestResult[]> {
  const results: TestResult[] = [];
  const collector = new Collector((test) => {
    results.push(test);
    onTest?.(test);
  });
  const stream = run({ files, concurrency, timeout: fileMinutes * 60_000 });
  stream.on("test:pass", (event) => collector.ended(event as Event, true));
  stream.on("test:fail", (event) => collector.ended(event as Event, false));
  for await (const _ of stream) continue;
  for (const file of files) {
    if (collector.seen.has(file)) continue;
    const test = failure("has no test", "the file ran, but no test in it", relative(process.cwd(), file));
    results.push(test);
    onTest?.(test);
  }
  return results;
}

/** Turns the stream of ended tests into results. Inner tests end before the ones they stand in. */
class Collector {
  /** Files of which a test was seen. */
  readonly seen = new Set<string>();
  /** For each file, whether a test has ended one level below the given one since the last at that level. */
  readonly #inner = new Map<string, boolean[]>();

  constructor(private readonly emit: (test: TestResult) => void) {}

  ended(event: Event, passed: boolean): void {
    const file = event.file ?? "";
    const isFile = event.nesting === 0 && (event.name === file || event.name.endsWith(".test.js"));
    if (isFile && passed) return;
    this.seen.add(file || event.name);
    const levels = this.#inner.get(file) ?? [];
    const hadInner = levels[event.nesting + 1] === true || event.details.type === "suite";
    levels[event.nesting + 1] = false;
    levels[event.nesting] = true;
    this.#inner.set(file, levels);
    const onlyInner = event.details.error?.failureType === "subtestsFailed";
    const skipped = event.skip !== undefined && event.skip !== false;
    this.emit({
      name: isFile ? relative(process.cwd(), event.name) : event.name,
      outcome: skipped || event.todo ? "skipped" : passed ? "passed" : "failed",
      leaf: skipped || (passed ? !hadInner : !(hadInner && onlyInner)),
      file: relative(process.cwd(), file),
      reason: skipped ? reasonOf(event.skip) : event.todo ? `not written yet: ${reasonOf(event.todo)}` : messageOf(event.details.error),
    });
  }
}

function reasonOf(given: string | boolean | undefined): string {
  return typeof given === "string" && given ? given : "no reason given";
}

function messageOf(error: (Error & { cause?: unknown }) | undefined): string {
  if (!error) return "";
  const cause = error.cause;
  if (cause instanceof Error) return withoutRunner(cause.stack ?? cause.message);
  return typeof cause === "string" ? cause : error.message;
}

/** A stack trace without the lines of Node's own test runner. */
function withoutRunner(stack: string): string {
  return stack
    .split("\n")
    .filter((line) => !/^\s+at .*(\(node:|Promise\.all \(index|new Promise \(<anon)/.test(line))
    .join("\n");
}

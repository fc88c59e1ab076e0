// Loaded before a test file (`node --import`): notes for each test its frames in and out, calls and assertions. RINGWIRE_RECORD names the
// folder for the notes; RINGWIRE_WRONG puts a wrong stack in the place of the right one and leaves out the tests that show no row.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { Core } from "../../../bindings/node/core.js";
import { Rings } from "../../../bindings/node/rings.js";
import { idsOf, rowNames } from "../requirements.js";
import type { Note } from "./notes.js";
import { install, WRONG } from "./wrong.js";

type Work = (context: unknown) => unknown;
type TestFunction = (...given: unknown[]) => unknown;

/** With a wrong stack a test may wait for ever: it has this long, and so many polls; a file whose tests are over has this long to end. */
const WRONG_MS = 5000;
const WRONG_POLLS = 300_000;
const IDLE_MS = 1500;

const folder = process.env.RINGWIRE_RECORD;
const wrong = WRONG.find((name) => name === process.env.RINGWIRE_WRONG);
const rows = wrong ? rowNames(process.cwd()) : new Set<string>();
const counts = { framesIn: 0, framesOut: 0, calls: 0, assertions: 0, polls: 0, began: 0 };

function record(path: string): void {
  mkdirSync(path, { recursive: true });
  if (wrong) install(wrong);
  countFrames();
  countCalls();
  countAssertions();
  wrapTests(join(path, `${process.pid}.ndjson`));
}

function countFrames(): void {
  const { commit, take, transfer } = Rings.prototype;
  Rings.prototype.commit = function (length) {
    counts.framesIn++;
    endless();
    commit.call(this, length);
  };
  Rings.prototype.take = function () {
    counts.framesOut++;
    take.call(this);
  };
  Rings.prototype.transfer = function (to) {
    const moved = transfer.call(this, to);
    counts.framesIn += moved;
    counts.framesOut += moved;
    return moved;
  };
}

/** Every method of the core but those that move frames and time is a call of the application or a look at a result. */
function countCalls(): void {
  const core = Core.prototype as unknown as Record<string, TestFunction>;
  const names: string[] = [];
  for (let part: object = core; part !== Object.prototype; part = Object.getPrototypeOf(part))
    names.push(...Object.getOwnPropertyNames(part));
  for (const name of names.filter((each) =>
    /^(tcp|udp|ping|raw|socket|route|ready|address|gateway|slip|filter|napt|dhcp|dhcpd|dns|mdns|sntp|tftp|syslog|http|small)_|^status$|^counters?$/.test(
      each,
    ),
  )) {
    const right = core[name];
    if (typeof right !== "function") continue;
    core[name] = function (this: unknown, ...given) {
      counts.calls++;
      return right.apply(this, given);
    };
  }
  for (const name of ["poll", "receive"]) {
    const right = core[name] as TestFunction;
    core[name] = function (this: unknown, ...given) {
      endless();
      return right.apply(this, given);
    };
  }
}
/** Ends a loop that waits for what a wrong stack never does. */
function endless(): void {
  counts.polls++;
  const isLate = counts.polls % 256 === 0 && performance.now() - counts.began > WRONG_MS;
  if (wrong && (counts.polls > WRONG_POLLS || isLate)) throw new Error("the test does not come to an end");
}

function countAssertions(): void {
  const names = [
    "ok",
    "equal",
    "deepEqual",
    "notEqual",
    "notDeepEqual",
    "throws",
    "rejects",
    "match",
    "doesNotMatch",
    "fail",
    "doesNotThrow",
  ];
  for (const name of names) {
    const right = (assert as unknown as Record<string, unknown>)[name];
    Object.defineProperty(assert, name, {
      configurable: true,
      get() {
        counts.assertions++;
        return right;
      },
    });
  }
}

/** The runner takes the place of a test from the script that calls `test`: so this script has the name of the test file. */
const CALLER = "(right, prepare) => function (...given) { return right(...prepare(given)); }";

function wrapTests(path: string): void {
  const module = createRequire(import.meta.url)("node:test") as Record<string, TestFunction>;
  const right = module.test as TestFunction;
  const filename = pathToFileURL(process.argv[1] ?? "").href;
  const make = runInThisContext(CALLER, { filename }) as (right: TestFunction, prepare: (given: unknown[]) => unknown[]) => TestFunction;
  const wrapped = make(right, (given) => prepared(path, given));
  for (const name of ["test", "it"]) module[name] = Object.assign(wrapped, right);
  syncBuiltinESMExports();
}

function prepared(path: string, given: unknown[]): unknown[] {
  const [name, ...rest] = given;
  const work = rest.findLast((each) => typeof each === "function") as Work | undefined;
  const options = rest.find((each) => typeof each === "object") ?? {};
  if (typeof name !== "string" || !work) return given;
  if (wrong && !idsOf(name).some((id) => rows.has(id))) return [name, { ...options, skip: "shows no row" }, work];
  return [name, options, (context: unknown) => noted(path, name, () => work(context))];
}

let idle: NodeJS.Timeout | undefined;

async function noted(path: string, name: string, work: () => unknown): Promise<void> {
  Object.assign(counts, { framesIn: 0, framesOut: 0, calls: 0, assertions: 0, polls: 0, began: performance.now() });
  const file = relative(join(process.cwd(), "build/js"), process.argv[1] ?? "");
  const { framesIn, framesOut, calls, assertions } = counts;
  clearTimeout(idle);
  const began = performance.now();
  const note: Note = { name, file, passed: false, ms: 0, framesIn, framesOut, calls, assertions };
  try {
    await (wrong ? Promise.race([work(), tooLate()]) : work());
    note.passed = true;
  } finally {
    Object.assign(note, {
      framesIn: counts.framesIn,
      framesOut: counts.framesOut,
      calls: counts.calls,
      assertions: counts.assertions,
      ms: Math.round(performance.now() - began),
    });
    appendFileSync(path, `${JSON.stringify(note)}\n`);
    if (wrong) idle = setTimeout(() => process.exit(1), IDLE_MS).unref();
  }
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("the test does not come to an end")), WRONG_MS + 500).unref();
  });
}

if (folder && process.argv[1]?.endsWith(".test.js")) record(folder);

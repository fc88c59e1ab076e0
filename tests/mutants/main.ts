// `npm run mutants`: the named mutants; `-- --automatic 300`: those of the compiled module. See docs/mutants.md.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { applied, candidates, chosen } from "./automatic.js";
import { compiled } from "./compile.js";
import { hunt, type Hunt, type Verdict, where } from "./hunt.js";
import { knownOrder, ORDER, type Order, packs } from "./killers.js";
import { type Named, named } from "./named.js";
import { watched } from "./watched.js";
import { automaticPart, keyOf, LEAST_SHARE, namedPart, PAGE, percent, reasons, score, writePart } from "./report.js";

const ROOT = process.cwd();
const LAST_NAMED = "build/mutants-named.json";
const LAST_AUTOMATIC = "build/mutants-automatic.json";
const HINTS = "tests/mutants/hints.json";
const USAGE = `npm run mutants -- [options]

  --only NAME[,NAME]   only these of tests/mutants/named.tsv, or of the N
  --automatic N        N mutants of the compiled transport/tcp instead of the named ones
  --seed N             which ones (default 1)
  --test FILE[,FILE]   only these test files, such as tests/conformance/tcp-loss.test.ts
  --pattern TEXT       only tests whose name has this text
  --matrix             no stop at the first failure: every test that fails, to build/mutants-matrix.json
  --again              only those that the last hunt did not catch: of the same rows, or of the same module
  --equivalent         hunt those of tests/mutants/equivalent.tsv too, which count as survivors in any case
  --write              write the result to ${PAGE}, and what was learned to ${ORDER}
  --jobs N             how many at once (default 2)

Ends with status 0 when all were caught: of the automatic ones ${LEAST_SHARE * 100} %.`;

const { values: OPTIONS } = parseArgs({
  options: {
    only: { type: "string" },
    automatic: { type: "string" },
    seed: { type: "string", default: "1" },
    test: { type: "string" },
    pattern: { type: "string" },
    matrix: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
    equivalent: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});

type Prepared = Omit<Hunt, "healthy">;

function prepared(): Prepared {
  return {
    root: ROOT,
    packs: OPTIONS.test ? [OPTIONS.test.split(",")] : packs(ROOT, knownOrder(ROOT), Boolean(OPTIONS.automatic)),
    jobs: Number(OPTIONS.jobs),
    pattern: OPTIONS.pattern?.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    whole: OPTIONS.matrix,
    onVerdict: print,
    onSick: ({ file, test }) => console.log(`fails without a mutant, so catches none: ${file}: ${test}`),
  };
}

function print({ name, failed, seconds }: Verdict): void {
  const tests = failed.map(({ file, test }) => `${file}: ${test}`).join("\n                    ");
  console.log(`${seconds.toFixed(1).padStart(6)} s  ${failed.length ? `caught    ${name}  by ${tests}` : `SURVIVES  ${name}`}`);
}

async function healthy() {
  const scratch = join(ROOT, "build/mutants", `${process.pid}-healthy`);
  mkdirSync(scratch, { recursive: true });
  try {
    return await compiled(ROOT, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function huntNamed(given: Prepared): Promise<boolean> {
  const all = named(ROOT);
  const rows = OPTIONS.only ? picked(all, OPTIONS.only.split(",")) : all;
  const hints = knownHints();
  const keyOf = (row: Named) => `${row.name}\n${row.old}\n${row.fresh}`;
  const before = OPTIONS.again ? caughtBefore(LAST_NAMED) : new Map<string, Verdict>();
  const mutants = rows
    .filter((row) => !before.has(keyOf(row)))
    .map((row) => ({
      name: row.name,
      hint: hints[row.name],
      module: async (scratch: string) => (await compiled(ROOT, scratch, row)).module,
    }));
  const fresh = await hunt(mutants, { ...given, healthy: (await healthy()).module });
  const byName = new Map([...before.values(), ...fresh].map((verdict) => [verdict.name, verdict]));
  const verdicts = rows.map(({ name }) => byName.get(name) as Verdict);
  if (rows.length === all.length) keep(LAST_NAMED, "", new Map(rows.map((row, index) => [keyOf(row), verdicts[index] as Verdict])));
  console.log(`\n${namedPart(rows, verdicts)}`);
  if (OPTIONS.write && rows.length === all.length) {
    writePart(ROOT, "named", namedPart(rows, verdicts));
    const found = Object.fromEntries(verdicts.flatMap(({ name, failed: [first] }) => (first ? [[name, first.file]] : [])));
    writeFileSync(join(ROOT, HINTS), `${JSON.stringify(found, null, 2)}\n`);
  }
  if (OPTIONS.matrix) writeMatrix(verdicts);
  return concluded(verdicts, 1);
}

function picked(rows: Named[], names: string[]): Named[] {
  return names.map((name) => {
    const row = rows.find((one) => one.name === name);
    if (!row) throw new Error(`no mutant ${name}`);
    return row;
  });
}

function knownHints(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(join(ROOT, HINTS), "utf8")) as Record<string, string>;
  } catch {
    return {};
  }
}

async function huntAutomatic(given: Prepared, count: number, seed: number): Promise<boolean> {
  const { module, sourceMap } = await healthy();
  const all = candidates(module, sourceMap);
  const sample = chosen(all, count, seed);
  const names = OPTIONS.only?.split(",");
  const changes = names ? sample.filter(({ name }) => names.includes(name)) : sample;
  console.log(
    `${changes.length} of ${all.length} changes in ${new Set(all.map((change) => change.function)).size} functions, seed ${seed}\n`,
  );
  const key = createHash("sha256").update(module).digest("hex");
  const before = OPTIONS.again ? caughtBefore(LAST_AUTOMATIC, key) : new Map<string, Verdict>();
  const known = reasons(ROOT);
  const keys = new Set(all.map((change) => keyOf(change, lineOf)));
  for (const gone of [...known.keys()].filter((each) => !keys.has(each)))
    console.log(`no such change: ${gone.replaceAll("\t", ", ")} (equivalent.tsv)`);
  for (const change of changes) {
    if (!OPTIONS.equivalent && known.has(keyOf(change, lineOf))) before.set(change.name, { name: change.name, failed: [], seconds: 0 });
  }
  const open = changes.filter(({ name }) => !before.has(name));
  const places = await where(watched(module, open), given);
  const mutants = open.map((change, flag) => ({
    name: change.name,
    kin: [change.function, change.place.file],
    where: places.get(flag) ?? new Set<string>(),
    module: async () => applied(module, change),
  }));
  const onVerdict = (verdict: Verdict) => {
    print(verdict);
    before.set(verdict.name, verdict);
    if (!names) keep(LAST_AUTOMATIC, key, before);
  };
  await hunt(mutants, { ...given, healthy: module, onVerdict });
  const verdicts = changes.map(({ name }) => before.get(name) as Verdict);
  const part = automaticPart(changes, verdicts, { seed, module: key }, known, lineOf);
  console.log(`\n${part}`);
  if (OPTIONS.write && !names) {
    writePart(ROOT, "automatic", part);
    learn(verdicts);
  }
  if (OPTIONS.matrix) writeMatrix(verdicts);
  return concluded(verdicts, LEAST_SHARE);
}

/** Verdicts of a hunt, for `--again`. */
interface Kept {
  key: string;
  verdicts: [string, Verdict][];
}
/** What the last hunt has caught; throws when it was another one. */
function caughtBefore(path: string, key = ""): Map<string, Verdict> {
  if (!existsSync(join(ROOT, path))) throw new Error("--again: there was no hunt before");
  const last = JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Kept;
  if (last.key !== key) throw new Error("--again: the module is not that of the last hunt");
  return new Map(last.verdicts.filter(([, { failed }]) => failed.length));
}
function keep(path: string, key: string, verdicts: Map<string, Verdict>): void {
  const kept: Kept = { key, verdicts: [...verdicts] };
  writeFileSync(join(ROOT, path), JSON.stringify(kept));
}

function lineOf(file: string, line: number): string {
  return readFileSync(join(ROOT, file), "utf8").split("\n")[line - 1]?.trim() ?? "";
}

/** Which killers caught most, for the order of the next hunt. */
function learn(verdicts: Verdict[]): void {
  const order: Order = {};
  for (const { failed } of verdicts) if (failed[0]?.file) order[failed[0].file] = (order[failed[0].file] ?? 0) + 1;
  const sorted = Object.entries(order).sort((a, b) => b[1] - a[1]);
  writeFileSync(join(ROOT, ORDER), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

function concluded(verdicts: Verdict[], least: number): boolean {
  const { caught, recorded, total } = score(verdicts);
  const enough = caught >= least * total;
  console.log(
    `\n${caught} of ${total} mutants caught (${percent(caught, total)}${recorded ? `; ${recorded} of them only by the record` : ""})${enough ? "" : `, but at least ${percent(least, 1)} must be`}`,
  );
  return enough;
}

/** Which tests fail with which mutant: build/mutants-matrix.json. */
function writeMatrix(verdicts: Verdict[]): void {
  const matrix = Object.fromEntries(verdicts.map(({ name, failed }) => [name, failed]));
  writeFileSync(join(ROOT, "build/mutants-matrix.json"), `${JSON.stringify(matrix, null, 1)}\n`);
}

async function main(): Promise<void> {
  if (OPTIONS.help) return console.log(USAGE);
  const given = prepared();
  const enough = OPTIONS.automatic ? await huntAutomatic(given, Number(OPTIONS.automatic), Number(OPTIONS.seed)) : await huntNamed(given);
  if (!enough) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(`mutants: ${(error as Error).message}`);
  process.exitCode = 2;
}

// docs/protocols.md from tests/protocols/protocols.tsv: each protocol, how AssemblyScript, the host interface and the command reach it, and
// the test that shows it. `npm run protocols` writes the page; the suite checks compares it and everything that a cell claims.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** From where a protocol is used. */
export const WAYS = { assembly: "AssemblyScript", abi: "Host interface", cli: "Command" } as const;
type Way = keyof typeof WAYS;

/** One cell of the table. */
export interface Cell {
  protocol: string;
  way: string;
  /** `room/module: functions` under assembly/; words of docs/abi.md in backticks; a command line in backticks. */
  what: string;
  file: string;
  test: string;
}

/** The page that is generated. */
export const PAGE = "docs/protocols.md";
const TABLE = "tests/protocols/protocols.tsv";

/** All cells, in the order of the table. */
export function cellsIn(text: string): Cell[] {
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.map((line) => {
    const [protocol = "", way = "", what = "", file = "", test = ""] = line.split("\t");
    return { protocol, way, what, file, test };
  });
}
/** The cells of the repository. */
export function cells(root: string): Cell[] {
  return cellsIn(readFileSync(join(root, TABLE), "utf8"));
}

/** What is wrong with the cells: one is empty or there twice, its test is not there, or what it names is not, or not in the test. */
export function faults(root: string, table: Cell[]): string[] {
  const protocols = [...new Set(table.map(({ protocol }) => protocol))];
  const missing = protocols.flatMap((protocol) =>
    Object.keys(WAYS).flatMap((way) => {
      const found = table.filter((each) => each.protocol === protocol && each.way === way);
      return found.length === 1 ? [] : [`${protocol}, ${way}: ${found.length ? "there twice" : "empty"}`];
    }),
  );
  return [...missing, ...table.flatMap((cell) => faultsOf(root, cell).map((fault) => `${cell.protocol}, ${cell.way}: ${fault}`))];
}

function faultsOf(root: string, { way, what, file, test }: Cell): string[] {
  if (!what || !file || !test) return ["empty"];
  const path = join(root, file);
  if (!existsSync(path)) return [`${file} is not there`];
  const text = readFileSync(path, "utf8");
  if (!titles(text).includes(test)) return [`${file} has no test "${test}"`];
  switch (way as Way) {
    case "assembly":
      return wrongModule(root, what, text);
    case "abi":
      return wrongWords(root, what, text);
    case "cli":
      return wrongCommand(root, what, text);
    default:
      return [`no such way: ${way}`];
  }
}

/** Titles of the tests in a source, as they are written. */
export function titles(text: string): string[] {
  return [...text.matchAll(/\btest\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, title]) => (title as string).replaceAll('\\"', '"'));
}

/** `room/module: a, b` or `room/module (word)`: a module of assembly/ that the test imports, with functions that it exports and the test calls, or a word that it uses. */
function wrongModule(root: string, what: string, text: string): string[] {
  const [, module = "", functions = "", word = ""] = /^([\w/]+)(?:: ([\w, ]+))?(?: \(([\w.]+)\))?$/.exec(what) ?? [];
  const path = join(root, "assembly", `${module}.ts`);
  if (!existsSync(path)) return [`assembly/${module}.ts is not there`];
  const source = readFileSync(path, "utf8");
  if (!text.includes(`assembly/${module}"`)) return [`the test does not import ${module}`];
  if (!text.includes(word)) return [`the test does not use ${word}`];
  return functions
    .split(", ")
    .filter(Boolean)
    .flatMap((name) => {
      if (!new RegExp(`export function ${name}\\b`).test(source)) return [`${module} exports no ${name}`];
      return new RegExp(`\\b${name}\\(`).test(text) ? [] : [`the test does not call ${name}`];
    });
}
/** Words in backticks stand in docs/abi.md, and the test uses them. */
function wrongWords(root: string, what: string, text: string): string[] {
  const page = readFileSync(join(root, "docs/abi.md"), "utf8");
  const used = text.toLowerCase();
  return words(what).flatMap((word) => {
    if (!new RegExp(`\`${word}\\b`).test(page)) return [`docs/abi.md has no ${word}`];
    return used.includes(word.toLowerCase()) ? [] : [`the test does not use ${word}`];
  });
}
/** `ringwire COMMAND --option`: there is such a command with such options, and the test uses them. */
function wrongCommand(root: string, what: string, text: string): string[] {
  const sources = readdirSync(join(root, "bindings/node/cli"))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "bindings/node/cli", name), "utf8"))
    .join("\n");
  return words(what).flatMap((line) => {
    const [program, command = "", ...options] = line.split(" ");
    if (program !== "ringwire" || !sources.includes(`new Command("${command}")`)) return [`no command ${line}`];
    const strange = options
      .filter((option) => !new RegExp(`"(-\\w, )?${option}[ ,"]`).test(sources))
      .map((option) => `no option ${option}`);
    const unused = [command, ...options].filter((word) => !new RegExp(`"${word}"|${word} |\\b${word}\\(`).test(text));
    return [...strange, ...unused.map((word) => `the test does not use ${word}`)];
  });
}
function words(what: string): string[] {
  return [...what.matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);
}

/** The page. */
export function page(table: Cell[]): string {
  const protocols = [...new Set(table.map(({ protocol }) => protocol))];
  const ways = Object.keys(WAYS) as Way[];
  const cell = (protocol: string, way: Way) => {
    const { what = "", file = "", test = "" } = table.find((each) => each.protocol === protocol && each.way === way) ?? {};
    const said = way === "assembly" ? `\`${what}\`` : what;
    return `${said}<br>[${file.replace(/^tests\//, "")}](../${file}): ${test.replaceAll("|", "\\|").replaceAll("<", "&lt;")}`;
  };
  const rows = protocols.map((protocol) => `| ${[`**${protocol}**`, ...ways.map((way) => cell(protocol, way))].join(" | ")} |`);
  return [
    "# Protocols, and how they are reached",
    "",
    "Each protocol from applications inside the module (AssemblyScript), from every host (the host interface, docs/abi.md), and from the command;",
    "beneath, the test that shows it. Generated by `npm run protocols` from tests/protocols/protocols.tsv; the suite `checks` fails when a cell is",
    "empty, when its test or what it names is not there, and when this page is out of date.",
    "",
    `| protocol | ${ways.map((way) => WAYS[way]).join(" | ")} |`,
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href && process.argv.includes("--write"))
  writeFileSync(join(process.cwd(), PAGE), page(cells(process.cwd())));

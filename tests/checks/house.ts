// The rules of the house: floors, sizes, and what stands nowhere under assembly/.
import { posix } from "node:path";
import ts from "typescript";
import { functionsOf, importsOf, lineCount, placeOf, type Source, visit } from "./sources.js";

/** Longest file and function, in lines, that need no reason. */
export const FILE_LINES = 400;
export const FUNCTION_LINES = 60;

/** Exceptions with their reasons: tests/checks/allowed.json. */
export interface Allowed {
  longFiles: Record<string, string>;
  /** By `path#name`. */
  longFunctions: Record<string, string>;
  withoutUnitTest: Record<string, string>;
}

const FLOORS: Record<string, number> = {
  memory: 1,
  profiles: 1,
  "panic.ts": 1,
  wire: 2,
  link: 3,
  internet: 4,
  transport: 5,
  application: 6,
  "receive.ts": 6,
  "tcp.ts": 6,
  "udp.ts": 6,
  "services.ts": 7,
  "stack.ts": 7,
};
const TOP_FLOOR = 8;

/** The floor of a file under assembly/; other files at its top stand on the highest. */
export function floorOf(path: string): number {
  const [, room] = path.split("/");
  const floor = FLOORS[room];
  if (floor) return floor;
  if (room.endsWith(".ts")) return TOP_FLOOR;
  throw new Error(`${path}: the folder ${room} has no floor; add it to tests/checks/house.ts`);
}

/** Imports that go up, sideways between udp and tcp, or out of where they belong. */
export function wrongImports(sources: Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .map((from) => wrongImport(source.path, from))
      .filter((fault) => fault !== ""),
  );
}

function wrongImport(path: string, from: string): string {
  const target = posix.join(posix.dirname(path), from);
  const fault = `${path} imports ${from}`;
  if (path.startsWith("bindings/")) return target.startsWith("assembly/") ? `${fault}: bindings know only the exports of the module` : "";
  if (!path.startsWith("assembly/")) return "";
  if (!from.startsWith(".")) return `${fault}: nothing from outside comes in here`;
  if (!target.startsWith("assembly/")) return `${fault}: assembly/ stands by itself`;
  if (floorOf(asFile(target)) > floorOf(path)) return `${fault}: from floor ${floorOf(path)} up to floor ${floorOf(asFile(target))}`;
  const [mine, theirs] = [path, target].map((name) => /^assembly\/transport\/(udp|tcp)\//.exec(name)?.[1]);
  return mine && theirs && mine !== theirs ? `${fault}: ${mine} and ${theirs} do not know each other` : "";
}

function asFile(target: string): string {
  return target.split("/").length === 2 && !target.endsWith(".ts") ? `${target}.ts` : target;
}

/** Files and functions that are too long and have no reason, and reasons that are no longer needed. */
export function tooLong(sources: Source[], allowed: Allowed): string[] {
  const files = new Map(sources.map((source) => [source.path, lineCount(source)]));
  const functions = new Map<string, number>();
  for (const source of sources) for (const { name, lines } of functionsOf(source)) functions.set(`${source.path}#${name}`, lines);
  return [...judged(files, FILE_LINES, allowed.longFiles, "file"), ...judged(functions, FUNCTION_LINES, allowed.longFunctions, "function")];
}

function judged(lines: Map<string, number>, most: number, reasons: Record<string, string>, what: string): string[] {
  const long = [...lines].filter(([name, count]) => count > most && !reasons[name]);
  const gone = Object.keys(reasons).filter((name) => !lines.has(name));
  return [
    ...long.map(([name, count]) => `${name}: a ${what} of ${count} lines, at most ${most}`),
    ...gone.map((name) => `${name}: allowed as a long ${what}, but it is gone`),
  ];
}

/** What may not stand under assembly/: state in globals, allocation, hints to the compiler, unfinished work. */
export function forbidden(source: Source): string[] {
  const faults: string[] = [];
  const fault = (node: ts.Node, what: string) => faults.push(`${placeOf(source, node)}: ${what}`);
  for (const statement of source.tree.statements) {
    const isVariable = ts.isVariableStatement(statement) && !(statement.declarationList.flags & ts.NodeFlags.Const);
    if (isVariable) fault(statement, "a module-level let is a mutable global");
    if (ts.isFunctionDeclaration(statement) && isExported(statement) && statement.parameters.some((parameter) => parameter.initializer)) {
      fault(statement, "a default parameter of an exported function makes a mutable global");
    }
  }
  visit(source, (node) => {
    if (ts.isNewExpression(node)) fault(node, "new brings the allocator in");
    if (ts.isDecorator(node) && node.expression.getText() === "inline") fault(node, "@inline gains nothing");
  });
  return [...faults, ...forbiddenWords(source)];
}

function isExported(node: ts.FunctionDeclaration): boolean {
  return node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function forbiddenWords(source: Source): string[] {
  const words = /@ts-(ignore|nocheck|expect-error)|\b(TODO|FIXME|XXX)\b/;
  return source.tree.text.split("\n").flatMap((line, index) => {
    const word = words.exec(line)?.[0];
    return word ? [`${source.path}:${index + 1}: ${word}`] : [];
  });
}

/** Modules of assembly/ with code but without a spec of the same name under tests/unit. */
export function withoutSpec(sources: Source[], specs: Set<string>, allowed: Allowed): string[] {
  const untested = sources.filter((source) => {
    const spec = source.path.replace(/^assembly\//, "tests/unit/").replace(/\.ts$/, ".spec.ts");
    return functionsOf(source).length > 0 && !specs.has(spec) && !source.path.endsWith(".d.ts");
  });
  const paths = untested.map((source) => source.path);
  const gone = Object.keys(allowed.withoutUnitTest).filter((path) => !paths.includes(path));
  return [
    ...paths.filter((path) => !allowed.withoutUnitTest[path]).map((path) => `${path} has no unit test of its name`),
    ...gone.map((path) => `${path}: allowed to have no unit test, but it is gone or has one`),
  ];
}

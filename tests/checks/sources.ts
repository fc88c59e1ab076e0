// What can be seen in a TypeScript source without compiling it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

/** A parsed source file. */
export interface Source {
  /** Relative to the repository, with forward slashes. */
  path: string;
  tree: ts.SourceFile;
}

/** All TypeScript sources below `folders` of `root`, in order. */
export function sourcesBelow(root: string, folders: string[]): Source[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => {
      const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
      const paths = names.filter((name) => name.endsWith(".ts") && !name.includes("node_modules")).sort();
      return paths.map((name) => parsed(posix.join(folder, name), readFileSync(join(root, folder, name), "utf8")));
    });
}

/** A source from its text. */
export function parsed(path: string, text: string): Source {
  return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** Paths that a source imports or re-exports from, as written. */
export function importsOf(source: Source): string[] {
  return source.tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const from = statement.moduleSpecifier;
    return from && ts.isStringLiteral(from) ? [from.text] : [];
  });
}

/** Where a node stands: `path:line`. */
export function placeOf(source: Source, node: ts.Node): string {
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/** Visits every node below a source. */
export function visit(source: Source, see: (node: ts.Node) => void): void {
  const walk = (node: ts.Node) => {
    see(node);
    ts.forEachChild(node, walk);
  };
  walk(source.tree);
}

/** Number of lines of a source. */
export function lineCount(source: Source): number {
  return source.tree.text.replace(/\n$/, "").split("\n").length;
}

/** Every function with a body: its name and its length in lines. Callbacks of `describe` are groups, not functions. */
export function functionsOf(source: Source): { name: string; lines: number; node: ts.Node }[] {
  const found: { name: string; lines: number; node: ts.Node }[] = [];
  visit(source, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || !node.body || isGroup(node)) return;
    const lineAt = (position: number) => source.tree.getLineAndCharacterOfPosition(position).line;
    found.push({ name: functionName(node), lines: lineAt(node.end) - lineAt(node.getStart()) + 1, node });
  });
  return found;
}

function isGroup(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && ["describe", "suite"].includes(call.expression.getText());
}

function functionName(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (ts.isVariableDeclaration(node.parent)) return node.parent.name.getText();
  return "(unnamed)";
}

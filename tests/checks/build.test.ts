import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { shipped } from "../../bindings/node/module.js";

const ROOT = process.cwd();

/** What tests/build/files.mjs offers. */
interface Stamps {
  fresh(step: string, hash: string, outputs: string[]): boolean;
  note(step: string, hash: string): void;
}
const build = <T>(name: string) => import(pathToFileURL(join(ROOT, "tests/build", name)).href) as Promise<T>;
const { Stamps } = await build<{ Stamps: new (root: string) => Stamps }>("files.mjs");
const { buildModules, moduleToRun, modules } = await build<{
  buildModules(root: string, stamps: Stamps, names?: string[]): Promise<void>;
  moduleToRun(): string;
  modules(root: string): { name: string; out: string }[];
}>("modules.mjs");
const { buildScript } = await build<{ buildScript(root: string, stamps: Stamps, options?: { bindingsOnly: boolean }): Promise<void> }>(
  "script.mjs",
);

const folder = mkdtempSync(join(tmpdir(), "ringwire-build-"));
after(() => rmSync(folder, { recursive: true }));

/** A repository of two lines: a binding and a test. */
function made(): string {
  const root = mkdtempSync(join(folder, "root-"));
  for (const name of ["bindings/node", "tests"]) mkdirSync(join(root, name), { recursive: true });
  const compilerOptions = { target: "es2022", lib: ["es5"], module: "nodenext", types: [], rootDir: ".", outDir: "build/js" };
  const include = ["bindings/node/**/*.ts", "tests/**/*.ts"];
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions, include }));
  writeFileSync(join(root, "bindings/node/tsconfig.json"), readFileSync(join(ROOT, "bindings/node/tsconfig.json")));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  write(root, 1);
  writeFileSync(join(root, "tests/b.ts"), 'import { a } from "../bindings/node/a.js";\nexport const b = a;\n');
  return root;
}
function write(root: string, value: number): void {
  writeFileSync(join(root, "bindings/node/a.ts"), `export const a = ${value};\n`);
}
function compiled(root: string): string {
  return readFileSync(join(root, "build/js/bindings/node/a.js"), "utf8");
}

describe("the build", () => {
  test("npm start builds what it runs: the module that the bindings load on this engine", () => {
    const { out } = modules(ROOT).find(({ name }) => name === moduleToRun()) as { out: string };
    assert.equal(basename(out), basename(shipped().pathname));
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
    assert.match(scripts.start as string, /build\.mjs --to-run && node build\/js\/bindings\/node\/cli\/main\.js demo$/);
  });
  test("a module that there is not, and an argument that there is not, are refused", async () => {
    await assert.rejects(
      buildModules(ROOT, new Stamps(folder), ["ringwire-huge"]),
      /no module ringwire-huge; there are ringwire, ringwire-simd,/,
    );
    const { status, stderr } = spawnSync(process.execPath, ["tests/build/build.mjs", "--to-fly"], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 1);
    assert.equal(stderr, "build: it takes no argument, or --to-run\n");
  });
  test("bindings only, then everything, in turns: nobody is fooled by what the other left, nor by what failed", async () => {
    const root = made();
    const whole = () => buildScript(root, new Stamps(root));
    const bindings = () => buildScript(root, new Stamps(root), { bindingsOnly: true });
    await bindings();
    assert.match(compiled(root), /a = 1/);
    assert.ok(!existsSync(join(root, "build/js/tests")), "a test was compiled");
    await whole();
    assert.ok(existsSync(join(root, "build/js/tests/b.js")));
    writeFileSync(join(root, "build/js/bindings/node/a.js"), "// as it was");
    await bindings();
    assert.equal(compiled(root), "// as it was", "what a whole build had made was made again");
    write(root, 2);
    await bindings();
    assert.match(compiled(root), /a = 2/);
    write(root, 1);
    await whole();
    assert.match(compiled(root), /a = 1/);
    writeFileSync(join(root, "bindings/node/a.ts"), 'export const a: number = "3";\n');
    await assert.rejects(bindings(), /^Error: bindings: tsc ended with status \d$/);
    write(root, 1);
    await whole();
    assert.match(compiled(root), /a = 1/);
  });
});

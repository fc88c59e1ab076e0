import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { localNames, looseVersions, REQUIRED, repositoryFiles, resolvedHosts, strangers, textOf } from "./repository.js";

const ROOT = process.cwd();
const FILES = repositoryFiles(ROOT);
const json = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

describe("the repository", () => {
  test("its top level holds only the allowed names, and those that must be there", () => {
    assert.deepEqual(strangers(FILES), []);
    assert.deepEqual(
      REQUIRED.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  });
  test("no file names a path of one machine or the host of a registry", () => {
    assert.deepEqual(
      FILES.flatMap((path) => localNames(path, textOf(ROOT, path))),
      [],
    );
  });
  test("package-lock.json names no host, belongs to package.json, and versions are exact", () => {
    const manifest = json("package.json");
    const lock = json("package-lock.json");
    assert.deepEqual(resolvedHosts(lock), []);
    assert.deepEqual(looseVersions(manifest), []);
    assert.equal(lock.version, manifest.version);
    assert.deepEqual(lock.packages[""].dependencies, manifest.dependencies);
    assert.deepEqual(lock.packages[""].devDependencies, manifest.devDependencies);
  });
  test("what package.json exports and installs as a command was built", () => {
    const manifest = json("package.json");
    const targets = Object.values(manifest.exports as Record<string, string | Record<string, string>>);
    const paths = targets.flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)));
    const missing = [...paths, ...(Object.values(manifest.bin) as string[])].filter((path) => !existsSync(join(ROOT, path)));
    assert.deepEqual(missing, []);
    const main = readFileSync(join(ROOT, manifest.bin.ringwire), "utf8");
    assert.match(main, /^#!\/usr\/bin\/env node\n/);
  });
});

describe("the check of the repository can fail", () => {
  test("a stranger at the top is seen, a dot file is not", () => {
    assert.deepEqual(strangers(["README.md", ".ci/run", "notes.txt", "as-pect.config.js", "tests/a.ts"]), [
      "as-pect.config.js",
      "notes.txt",
    ]);
  });
  test("a path of one machine and the host of a registry are seen", () => {
    const bad = ["see /wor~k/main/a", "at /tm~p/rw/x", "https://registry.npm~js.org/a", "cra~tes.io"].map((line) => line.replace("~", ""));
    assert.deepEqual(localNames("a", bad.join("\n")).length, 4);
    assert.deepEqual(localNames("a", "the frame/work/ of things, /tmp/ringwire-123, a workshop"), []);
  });
  test("a host in the lock file is seen", () => {
    const lock = { packages: { "": {}, "node_modules/a": { resolved: "https://example.org/a.tgz" }, "node_modules/b": {} } };
    assert.deepEqual(resolvedHosts(lock), ["node_modules/a"]);
  });
  test("a loose version is seen", () => {
    assert.deepEqual(looseVersions({ dependencies: { a: "^1.0.0", b: "1.2.3" }, devDependencies: { c: "latest" } }), [
      "a ^1.0.0",
      "c latest",
    ]);
  });
});

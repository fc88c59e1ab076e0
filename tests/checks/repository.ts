import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Names that may stand at the top of the repository, besides those that begin with a dot. */
export const TOP = [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "asconfig.json",
  "assembly",
  "bindings",
  "boards",
  "docs",
  "examples",
  "package-lock.json",
  "package.json",
  "tests",
  "tsconfig.json",
];
/** Names that must stand there. */
export const REQUIRED = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", ".ci/run", "docs/architecture.md", "docs/abi.md"];
const NOT_OURS = ["node_modules", "build", ".git"];

/** Paths of the files that belong to the repository: tracked or not yet added, not ignored; without git, all but what is built or installed. */
export function repositoryFiles(root: string): string[] {
  if (existsSync(join(root, ".git"))) {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" });
    return listed.split("\0").filter((path) => path && existsSync(join(root, path)) && statSync(join(root, path)).isFile());
  }
  const tops = readdirSync(root).filter((name) => !NOT_OURS.includes(name));
  return tops.flatMap((name) => {
    if (statSync(join(root, name)).isFile()) return [name];
    const below = readdirSync(join(root, name), { recursive: true, encoding: "utf8" });
    return below.map((path) => join(name, path)).filter((path) => statSync(join(root, path)).isFile());
  });
}

/** Names at the top that do not belong there. */
export function strangers(files: string[]): string[] {
  const tops = new Set(files.map((path) => path.split("/")[0]));
  return [...tops].filter((name) => !name.startsWith(".") && !TOP.includes(name)).sort();
}

// Written in parts, so that this file does not name them itself.
const PLACES = ["work/", "tmp/rw", "farm/", "tmp/studio"].map((place) => `(?<![\\w.-])/${place}`);
const HOSTS = [
  "registry[.]npmjs",
  "deb[.]debian[.]org",
  "pypi[.]org",
  "(static|index)[.]crates",
  "crates[.]io",
  "proxy[.]golang",
  "registry[.]yarnpkg",
];
const LOCAL = new RegExp([...PLACES, ...HOSTS].join("|"));

/** Lines of a text that name a path of one machine or the host of a registry. */
export function localNames(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const name = LOCAL.exec(line)?.[0];
    return name ? [`${path}:${index + 1} names ${name}`] : [];
  });
}

/** Packages of a lock file that say from which host they came. */
export function resolvedHosts(lock: { packages?: Record<string, { resolved?: string }> }): string[] {
  return Object.entries(lock.packages ?? {})
    .filter(([, entry]) => entry.resolved?.includes("://"))
    .map(([name]) => name);
}

/** Versions in package.json that are not one exact version. */
export function looseVersions(manifest: Record<string, Record<string, string>>): string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.entries(all)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} ${version}`);
}

/** Text of a file, or nothing when it is no text. */
export function textOf(root: string, path: string): string {
  const bytes = readFileSync(join(root, path));
  return bytes.includes(0) ? "" : bytes.toString("utf8");
}

// Which files a build step reads, and whether it must run again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Paths of the files below `folder` (relative to `root`, sorted) whose names `accept` takes; none when the folder is missing. */
export function filesBelow(root, folder, accept = () => true) {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  if (statSync(top).isFile()) return [folder];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter(accept)
    .sort();
}

/** A hash over the names and contents of `paths` and over `salt`. */
export function hashOf(root, paths, salt = "") {
  const hash = createHash("sha256").update(salt);
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest("hex");
}

/** Remembers, from build to build, the hash of what each step read. */
export class Stamps {
  #file;
  #known;

  constructor(root) {
    this.#file = join(root, "build/.stamps.json");
    this.#known = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, "utf8")) : {};
  }
  /** Whether `step` ran on exactly this input and its outputs are still there. */
  fresh(step, hash, outputs) {
    return this.#known[step] === hash && outputs.every((path) => existsSync(path));
  }
  /** Notes that `step` has run on this input. */
  note(step, hash) {
    this.#known[step] = hash;
    this.#write();
  }
  /** Forgets steps whose outputs are about to change. */
  forget(...steps) {
    for (const step of steps) delete this.#known[step];
    this.#write();
  }
  #write() {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, `${JSON.stringify(this.#known, null, 1)}\n`);
  }
}

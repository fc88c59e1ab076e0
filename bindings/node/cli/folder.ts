// Files of one folder for clients that nobody knows: nothing outside it is read or written, whatever they call it.
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import type { TftpFile } from "../index.js";

/** Codes of RFC 1350 §5. */
const [NOT_FOUND, VIOLATION, FULL] = [1, 2, 3] as const;

/** A folder whose files are given away, and, if `writable`, taken. */
export class Folder {
  readonly #root: string;
  #made = 0;

  /** Throws when `root` is no folder. */
  constructor(
    root: string,
    readonly writable: boolean,
  ) {
    this.#root = realpathSync(root);
    if (!statSync(this.#root).isDirectory()) throw new Error(`${root} is no folder`);
  }

  /** A file to be read, or the code that says why not. */
  read(name: string): TftpFile | number {
    const path = this.#inside(name);
    if (typeof path === "number") return path;
    try {
      const real = realpathSync(path);
      if (!this.#holds(real)) return VIOLATION;
      if (!statSync(real).isFile()) return VIOLATION;
      const fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const { size } = fstatSync(fd);
      return { size, read: (most) => readUpTo(fd, most), ended: () => closeSync(fd) };
    } catch (error) {
      return codeOf(error);
    }
  }
  /** A file to be written, or the code that says why not. It has its name, and takes the place of an older one, when it is whole. */
  write(name: string): TftpFile | number {
    const path = this.#inside(name);
    if (!this.writable) return VIOLATION;
    if (typeof path === "number") return path;
    try {
      const folder = realpathSync(dirname(path));
      if (folder !== this.#root && !this.#holds(folder)) return VIOLATION;
      const to = join(folder, basename(path));
      if (statSync(to, { throwIfNoEntry: false })?.isDirectory()) return VIOLATION;
      const part = join(folder, `.${basename(path)}.${process.pid}.${this.#made++}.part`);
      const fd = openSync(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
      const ended = (whole: boolean) => {
        closeSync(fd);
        if (whole) renameSync(part, to);
        else rmSync(part, { force: true });
      };
      return { write: (block) => writeAll(fd, block), ended };
    } catch (error) {
      return codeOf(error);
    }
  }

  #holds(path: string): boolean {
    return path.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep);
  }
  #inside(name: string): string | number {
    const parts = name.split("/");
    const isWrong = parts.some((part) => part === "" || part === "." || part === ".." || /[\0\\]/.test(part));
    return isWrong ? VIOLATION : join(this.#root, ...parts);
  }
}

function readUpTo(fd: number, most: number): Uint8Array {
  const block = Buffer.alloc(most);
  let at = 0;
  for (let read = 1; read && at < most; at += read) read = readSync(fd, block, at, most - at, null);
  return block.subarray(0, at);
}
function writeAll(fd: number, block: Uint8Array): void {
  for (let at = 0; at < block.length; ) at += writeSync(fd, block, at);
}
function codeOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return NOT_FOUND;
  return code === "ENOSPC" ? FULL : VIOLATION;
}

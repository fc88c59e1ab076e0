import { createReadStream, createWriteStream } from "node:fs";
import { realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { WebAnswer, WebBody, WebHandler, WebRequest } from "../index.js";

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};
const NOT_FOUND: WebAnswer = { status: 404 };

/** The path below the root that a target names, its segments decoded one by one; null: it is none, or would lead elsewhere. */
export function segmentsOf(target: string): string[] | null {
  const path = target.split("?", 1)[0] ?? "";
  if (!path.startsWith("/")) return null;
  try {
    const segments = path.slice(1).split("/").map(decodeURIComponent);
    return segments.every((name) => name !== ".." && name !== "." && !/[/\\\0]/.test(name)) ? segments : null;
  } catch {
    return null; // no UTF-8, or a percent sign alone
  }
}

/** Answers with the files below a directory; with `writes` PUT and DELETE change them. A link that leads out of it is not followed. */
export function filesBelow(root: string, writes: boolean): WebHandler {
  const allow = writes ? "GET, HEAD, OPTIONS, PUT, DELETE" : "GET, HEAD, OPTIONS";
  return async (request) => {
    if (request.method === "OPTIONS") return { status: 204, fields: { Allow: allow } };
    if (!allow.includes(request.method)) return { status: 405, fields: { Allow: allow } };
    const segments = segmentsOf(request.target);
    if (!segments) return { status: 400 };
    try {
      const inside = await realpath(root);
      const folder = await realpath(join(inside, ...segments.slice(0, -1)));
      if (folder !== inside && !folder.startsWith(inside + sep)) return NOT_FOUND;
      const name = segments.at(-1) || (request.method === "PUT" || request.method === "DELETE" ? "" : "index.html");
      if (!name) return { status: 405, fields: { Allow: "GET, HEAD, OPTIONS" } };
      return await answer(request, inside, join(folder, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return NOT_FOUND;
      if (code === "EISDIR" || code === "EACCES" || code === "EPERM" || code === "ENAMETOOLONG") return { status: 403 };
      throw error;
    }
  };
}

async function answer(request: WebRequest, inside: string, path: string): Promise<WebAnswer> {
  if (request.method === "PUT") return put(request, path);
  if (request.method === "DELETE") {
    await rm(path);
    return { status: 204 };
  }
  const real = await realpath(path);
  if (!real.startsWith(inside + sep)) return NOT_FOUND;
  const { size, mtime } = await stat(real).then((it) =>
    it.isFile() ? it : Promise.reject(Object.assign(new Error(), { code: "ENOENT" })),
  );
  const body: WebBody = {
    octets: size,
    read: (first, octets) => createReadStream(real, { start: first, end: first + (octets ?? size) - 1 }),
  };
  const type = TYPES[extname(real).toLowerCase()] ?? "application/octet-stream";
  return { fields: { "Content-Type": type, "Last-Modified": mtime.toUTCString(), Date: new Date().toUTCString() }, body };
}
/** Writes beside the file first, so that nobody reads half of it, and nothing is left of a body that is cut off. */
async function put({ body, request }: WebRequest, path: string): Promise<WebAnswer> {
  const is = await stat(path).catch(() => null);
  if (is && !is.isFile()) return { status: 403 };
  const fresh = join(dirname(path), `.${basename(path).slice(0, 200)}.${process.pid}.${request}`);
  try {
    await pipeline(body, createWriteStream(fresh, { flags: "wx" }));
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  return { status: is ? 204 : 201 };
}

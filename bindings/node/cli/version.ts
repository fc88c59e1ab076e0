import { readFileSync } from "node:fs";

let known: string | undefined;

/** The version in the package's package.json, looked for once upwards from this file. */
export function version(): string {
  known ??= find();
  return known;
}

function find(): string {
  for (let folder = new URL(".", import.meta.url); folder.pathname !== "/"; folder = new URL("..", folder)) {
    const found = packageAt(folder);
    if (found?.name === "ringwire") return String(found.version);
  }
  return "unknown";
}

function packageAt(folder: URL): { name?: unknown; version?: unknown } | null {
  try {
    return JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  } catch {
    return null;
  }
}

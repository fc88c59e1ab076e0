import { readFileSync } from "node:fs";

/** The version in the package's package.json, looked for upwards from this file. */
export function version(): string {
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

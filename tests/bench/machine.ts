import { availableParallelism, cpus, release, totalmem } from "node:os";

/** Where something was measured, without names. */
export function machine(): string {
  const [version] = release().split("-");
  const processor = cpus()[0]?.model.trim();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `Linux ${version}, ${availableParallelism()} processors (${processor}), ${memory} GB, Node ${process.versions.node}`;
}

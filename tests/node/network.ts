import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Link, type LinkOptions } from "../../bindings/node/link.js";
import type { StackOptions } from "../../bindings/node/options.js";
import { Prng } from "../../bindings/node/prng.js";
import { createStack } from "../../bindings/node/create.js";
import type { Stack } from "../../bindings/node/stack.js";
import { Wire } from "../../bindings/node/wire.js";

/** Two stacks that see each other: 10.0.0.1 and 10.0.0.2. */
export interface Network {
  a: Stack;
  b: Stack;
  /** What lies between them. */
  between: Wire | Link;
  close(): Promise<void>;
}

/** Times short enough for tests. */
export const FAST = { msl: 100, userTimeout: 3000, synTimeout: 3000, finWait2: 1000 };

/** Makes two stacks on a wire, or on a simulated link when faults are given. */
export async function network(faults: LinkOptions | null = null, options: Omit<StackOptions, "interfaces"> = {}): Promise<Network> {
  const between = faults ? new Link(faults) : new Wire();
  const make = (end: 0 | 1) => {
    const driver = between.ends[end] as Wire["ends"][number];
    const tcp = { ...FAST, ...options.tcp };
    return createStack({ ...options, tcp, interfaces: [{ driver, addresses: [`10.0.0.${end + 1}/24`] }] });
  };
  const [a, b] = [await make(0), await make(1)];
  const close = async () => {
    await Promise.all([a.close(), b.close()]);
    if (between instanceof Link) between.stop();
  };
  return { a, b, between, close };
}

/** Octets that do not repeat; the same seed gives the same. */
export function noise(octets: number, seed = 1): Buffer {
  const random = new Prng(seed);
  const words = Uint32Array.from({ length: Math.ceil(octets / 4) }, () => random.u32());
  return Buffer.from(words.buffer, 0, octets);
}

/** SHA-256 as text. */
export function sha(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `condition` holds; throws with `what` when it does not within `ms`. A function tells what was seen last. */
export async function until(condition: () => boolean, what: string | (() => string), ms = 30_000): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await delay(5)) if (condition()) return;
  if (condition()) return; // this process may not have run meanwhile
  throw new Error(`not within ${ms} ms: ${typeof what === "string" ? what : what()}`);
}

/** Octets of the heap after everything unused was collected. */
export function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

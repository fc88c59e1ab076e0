// Times of the simulation are microseconds.
import type { Prng } from "../../bindings/node/prng.js";

/** Microseconds in a millisecond and in a second. */
export const MS = 1000;
export const SECOND = 1_000_000;

/** Draws from a list. */
export function pick<T>(random: Prng, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

// Combinations of factors: all of them, or few that still try every pair of values.

/** Values by the name of their factor. */
export type Factors = Record<string, readonly unknown[]>;
/** One value of each factor. */
export type Combination<F extends Factors> = { [name in keyof F]: F[name][number] };

/** Every combination, the last factor changing fastest. */
export function all<F extends Factors>(factors: F): Combination<F>[] {
  let made: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(factors)) made = made.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  return made as Combination<F>[];
}

/**
 * Combinations in which every two values of different factors meet at least once, chosen greedily: each is the first of those that bring most new
 * pairs. When all pairs are covered and there are fewer than `least`, more follow that bring most new triples.
 */
export function pairwise<F extends Factors>(factors: F, least = 0): Combination<F>[] {
  const candidates = all(factors);
  const chosen: Combination<F>[] = [];
  for (const strength of [2, 3]) {
    const seen = new Set(chosen.flatMap((one) => tuples(one, strength)));
    const wanted = new Set(candidates.flatMap((one) => tuples(one, strength))).size;
    while (seen.size < wanted && (strength === 2 || chosen.length < least)) {
      const next = best(candidates, seen, strength);
      chosen.push(next);
      for (const tuple of tuples(next, strength)) seen.add(tuple);
    }
  }
  return chosen;
}

/** Values of a combination, `strength` factors at a time, as text. */
export function tuples(combination: Record<string, unknown>, strength: number): string[] {
  const settings = Object.entries(combination).map(([name, value]) => `${name}=${value}`);
  let made: { text: string; next: number }[] = [{ text: "", next: 0 }];
  for (let i = 0; i < strength; i++) {
    made = made.flatMap(({ text, next }) => settings.slice(next).map((setting, k) => ({ text: `${text} ${setting}`, next: next + k + 1 })));
  }
  return made.map(({ text }) => text.trim());
}

function best<F extends Factors>(candidates: Combination<F>[], seen: Set<string>, strength: number): Combination<F> {
  let most = -1;
  let found = candidates[0] as Combination<F>;
  for (const candidate of candidates) {
    const fresh = tuples(candidate, strength).filter((tuple) => !seen.has(tuple)).length;
    if (fresh <= most) continue;
    most = fresh;
    found = candidate;
  }
  return found;
}

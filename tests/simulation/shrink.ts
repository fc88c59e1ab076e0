// Delta debugging: the fewest faults of a list with which a run still fails. Zeller and Hildebrandt, 2002.

/** A sublist of `list` for which `fails` still holds and, if tries suffice, no smaller part does. `fails` must hold for the whole list. */
export function shrink<T>(list: readonly T[], fails: (part: readonly T[]) => boolean, tries: number): T[] {
  let rest = [...list];
  let left = tries;
  const holds = (part: readonly T[]) => left-- > 0 && fails(part);
  if (holds([])) return [];
  for (let pieces = 2; rest.length > 1 && left > 0; ) {
    const smaller = without(rest, pieces, holds);
    if (smaller) {
      rest = smaller;
      pieces = Math.max(2, pieces - 1);
      continue;
    }
    if (pieces >= rest.length) break;
    pieces = Math.min(rest.length, pieces * 2);
  }
  return rest;
}

/** The list without one of so many pieces of it, when it still fails; null when it never does. */
function without<T>(list: readonly T[], pieces: number, fails: (part: readonly T[]) => boolean): T[] | null {
  const size = Math.ceil(list.length / pieces);
  for (let at = 0; at < list.length; at += size) {
    const part = [...list.slice(0, at), ...list.slice(at + size)];
    if (fails(part)) return part;
  }
  return null;
}

/** The names of an enumeration of constants.ts by their values. */
export function namesOf<T extends Record<string, number>>(values: T): Record<number, keyof T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [value, name]));
}

// A segment as a line of a scenario writes it: `ACK seq 1 ack nxt+100 data 50 win * sack 301:401`.

/** Numbers that a scenario may name instead of writing them. */
export type Names = Record<string, number>;

/** Fields of a segment as written; a missing one means "what follows from before" in `in` and "anything" in `out`, `*` anything. */
export interface Written {
  ctl: string;
  /** Single numbers by field name. */
  numbers: Record<string, string>;
  /** Blocks `left:right`. */
  sack: [string, string][];
  ts?: [string, string];
  sackok: boolean;
  /** Options that must not be there (`out`) or are left out (`in`). */
  without: string[];
  /** Octets of options as hexadecimal digits. */
  raw: string;
  /** `checksum`, `offset`, `short`: what is wrong with it on purpose. */
  bad: string;
  /** Text that differs from the stream's. */
  other: boolean;
  /** What follows goes on from here, although `seq` was written. */
  isNew: boolean;
  /** Milliseconds after the step before: least and most. */
  after?: [number, number];
}

const NUMBERS = ["seq", "ack", "win", "data", "urg", "ttl", "tos", "mss", "scale"];

/** Reads the words of `in` or `out`. */
export function written(words: string[]): Written {
  const [ctl = "", ...rest] = words;
  const segment: Written = {
    ctl: ctl === "-" ? "" : ctl,
    numbers: {},
    sack: [],
    sackok: false,
    without: [],
    raw: "",
    bad: "",
    other: false,
    isNew: false,
  };
  while (rest.length) take(segment, rest);
  return segment;
}

function take(segment: Written, rest: string[]): void {
  const field = rest.shift() ?? "";
  const next = () => {
    const word = rest.shift();
    if (word === undefined) throw new Error(`${field} says nothing`);
    return word;
  };
  if (NUMBERS.includes(field)) segment.numbers[field] = next();
  else if (field === "sack") segment.sack = next().split(",").map(block);
  else if (field === "ts") segment.ts = [next(), next()];
  else if (field === "sackok") segment.sackok = true;
  else if (field === "without") segment.without.push(next());
  else if (field === "raw") segment.raw = next();
  else if (field === "bad") segment.bad = next();
  else if (field === "other") segment.other = true;
  else if (field === "new") segment.isNew = true;
  else if (field === "after") segment.after = range(next());
  else throw new Error(`${field} is no field of a segment`);
}

function block(text: string): [string, string] {
  const [left, right] = text.split(":");
  if (!left || !right) throw new Error(`${text} is no block`);
  return [left, right];
}

/** `A..B` or `A` as least and most. */
export function range(text: string): [number, number] {
  const [least, most = least] = text.split("..").map(Number);
  if (least === undefined || most === undefined || Number.isNaN(least + most)) throw new Error(`${text} is no range`);
  return [least, most];
}

/** The value of `7`, `nxt`, `nxt+7`, `edge-1` or `edge-nxt+1`. */
export function value(text: string, names: Names): number {
  const parts = text.match(/[+-]?[^+-]+/g) ?? [];
  return parts.reduce((sum, part) => {
    const sign = part.startsWith("-") ? -1 : 1;
    const word = part.replace(/^[+-]/, "");
    const known = /^\d/.test(word) ? Number(word) : names[word];
    if (known === undefined || Number.isNaN(known))
      throw new Error(`${word} is neither a number nor one of ${Object.keys(names).join(", ")}`);
    return sum + sign * known;
  }, 0);
}

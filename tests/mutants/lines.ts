// The source map of a module: which line of assembly/ an instruction comes from.

/** Where an instruction comes from. */
export interface Place {
  file: string;
  /** From 1 on. */
  line: number;
}
interface Mapping extends Place {
  at: number;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The lines of a module. */
export class Lines {
  readonly #mappings: Mapping[];

  /** `text`: the source map, whose columns are offsets in the module. */
  constructor(text: string) {
    const { sources, mappings } = JSON.parse(text) as { sources: string[]; mappings: string };
    this.#mappings = decoded(sources, mappings);
  }
  /** The line of the instruction at an offset; code that was inlined keeps the line it was written on. */
  at(offset: number): Place {
    const index = this.#mappings.findLastIndex((mapping) => mapping.at <= offset);
    return this.#mappings[Math.max(index, 0)] as Mapping;
  }
  /** The line of `file` nearest to an offset between `start` and `end`; null when none of that range is of this file. */
  nearest(file: string, offset: number, start: number, end: number): Place | null {
    const near = this.#mappings.filter((mapping) => mapping.file === file && mapping.at >= start && mapping.at < end);
    return near.sort((a, b) => Math.abs(a.at - offset) - Math.abs(b.at - offset))[0] ?? null;
  }
}

function decoded(sources: string[], mappings: string): Mapping[] {
  let at = 0;
  let source = 0;
  let line = 0;
  return mappings.split(/[,;]/).flatMap((segment) => {
    const [columns = 0, files, lines = 0] = numbers(segment);
    at += columns;
    if (files === undefined) return [];
    source += files;
    line += lines;
    return [{ at, file: sources[source] ?? "", line: line + 1 }];
  });
}

/** Variable-length quantities in base 64. */
function numbers(segment: string): number[] {
  const found: number[] = [];
  let value = 0;
  let shift = 0;
  for (const letter of segment) {
    const digit = ALPHABET.indexOf(letter);
    value += (digit & 31) * 2 ** shift;
    shift += 5;
    if (digit & 32) continue;
    const isNegative = value % 2 === 1;
    const size = Math.floor(value / 2);
    found.push(isNegative ? -size : size);
    value = 0;
    shift = 0;
  }
  return found;
}

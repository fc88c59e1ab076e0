/** A small generator of 32-bit numbers (sfc32): the same seed gives the same numbers on every engine. Not for secrets. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` and `stream` are taken modulo 2^32; streams of one seed are independent. */
  constructor(seed: number, stream = 0) {
    this.#a = seed >>> 0;
    this.#b = stream >>> 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** The next number, 0 to 2^32 - 1. */
  u32(): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0;
    return result;
  }
  /** The next number, from 0 to below 1. */
  unit(): number {
    return this.u32() / 2 ** 32;
  }
  /** An integer from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }
  /** Whether an event of this probability happens; draws a number in any case, so that one probability does not shift what follows. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }
}

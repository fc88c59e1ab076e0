import { type ErrorCode, RingwireError } from "./error.js";
import { OCTETS } from "./layout.js";

/** Refuses values that are no objects, and names that are not known, so that a misspelled option does not pass in silence. */
export function only(value: unknown, known: readonly string[], name: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RingwireError("BAD_ARGUMENT", `${name}: an object is expected`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new RingwireError("BAD_ARGUMENT", `${name}: unknown option "${key}" (known: ${known.join(", ")})`);
  }
}

/** Answers an integer from `least` to `most`, or throws with the range. */
export function integer(value: unknown, least: number, most: number, name: string, code: ErrorCode = "BAD_ARGUMENT"): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RingwireError(code, `${name}: ${String(value)} is out of range (expected an integer from ${least} to ${most})`);
}

/** Answers a number from `least` to `most`, or throws with the range. */
export function number(value: unknown, least: number, most: number, name: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new RingwireError("BAD_ARGUMENT", `${name}: ${String(value)} is out of range (expected a number from ${least} to ${most})`);
}

/** Answers octets, or throws. */
export function octetsOf(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RingwireError("BAD_ARGUMENT", `${name}: ${value === null ? "null" : typeof value} given (expected a Uint8Array)`);
}

/** Answers a power of two from 1 to `most`, or throws. */
export function powerOfTwo(value: unknown, most: number, name: string, code: ErrorCode = "BAD_ARGUMENT"): number {
  const octets = integer(value, 1, most, name, code);
  if ((octets & (octets - 1)) === 0) return octets;
  throw new RingwireError(code, `${name}: ${octets} is not a power of two`);
}

/** Answers 32 octets of entropy from octets or 64 hexadecimal digits; throws BAD_SEED when missing, malformed or all equal. */
export function parseSeed(seed: unknown): Uint8Array {
  if (seed === undefined || seed === null) throw new RingwireError("BAD_SEED", "seed: missing (expected 32 octets of entropy)");
  const octets = typeof seed === "string" ? hexOctets(seed) : seed;
  if (!(octets instanceof Uint8Array) || octets.length !== OCTETS.seed) {
    throw new RingwireError("BAD_SEED", "seed: expected 32 octets, or a text of 64 hexadecimal digits");
  }
  if (octets.every((octet) => octet === octets[0])) throw new RingwireError("BAD_SEED", "seed: all octets are equal (expected entropy)");
  return octets;
}

function hexOctets(text: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})+$/i.test(text)) return undefined;
  return Uint8Array.from(Buffer.from(text, "hex"));
}

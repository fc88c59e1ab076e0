import { InvalidArgumentError } from "commander";

/** Turns a parser that throws plain errors into one whose errors commander reports with the option's name. */
export function checked<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** A whole number in decimal between two bounds. */
export function integer(low: number, high: number): (text: string) => number {
  return checked((text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw new Error(`expected a whole number from ${low} to ${high}`);
    return value;
  });
}

/** A decimal number between two bounds, fractions allowed. */
export function decimal(low: number, high: number, unit: string): (text: string) => number {
  return checked((text) => {
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw new Error(`expected ${unit} from ${low} to ${high}`);
    return value;
  });
}

/** A percentage, 0 to 100. */
export const percentage = decimal(0, 100, "a percentage");

/** A TCP or UDP port. */
export const port = integer(1, 65_535);

/** 32 octets written as 64 hexadecimal digits, not all equal. */
export const seed = checked((text) => {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error("expected 64 hexadecimal digits (32 octets)");
  const octets = Uint8Array.from(Buffer.from(text, "hex"));
  if (octets.every((octet) => octet === octets[0])) throw new Error("the octets of a seed must not all be equal");
  return octets;
});

/** One label of a host's name. */
export const hostLabel = checked((text) => {
  if (!/^[a-z\d]([a-z\d-]{0,58}[a-z\d])?$/i.test(text))
    throw new Error("expected letters, digits and dashes, at most 60, as in box for box.local");
  return text;
});

/** The longest name of a network device. */
const NAME_OCTETS = 15;

/** The name of a network device, as Linux allows it. */
export const deviceName = checked((text) => {
  if (!text) throw new Error("a device needs a name");
  if (Buffer.byteLength(text) > NAME_OCTETS) throw new Error(`a device name has at most ${NAME_OCTETS} characters`);
  if (!/^[\x21-\x7e]+$/.test(text) || /[/:%]/.test(text) || text === "." || text === "..") {
    throw new Error("a device name has no spaces, slashes, colons or percent signs");
  }
  return text;
});

/** The name of a network namespace (`ip netns`), or a path to one. */
export const namespaceName = checked((text) => {
  if (!text || text === "." || text === ".." || /[\0\s]/.test(text))
    throw new Error("expected the name of a namespace (see: ip netns list)");
  return text;
});

// The senders that are compared.
import { Offer } from "../../bindings/node/core.js";
import { Option } from "../../bindings/node/constants.js";
import type { Setting } from "./transfer.js";

/** A sender of ours: its name on the command line, what it is, and its socket options. */
export interface Variant {
  name: string;
  about: string;
  settings: Setting[];
}

const ALL = Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS;

/** SACK with RACK first, then what it is compared with. */
export const VARIANTS: Variant[] = [
  { name: "rack", about: "SACK, RACK-TLP, PRR", settings: [[Option.OFFER, ALL]] },
  { name: "newreno", about: "NewReno without SACK", settings: [[Option.OFFER, ALL & ~Offer.SACK]] },
  {
    name: "cubic",
    about: "SACK, RACK-TLP, PRR, CUBIC",
    settings: [
      [Option.OFFER, ALL],
      [Option.CONGESTION, 1],
    ],
  },
];

/** The variants with these names; throws for an unknown one. */
export function variantsOf(names: string[]): Variant[] {
  return names.map((name) => {
    const found = VARIANTS.find((variant) => variant.name === name);
    if (!found) throw new Error(`no variant "${name}" (known: ${VARIANTS.map((variant) => variant.name).join(", ")})`);
    return found;
  });
}

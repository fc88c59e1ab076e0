// The senders that are compared.
import { Offer, Option } from "../../../bindings/node/core.js";
import type { Setting } from "./transfer.js";

/** A sender: its name on the command line and what it is. */
export interface Variant {
  name: string;
  about: string;
  /** Options of our socket; missing: the kernel sends. */
  settings?: Setting[];
}

const ALL = Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS;
const CUBIC = 1;

const VARIANTS: Variant[] = [
  { name: "linux", about: "Linux, reno with SACK" },
  { name: "rack", about: "ours, SACK and RACK", settings: [[Option.OFFER, ALL]] },
  { name: "newreno", about: "ours, NewReno without SACK", settings: [[Option.OFFER, ALL & ~Offer.SACK]] },
  {
    name: "cubic",
    about: "ours, SACK and RACK, CUBIC",
    settings: [
      [Option.OFFER, ALL],
      [Option.CONGESTION, CUBIC],
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

import { Offer, Option } from "./constants.js";
import type { Core } from "./core.js";
import { check, RingwireError } from "./error.js";
import { only } from "./validate.js";

/** TCP extensions that are offered to the peer, and taken where it offers them. */
export interface Offers {
  /** Windows beyond 65,535 octets (RFC 7323 §2). Default true. */
  windowScaling?: boolean;
  /** Selective acknowledgements (RFC 2018). Default true. */
  sack?: boolean;
  /** Timestamps and PAWS (RFC 7323 §3 to §5). Default true. */
  timestamps?: boolean;
  /** Asks for ECN (RFC 3168). A peer that asks is answered in any case. Default false. */
  ecn?: boolean;
  /** Of listeners: SYN cookies when the SYN queue is full (RFC 4987 §3.6). Default true. */
  cookies?: boolean;
}

/** How a sender shares a path with others. */
export type Congestion = "newreno" | "cubic";

/** TCP extensions and congestion control: of a stack, of the connections of a listener, or of one connection. What is missing stays as it is. */
export interface TcpExtensions extends Offers {
  /** Default `newreno`. */
  congestion?: Congestion;
}

const BITS = {
  windowScaling: Offer.SCALE,
  sack: Offer.SACK,
  timestamps: Offer.TIMESTAMPS,
  ecn: Offer.ECN,
  cookies: Offer.COOKIES,
} as const;
/** Names of the offers. */
const OFFERS = Object.keys(BITS) as (keyof Offers)[];
/** In the order of their numbers. */
const CONTROLS: readonly unknown[] = ["newreno", "cubic"] satisfies Congestion[];
/** Names of the extensions. */
export const EXTENSIONS = [...OFFERS, "congestion"] as const;

/** The offers among options of other kinds; undefined when there are none. Throws BAD_SETTING for what is no switch, under its name behind `prefix`. */
export function offersIn(options: Offers, prefix = ""): Offers | undefined {
  const given = OFFERS.filter((name) => options[name] !== undefined);
  for (const name of given) {
    if (typeof options[name] === "boolean") continue;
    throw new RingwireError("BAD_SETTING", `${prefix}${name}: ${String(options[name])} is no switch (expected true or false)`);
  }
  return given.length ? Object.fromEntries(given.map((name) => [name, options[name]])) : undefined;
}

/** Offer bits: those given as switches, otherwise as in `bits`. Throws BAD_ARGUMENT or BAD_SETTING. */
export function offerBits(offers: Offers, bits: number, name: string): number {
  only(offers, OFFERS, name);
  const given = Object.entries(offersIn(offers, `${name}.`) ?? {}) as [keyof Offers, boolean][];
  return given.reduce((sum, [offer, isOn]) => (isOn ? sum | BITS[offer] : sum & ~BITS[offer]), bits);
}

/** The number of a congestion control. Throws BAD_SETTING. */
export function congestionNumber(name: unknown, option: string): number {
  const number = CONTROLS.indexOf(name);
  if (number >= 0) return number;
  throw new RingwireError("BAD_SETTING", `${option}: "${String(name)}" is not known (expected "newreno" or "cubic")`);
}

/** Refuses extensions that make no sense, before a socket is made for them. Throws BAD_SETTING. */
export function checkExtensions(options: TcpExtensions): void {
  offersIn(options);
  if (options.congestion !== undefined) congestionNumber(options.congestion, "congestion");
}

/** Sets what is given on a listener, or on a socket whose SYN has not left. Throws RingwireError. */
export function applyExtensions(core: Core, handle: number, options: TcpExtensions): void {
  const offers = offersIn(options);
  if (offers) check(core.socket_set(handle, Option.OFFER, offerBits(offers, core.socket_get(handle, Option.OFFER), "offer")), "offer");
  if (options.congestion === undefined) return;
  check(core.socket_set(handle, Option.CONGESTION, congestionNumber(options.congestion, "congestion")), "congestion");
}

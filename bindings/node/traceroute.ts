import { parseAddress } from "./address.js";
import type { RingwireError } from "./error.js";
import type { Echo, PingError, PingOptions } from "./ping.js";
import { integer, only } from "./validate.js";

/** How the way to a host is looked for. */
export interface TracerouteOptions {
  /** TTL of the first hop. Default 1. */
  firstHop?: number;
  /** TTL of the last hop looked for. Default 30. */
  maxHops?: number;
  /** Probes for each hop. Default 3. */
  probes?: number;
  /** Milliseconds to wait for each answer. Default 3000. */
  timeout?: number;
  /** Octets of data in a probe. Default 32. */
  size?: number;
}

/** The answer to one probe. */
export interface Probe {
  /** Who answered; null: nobody did in time. */
  address: string | null;
  /** Round trip, milliseconds; NaN without an answer. */
  ms: number;
  /** ICMP type and code of the answer: 0/0 from the host, 11/0 from a router on the way, 3/x where the way ends; -1 without. */
  type: number;
  code: number;
}

/** What is found at a distance. */
export interface HopResult {
  /** The TTL. */
  hop: number;
  probes: Probe[];
  /** Whether the host itself answered. */
  reached: boolean;
}

const TIME_EXCEEDED = 11;

/** Sends echo requests with growing TTL, the probes of a hop at the same time. */
export async function* traceroute(
  stack: { ping(host: string, options: PingOptions): Promise<Echo> },
  host: string,
  options: TracerouteOptions,
): AsyncGenerator<HopResult, void, void> {
  only(options, ["firstHop", "maxHops", "probes", "timeout", "size"], "traceroute");
  parseAddress(host, "host");
  const first = integer(options.firstHop ?? 1, 1, 255, "traceroute: firstHop");
  const last = integer(options.maxHops ?? 30, first, 255, "traceroute: maxHops");
  const count = integer(options.probes ?? 3, 1, 10, "traceroute: probes");
  const { timeout = 3000, size = 32 } = options;
  let sequence = first * count;
  for (let ttl = first; ttl <= last; ttl++) {
    const send = () => probe(stack, host, { timeout, size, ttl, sequence: sequence++ & 0xffff });
    // The very first goes alone: until the neighbour is known, a second one would take its place.
    const probes = ttl === first ? [await send()] : [];
    probes.push(...(await Promise.all(Array.from({ length: count - probes.length }, send))));
    const reached = probes.some(({ type }) => type === 0);
    yield { hop: ttl, probes, reached };
    if (reached || probes.some(({ type }) => type >= 0 && type !== TIME_EXCEEDED)) return;
  }
}

async function probe(
  stack: { ping(host: string, options: PingOptions): Promise<Echo> },
  host: string,
  options: PingOptions,
): Promise<Probe> {
  try {
    const { address, ms } = await stack.ping(host, options);
    return { address, ms, type: 0, code: 0 };
  } catch (error) {
    const { code } = error as RingwireError;
    if (code === "TIMED_OUT") return { address: null, ms: Number.NaN, type: -1, code: -1 };
    const { from, type, icmpCode, ms } = error as PingError;
    if (!from) throw error;
    return { address: from, ms, type, code: icmpCode };
  }
}

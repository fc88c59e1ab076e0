// Datagrams that wait for a neighbour behind the one that the stack keeps for it: a further one would take its place (docs/architecture.md).
import { ipv4Number } from "./address.js";
import { CONTROL, Err } from "./constants.js";
import { errorOf } from "./error.js";
import type { Host } from "./host.js";
import type { NeighbourStatus } from "./inspect.js";

/** A datagram on its way into a socket's ring. */
export interface Sending {
  readonly data: Uint8Array;
  readonly remote: { address: string; port: number } | null;
  readonly from: { address: string; port: number } | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A socket whose datagrams may wait. */
export interface Sender {
  readonly handle: number;
  /** These waited, and come before what was sent later. */
  resume(sendings: Sending[]): void;
}

/** A neighbour that is asked for, and who waits. */
interface Way {
  /** Where the datagram goes for which it is asked. */
  readonly to: string;
  /** The socket that wrote it. */
  readonly handle: number;
  readonly waiting: Map<Sender, Sending[]>;
  settled: boolean;
}

/** Datagrams of a socket that wait for one neighbour. Further ones are refused with NO_ROOM. */
const WAITING_MAX = 1024;
/** Destinations that are remembered as known; with one more all are forgotten, and looked at again. */
const KNOWN_MAX = 4096;
/** The key of all destinations behind gateways: which gateway it is only the stack can tell. */
const BEYOND = "";
/** First octets from here on are groups and broadcast, which need no neighbour; of loopback. */
const GROUPS = 224;
const LOOPBACK = 127;

const ways = new WeakMap<Host, Ways>();

/** The ways of a stack, which its sockets share. */
export function waysOf(host: Host): Ways {
  const known = ways.get(host);
  if (known) return known;
  const made = new Ways(host);
  ways.set(host, made);
  return made;
}

/**
 * Lets one datagram at a time through to a destination whose neighbour is not known, until it answers: a second, third and so on wait here. When it does
 * not answer (three requests, a second apart) they are refused with UNREACHABLE. What is known costs one look into a map.
 */
export class Ways {
  readonly #host: Host;
  /** Until when destinations count as known, by `performance.now()`. */
  readonly #known = new Map<string, number>();
  readonly #asked = new Map<string, Way>();
  #unlook: (() => void) | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Keeps a datagram while its neighbour is being asked for; false: it is to be written now. */
  keep(to: string, sender: Sender, sending: Sending): boolean {
    if (!this.#asked.size || this.#isKnown(to)) return false;
    const way = this.#asked.get(this.#key(to));
    if (!way) return false;
    const waiting = way.waiting.get(sender) ?? [];
    way.waiting.set(sender, waiting);
    if (waiting.length < WAITING_MAX) waiting.push(sending);
    else sending.reject(errorOf(Err.NO_ROOM, "send"));
    return true;
  }
  /** A datagram was written: unless its neighbour is known, the next waits until that has answered. */
  wrote(to: string, handle: number): void {
    if (this.#isKnown(to)) return;
    this.#asked.set(this.#key(to), { to, handle, waiting: new Map(), settled: false });
    this.#unlook ??= this.#host.looking(() => this.#look());
  }
  /** A socket closes: answers its datagrams that waited. */
  forget(sender: Sender): Sending[] {
    return [...this.#asked.values()].flatMap(({ waiting }) => {
      const sendings = waiting.get(sender) ?? [];
      waiting.delete(sender);
      return sendings;
    });
  }

  #isKnown(to: string): boolean {
    const until = this.#known.get(to);
    if (until !== undefined) return performance.now() < until;
    const first = Number.parseInt(to, 10);
    return first >= GROUPS || first === LOOPBACK;
  }
  #key(to: string): string {
    return this.#isOnLink(to) ? to : BEYOND;
  }
  #isOnLink(to: string): boolean {
    const prefixes = this.#host.core.interfaces().flatMap(({ addresses }) => addresses);
    return prefixes.some((prefix) => {
      const [address = "", length] = prefix.split("/");
      const shift = 32 - Number(length);
      return shift === 32 || ipv4Number(address) >>> shift === ipv4Number(to) >>> shift;
    });
  }

  /** The stack has run. What was let through is sent now, or waits for its neighbour, or that has failed. */
  #look(): void {
    for (const [key, way] of this.#asked) {
      if (way.settled || this.#isQueued(way.handle)) continue;
      const state = this.#stateOf(way.to);
      if (state === "ASKED") continue;
      way.settled = true;
      queueMicrotask(() => this.#settle(key, way, state)); // what is written while the stack serves may miss its turn to be sent
    }
  }
  /** Whether a socket has datagrams that the stack did not try to send yet. */
  #isQueued(handle: number): boolean {
    const { core } = this.#host;
    const room = core.status(handle)?.writable;
    return room !== undefined && room < core.view.getUint32(core.control + CONTROL.udpSend, true);
  }
  /** The state of the neighbour on the way to an address; VALID where none is needed. */
  #stateOf(to: string): NeighbourStatus["state"] {
    const { core } = this.#host;
    const neighbours = core.neighbours();
    const own = neighbours.find(({ address }) => address === to);
    if (own || this.#isOnLink(to)) return own?.state ?? "VALID";
    const gateways = new Set([...core.interfaces(), ...core.routes()].map(({ gateway }) => gateway));
    const states = neighbours.filter(({ address }) => gateways.has(address)).map(({ state }) => state);
    if (states.includes("ASKED")) return "ASKED";
    return states.length && !states.includes("VALID") ? "FAILED" : "VALID";
  }
  #settle(key: string, { to, waiting }: Way, state: NeighbourStatus["state"]): void {
    this.#asked.delete(key);
    if (state === "VALID") this.#note(to);
    for (const [sender, sendings] of waiting) {
      if (state === "VALID") sender.resume(sendings);
      else for (const { reject } of sendings) reject(errorOf(Err.UNREACHABLE, "send"));
    }
    if (this.#asked.size) return;
    this.#unlook?.();
    this.#unlook = undefined;
  }
  /** A neighbour in use is asked again when three quarters of its time are over: for one quarter it stays known, whatever its age is. */
  #note(to: string): void {
    const { view, control } = this.#host.core;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(to, performance.now() + view.getUint32(control + CONTROL.arpTimeout, true) / 4);
  }
}

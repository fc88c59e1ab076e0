// Rare states that many seeds must really reach, each with how it shows: a counter of the stacks, or what the observers saw.
import { Counter } from "../../bindings/node/core.js";
import type { Host } from "./host.js";

/** A rare state. */
export interface Rare {
  name: string;
  /** A counter of the stack; entries whose counter the module does not have are left out. */
  counter?: string;
  /** What observers or applications saw. */
  seen?: string;
  /** Seeds in which it must be reached at least once: as long as this, 0: only told. */
  within: number;
}

/** Seeds after which what must be reached is asked for. */
const FEW = 2000;
const MANY = 20_000;

/** The table. */
export const RARE: readonly Rare[] = [
  { name: "retransmission timeout", counter: "TCP_TIMEOUTS", within: FEW },
  { name: "fast retransmit", counter: "TCP_FAST_RETRANSMITS", within: FEW },
  { name: "tail loss probe", counter: "TCP_LOSS_PROBES", within: FEW },
  { name: "spurious retransmission undone", counter: "TCP_UNDONE", within: FEW },
  { name: "DSACK received", counter: "TCP_DSACK_IN", within: FEW },
  { name: "DSACK sent", seen: "DSACK written", within: FEW },
  { name: "SACK sent", seen: "SACK written", within: FEW },
  { name: "zero window probed", counter: "TCP_PROBES", within: FEW },
  { name: "probe with a new octet", seen: "probe with a new octet", within: FEW },
  { name: "silly window overridden", seen: "silly window overridden", within: FEW },
  { name: "window closed by us", seen: "window closed", within: FEW },
  { name: "keepalive", counter: "TCP_KEEPALIVES", within: FEW },
  { name: "out-of-order ranges full", counter: "TCP_RANGES_FULL", within: FEW },
  { name: "text beyond the window", counter: "TCP_BEYOND_WINDOW", within: 0 },
  { name: "duplicate text", counter: "TCP_DUPLICATE", within: FEW },
  { name: "segment unacceptable", counter: "TCP_UNACCEPTABLE", within: FEW },
  { name: "acknowledgement of what was not sent", counter: "TCP_ACK_UNSENT", within: FEW },
  { name: "acknowledgement too old", counter: "TCP_ACK_OLD", within: FEW },
  { name: "PAWS", counter: "TCP_PAWS", within: FEW },
  { name: "challenge ACK", counter: "TCP_CHALLENGE_ACKS", within: FEW },
  { name: "challenge ACKs limited", counter: "TCP_CHALLENGE_LIMITED", within: 0 },
  { name: "RST sent", counter: "TCP_RST_OUT", within: FEW },
  { name: "RST received", counter: "TCP_RST_IN", within: FEW },
  { name: "RSTs limited", counter: "TCP_RST_LIMITED", within: 0 },
  { name: "orphan reset", counter: "TCP_ORPHANS_RESET", within: FEW },
  { name: "simultaneous open", seen: "simultaneous open", within: FEW },
  { name: "simultaneous close", seen: "simultaneous close", within: FEW },
  { name: "TIME-WAIT cut short", counter: "TCP_TIME_WAIT_CUT", within: FEW },
  { name: "TIME-WAIT reused", seen: "TIME-WAIT reused", within: FEW },
  { name: "SYN too old for TIME-WAIT", seen: "SYN too old for TIME-WAIT", within: 0 },
  { name: "SYN queue full", counter: "TCP_SYN_QUEUE_FULL", within: FEW },
  { name: "SYN cookie sent", counter: "TCP_COOKIES_OUT", within: FEW },
  { name: "SYN cookie taken", counter: "TCP_COOKIES_IN", within: FEW },
  { name: "SYN cookie taken again", seen: "cookie taken again", within: 0 },
  { name: "accept queue full", counter: "TCP_ACCEPT_FULL", within: FEW },
  { name: "no socket left", counter: "TCP_NO_SOCKET", within: 0 },
  { name: "half-open connection given up", counter: "TCP_SYN_EXPIRED", within: FEW },
  { name: "handshake failed and tried again", seen: "handshake failed", within: FEW },
  { name: "segments left together, for a NIC to cut", seen: "segments left together", within: FEW },
  { name: "packet too long for the path", seen: "packet too long", within: FEW },
  { name: "packet swallowed by the path", seen: "packet swallowed", within: FEW },
  { name: "black hole found", counter: "TCP_BLACK_HOLES", within: FEW },
  { name: "transmit ring full", counter: "TX_FULL", within: FEW },
  { name: "transmit refused", seen: "TX refused", within: FEW },
  { name: "receive ring full", seen: "RX full", within: FEW },
  { name: "sequence numbers wrapped", seen: "sequence wrapped", within: FEW },
  { name: "clock wrapped", seen: "clock wrapped", within: FEW },
  { name: "ECN: CE received", counter: "TCP_CE_IN", within: FEW },
  { name: "ECN: ECE received", counter: "TCP_ECE_IN", within: FEW },
  { name: "reneging found", counter: "TCP_RENEGED", within: 0 },
  { name: "TCP checksum wrong", counter: "TCP_CHECKSUM", within: FEW },
  { name: "IP checksum wrong", counter: "IP_CHECKSUM", within: FEW },
  { name: "neighbour failed", counter: "ARP_FAILED", within: FEW },
  { name: "neighbour table full", counter: "ARP_FULL", within: 0 },
  { name: "ICMP error without a match", counter: "ICMP_ERROR_UNMATCHED", within: FEW },
  { name: "text of a stranger refused", seen: "spoofed", within: FEW },
  { name: "polled before its time", seen: "early poll", within: FEW },
  { name: "connection given up", counter: "TCP_GIVEN_UP", within: MANY },
  { name: "peer gone without a word", seen: "peer gone without a word", within: FEW },
];

const COUNTERS: Record<string, number> = Counter;

/** The entries that this module can reach. */
export function reachable(): Rare[] {
  return RARE.filter(({ counter }) => counter === undefined || counter in COUNTERS);
}
/** Adds what hosts counted and saw to what observers saw: how often each entry was reached. */
export function tally(hosts: readonly Host[], saw: ReadonlyMap<string, number>): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, counter, seen } of reachable()) {
    const counted = counter === undefined ? 0 : hosts.reduce((sum, host) => sum + host.counter(COUNTERS[counter] as Counter), 0);
    const times = counted + (seen === undefined ? 0 : (saw.get(seen) ?? 0));
    if (times) found.set(name, times);
  }
  return found;
}
/** Names of entries that `seeds` seeds must have reached and did not. */
export function missing(found: ReadonlyMap<string, number>, seeds: number): string[] {
  return reachable()
    .filter(({ name, within }) => within > 0 && seeds >= within && !found.get(name))
    .map(({ name }) => name);
}
/** The table as lines of text. */
export function table(found: ReadonlyMap<string, number>, seeds: ReadonlyMap<string, number>): string[] {
  return reachable().map(
    ({ name }) =>
      `${name.padEnd(40)} ${String(found.get(name) ?? 0).padStart(10)} times in ${String(seeds.get(name) ?? 0).padStart(6)} seeds`,
  );
}

// What a board built with `account` says each time it has come to rest: boards/common/account.h.
import { Counter, PoolIndex } from "../../bindings/node/constants.js";
import type { Rig } from "./rig.js";

/** Milliseconds until TIME-WAIT ends on a board that is given `msl=`, and then a second of quiet: generous, since machines are loaded. */
const REST_WITHIN = 120_000;

/** What is in use and what was counted, both without zeros, by names; octets of wasm3's heap and of the native stack. */
export interface Account {
  pools: Record<string, number>;
  counters: Record<string, number>;
  heap: number;
  stack: number;
  traps: number;
}

/** Pools that are empty once all connections have ended. */
const OF_CONNECTIONS = ["TCP0", "TCP1", "TCP2", "TCP3", "HALF_OPEN", "TIME_WAIT"];

/** Waits until the board has come to rest after what the caller has done, in which it counted at least `opens` connections. A second of quiet in the middle of one is no rest. */
export async function atRest(rig: Rig, opens: number): Promise<Account> {
  const began = performance.now();
  for (;;) {
    const account = last(rig.running.text);
    const hasEnded = account && OF_CONNECTIONS.every((name) => !account.pools[name]);
    if (hasEnded && (account.counters.TCP_PASSIVE_OPENS ?? 0) >= opens) return account;
    if (performance.now() - began > REST_WITHIN) throw new Error(`the board does not come to rest: ${JSON.stringify(account)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function last(text: string): Account | null {
  const end = text.lastIndexOf("at rest\n");
  if (end < 0) return null;
  const begin = text.lastIndexOf("at rest\n", end - 1);
  const account: Account = { pools: {}, counters: {}, heap: 0, stack: 0, traps: 0 };
  for (const line of text.slice(Math.max(begin, 0), end).split("\n")) {
    const [name, number, value] = line.split(" ");
    if (name === "pool") account.pools[nameOf(PoolIndex, number)] = Number(value);
    else if (name === "counter") account.counters[nameOf(Counter, number)] = Number(value);
    else if (name === "heap" || name === "stack" || name === "traps") account[name] = Number(number);
  }
  return account;
}

/** The name of a number among constants. */
function nameOf(names: Record<string, number>, number: string | undefined): string {
  return Object.keys(names).find((name) => names[name] === Number(number)) ?? `no name: ${number}`;
}

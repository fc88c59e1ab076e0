// read RFC 6056 first
import { NAPT } from "../memory/config";
import { PoolIndex } from "../memory/pool";
import { secret } from "../memory/random";
import { root } from "../memory/root";
import { Protocol } from "../wire/ipv4";
import * as napt from "../internet/napt";
import { Tuple } from "./socket";

/** First of the ports that are chosen for whoever names none; the last is 65,535. RFC 6056 §3.2 asks for 1,024 and up. */
const FIRST: u32 = 1024;
const COUNT: u32 = 65536 - FIRST;
/** One past the last: where flows are kept, address translation has those behind. */
function end(): u32 {
  return NAPT && root.extra.flows ? napt.FIRST_PORT : 65536;
}

/** Where a search for a free port begins. */
export function begin(): u32 {
  return FIRST + <u32>((<u64>secret() * (end() - FIRST)) >> 32);
}
/** The port after this one. */
export function next(port: u32): u32 {
  return port + 1 >= end() ? FIRST : port + 1;
}
/** Ports a search looks at before it gives up. */
export const TRIES: u32 = COUNT;
/** Whether address translation has this port, so that no socket may. */
export function isReserved(protocol: u32, port: u32): bool {
  return NAPT && napt.reserves(protocol, port);
}
/** Whether a socket has one of the ports from `first` to `last`: of UDP, or of TCP, or (protocol 0) of either or ping. */
export function areUsed(protocol: u32, first: u32, last: u32): bool {
  for (let i: u32 = 0; i <= <u32>PoolIndex.UDP; i++) {
    const pool = root.pool(i);
    if (protocol && (i == <u32>PoolIndex.UDP) != (protocol == Protocol.UDP)) continue;
    for (let k: u32 = 0; k < pool.mark; k++) {
      const it = changetype<Tuple>(pool.at(k));
      if (it.taken && it.localPort >= first && it.localPort <= last) return true;
    }
  }
  return false;
}

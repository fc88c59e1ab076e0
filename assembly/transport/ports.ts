// read RFC 6056 first
import { IGMP, NAPT, PORT_FIRST, PORT_LAST } from "../memory/config";
import { PoolIndex } from "../memory/pool";
import { secret } from "../memory/random";
import { root } from "../memory/root";
import { Protocol } from "../wire/ipv4";
import * as napt from "../internet/napt";
import { Tuple } from "./socket";

function first(): u32 {
  return IGMP ? root.extra.portFirst : PORT_FIRST;
}
/** Where flows are kept, address translation has the ports from FIRST_PORT on. */
function last(): u32 {
  const most: u32 = IGMP ? root.extra.portLast : PORT_LAST;
  return NAPT && root.extra.flows && first() < napt.FIRST_PORT ? min(most, napt.FIRST_PORT - 1) : most;
}
/** Ports that may be chosen; a search looks at all before it gives up. */
export function tries(): u32 {
  return last() - first() + 1;
}

/** Where a search for a free port begins. */
export function begin(): u32 {
  return first() + <u32>((<u64>secret() * tries()) >> 32);
}
/** The port after this one. */
export function next(port: u32): u32 {
  return port >= last() ? first() : port + 1;
}
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

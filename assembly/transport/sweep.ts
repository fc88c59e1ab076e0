// After an address was lost or a carrier came or went: a walk over all sockets and neighbours, some places in each poll.
import { TCP } from "../memory/config";
import { Interface } from "../memory/control";
import { Kind, PoolIndex, Timed } from "../memory/pool";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";
import { deviceOf } from "../link/interfaces";
import { isLocal } from "../internet/address";
import * as arp from "../internet/arp";
import { Neighbour } from "../internet/neighbour";
import { HalfOpen } from "./tcp/halfopen";
import { forget } from "./tcp/listener";
import { Tcb } from "./tcp/tcb";
import * as tcp from "./tcp/tcp";
import { UdpSocket } from "./udp/socket";
import * as udp from "./udp/udp";

/** Places looked at in one poll. */
const BUDGET: u32 = 1024;
const PLACE_BITS: u32 = 17;

/** Goes on with the walk. True: it is not yet through. */
export function output(now: Instant): bool {
  for (let budget = BUDGET; budget && state.sweep; budget--) {
    const which = (state.sweep - 1) >> PLACE_BITS;
    const place = (state.sweep - 1) & ((1 << PLACE_BITS) - 1);
    const pool = root.pool(which);
    if (place < pool.mark) {
      state.sweep++;
      look(changetype<Timed>(pool.at(place)), now);
    } else if (which < <u32>PoolIndex.NEIGHBOUR) state.sweep = ((which + 1) << PLACE_BITS) + 1;
    else {
      state.sweep = 0;
      state.sweepLinks = 0;
    }
  }
  return state.sweep != 0;
}
function look(record: Timed, now: Instant): void {
  if (!record.taken) return;
  switch (record.kind) {
    case <u8>Kind.TCP:
      if (TCP) connection(changetype<Tcb>(record));
      return;
    case <u8>Kind.HALF_OPEN:
      if (TCP && !isLocal(changetype<HalfOpen>(record).local, changetype<HalfOpen>(record).only)) forget(changetype<HalfOpen>(record));
      return;
    case <u8>Kind.UDP:
      return udp.addressChanged(changetype<UdpSocket>(record));
    case <u8>Kind.NEIGHBOUR:
      return neighbour(changetype<Neighbour>(record), now);
    default:
      return;
  }
}
/** Whether the carrier of this interface came or went; 0: that is not where it is. */
function hasChanged(it: u32): bool {
  return it && (state.sweepLinks >> changetype<Interface>(<usize>it).device) & 1;
}
function isDown(it: u32): bool {
  return deviceOf(changetype<Interface>(<usize>it)).linkDown != 0;
}
function connection(tcb: Tcb): void {
  const it = tcb.path.interface;
  if (!isLocal(tcb.local, tcb.only)) tcp.addressIsGone(tcb);
  else if (tcb.attached && hasChanged(it) && isDown(it)) tcp.carrierIsGone(tcb);
}
function neighbour(neighbour: Neighbour, now: Instant): void {
  if (hasChanged(neighbour.interface) && !isDown(neighbour.interface)) arp.renew(neighbour, now);
}

import { CONFIGURE, FORWARDING } from "../memory/config";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import * as deadlines from "../memory/deadlines";
import { PoolIndex, Timed } from "../memory/pool";
import { root } from "../memory/root";
import { Instant } from "../memory/time";
import { EtherType } from "../wire/ethernet";
import { claim, Reserve, SLOT_IP } from "../link/device";
import * as ethernet from "../link/ethernet";
import { deviceOf, numberOf } from "../link/interfaces";
import { Ipv4Header } from "../wire/ipv4";
import { isLocal } from "./address";
import { Neighbour } from "./neighbour";
import * as pieces from "./pieces";

/** A UDP or ICMP packet that waits for a neighbour; its octets, from the IP header, follow the record. */
@unmanaged
@final
export class Hold extends Timed {
  length: u32;
  /** Handle of the socket that sent it. */
  sender: i32;
  // Of a translated one: Translated, and where it was sent first.
  translated: u32;
  firstDestination: u32;
  firstPort: u32;

  static at(address: usize): Hold {
    return changetype<Hold>(address);
  }
  get data(): usize {
    return changetype<usize>(this) + offsetof<Hold>();
  }
}

/** Sends the packet that waited; false when there is no TX slot for it. */
export function flush(neighbour: Neighbour, now: Instant): bool {
  const hold = Hold.at(neighbour.hold);
  const it = changetype<Interface>(<usize>neighbour.interface);
  if (CONFIGURE && hold.sender > 0 && !isLocal(Ipv4Header.at(hold.data).source, numberOf(it))) {
    count(Counter.UDP_UNREACHABLE); // its address is gone meanwhile
    drop(neighbour);
    return true;
  }
  if (FORWARDING && hold.length > it.mtu) {
    if (!pieces.fit(it, hold.data, Reserve.REPLY)) return flushLater(neighbour, now);
    pieces.send(it, neighbour.mac, hold.data, 0, Reserve.REPLY);
  } else {
    const slot = claim(deviceOf(it), Reserve.REPLY);
    if (!slot) return flushLater(neighbour, now);
    memory.copy(slot + SLOT_IP, hold.data, hold.length);
    ethernet.output(it, slot, neighbour.mac, EtherType.IPV4, hold.length);
    count(Counter.IP_OUT);
  }
  if (FORWARDING && !hold.sender) count(Counter.IP_FORWARDED);
  drop(neighbour);
  return true;
}
function flushLater(neighbour: Neighbour, now: Instant): bool {
  deadlines.arm(neighbour, now + 1);
  return false;
}
/** Gives back the packet that waits, if any. */
export function drop(neighbour: Neighbour): void {
  if (!neighbour.hold) return;
  root.pool(PoolIndex.HOLD).give(neighbour.hold);
  neighbour.hold = 0;
}
/** Keeps a packet until the neighbour answers; it takes the place of an older one. `sender`: the socket's handle, 0: it is forwarded. False: no room. */
export function keep(neighbour: Neighbour, ip: usize, length: u32, sender: i32): bool {
  if (neighbour.hold) {
    count(Counter.HOLD_REPLACED);
    drop(neighbour);
  }
  const pool = root.pool(PoolIndex.HOLD);
  let address: usize = 0;
  if (!FORWARDING || length <= pool.stride - <u32>offsetof<Hold>()) address = pool.take();
  if (!address) {
    count(Counter.HOLD_FULL);
    return false;
  }
  const hold = Hold.at(address);
  hold.length = length;
  hold.sender = sender;
  memory.copy(hold.data, ip, length);
  neighbour.hold = <u32>address;
  return true;
}

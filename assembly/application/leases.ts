// The lease table of the DHCP server: place `i` is address `first + i` of the pool, so that no search for a free address is needed.
import { copyMac } from "../memory/bytes";
import { keyed } from "../memory/random";
import { state } from "../memory/root";
import { clock } from "../memory/time";
import { DhcpMessage, DhcpOption, DhcpOptions } from "../wire/dhcp";
import { ours } from "../internet/address";
import { NO_TIME } from "./lease";

/** What became of an address, in the order in which free ones are given to newcomers: the untouched first, those declined last. */
export enum LeaseState {
  NEW = 0,
  OFFERED = 1,
  /** Leased; when `until` has come: free, and kept for its client while others are. */
  BOUND = 2,
  /** A client found that another host has it. */
  DECLINED = 3,
}
/** Milliseconds an offer or a declined address is kept from others. Short, so that strangers cannot take the table for long. */
const HOLD: u64 = 3000;

/** One address of the pool. 24 octets. */
@unmanaged
@final
export class Lease {
  /** Of the client, from its identifier or its MAC address; 0: none. */
  identity: u64;
  until: u64;
  mac0: u32;
  mac1: u16;
  state: u8;
  reserved: u8;

  static at(i: u32): Lease {
    return changetype<Lease>(<usize>(state.leases + i * LEASE_OCTETS));
  }
  get mac(): usize {
    return changetype<usize>(this) + offsetof<Lease>("mac0");
  }
  /** Whether others may have it. */
  get isFree(): bool {
    return this.until <= clock();
  }
  /** It is this client's: offered for a while, or leased for so many seconds (all ones: for ever). */
  give(identity: u64, mac: usize, become: LeaseState, seconds: u32): void {
    this.identity = identity;
    copyMac(this.mac, mac);
    this.state = <u8>become;
    this.until = become != LeaseState.BOUND ? clock() + HOLD : ~seconds ? clock() + <u64>seconds * 1000 : NO_TIME;
  }
  /** It is nobody's, and was nobody's. */
  forget(): void {
    memory.fill(changetype<usize>(this), 0, LEASE_OCTETS);
  }
  /** Another host has it: it is given again when there is no other. */
  decline(): void {
    this.forget();
    this.state = <u8>LeaseState.DECLINED;
    this.until = clock() + HOLD;
  }
}
export const LEASE_OCTETS: u32 = 24;
if (offsetof<Lease>() != LEASE_OCTETS) ERROR("layout of Lease changed");

/** Who a client is: its identifier, else its MAC address, as a number that is as good as its own. RFC 2131 §4.2. */
export function identityOf(message: DhcpMessage, options: DhcpOptions): u64 {
  const octets = options.gather(DhcpOption.CLIENT);
  const at = octets ? options.value : message.chaddr;
  const length: u32 = octets ? octets : 6;
  let identity: u64 = octets;
  for (let i: u32 = 0; i < length; i++) identity = keyed(state.keyHash0, state.keyHash1, identity, load<u8>(at + i));
  return identity | 1;
}
/** The place that is or was this client's; -1: none. */
export function find(identity: u64, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++) if (Lease.at(i).identity == identity) return i;
  return -1;
}
/** Whether a place can be given to a newcomer. */
export function isOpen(i: u32, first: u32): bool {
  return Lease.at(i).isFree && !ours(first + i);
}
/** The best place for a newcomer; -1: all are taken. */
export function choose(first: u32, count: u32): i32 {
  let best: i32 = -1;
  for (let i: u32 = 0; i < count; i++) {
    if (!isOpen(i, first)) continue;
    const lease = Lease.at(i);
    const known = Lease.at(best);
    if (best < 0 || lease.state < known.state || (lease.state == known.state && lease.until < known.until)) best = i;
  }
  return best;
}

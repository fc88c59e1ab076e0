// read RFC 3927 first
// A link-local address while no server answers. Probing, announcing and defending are those of RFC 5227, in internet/claim.ts.
import { AddressState, Interface } from "../memory/control";
import { keyed } from "../memory/random";
import { clock } from "../memory/time";
import * as configure from "../internet/configure";
import { Binding } from "./binding";
import { NO_TIME } from "./lease";

/** 169.254.1.0, and how many addresses there are to choose from. RFC 3927 §2.1. */
const FIRST: u32 = 0xa9fe0100;
const ADDRESSES: u64 = 254 << 8;
/** Conflicts after which there is only one try a minute. RFC 3927 §2.2.1. */
const CONFLICTS_MAX: u8 = 10;
const RATE: u64 = 60000;

/** Wants an address from now on. */
export function start(it: Binding): void {
  if (it.isLocal) return;
  it.isLocal = 1;
  it.localConflicts = 0;
  it.localDue = clock();
}
/** Wants none any more: a routable one has come, or configuring ends. */
export function stop(it: Binding): void {
  it.isLocal = 0;
  if (it.local) configure.remove(it.via, it.local);
  it.local = 0;
}
/** When another address is due. */
export function due(it: Binding): u64 {
  return it.isLocal && !it.local ? it.localDue : NO_TIME;
}
/** Gives up an address that another host has, and takes the next when that is due. */
export function step(it: Binding, via: Interface, now: u64): void {
  if (!it.isLocal) return;
  if (it.local) {
    const place = configure.placeOf(via, it.local);
    if (place >= 0 && via.address(place).state != <u8>AddressState.CONFLICT) return;
    configure.remove(via, it.local);
    conflict(it, now);
  }
  if (now < it.localDue) return;
  it.local = choose(it, via);
  if (configure.add(via, it.local, 16, true) < 0) conflict(it, now);
}
function conflict(it: Binding, now: u64): void {
  it.local = 0;
  if (it.localConflicts < 255) it.localConflicts++;
  it.localDue = it.localConflicts < CONFLICTS_MAX ? now : now + RATE;
}
/** The same one each time for a MAC address, and after conflicts another. RFC 3927 §2.1. */
function choose(it: Binding, via: Interface): u32 {
  const mac = ((<u64>load<u32>(via.mac)) << 16) | load<u16>(via.mac, 4);
  return FIRST + <u32>(keyed(0, 0, mac, it.localConflicts) % ADDRESSES);
}

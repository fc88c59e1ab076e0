// read RFC 5227 first
// What is said about our own addresses, and when: probes, announcements, and what another host with one of them brings about.
import { Address, ADDRESSES_MAX, AddressState, Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { jitter } from "../memory/random";
import { root, state } from "../memory/root";
import { before, earlier, Instant, NEVER, until } from "../memory/time";
import { deviceOf, numberOf } from "../link/interfaces";
import { isLinkLocal } from "./address";

// Milliseconds. RFC 5227 §1.1.
const PROBE_WAIT: u32 = 1000;
const PROBE_MIN: u32 = 1000;
const PROBE_MAX: u32 = 2000;
const ANNOUNCE_WAIT: u32 = 2000;
const ANNOUNCE_INTERVAL: u32 = 2000;
const DEFEND_INTERVAL: u32 = 10000;
/** Probes; steps up to this number are probes. */
const PROBE_NUM: u8 = 3;
/** The address is ours and announced; the step behind it announces once more. */
const OURS: u8 = PROBE_NUM + 1;

/** Times of an address. 8 octets. */
@unmanaged
@final
class Claim {
  /** When its next step is due. */
  due: Instant;
  /** When another host was last heard to use it. */
  conflict: Instant;
}
/** Octets for each address of each interface. */
export const CLAIM_OCTETS: u32 = 8;
if (offsetof<Claim>() != CLAIM_OCTETS) ERROR("layout of Claim changed");

/** The number of an address among those of all interfaces. */
function numberIn(it: Interface, place: u32): u32 {
  return (numberOf(it) - 1) * ADDRESSES_MAX + place;
}
function claimOf(number: u32): Claim {
  return changetype<Claim>(<usize>(state.claims + number * CLAIM_OCTETS));
}
function arm(due: Instant): void {
  state.claimDue = state.claimArmed ? earlier(state.claimDue, due) : due;
  state.claimArmed = 1;
}
function begin(it: Interface, place: u32, step: u8, due: Instant): void {
  it.address(place).step = step;
  claimOf(numberIn(it, place)).due = due;
  arm(due);
}

/** What is known of this interface is no longer so: paths are looked up anew, and who looks at the generation sees it. */
export function changed(it: Interface): void {
  it.generation++;
  state.pathGeneration++;
}
/** A valid address is gone: those bound to it will be told. */
export function lost(): void {
  state.sweep = 1;
}

/** Whether an address in use is probed again when the link comes back, and defended: all where the setting says so, link-local ones always. */
function isProbed(address: Address): bool {
  return root.extra.probing != 0 || isLinkLocal(bswap<u32>(address.ip));
}
/** Probes an address, and takes it when nobody objects. RFC 5227 §2.1. */
export function probe(it: Interface, place: u32, now: Instant): void {
  begin(it, place, 1, now + jitter(PROBE_WAIT + 1));
}
/** Says that a valid address is ours; twice where addresses are probed. RFC 5227 §2.3. */
export function announce(it: Interface, place: u32, now: Instant): void {
  state.announceDue |= 1 << numberIn(it, place);
  if (root.extra.probing) begin(it, place, OURS + 1, now + ANNOUNCE_INTERVAL);
}
/** Nothing more is said about an address. */
export function forget(it: Interface, place: u32): void {
  const bit: u32 = 1 << numberIn(it, place);
  it.address(place).step = 0;
  state.announceDue &= ~bit;
  state.probeDue &= ~bit;
}
/** The link has come up: all its addresses are said, or probed. Those in use stay in use meanwhile, and need no probe when the link is `fresh` from init. */
export function linkIsUp(it: Interface, fresh: bool, now: Instant): void {
  for (let place: u32 = 0; place < ADDRESSES_MAX; place++) {
    const address = it.address(place);
    if (address.state == <u8>AddressState.NONE || address.state == <u8>AddressState.CONFLICT) continue;
    const isValid = address.state == <u8>AddressState.VALID;
    if (isValid && (fresh || !isProbed(address))) announce(it, place, now);
    else if (isProbed(address) || address.step) probe(it, place, now);
  }
}

/** Takes the steps that are due. */
export function expire(now: Instant): void {
  if (!state.claimArmed || before(now, state.claimDue)) return;
  state.claimArmed = 0;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    for (let place: u32 = 0; place < ADDRESSES_MAX; place++) {
      const address = it.address(place);
      if (!address.step || deviceOf(it).linkDown) continue;
      const claim = claimOf(numberIn(it, place));
      if (!before(now, claim.due)) claim.due = now + advance(it, place, address);
      if (address.step) arm(claim.due);
    }
  }
}
/** One step; answers the milliseconds to the next. */
function advance(it: Interface, place: u32, address: Address): u32 {
  const bit: u32 = 1 << numberIn(it, place);
  const step = address.step++;
  if (step <= PROBE_NUM) {
    state.probeDue |= bit;
    return step < PROBE_NUM ? PROBE_MIN + jitter(PROBE_MAX - PROBE_MIN + 1) : ANNOUNCE_WAIT;
  }
  state.announceDue |= bit;
  if (step > OURS) address.step = 0;
  if (address.state != <u8>AddressState.VALID) {
    address.state = <u8>AddressState.VALID;
    changed(it);
  }
  return ANNOUNCE_INTERVAL;
}
/** Milliseconds to the next step. */
export function within(now: Instant): u32 {
  return state.claimArmed ? until(state.claimDue, now) : NEVER;
}

/** Another host was heard to use an address of ours, or to probe one that we probe. What is valid is defended, once in DEFEND_INTERVAL. RFC 5227 §2.1.1, §2.4 (b). */
export function conflict(it: Interface, address: Address, now: Instant): void {
  const place = <u32>((changetype<usize>(address) - changetype<usize>(it.address(0))) / offsetof<Address>());
  const claim = claimOf(numberIn(it, place));
  const isAgain = address.conflicts && now - claim.conflict < DEFEND_INTERVAL;
  claim.conflict = now;
  if (address.conflicts < 255) address.conflicts++;
  const isValid = address.state == <u8>AddressState.VALID;
  if (isValid && !isProbed(address)) return;
  if (isValid && !isAgain) {
    state.announceDue |= 1 << numberIn(it, place);
    return;
  }
  forget(it, place);
  address.state = <u8>AddressState.CONFLICT;
  count(Counter.ARP_LOST);
  changed(it);
  if (isValid) lost();
}

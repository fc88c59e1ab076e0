// poll: receive, expire, transmit, next deadline.
import * as arena from "./memory/arena";
import { CANARIES, CONFIGURE, FORWARDING, GATEWAYS, PROBING, TCP } from "./memory/config";
import { ADDRESSES_MAX, AddressState, Flag } from "./memory/control";
import { count, Counter } from "./memory/counters";
import * as deadlines from "./memory/deadlines";
import { Err } from "./memory/errors";
import { Link } from "./memory/list";
import { root, state } from "./memory/root";
import * as time from "./memory/time";
import { Instant, NEVER, until } from "./memory/time";
import { deviceOf, isEthernet } from "./link/interfaces";
import * as arp from "./internet/arp";
import * as carrier from "./internet/carrier";
import * as claim from "./internet/claim";
import { Neighbour } from "./internet/neighbour";
import * as forward from "./internet/forward";
import { Hold } from "./internet/hold";
import * as holds from "./internet/hold";
import * as sweep from "./transport/sweep";
import * as route from "./internet/route";
import * as tcp from "./transport/tcp/tcp";
import * as timewait from "./transport/tcp/timewait";
import * as udp from "./transport/udp/udp";
import { expire, frames, hasFrames } from "./receive";

/** Stamps the clock, reads frames, runs what expired; answers the frames read. Errors: NOT_READY. */
export function receive(ms: u32, us: u32): i32 {
  if (!(root.flags & Flag.READY)) return Err.NOT_READY;
  if (CANARIES) assert(arena.isIntact());
  time.stamp(ms, us);
  if (CONFIGURE) carrier.notice(state.now);
  const read = frames(state.now);
  expire(state.now);
  if (CONFIGURE) claim.expire(state.now);
  tellFailures();
  return read;
}

/** Sends what is owed; answers the milliseconds until more may be due, 0: now. Errors: NOT_READY. */
export function transmit(): i32 {
  if (!(root.flags & Flag.READY)) return Err.NOT_READY;
  if (CANARIES) assert(arena.isIntact());
  const now = state.now;
  root.flags &= ~Flag.TX_BLOCKED;
  announce();
  const sweeps = CONFIGURE ? sweep.output(now) : false;
  const more = TCP ? tcp.output(now) || sweeps : sweeps;
  const queued = udp.output(now);
  const frames = hasFrames();
  return queued || more || frames ? 0 : within(now);
}

/** Both. */
export function poll(ms: u32, us: u32): i32 {
  const read = receive(ms, us);
  return read < 0 ? read : transmit();
}

/** Milliseconds until the first deadline. */
function within(now: Instant): i32 {
  const first: u32 = deadlines.first() ? until(deadlines.firstDeadline(), now) : NEVER;
  const waits = TCP ? timewait.within(now) : NEVER;
  const others = CONFIGURE ? min(waits, claim.within(now)) : waits;
  return min(first, min(others, NEVER));
}

/** Neighbours that did not answer: who waited for them is told. */
function tellFailures(): void {
  while (!state.failed.isEmpty) {
    const neighbour = Neighbour.ofFailure(Link.at(state.failed.next));
    neighbour.failure.unlink();
    if (GATEWAYS && !neighbour.isGateway && route.isGateway(neighbour)) {
      neighbour.isGateway = 1;
      state.pathGeneration++;
    }
    if (TCP) tcp.nextHopFailed(neighbour);
    if (!neighbour.hold) continue;
    count(Counter.HOLD_EXPIRED);
    const hold = Hold.at(neighbour.hold);
    if (FORWARDING && !hold.sender) forward.undeliverable(hold, state.now);
    else udp.undeliverable(hold);
    holds.drop(neighbour);
  }
}

/** Says on each link, when it is up, which addresses are ours, and asks whether those are free that are to be. */
function announce(): void {
  const due = PROBING ? state.announceDue | state.probeDue : state.announceDue;
  if (!due) return;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (deviceOf(it).linkDown) continue;
    for (let k: u32 = 0; k < ADDRESSES_MAX; k++) {
      const bit: u32 = 1 << (i * ADDRESSES_MAX + k);
      if (!(due & bit)) continue;
      const address = it.address(k);
      const isProbe = PROBING ? !(state.announceDue & bit) : false;
      if (isEthernet(it) && (isProbe || address.state == <u8>AddressState.VALID) && !arp.announce(it, address, isProbe)) return;
      state.announceDue &= ~bit;
      if (PROBING) state.probeDue &= ~bit;
    }
  }
}

// poll: receive, expire, transmit, next deadline.
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
import { Neighbour } from "./internet/neighbour";
import { Hold } from "./internet/hold";
import * as tcp from "./transport/tcp/tcp";
import * as timewait from "./transport/tcp/timewait";
import * as udp from "./transport/udp/udp";
import { expire, frames, hasFrames } from "./receive";

/** Stamps the clock, reads frames, runs what expired; answers the frames read. Errors: NOT_READY. */
export function receive(ms: u32, us: u32): i32 {
  if (!(root.flags & Flag.READY)) return Err.NOT_READY;
  time.stamp(ms, us);
  const read = frames(state.now);
  expire(state.now);
  tellFailures();
  return read;
}

/** Sends what is owed; answers the milliseconds until more may be due, 0: now. Errors: NOT_READY. */
export function transmit(): i32 {
  if (!(root.flags & Flag.READY)) return Err.NOT_READY;
  const now = state.now;
  root.flags &= ~Flag.TX_BLOCKED;
  announce();
  const more = tcp.output(now);
  const frames = hasFrames();
  return udp.output(now) || more || frames ? 0 : within(now);
}

/** Both. */
export function poll(ms: u32, us: u32): i32 {
  const read = receive(ms, us);
  return read < 0 ? read : transmit();
}

/** Milliseconds until the first deadline. */
function within(now: Instant): i32 {
  const first: u32 = deadlines.first() ? until(deadlines.firstDeadline(), now) : NEVER;
  return min(first, min(timewait.within(now), NEVER));
}

/** Neighbours that did not answer: who waited for them is told. */
function tellFailures(): void {
  while (!state.failed.isEmpty) {
    const neighbour = Neighbour.ofFailure(Link.at(state.failed.next));
    neighbour.failure.unlink();
    tcp.nextHopFailed(neighbour);
    if (!neighbour.hold) continue;
    count(Counter.HOLD_EXPIRED);
    udp.undeliverable(Hold.at(neighbour.hold));
    arp.drop(neighbour);
  }
}

/** Says once on each link, when it is up, which addresses are ours. */
function announce(): void {
  if (!state.announceDue) return;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (deviceOf(it).linkDown) continue;
    for (let k: u32 = 0; k < ADDRESSES_MAX; k++) {
      const bit: u32 = 1 << (i * ADDRESSES_MAX + k);
      if (!(state.announceDue & bit)) continue;
      const address = it.address(k);
      if (isEthernet(it) && address.state == <u8>AddressState.VALID && !arp.announce(it, address)) return;
      state.announceDue &= ~bit;
    }
  }
}

import { state } from "./root";

/** Milliseconds on the stack's own clock, wrapping; two are compared by their difference, all within 2^31 of each other. */
export type Instant = u32;
/** "Nothing is armed": call again by then. */
export const NEVER: u32 = 1 << 30;

/** Starts the clock at the host's time. */
export function start(ms: u32, us: u32): void {
  state.now = ms;
  state.nowHigh = 0;
  state.hostNow = ms;
  state.micro = ms * 1000 + us;
  state.isnClock = ms * 250 + (us >> 2) - 1;
}

/** Moves the clock to the host's time. A clock that went back lets no time pass. */
export function stamp(ms: u32, us: u32): void {
  const passed = ms - state.hostNow;
  state.hostNow = ms;
  if (<i32>passed >= 0) {
    const now = state.now + passed;
    if (now < state.now) state.nowHigh++;
    state.now = now;
  }
  const micro = state.now * 1000 + min<u32>(us, 999);
  if (<i32>passed > 0 || <i32>(micro - state.micro) > 0) state.micro = micro;
}

/** The stack's clock in milliseconds, not wrapping: for what may lie more than 24 days ahead. */
export function clock(): u64 {
  return ((<u64>state.nowHigh) << 32) | state.now;
}

/** Whether `a` is before `b`. */
export function before(a: Instant, b: Instant): bool {
  return <i32>(a - b) < 0;
}
/** Milliseconds from `now` until `at`, 0 when past. */
export function until(at: Instant, now: Instant): u32 {
  return before(at, now) ? 0 : at - now;
}
/** A deadline `wait` milliseconds ahead, clamped to what a wrapping clock can tell apart. */
export function after(now: Instant, wait: u32): Instant {
  return now + min<u32>(wait, NEVER);
}
/** The earlier of two instants. */
export function earlier(a: Instant, b: Instant): Instant {
  return before(a, b) ? a : b;
}

import * as deadlines from "../../memory/deadlines";
import { after, before, Instant, NEVER, until } from "../../memory/time";
import { mark, Tcb, Timer } from "./tcb";

// Each purpose has a deadline of its own; the heap holds one lower bound for them all.

function cell(tcb: Tcb, which: Timer): usize {
  return changetype<usize>(tcb.timers) + 4 + <usize>which * 4;
}
export function isArmed(tcb: Tcb, which: Timer): bool {
  return (tcb.timers.armed & (1 << which)) != 0;
}
/** Arms a timer, `wait` milliseconds from now. */
export function set(tcb: Tcb, which: Timer, now: Instant, wait: u32): void {
  const at = after(now, wait);
  tcb.timers.armed |= 1 << which;
  store<u32>(cell(tcb, which), at);
  deadlines.arm(tcb, at);
}
/** Has the next output start a timer; for calls, which do not know the time. */
export function want(tcb: Tcb, which: Timer): void {
  tcb.wanted |= 1 << which;
  mark(tcb);
}
/** Arms a timer unless it is armed. */
export function start(tcb: Tcb, which: Timer, now: Instant, wait: u32): void {
  if (!isArmed(tcb, which)) set(tcb, which, now, wait);
}
export function clear(tcb: Tcb, which: Timer): void {
  tcb.timers.armed &= ~(1 << which);
}
/** Whether a timer has run out; it is then disarmed. */
export function fires(tcb: Tcb, which: Timer, now: Instant): bool {
  if (!isArmed(tcb, which) || before(now, load<u32>(cell(tcb, which)))) return false;
  clear(tcb, which);
  return true;
}
/** Milliseconds until an armed timer runs out. */
export function remaining(tcb: Tcb, which: Timer, now: Instant): u32 {
  return until(load<u32>(cell(tcb, which)), now);
}
/** Milliseconds until the first of all timers; NEVER when none is armed. */
export function within(tcb: Tcb, now: Instant): u32 {
  let wait: u32 = NEVER;
  for (let i: u32 = 0; i < <u32>Timer.COUNT; i++) if (isArmed(tcb, i)) wait = min(wait, remaining(tcb, i, now));
  return wait;
}
/** Disarms all. */
export function stop(tcb: Tcb): void {
  tcb.timers.armed = 0;
  deadlines.disarm(tcb);
}

import { jitter } from "../memory/random";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";

// Token buckets for what strangers can make us send. RFC 1812 §4.3.2.8. Refills are uneven, so that counting errors tells
// nobody how many others were drawn.

/** Tokens that `elapsed` milliseconds bring: `errorRate` a second. */
function fresh(elapsed: u32): u32 {
  return <u32>min<u64>((<u64>elapsed * root.errorRate) / 1000, root.errorRate);
}
/** Tokens in a bucket after `more` have come: a second's worth at most, a little less by chance. */
function fill(tokens: u32, more: u32): u32 {
  const full = root.errorRate - jitter((root.errorRate >> 2) + 1);
  return min(tokens + more, max(full, tokens));
}
/** Takes a token for an ICMP error; false: the limit is reached. */
export function mayReport(now: Instant): bool {
  const more = fresh(now - state.errorStamp);
  if (more) {
    state.errorTokens = fill(state.errorTokens, more);
    state.errorStamp = now;
  }
  if (!state.errorTokens) return false;
  state.errorTokens--;
  return true;
}
/** Takes a token for a stateless RST. */
export function mayReset(now: Instant): bool {
  const more = fresh(now - state.resetStamp);
  if (more) {
    state.resetTokens = fill(state.resetTokens, more);
    state.resetStamp = now;
  }
  if (!state.resetTokens) return false;
  state.resetTokens--;
  return true;
}
/** Fills both buckets. */
export function start(now: Instant): void {
  state.errorTokens = root.errorRate;
  state.resetTokens = root.errorRate;
  state.errorStamp = now;
  state.resetStamp = now;
}

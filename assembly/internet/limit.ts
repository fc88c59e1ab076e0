import { jitter } from "../memory/random";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";

// Token buckets for what strangers can make us send. RFC 1812 §4.3.2.8. Refills are uneven, so that counting errors tells
// nobody how many others were drawn.

/** Tokens after `elapsed` milliseconds: `errorRate` a second, that many at most. */
function refill(tokens: u32, elapsed: u32): u32 {
  const rate = root.errorRate;
  const fresh: u64 = (<u64>elapsed * rate) / 1000;
  const full = rate - jitter((rate >> 2) + 1);
  return <u32>min<u64>(<u64>tokens + fresh, max<u32>(full, tokens));
}
/** Takes a token for an ICMP error; false: the limit is reached. */
export function mayReport(now: Instant): bool {
  const elapsed = now - state.errorStamp;
  if (elapsed >= 100) {
    state.errorTokens = refill(state.errorTokens, elapsed);
    state.errorStamp = now;
  }
  if (!state.errorTokens) return false;
  state.errorTokens--;
  return true;
}
/** Takes a token for a stateless RST. */
export function mayReset(now: Instant): bool {
  const elapsed = now - state.resetStamp;
  if (elapsed >= 100) {
    state.resetTokens = refill(state.resetTokens, elapsed);
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

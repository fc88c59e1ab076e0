import { jitter } from "../memory/random";
import { Bucket, root, state } from "../memory/root";
import { Instant } from "../memory/time";

// Token buckets for what strangers can make us send. RFC 1812 §4.3.2.8. Refills are uneven, so that counting errors tells
// nobody how many others were drawn.

/** Takes a token of a bucket into which `errorRate` come a second; false when it is empty. */
function take(bucket: Bucket, now: Instant): bool {
  const rate = root.errorRate;
  const fresh = <u32>min<u64>((<u64>(now - bucket.stamp) * rate) / 1000, rate);
  if (fresh) {
    const full = rate - jitter((rate >> 2) + 1);
    bucket.tokens = min(bucket.tokens + fresh, max(full, bucket.tokens));
    bucket.stamp = now;
  }
  if (!bucket.tokens) return false;
  bucket.tokens--;
  return true;
}
/** Takes a token for an ICMP error; false: the limit is reached. */
export function mayReport(now: Instant): bool {
  return take(state.errorBucket, now);
}
/** Takes a token for a stateless RST. */
export function mayReset(now: Instant): bool {
  return take(state.resetBucket, now);
}
function fill(bucket: Bucket, now: Instant): void {
  bucket.tokens = root.errorRate;
  bucket.stamp = now;
}
/** Fills both buckets. */
export function start(now: Instant): void {
  fill(state.errorBucket, now);
  fill(state.resetBucket, now);
}

import { state } from "./root";
import { Timed } from "./pool";

// Hash tables with chains. Buckets hold addresses; the chain runs through Timed.link. The hash is keyed and universal
// (pair-multiply-shift), so that nobody outside can choose what collides, and consecutive ports spread.

/** The bucket for two words of a key. */
export function bucketOf(buckets: u32, mask: u32, a: u32, b: u32): usize {
  const h = (state.keyHash0 + <u64>a) * (state.keyHash1 + <u64>b);
  return buckets + ((<u32>(h >> 40) & mask) << 2);
}

export function insert(bucket: usize, record: Timed): void {
  record.link = load<u32>(bucket);
  store<u32>(bucket, record.address);
}

/** Takes a record out of its chain. */
export function remove(bucket: usize, record: Timed): void {
  let at = bucket;
  for (let step = 0; step < 1 << 20; step++) {
    const here = load<u32>(at);
    if (!here) return;
    if (here == record.address) {
      store<u32>(at, record.link);
      record.link = 0;
      return;
    }
    at = here;
  }
}

/** Buckets for a capacity: the next power of two, at least 4. */
export function sizeFor(capacity: u32): u32 {
  return capacity <= 4 ? 4 : (<u32>1) << (32 - clz<u32>(capacity - 1));
}

import { Timed } from "../../../assembly/memory/pool";
import { state } from "../../../assembly/memory/root";
import { bucketOf, insert, remove, sizeFor } from "../../../assembly/memory/table";

const BUCKETS: usize = memory.data(1024, 4);
const RECORDS: usize = memory.data(256, 8);

function record(i: u32): Timed {
  return changetype<Timed>(RECORDS + i * 16);
}
/** The chain in a bucket as decimal digits. */
function chain(bucket: usize): u32 {
  let digits: u32 = 0;
  for (let at = load<u32>(bucket); at; at = changetype<Timed>(<usize>at).link) digits = digits * 10 + (at - <u32>RECORDS) / 16;
  return digits;
}
function three(): void {
  memory.fill(BUCKETS, 0, 1024);
  memory.fill(RECORDS, 0, 256);
  insert(BUCKETS, record(1));
  insert(BUCKETS, record(2));
  insert(BUCKETS, record(3));
}

describe("memory/table", () => {
  it("chains records in a bucket, the newest first", () => {
    three();
    expect<u32>(chain(BUCKETS)).toBe(321);
  });
  it("removes the first, the middle and the last of a chain", () => {
    three();
    remove(BUCKETS, record(2));
    expect<u32>(chain(BUCKETS)).toBe(31);
    remove(BUCKETS, record(3));
    expect<u32>(chain(BUCKETS)).toBe(1);
    remove(BUCKETS, record(1));
    expect<u32>(chain(BUCKETS)).toBe(0);
    expect<u32>(record(2).link).toBe(0);
  });
  it("leaves the chain as it is when the record is not in it", () => {
    three();
    remove(BUCKETS, record(4));
    expect<u32>(chain(BUCKETS)).toBe(321);
  });
  it("finds the same bucket for the same key, within the table", () => {
    state.keyHash0 = 0x9e3779b97f4a7c15;
    state.keyHash1 = 0xc2b2ae3d27d4eb4f;
    let outside = 0;
    for (let i: u32 = 0; i < 1000; i++) {
      const at = bucketOf(<u32>BUCKETS, 255, i * 77, ~i);
      if (at < BUCKETS || at > BUCKETS + 1020 || (at - BUCKETS) & 3) outside++;
      if (at != bucketOf(<u32>BUCKETS, 255, i * 77, ~i)) outside++;
    }
    expect<i32>(outside).toBe(0);
  });
  it("spreads consecutive ports over the buckets", () => {
    state.keyHash0 = 0x9e3779b97f4a7c15;
    state.keyHash1 = 0xc2b2ae3d27d4eb4f;
    memory.fill(BUCKETS, 0, 1024);
    let used = 0;
    for (let port: u32 = 0; port < 256; port++) {
      const at = bucketOf(<u32>BUCKETS, 255, 0x0a000001, (port << 16) | 80);
      if (!load<u32>(at)) used++;
      store<u32>(at, 1);
    }
    // 256 keys thrown at random into 256 buckets fill 162 of them.
    expect<i32>(used).toBeGreaterThan(120);
  });
  it("sends keys elsewhere under another key", () => {
    state.keyHash0 = 0x9e3779b97f4a7c15;
    state.keyHash1 = 0xc2b2ae3d27d4eb4f;
    const before = bucketOf(<u32>BUCKETS, 255, 1, 2);
    let moved = 0;
    for (let i: u64 = 1; i <= 16; i++) {
      state.keyHash0 = 0x9e3779b97f4a7c15 * (i + 1);
      if (bucketOf(<u32>BUCKETS, 255, 1, 2) != before) moved++;
    }
    expect<i32>(moved).toBeGreaterThan(12);
  });
  it("sizes a table to the next power of two, at least 4", () => {
    expect<u32>(sizeFor(1)).toBe(4);
    expect<u32>(sizeFor(4)).toBe(4);
    expect<u32>(sizeFor(5)).toBe(8);
    expect<u32>(sizeFor(64)).toBe(64);
    expect<u32>(sizeFor(10000)).toBe(16384);
  });
});

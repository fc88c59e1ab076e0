import { Kind, Pool, POOL_OCTETS, Timed, TIMED_OCTETS } from "../../../assembly/memory/pool";

const AT: usize = memory.data(64, 8);
const RECORDS: usize = memory.data(2048, 8);
const STRIDE: u32 = 32;
const TAKEN: StaticArray<usize> = new StaticArray<usize>(64);

function pool(): Pool {
  return changetype<Pool>(AT);
}
function fresh(capacity: u32): void {
  memory.fill(AT, 0, POOL_OCTETS);
  memory.fill(RECORDS, 0xee, 2048);
  pool().base = <u32>RECORDS;
  pool().stride = STRIDE;
  pool().capacity = capacity;
  pool().kind = Kind.UDP;
  pool().first = 100;
}
function takeAll(capacity: u32): void {
  fresh(capacity);
  for (let i: u32 = 0; i < capacity; i++) TAKEN[i] = pool().take();
}

describe("memory/pool", () => {
  it("gives zeroed records of its kind, numbered on from first, and touches no other", () => {
    fresh(4);
    const record = pool().take();
    expect<usize>(record).toBe(RECORDS);
    expect<u32>(changetype<Timed>(record).kind).toBe(Kind.UDP);
    expect<u32>(changetype<Timed>(record).taken).toBe(1);
    expect<u32>(changetype<Timed>(record).index).toBe(100);
    expect<u32>(load<u32>(record + TIMED_OCTETS)).toBe(0);
    expect<u8>(load<u8>(RECORDS + STRIDE)).toBe(0xee);
    expect<u32>(changetype<Timed>(pool().take()).index).toBe(101);
  });
  it("answers 0 when all are taken, and serves again after one was given back", () => {
    takeAll(4);
    expect<u32>(pool().used).toBe(4);
    expect<usize>(pool().take()).toBe(0);
    expect<u32>(pool().used).toBe(4);
    pool().give(TAKEN[2]);
    expect<u32>(pool().used).toBe(3);
    expect<usize>(pool().take()).toBe(TAKEN[2]);
    expect<usize>(pool().take()).toBe(0);
  });
  it("raises the generation each time a record is given back and keeps it over the next use", () => {
    takeAll(1);
    pool().give(TAKEN[0]);
    expect<u32>(changetype<Timed>(TAKEN[0]).generation).toBe(1);
    expect<u32>(changetype<Timed>(pool().take()).generation).toBe(1);
    expect<u32>(changetype<Timed>(TAKEN[0]).index).toBe(100);
    pool().give(TAKEN[0]);
    expect<u32>(changetype<Timed>(TAKEN[0]).generation).toBe(2);
  });
  it("clears what the last user left", () => {
    takeAll(1);
    store<u32>(TAKEN[0], 0xffffffff, TIMED_OCTETS);
    store<u32>(TAKEN[0], 0xffffffff, STRIDE - 4);
    changetype<Timed>(TAKEN[0]).heapPlace = 7;
    pool().give(TAKEN[0]);
    const record = pool().take();
    expect<u32>(load<u32>(record, TIMED_OCTETS)).toBe(0);
    expect<u32>(load<u32>(record, STRIDE - 4)).toBe(0);
    expect<u32>(changetype<Timed>(record).heapPlace).toBe(0);
    expect<u32>(changetype<Timed>(record).link).toBe(0);
  });
  it("uses records again first in, first out", () => {
    takeAll(5);
    pool().give(TAKEN[3]);
    pool().give(TAKEN[0]);
    pool().give(TAKEN[4]);
    expect<usize>(pool().take()).toBe(TAKEN[3]);
    expect<usize>(pool().take()).toBe(TAKEN[0]);
    expect<usize>(pool().take()).toBe(TAKEN[4]);
  });
  it("leaves a given-back record alone while some were never used, until more than eight are free", () => {
    fresh(32);
    for (let i: u32 = 0; i < 9; i++) TAKEN[i] = pool().take();
    for (let i: u32 = 0; i < 8; i++) pool().give(TAKEN[i]);
    expect<usize>(pool().take()).toBe(RECORDS + 9 * STRIDE);
    pool().give(TAKEN[8]);
    expect<usize>(pool().take()).toBe(TAKEN[0]);
  });
});

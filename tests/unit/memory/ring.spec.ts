import { fold, sum } from "../../../assembly/memory/checksum";
import { contiguous, peek, peekAndSum, place, sizeFor } from "../../../assembly/memory/ring";

const RING: usize = memory.data(64, 16);
const TEXT: usize = memory.data(64, 16);
const OUT: usize = memory.data(64, 16);

function number(): void {
  for (let i: u32 = 0; i < 64; i++) store<u8>(TEXT + i, <u8>(i + 1));
  memory.fill(RING, 0xee, 64);
  memory.fill(OUT, 0, 64);
}

describe("memory/ring", () => {
  it("places octets at the cell of their sequence number", () => {
    number();
    place(RING, 15, 0x1003, TEXT, 5);
    expect<u8>(load<u8>(RING, 2)).toBe(0xee);
    expect<u8>(load<u8>(RING, 3)).toBe(1);
    expect<u8>(load<u8>(RING, 7)).toBe(5);
    expect<u8>(load<u8>(RING, 8)).toBe(0xee);
  });
  it("wraps at the ring's end and at the end of sequence space, and touches nothing beyond the ring", () => {
    number();
    place(RING, 15, 0xfffffffa, TEXT, 16);
    peek(RING, 15, 0xfffffffa, OUT, 16);
    expect<i32>(memory.compare(OUT, TEXT, 16)).toBe(0);
    expect<u8>(load<u8>(RING, 10)).toBe(1);
    expect<u8>(load<u8>(RING, 0)).toBe(7);
    expect<u8>(load<u8>(RING, 16)).toBe(0xee);
  });
  it("reads back every length from every cell, and sums it", () => {
    number();
    let wrong = 0;
    for (let seq: u32 = 0; seq < 16; seq++) {
      for (let length: u32 = 0; length <= 16; length++) {
        place(RING, 15, seq, TEXT, length);
        memory.fill(OUT, 0xdd, 64);
        peek(RING, 15, seq, OUT, length);
        if (memory.compare(OUT, TEXT, length) || load<u8>(OUT + length) != 0xdd) wrong++;
        memory.fill(OUT, 0xdd, 64);
        const total = peekAndSum(RING, 15, seq, OUT, length);
        if (memory.compare(OUT, TEXT, length) || load<u8>(OUT + length) != 0xdd) wrong++;
        if (fold(total) != fold(sum(TEXT, length, 0))) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });
  it("says how much lies in one piece", () => {
    expect<u32>(contiguous(15, 12, 10)).toBe(4);
    expect<u32>(contiguous(15, 12, 3)).toBe(3);
    expect<u32>(contiguous(15, 16, 16)).toBe(16);
    expect<u32>(contiguous(15, 31, 0)).toBe(0);
  });
  it("sizes a ring to the next power of two, at least 4, and none for 0", () => {
    expect<u32>(sizeFor(0)).toBe(0);
    expect<u32>(sizeFor(1)).toBe(4);
    expect<u32>(sizeFor(4)).toBe(4);
    expect<u32>(sizeFor(5)).toBe(8);
    expect<u32>(sizeFor(16384)).toBe(16384);
    expect<u32>(sizeFor(16385)).toBe(32768);
    expect<u32>(sizeFor((1 << 30) - 1)).toBe(1 << 30);
  });
});

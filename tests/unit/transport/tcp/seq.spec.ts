import { later, Seq, sooner } from "../../../../assembly/transport/tcp/seq";

/** < <= > >= of two positions, a bit each. */
function compare(a: u32, b: u32): u32 {
  const x = Seq.of(a);
  const y = Seq.of(b);
  return (x < y ? 8 : 0) | (x <= y ? 4 : 0) | (x > y ? 2 : 0) | (x >= y ? 1 : 0);
}
const BEFORE: u32 = 12;
const EQUAL: u32 = 5;
const AFTER: u32 = 3;

describe("transport/tcp/seq", () => {
  test("orders positions", () => {
    expect<u32>(compare(1, 2)).toBe(BEFORE);
    expect<u32>(compare(2, 2)).toBe(EQUAL);
    expect<u32>(compare(3, 2)).toBe(AFTER);
  });
  test("orders them around the wrap at 2^32 (RFC 9293 section 3.4)", () => {
    expect<u32>(compare(0xffffffff, 0)).toBe(BEFORE);
    expect<u32>(compare(0, 0xffffffff)).toBe(AFTER);
    expect<u32>(compare(0xfffffff0, 0x10)).toBe(BEFORE);
    expect<u32>(compare(0x7fffffff, 0x80000000)).toBe(BEFORE);
    expect<u32>(compare(0, 0x7fffffff)).toBe(BEFORE);
    expect<u32>(compare(0, 0x80000001)).toBe(AFTER);
  });
  test("A325: positions 2^31 apart are told apart without a trap, and never equal", () => {
    const there = compare(0, 0x80000000);
    const back = compare(0x80000000, 0);
    expect<bool>(there == BEFORE || there == AFTER).toBe(true);
    expect<bool>(back == BEFORE || back == AFTER).toBe(true);
  });
  test("plus, minus and since wrap", () => {
    expect<u32>(Seq.of(0xfffffffe).plus(3).u32).toBe(1);
    expect<u32>(Seq.of(1).minus(3).u32).toBe(0xfffffffe);
    expect<u32>(Seq.of(2).since(Seq.of(0xfffffffe))).toBe(4);
    expect<u32>(Seq.of(7).since(Seq.of(7))).toBe(0);
  });
  test("later and sooner choose around the wrap", () => {
    expect<u32>(later(Seq.of(0xffffffff), Seq.of(1)).u32).toBe(1);
    expect<u32>(later(Seq.of(1), Seq.of(0xffffffff)).u32).toBe(1);
    expect<u32>(sooner(Seq.of(0xffffffff), Seq.of(1)).u32).toBe(0xffffffff);
    expect<u32>(sooner(Seq.of(1), Seq.of(0xffffffff)).u32).toBe(0xffffffff);
    expect<u32>(later(Seq.of(5), Seq.of(5)).u32).toBe(5);
  });
});

import { state } from "../../../assembly/memory/root";
import { after, before, earlier, NEVER, stamp, start, until } from "../../../assembly/memory/time";

describe("memory/time", () => {
  it("starts at the host's time and follows it", () => {
    start(5000, 250);
    expect<u32>(state.now).toBe(5000);
    expect<u32>(state.micro).toBe(5_000_250);
    stamp(5007, 999);
    expect<u32>(state.now).toBe(5007);
    expect<u32>(state.micro).toBe(5_007_999);
  });
  it("lets no time pass when the host's clock goes back, and goes on from there", () => {
    start(5000, 0);
    stamp(4000, 0);
    expect<u32>(state.now).toBe(5000);
    expect<u32>(state.micro).toBe(5_000_000);
    stamp(4010, 0);
    expect<u32>(state.now).toBe(5010);
  });
  it("carries on where the milliseconds of the host wrap", () => {
    start(0xfffffff0, 0);
    stamp(0x10, 0);
    expect<u32>(state.now).toBe(0x10);
    expect<u32>(state.nowHigh).toBe(1);
  });
  it("never lets the microseconds go back, nor past the millisecond", () => {
    start(100, 900);
    stamp(100, 100);
    expect<u32>(state.micro).toBe(100_900);
    stamp(101, 5000);
    expect<u32>(state.micro).toBe(101_999);
  });
  it("compares instants by their difference, across the wrap", () => {
    expect<bool>(before(1, 2)).toBe(true);
    expect<bool>(before(2, 2)).toBe(false);
    expect<bool>(before(3, 2)).toBe(false);
    expect<bool>(before(0xffffffff, 0)).toBe(true);
    expect<bool>(before(0, 0xffffffff)).toBe(false);
    expect<u32>(earlier(0xfffffff0, 5)).toBe(0xfffffff0);
    expect<u32>(earlier(5, 0xfffffff0)).toBe(0xfffffff0);
  });
  it("says how long until an instant, 0 when it is past", () => {
    expect<u32>(until(110, 100)).toBe(10);
    expect<u32>(until(100, 100)).toBe(0);
    expect<u32>(until(90, 100)).toBe(0);
    expect<u32>(until(4, 0xfffffffc)).toBe(8);
  });
  it("clamps a deadline to what a wrapping clock can tell apart", () => {
    expect<u32>(after(100, 50)).toBe(150);
    expect<u32>(after(0xffffffff, 2)).toBe(1);
    expect<u32>(after(100, 0xffffffff)).toBe(100 + NEVER);
    expect<bool>(before(100, after(100, 0xffffffff))).toBe(true);
  });
});

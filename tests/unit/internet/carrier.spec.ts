import { root, state } from "../../../assembly/memory/root";
import * as carrier from "../../../assembly/internet/carrier";
import { ethernet, ms } from "../world";

describe("internet/carrier", () => {
  test("at the start a carrier is news once, and its addresses are said", () => {
    ethernet(0xc0000201, 24);
    carrier.start();
    carrier.notice(ms);
    expect<u32>(state.announceDue).toBe(1);
    const link = root.device(0).link;
    state.sweep = 0;
    carrier.notice(ms);
    expect<u32>(root.device(0).link).toBe(link);
    expect<u32>(state.sweep).toBe(0);
  });
  test("A222: a number that rose is a change, even where the carrier is as it was", () => {
    ethernet(0xc0000201, 24);
    const link = root.device(0).link;
    root.device(0).linkChanges += 2;
    carrier.notice(ms);
    expect<bool>(root.device(0).link != link).toBe(true);
    expect<u32>(root.device(0).link & 1).toBe(0);
    expect<u32>(state.sweep).toBe(1);
    expect<u32>(state.sweepLinks).toBe(1);
    expect<u32>(state.announceDue).toBe(1);
  });
  test("one that is gone is noticed, and nothing is said", () => {
    ethernet(0xc0000201, 24);
    root.device(0).linkDown = 1;
    carrier.notice(ms);
    expect<u32>(root.device(0).link & 1).toBe(1);
    expect<u32>(state.announceDue).toBe(0);
    expect<u32>(state.sweepLinks).toBe(1);
  });
});

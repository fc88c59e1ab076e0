import { root, state } from "../../../assembly/memory/root";
import { notice } from "../../../assembly/internet/carrier";
import { ethernet } from "../world";

describe("internet/carrier", () => {
  test("a change is noticed once, and one that came and went by its count", () => {
    ethernet(0xc0000201, 24);
    const it = root.device(0);
    const before = it.link;
    notice(state.now);
    expect<u32>(it.link).toBe(before);
    it.linkDown = 1;
    it.linkChanges++;
    notice(state.now);
    expect<u32>(it.link & 1).toBe(1);
    expect<u32>(it.link >> 16).toBe((before >> 16) + 1);
    expect<u32>(state.sweepLinks & 1).toBe(1);
    it.linkChanges += 2;
    notice(state.now);
    expect<u32>(it.link >> 16).toBe((before >> 16) + 2);
  });
});

import { beginCanaries, end, isIntact, take } from "../../../assembly/memory/arena";
import { root, state } from "../../../assembly/memory/root";

describe("memory/arena", () => {
  it("carves one piece after another, aligned", () => {
    state.cursor = 4096;
    expect<u32>(take(10, 8)).toBe(4096);
    expect<u32>(take(4, 4)).toBe(4116, "behind the octets of a canary, which modules with assertions have");
    expect<u32>(take(64, 64)).toBe(4160);
    expect<u32>(state.cursor).toBe(4232);
  });
  it("RES-07: a canary behind each piece shows when an octet was written there", () => {
    state.cursor = end() - 4096;
    expect<bool>(isIntact()).toBe(true, "none yet");
    beginCanaries();
    for (let octets: u32 = 0; octets < 4; octets++) {
      const behind = take(octets, 4) + octets;
      for (let i: u32 = 0; i < 8; i++) {
        const was = load<u8>(behind + i);
        store<u8>(behind + i, was ^ 1);
        expect<bool>(isIntact()).toBe(false, "octet " + i.toString());
        store<u8>(behind + i, was);
        expect<bool>(isIntact()).toBe(true);
      }
    }
    state.canary = 0;
  });
  it("does not wrap round when more is asked than can be addressed", () => {
    state.cursor = 0xfffff000;
    take(0x7fffffff, 16);
    expect<u32>(state.cursor).toBe(0xffffffc0);
    for (let align: u32 = 4; align <= 64; align *= 2) {
      expect<u32>(take(8, align)).toBe(0xffffffc0, "stays beyond, whatever the alignment");
      expect<u32>(state.cursor).toBe(0xffffffc0);
    }
  });
  it("ends where memory ends, whatever the host claims", () => {
    const all = (<u32>memory.size()) << 16;
    root.arenaEnd = 0;
    expect<u32>(end()).toBe(all);
    root.arenaEnd = 8192;
    expect<u32>(end()).toBe(8192);
    root.arenaEnd = all + 65536;
    expect<u32>(end()).toBe(all);
    root.arenaEnd = 0;
  });
});

import { init } from "../../assembly/init";
import { DeviceKind } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { PoolIndex } from "../../assembly/memory/pool";
import { root, state } from "../../assembly/memory/root";
import { addDevice, addInterface, blank } from "./world";

/** One Ethernet device with 192.0.2.1/24, not yet initialized. */
function good(): void {
  blank();
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(0xc0000201, 24);
}
describe("carve", () => {
  test("state first, rings last, all in the arena and none over another; slots hold the largest MTU", () => {
    good();
    init(0, 0);
    expect<u32>(root.device(0).slotOctets).toBe(1536);
    expect<bool>(root.pool(PoolIndex.TCP0).base >= root.arenaStart).toBe(true);
    expect<bool>(root.device(0).rxRing >= state.stateEnd).toBe(true);
    expect<u32>(root.device(0).txRing - root.device(0).rxRing).toBe(32 * 1536 + 64, "a canary between them");
    expect<bool>(state.udpRings >= root.device(0).txRing + 4 * 1536).toBe(true);
    expect<bool>(root.rings(0).base >= state.udpRings + 4 * 12 * 1536).toBe(true);
    for (let i: u32 = 1; i <= <u32>PoolIndex.HOLD; i++) {
      const before = root.pool(i - 1);
      expect<bool>(root.pool(i).base >= before.base + before.stride * before.capacity).toBe(true);
    }
  });
  test("an arena that is too small: the answer says how much is needed, and that much is enough", () => {
    good();
    const start = root.arenaStart;
    root.arenaEnd = start + 1000;
    expect<i32>(init(0, 0)).toBe(Err.NO_MEMORY);
    const needed = root.memoryNeeded;
    expect<u32>(needed).toBeGreaterThan(4 * 2 * 16384);
    root.arenaEnd = start + needed - 1;
    expect<i32>(init(0, 0)).toBe(Err.NO_MEMORY);
    root.arenaEnd = start + needed;
    expect<i32>(init(0, 0)).toBe(0);
  });
});

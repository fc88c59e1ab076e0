import { Err } from "../../../assembly/memory/errors";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import * as small from "../../../assembly/application/small";
import { rawIp } from "../world";

function used(which: PoolIndex): u32 {
  return root.pool(which).used;
}

describe("application/small", () => {
  test("each service has a listener and, but for chargen, a UDP socket; none are left", () => {
    rawIp(0xc0000201, 24);
    expect<i32>(small.serving(31)).toBe(0);
    expect<u32>(used(PoolIndex.LISTENER)).toBe(5);
    expect<u32>(used(PoolIndex.UDP)).toBe(4);
    small.serve();
    expect<i32>(small.serving(small.SmallService.CHARGEN)).toBe(0);
    expect<u32>(used(PoolIndex.LISTENER)).toBe(1);
    expect<u32>(used(PoolIndex.UDP)).toBe(0);
    expect<i32>(small.serving(32)).toBe(Err.BAD_ARGUMENT);
    expect<u32>(used(PoolIndex.LISTENER)).toBe(0);
  });
});

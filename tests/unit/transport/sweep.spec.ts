import { Err } from "../../../assembly/memory/errors";
import { root, state } from "../../../assembly/memory/root";
import { add, remove } from "../../../assembly/internet/configure";
import * as sweep from "../../../assembly/transport/sweep";
import * as calls from "../../../assembly/transport/udp/calls";
import { rawIp } from "../world";

describe("transport/sweep", () => {
  test("a socket bound to an address that is gone hears of it once, others do not", () => {
    rawIp(0xc0000201, 24);
    add(root.interface(0), 0xc0000209, 24, false);
    root.local.set(0xc0000209, 53, 0);
    const bound = calls.bind(0, false);
    root.local.set(0xc0000201, 54, 0);
    const other = calls.bind(0, false);
    expect<bool>(bound > 0 && other > 0).toBe(true);
    remove(root.interface(0), 0xc0000209);
    for (let i = 0; i < 100 && sweep.output(state.now); i++) continue;
    expect<u32>(state.sweep).toBe(0);
    expect<i32>(calls.receiveReady(bound)).toBe(Err.UNREACHABLE);
    calls.receiveRelease(bound);
    expect<i32>(calls.receiveReady(bound)).toBe(Err.WOULD_BLOCK);
    expect<i32>(calls.receiveReady(other)).toBe(Err.WOULD_BLOCK);
  });
});

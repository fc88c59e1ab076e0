import { Err } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { groupOn } from "../../../../assembly/internet/group";
import * as calls from "../../../../assembly/transport/udp/calls";
import { join } from "../../../../assembly/transport/udp/join";
import { rawIp } from "../../world";

const GROUP: u32 = 0xef010203;

describe("transport/udp/join", () => {
  test("a group at an interface that is there, for a UDP socket", () => {
    rawIp(0xc0000201, 24);
    root.local.set(0, 53, 0);
    const handle = calls.bind(0, false);
    root.remote.set(GROUP, 0, 0);
    expect<i32>(join(0, true, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(join(handle, true, 257)).toBe(Err.BAD_ARGUMENT);
    root.remote.set(GROUP, 0, 2);
    expect<i32>(join(handle, true, 0)).toBe(Err.BAD_ARGUMENT);
    root.remote.set(0xc0000202, 0, 0);
    expect<i32>(join(handle, true, 0)).toBe(Err.BAD_ADDRESS);
    expect<bool>(groupOn(root.interface(0), GROUP) == null).toBe(true);
    root.remote.set(GROUP, 0, 0);
    expect<i32>(join(handle, true, 0)).toBe(0);
    expect<bool>(groupOn(root.interface(0), GROUP) != null).toBe(true);
  });
});

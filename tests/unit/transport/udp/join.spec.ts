import { Family } from "../../../../assembly/memory/control";
import { Err } from "../../../../assembly/memory/errors";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root } from "../../../../assembly/memory/root";
import { ALL_SYSTEMS, groupOn } from "../../../../assembly/internet/group";
import * as udp from "../../../../assembly/transport/udp/calls";
import { join } from "../../../../assembly/transport/udp/join";
import { rawIp } from "../../world";

const US: u32 = 0xc0000201;
const GROUP: u32 = 0xef010203;

function bind(isPing: bool): i32 {
  root.local.set(0, 0, 0);
  root.local.family = <u16>Family.ANY;
  return udp.bind(0, isPing);
}
function joins(handle: i32, group: u32, interface_: u32): i32 {
  root.remote.set(group, 0, interface_);
  return join(handle, true, 0);
}

describe("transport/udp/join", () => {
  test("a group is joined on the interface that is named, or the first", () => {
    rawIp(US, 24);
    const handle = bind(false);
    expect<i32>(joins(handle, GROUP, 0)).toBe(0);
    expect<bool>(groupOn(root.interface(0), GROUP) != null).toBe(true);
    expect<i32>(joins(handle, GROUP + 1, 1)).toBe(0);
    expect<u32>(root.pool(PoolIndex.MEMBER).used).toBe(2);
    udp.close(handle);
    expect<u32>(root.pool(PoolIndex.MEMBER).used).toBe(0);
    expect<bool>(groupOn(root.interface(0), ALL_SYSTEMS) != null).toBe(true);
  });
  test("what is no group, no interface or no UDP socket is refused, and so are more sources than the exchange holds", () => {
    rawIp(US, 24);
    const handle = bind(false);
    expect<i32>(joins(handle, 0xdfffffff, 0)).toBe(Err.BAD_ADDRESS);
    expect<i32>(joins(handle, 0xf0000000, 0)).toBe(Err.BAD_ADDRESS);
    expect<i32>(joins(handle, GROUP, 2)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(joins(handle + 1, GROUP, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(joins(bind(true), GROUP, 0)).toBe(Err.BAD_HANDLE);
    root.remote.set(GROUP, 0, 0);
    expect<i32>(join(handle, true, 257)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(join(handle, false, 0)).toBe(Err.BAD_STATE);
  });
});

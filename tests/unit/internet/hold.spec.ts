import { DeviceKind } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { PoolIndex, TIMED_OCTETS } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import * as hold from "../../../assembly/internet/hold";
import { Hold } from "../../../assembly/internet/hold";
import { addDevice, addInterface, begin, blank, counted } from "../world";
import { want } from "./link";

const DATAGRAM: usize = memory.data(1504, 4);

describe("internet/hold", () => {
  test("a record has room for the largest MTU behind its head", () => {
    blank();
    root.holds = 1;
    addDevice(DeviceKind.ETHERNET, 8);
    addInterface(0xc0000201, 24);
    begin();
    const pool = root.pool(PoolIndex.HOLD);
    const record = Hold.at(pool.base);
    expect<usize>(record.data - pool.base).toBe(TIMED_OCTETS + 8);
    expect<u32>(pool.stride).toBeGreaterThan(<u32>TIMED_OCTETS + 8 + 1499);
  });
  test("it keeps length, sender and every octet; the next neighbour's packet finds no room", () => {
    blank();
    root.holds = 1;
    addDevice(DeviceKind.ETHERNET, 8);
    addInterface(0xc0000201, 24);
    begin();
    for (let i: usize = 0; i < 1500; i++) store<u8>(DATAGRAM + i, <u8>(i * 7));
    const first = want(2);
    const second = want(3);
    if (!first || !second) return expect<bool>(true).toBe(false);
    expect<bool>(hold.keep(first, DATAGRAM, 1500, 77)).toBe(true);
    expect<bool>(hold.keep(second, DATAGRAM, 1500, 78)).toBe(false);
    expect<u32>(counted(Counter.HOLD_FULL)).toBe(1);
    const kept = Hold.at(first.hold);
    expect<u32>(kept.length).toBe(1500);
    expect<i32>(kept.sender).toBe(77);
    expect<i32>(memory.compare(kept.data, DATAGRAM, 1500)).toBe(0);
    hold.drop(first);
    expect<u32>(first.hold).toBe(0);
    expect<bool>(hold.keep(second, DATAGRAM, 1500, 78)).toBe(true);
  });
});

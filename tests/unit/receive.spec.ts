import { DeviceKind, Flag } from "../../assembly/memory/control";
import { Counter } from "../../assembly/memory/counters";
import { root, state } from "../../assembly/memory/root";
import { expire, frames, hasFrames } from "../../assembly/receive";
import { sumOf, store16, put, putIp } from "./octets";
import { addDevice, addInterface, begin, blank, counted, give, ms, poll, rawIp, rx, unsent } from "./world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;

/** An echo request waits in the ring. */
function echo(device: u32, to: u32): void {
  const at = rx(device);
  put(at + 20, "08 00 00 00 00 01 00 02");
  store16(at + 22, ~sumOf(at + 20, 8, 0) & 0xffff);
  putIp(at, 1, to + 1, to, 8);
  give(device, 28);
}
/** Two raw IP devices, 192.0.2.1 and 198.51.100.1. */
function two(): void {
  blank();
  addDevice(DeviceKind.RAW_IP, 32);
  addInterface(US, 24);
  addDevice(DeviceKind.RAW_IP, 32);
  addInterface(0xc6336401, 24);
  begin();
}

describe("receive", () => {
  test("reads what waits, on every device, and says how much", () => {
    two();
    echo(0, US);
    echo(1, 0xc6336401);
    echo(1, 0xc6336401);
    expect<bool>(hasFrames()).toBe(true);
    expect<u32>(frames(ms)).toBe(3);
    expect<bool>(hasFrames()).toBe(false);
    expect<u32>(unsent(0)).toBe(1);
    expect<u32>(unsent(1)).toBe(2);
  });
  test("A063: not more than the budget; the rest waits, and poll answers 0", () => {
    rawIp(US, 24);
    root.frameBudget = 5;
    for (let i = 0; i < 8; i++) echo(0, US);
    expect<i32>(poll()).toBe(0);
    expect<u32>(unsent(0)).toBe(5);
    poll();
    expect<u32>(unsent(0)).toBe(8);
  });
  test("frames stay in the ring while replies cannot be built, and TX_BLOCKED says so", () => {
    blank();
    addDevice(DeviceKind.RAW_IP, 4);
    addInterface(US, 24);
    begin();
    for (let i = 0; i < 8; i++) echo(0, US);
    expect<u32>(frames(ms)).toBe(3);
    expect<u32>(root.flags & Flag.TX_BLOCKED).toBe(Flag.TX_BLOCKED);
    expect<bool>(hasFrames()).toBe(false);
    root.device(0).txTaken += 2;
    expect<bool>(hasFrames()).toBe(true);
    expect<u32>(frames(ms)).toBe(2);
  });
  test("empty and overlong slots, a device without carrier or interface: counted", () => {
    two();
    give(0, 0);
    give(0, 5000);
    frames(ms);
    expect<u32>(counted(Counter.LINK_SHORT)).toBe(1);
    expect<u32>(counted(Counter.LINK_LONG)).toBe(1);
    root.device(0).linkDown = 1;
    echo(0, US);
    frames(ms);
    expect<u32>(counted(Counter.LINK_DOWN)).toBe(1);
    expect<u32>(unsent(0)).toBe(0);
    root.interfaces = 1;
    echo(1, 0xc6336401);
    frames(ms);
    expect<u32>(counted(Counter.LINK_NOT_OURS)).toBe(1);
    expect<u32>(counted(Counter.FRAMES_IN)).toBe(4);
  });
  test("an unknown protocol is counted and reported", () => {
    rawIp(US, 24);
    putIp(rx(0), 99, PEER, US, 8);
    give(0, 28);
    frames(ms);
    expect<u32>(counted(Counter.IP_UNKNOWN_PROTOCOL)).toBe(1);
    expect<u32>(unsent(0)).toBe(1);
  });
  test("expire runs nothing before its time", () => {
    rawIp(US, 24);
    expire(ms);
    expect<u32>(state.heapCount).toBe(0);
  });
});

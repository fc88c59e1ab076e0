import { DeviceKind } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";
import { load16, putIp, store16, sumOf } from "../octets";
import { addDevice, addInterface, begin, blank, counted, give, poll, rx, taken, tx } from "../world";

const PEER: u32 = 0xc0000202;

/** 192.0.2.1/24 on one raw IP device, 10.0.0.1/24 on the other, which takes 576 octets at a time. */
function router(forwarding: u32): void {
  blank();
  addDevice(DeviceKind.RAW_IP, 16);
  addInterface(0xc0000201, 24);
  addDevice(DeviceKind.RAW_IP, 16);
  addInterface(0x0a000001, 24).mtu = 576;
  root.extra.forwarding = forwarding;
  begin();
}
/** A datagram for `to` with this TTL, and this word of flags, comes in by the first device. */
function arrives(to: u32, ttl: u32, flags: u32, length: u32): void {
  const at = rx(0);
  putIp(at, 253, PEER, to, length);
  store16(at + 6, flags);
  store<u8>(at, <u8>ttl, 8);
  store16(at + 10, 0);
  store16(at + 10, ~sumOf(at, 20, 0) & 0xffff);
  memory.fill(at + 20, 0x5a, length);
  give(0, 20 + length);
  poll();
}

describe("internet/forward", () => {
  test("a datagram leaves by the other device, one hop older", () => {
    router(1);
    arrives(0x0a000009, 9, 0, 30);
    const at = tx(1);
    expect<u32>(taken).toBe(50);
    expect<u32>(load<u8>(at, 8)).toBe(8);
    expect<u32>(sumOf(at, 20, 0)).toBe(0xffff);
    expect<u32>(counted(Counter.IP_FORWARDED)).toBe(1);
  });
  test("when it is off nothing passes", () => {
    router(0);
    arrives(0x0a000009, 9, 0, 30);
    expect<usize>(tx(1)).toBe(0);
    expect<u32>(counted(Counter.IP_NOT_OURS)).toBe(1);
  });
  test("TTL 1: time exceeded; DF and too long: fragmentation needed with the MTU; no route: network unreachable", () => {
    router(1);
    arrives(0x0a000009, 1, 0, 30);
    expect<u32>(load16(tx(0) + 20)).toBe(0x0b00);
    arrives(0x0a000009, 9, 0x4000, 600);
    const needed = tx(0);
    expect<u32>(load16(needed + 20)).toBe(0x0304);
    expect<u32>(load16(needed + 26)).toBe(576);
    arrives(0x08080808, 9, 0, 30);
    expect<u32>(load16(tx(0) + 20)).toBe(0x0300);
    expect<usize>(tx(1)).toBe(0);
  });
  test("without DF it is cut", () => {
    router(1);
    arrives(0x0a000009, 9, 0, 600);
    expect<u32>(load16(tx(1) + 6)).toBe(0x2000);
    expect<u32>(load16(tx(1) + 6)).toBe(69);
    expect<usize>(tx(1)).toBe(0);
  });
  test("link-local and special addresses stay where they are", () => {
    router(1);
    const stays: StaticArray<u32> = [0xa9fe0102, 0x7f000001, 0xe0000005, 0xf0000001];
    for (let i = 0; i < stays.length; i++) arrives(stays[i], 9, 0, 30);
    expect<u32>(counted(Counter.IP_NOT_OURS)).toBe(4);
    expect<usize>(tx(1)).toBe(0);
  });
});

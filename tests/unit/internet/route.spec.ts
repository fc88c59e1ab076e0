import { DeviceKind } from "../../../assembly/memory/control";
import { Err } from "../../../assembly/memory/errors";
import { root, state } from "../../../assembly/memory/root";
import { scratchHop } from "../../../assembly/internet/icmp";
import { add, find, remove } from "../../../assembly/internet/route";
import { addDevice, addInterface, begin, blank } from "../world";

const GATEWAY: u32 = 0xc00002fe; // 192.0.2.254
const INNER: u32 = 0x0a0000fe; // 10.0.0.254

/** 192.0.2.1/24 with gateway .254 on interface 1, 10.0.0.1/24 on interface 2. */
function two(): void {
  blank();
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(0xc0000201, 24).gateway = bswap<u32>(GATEWAY);
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(0x0a000001, 24);
  begin();
}
/** The next hop towards a destination by interface `only`, 0: none. */
function hopTo(ip: u32, only: u32): u32 {
  return find(scratchHop(), ip, only) ? scratchHop().nextHop : 0;
}
/** The number of the interface that was found last. */
function by(): u32 {
  return changetype<usize>(scratchHop().via) == changetype<usize>(root.interface(0)) ? 1 : 2;
}

describe("internet/route", () => {
  test("1122-3.3.1.1: hosts on link are their own next hop, from our address there", () => {
    two();
    expect<u32>(hopTo(0xc0000263, 0)).toBe(0xc0000263);
    expect<u32>(by()).toBe(1);
    expect<u32>(scratchHop().source).toBe(0xc0000201);
    expect<u32>(hopTo(0x0a000063, 0)).toBe(0x0a000063);
    expect<u32>(by()).toBe(2);
    expect<u32>(scratchHop().source).toBe(0x0a000001);
  });
  test("1122-3.3.1.2: all others go to the gateway", () => {
    two();
    expect<u32>(hopTo(0x08080808, 0)).toBe(GATEWAY);
    expect<u32>(scratchHop().source).toBe(0xc0000201);
  });
  test("no gateway, no route", () => {
    two();
    root.interface(0).gateway = 0;
    expect<u32>(hopTo(0x08080808, 0)).toBe(0);
  });
  test("only the named interface is used when one is named", () => {
    two();
    expect<u32>(hopTo(0x0a000063, 1)).toBe(GATEWAY);
    expect<u32>(hopTo(0xc0000263, 2)).toBe(0);
  });
  test("the longest prefix wins, whatever the order of adding", () => {
    two();
    expect<i32>(add(0x08000000, 8, INNER, 2, 0)).toBe(0);
    expect<i32>(add(0x08080000, 16, 0x0a0000fd, 2, 0)).toBe(0);
    expect<i32>(add(0x08080800, 24, GATEWAY - 1, 1, 0)).toBe(0);
    expect<u32>(hopTo(0x08010101, 0)).toBe(INNER);
    expect<u32>(hopTo(0x08080101, 0)).toBe(0x0a0000fd);
    expect<u32>(hopTo(0x08080808, 0)).toBe(GATEWAY - 1);
    expect<u32>(by()).toBe(1);
    expect<u32>(hopTo(0x09010101, 0)).toBe(GATEWAY);
  });
  test("a connected network beats a shorter route and yields to a longer one", () => {
    two();
    expect<i32>(add(0x0a000000, 8, GATEWAY, 1, 0)).toBe(0);
    expect<u32>(hopTo(0x0a000063, 0)).toBe(0x0a000063);
    expect<i32>(add(0x0a000063, 32, GATEWAY, 1, 0)).toBe(0);
    expect<u32>(hopTo(0x0a000063, 0)).toBe(GATEWAY);
    expect<u32>(hopTo(0x0a000064, 0)).toBe(0x0a000064);
  });
  test("of equal prefixes the connected network wins, then the route added first", () => {
    two();
    expect<i32>(add(0x0a000000, 24, GATEWAY, 1, 0)).toBe(0);
    expect<u32>(hopTo(0x0a000063, 0)).toBe(0x0a000063);
    expect<i32>(add(0x08000000, 8, INNER, 2, 0)).toBe(0);
    expect<i32>(add(0x08000000, 8, GATEWAY, 1, 0)).toBe(0);
    expect<u32>(hopTo(0x08010101, 0)).toBe(INNER);
  });
  test("a route with gateway 0 is on link; the source is our address there", () => {
    two();
    expect<i32>(add(0x0b000000, 8, 0, 2, 0)).toBe(0);
    expect<u32>(hopTo(0x0b010203, 0)).toBe(0x0b010203);
    expect<u32>(scratchHop().source).toBe(0x0a000001);
  });
  test("A205: host bits of a network are ignored, in adding and in removing", () => {
    two();
    expect<i32>(add(0x01020304, 0, INNER, 2, 0)).toBe(0);
    expect<u32>(hopTo(0x08080808, 0)).toBe(INNER);
    expect<i32>(remove(0x05060708, 0, 2, 0)).toBe(0);
    expect<u32>(hopTo(0x08080808, 0)).toBe(GATEWAY);
  });
  test("A173: the source is our address on the gateway's subnet", () => {
    two();
    root.interface(0).address(1).ip = bswap<u32>(0xc6336401);
    root.interface(0).address(1).prefix = 24;
    root.interface(0).address(1).state = 2;
    root.interface(0).gateway = bswap<u32>(0xc63364fe);
    expect<u32>(hopTo(0x08080808, 0)).toBe(0xc63364fe);
    expect<u32>(scratchHop().source).toBe(0xc6336401);
  });
  test("the limited broadcast leaves by the named interface, or the first", () => {
    two();
    expect<u32>(hopTo(0xffffffff, 0)).toBe(0xffffffff);
    expect<u32>(by()).toBe(1);
    expect<u32>(hopTo(0xffffffff, 2)).toBe(0xffffffff);
    expect<u32>(by()).toBe(2);
  });
  test("refuses a prefix over 32 and interfaces that are not there", () => {
    two();
    expect<i32>(add(0, 33, INNER, 2, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(add(0, 0, INNER, 0, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(add(0, 0, INNER, 3, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(remove(0x08000000, 8, 2, 0)).toBe(Err.BAD_ARGUMENT);
  });
  test("a full table answers NO_ROOM, and takes a route again after one was removed", () => {
    two();
    for (let i: u32 = 0; i < root.routes; i++) expect<i32>(add(0x14000000 + (i << 16), 16, INNER, 2, 0)).toBe(0);
    expect<i32>(add(0x15000000, 8, INNER, 2, 0)).toBe(Err.NO_ROOM);
    expect<i32>(remove(0x14010000, 16, 2, 0)).toBe(0);
    expect<u32>(hopTo(0x14010101, 0)).toBe(GATEWAY);
    expect<i32>(add(0x15000000, 8, INNER, 2, 0)).toBe(0);
    expect<u32>(hopTo(0x15010101, 0)).toBe(INNER);
    expect<u32>(hopTo(0x14000001, 0)).toBe(INNER);
  });
  test("each change raises the generation that paths remember", () => {
    two();
    const before = state.pathGeneration;
    add(0x08000000, 8, INNER, 2, 0);
    expect<u32>(state.pathGeneration - before).toBe(1);
    remove(0x08000000, 8, 2, 0);
    expect<u32>(state.pathGeneration - before).toBe(2);
  });
});

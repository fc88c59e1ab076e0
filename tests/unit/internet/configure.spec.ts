import { AddressState } from "../../../assembly/memory/control";
import { Err } from "../../../assembly/memory/errors";
import { root, state } from "../../../assembly/memory/root";
import { add, placeOf, remove, setGateway } from "../../../assembly/internet/configure";
import { ethernet } from "../world";

describe("internet/configure", () => {
  test("four addresses, each once, each of a host", () => {
    ethernet(0xc0000201, 24);
    const it = root.interface(0);
    expect<i32>(add(it, 0xc0000202, 33, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(add(it, 0xc00002ff, 24, false)).toBe(Err.BAD_ADDRESS);
    expect<i32>(add(it, 0xc0000201, 24, false)).toBe(Err.IN_USE);
    for (let i: u32 = 1; i < 4; i++) expect<i32>(add(it, 0x0a000000 + i, 24, false)).toBe(i);
    expect<i32>(add(it, 0x0a000009, 24, false)).toBe(Err.NO_ROOM);
    expect<i32>(placeOf(it, 0x0a000002)).toBe(2);
    expect<u32>(it.address(2).state).toBe(AddressState.VALID);
  });
  test("what is taken away is gone, who was bound to it will be told, paths are found anew", () => {
    ethernet(0xc0000201, 24);
    const it = root.interface(0);
    add(it, 0x0a000001, 24, false);
    const generation = state.pathGeneration;
    state.sweep = 0;
    expect<i32>(remove(it, 0x0a000001)).toBe(0);
    expect<i32>(placeOf(it, 0x0a000001)).toBe(-1);
    expect<u32>(state.sweep).toBe(1);
    expect<u32>(state.pathGeneration).toBe(generation + 1);
    expect<i32>(remove(it, 0x0a000001)).toBe(Err.BAD_ADDRESS);
  });
  test("a gateway is one other host, or none", () => {
    ethernet(0xc0000201, 24);
    const it = root.interface(0);
    expect<i32>(setGateway(it, 0xe0000001)).toBe(Err.BAD_ADDRESS);
    expect<i32>(setGateway(it, 0xc0000201)).toBe(Err.BAD_ADDRESS);
    expect<i32>(setGateway(it, 0xc00002fe)).toBe(0);
    expect<u32>(bswap<u32>(it.gateway)).toBe(0xc00002fe);
    expect<i32>(setGateway(it, 0)).toBe(0);
    expect<u32>(it.gateway).toBe(0);
  });
});

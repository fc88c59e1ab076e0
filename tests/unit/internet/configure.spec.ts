import { AddressState, Family } from "../../../assembly/memory/control";
import { Err } from "../../../assembly/memory/errors";
import { root, state } from "../../../assembly/memory/root";
import { ours } from "../../../assembly/internet/address";
import * as configure from "../../../assembly/internet/configure";
import { ethernet, rawIp } from "../world";

const US: u32 = 0xc0000201;
const OTHER: u32 = 0xc0000209;

describe("internet/configure", () => {
  test("an address takes the first free place, and says where", () => {
    ethernet(US, 24);
    const it = root.interface(0);
    expect<i32>(configure.placeOf(it, US)).toBe(0);
    expect<i32>(configure.placeOf(it, OTHER)).toBe(-1);
    expect<i32>(configure.add(it, OTHER, 24, false)).toBe(1);
    expect<bool>(ours(OTHER) != null).toBe(true);
    expect<i32>(configure.remove(it, US)).toBe(0);
    expect<u32>(state.sweep).toBe(1);
    expect<i32>(configure.add(it, US, 24, false)).toBe(0);
    expect<i32>(configure.add(it, US, 24, false)).toBe(Err.IN_USE);
    expect<i32>(configure.add(it, US + 7, 33, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(configure.add(it, 0xc00002ff, 24, false)).toBe(Err.BAD_ADDRESS);
    expect<i32>(configure.remove(it, US + 7)).toBe(Err.BAD_ADDRESS);
  });
  test("one that is probed is tentative on Ethernet; where nobody can be asked it is valid", () => {
    ethernet(US, 24);
    configure.add(root.interface(0), OTHER, 24, true);
    expect<u32>(root.interface(0).address(1).state).toBe(AddressState.TENTATIVE);
    expect<u32>(root.interface(0).address(1).step).toBe(1);
    configure.remove(root.interface(0), OTHER);
    expect<u32>(state.sweep).toBe(0, "nobody had it");
    rawIp(US, 24);
    configure.add(root.interface(0), OTHER, 24, true);
    expect<u32>(root.interface(0).address(1).state).toBe(AddressState.VALID);
  });
  test("a gateway is another host, or none", () => {
    ethernet(US, 24);
    const it = root.interface(0);
    expect<i32>(configure.setGateway(it, OTHER)).toBe(0);
    expect<u32>(it.gateway).toBe(bswap<u32>(OTHER));
    expect<i32>(configure.setGateway(it, US)).toBe(Err.BAD_ADDRESS);
    expect<i32>(configure.add(it, OTHER, 24, false)).toBe(Err.BAD_ADDRESS);
    expect<i32>(configure.setGateway(it, 0)).toBe(0);
    expect<u32>(it.gateway).toBe(0);
  });
  test("the calls take the endpoint records", () => {
    ethernet(US, 24);
    root.local.set(OTHER, 0, 1);
    expect<i32>(configure.addLocal(24)).toBe(1);
    expect<i32>(configure.removeLocal()).toBe(0);
    root.local.family = <u16>Family.ANY;
    expect<i32>(configure.addLocal(24)).toBe(Err.BAD_ADDRESS);
    root.local.set(OTHER, 0, 0);
    expect<i32>(configure.addLocal(24)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(configure.removeLocal()).toBe(Err.BAD_ARGUMENT);
    root.remote.set(OTHER, 0, 1);
    expect<i32>(configure.setRemoteGateway()).toBe(0);
    root.remote.set(OTHER, 0, 2);
    expect<i32>(configure.setRemoteGateway()).toBe(Err.BAD_ARGUMENT);
  });
});

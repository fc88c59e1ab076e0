import { Binding, BINDING_OCTETS, NAME_MAX, refuses, ROUTES_MAX } from "../../../assembly/application/binding";
import { DeviceKind } from "../../../assembly/memory/control";
import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import * as world from "../world";
import { US } from "./message";

describe("application/binding", () => {
  test("one for each interface, by its number", () => {
    world.blank();
    world.addDevice(DeviceKind.ETHERNET, 32);
    world.addInterface(US, 24);
    world.addDevice(DeviceKind.ETHERNET, 32);
    world.addInterface(0xc6336401, 24);
    world.begin();
    expect<bool>(Binding.numbered(0) == null).toBe(true);
    expect<bool>(Binding.numbered(3) == null).toBe(true);
    for (let i: u32 = 0; i < 2; i++) {
      const it = Binding.on(i);
      expect<bool>(Binding.numbered(i + 1) == it).toBe(true);
      expect<u32>(it.number).toBe(i + 1);
      expect<bool>(it.via == root.interface(i)).toBe(true);
    }
  });
  test("record, name and routes lie end to end, and one ends where the next begins", () => {
    world.ethernet(US, 24);
    const it = Binding.on(0);
    expect<bool>(it.dns + 12 <= it.ntp).toBe(true);
    expect<bool>(it.ntp + 8 <= it.name).toBe(true);
    expect<bool>(it.name + NAME_MAX <= it.route(0)).toBe(true);
    expect<usize>(it.route(ROUTES_MAX)).toBe(changetype<usize>(Binding.on(1)));
    expect<usize>(it.route(ROUTES_MAX)).toBe(changetype<usize>(it) + BINDING_OCTETS);
  });
  test("Ethernet alone, with an MTU that messages fit in", () => {
    world.ethernet(US, 24);
    expect<i32>(refuses(root.interface(0))).toBe(0);
    root.interface(0).mtu = 576;
    expect<i32>(refuses(root.interface(0))).toBe(0);
    root.interface(0).mtu = 575;
    expect<i32>(refuses(root.interface(0))).toBe(Err.NOT_SUPPORTED);
    world.rawIp(US, 24);
    expect<i32>(refuses(root.interface(0))).toBe(Err.NOT_SUPPORTED);
  });
});

import { Binding } from "../../../assembly/application/binding";
import { NO_TIME } from "../../../assembly/application/lease";
import * as linklocal from "../../../assembly/application/linklocal";
import { AddressState, DeviceKind } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";
import * as world from "../world";
import { US } from "./message";

describe("application/linklocal", () => {
  test("3927-3: after ten conflicts a minute passes before the next try", () => {
    world.blank();
    world.addDevice(DeviceKind.ETHERNET, 32);
    world.addInterface(US, 24);
    world.begin();
    const it = Binding.on(0);
    const via = root.interface(0);
    linklocal.start(it);
    const now: u64 = world.ms;
    for (let i: u32 = 0; i < 10; i++) {
      linklocal.step(it, via, now);
      expect<u32>(it.local >> 16).toBe(0xa9fe);
      expect<u64>(linklocal.due(it)).toBe(NO_TIME);
      via.address(1).state = <u8>AddressState.CONFLICT;
      if (i < 9) continue;
      linklocal.step(it, via, now);
      expect<u32>(it.local).toBe(0);
      expect<u64>(linklocal.due(it)).toBe(now + 60000);
    }
    linklocal.stop(it);
    expect<u32>(via.address(1).state).toBe(AddressState.NONE);
  });
});

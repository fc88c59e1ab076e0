import { DeviceKind } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";
import { deviceOf, isEthernet, numbered, numberOf, onDevice } from "../../../assembly/link/interfaces";
import { addDevice, addInterface, begin, blank } from "../world";

/** Three devices; interface 1 is on device 2 and interface 2 on device 0, device 1 has none. */
function three(): void {
  blank();
  addDevice(DeviceKind.RAW_IP, 4);
  addDevice(DeviceKind.ETHERNET, 4);
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(0x0a000001, 24).device = 2;
  addInterface(0x0a000101, 24).device = 0;
  begin();
}

describe("link/interfaces", () => {
  test("finds the interface on a device, none where there is none", () => {
    three();
    expect<usize>(changetype<usize>(onDevice(2, 0))).toBe(changetype<usize>(root.interface(0)));
    expect<usize>(changetype<usize>(onDevice(0, 0))).toBe(changetype<usize>(root.interface(1)));
    expect<usize>(changetype<usize>(onDevice(1, 0))).toBe(0);
  });
  test("an interface knows its device and what kind it is", () => {
    three();
    expect<usize>(changetype<usize>(deviceOf(root.interface(0)))).toBe(changetype<usize>(root.device(2)));
    expect<bool>(isEthernet(root.interface(0))).toBe(true);
    expect<bool>(isEthernet(root.interface(1))).toBe(false);
  });
  test("numbers are the index + 1; 0 and what is not there name none", () => {
    three();
    expect<u32>(numberOf(root.interface(0))).toBe(1);
    expect<u32>(numberOf(root.interface(1))).toBe(2);
    expect<usize>(changetype<usize>(numbered(2))).toBe(changetype<usize>(root.interface(1)));
    expect<usize>(changetype<usize>(numbered(0))).toBe(0);
    expect<usize>(changetype<usize>(numbered(3))).toBe(0);
  });
});

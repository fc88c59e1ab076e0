import { VLAN } from "../memory/config";
import { Device, DeviceKind, Interface } from "../memory/control";
import { root } from "../memory/root";

/** The interface on this device with this VLAN (0: untagged); init has made sure that there is one at most. Null when there is none. */
export function onDevice(device: u32, vlan: u32): Interface | null {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (it.device == <u8>device && (!VLAN || it.vlan == <u16>vlan)) return it;
  }
  return null;
}
export function deviceOf(it: Interface): Device {
  return root.device(it.device);
}
/** Its index + 1, as endpoints name interfaces. */
export function numberOf(it: Interface): u32 {
  return <u32>((changetype<usize>(it) - changetype<usize>(root.interface(0))) / offsetof<Interface>()) + 1;
}
/** The interface an endpoint names, null for 0 and for what is not there. */
export function numbered(number: u32): Interface | null {
  return number && number <= root.interfaces ? root.interface(number - 1) : null;
}
export function isEthernet(it: Interface): bool {
  return deviceOf(it).kind == <u8>DeviceKind.ETHERNET;
}

// A control block that holds, and how init refuses one that does not.
import { DeviceKind, Flag } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import { init } from "../../assembly/init";
import { addDevice, addInterface, blank } from "./world";

/** One Ethernet device with 192.0.2.1/24, not yet initialized. */
export function good(): void {
  blank();
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(0xc0000201, 24);
}
/** init refuses, and says where: the offset in the control block. */
export function refuses(error: Err, detail: usize): void {
  expect<i32>(init(0, 0)).toBe(error, "error");
  expect<usize>(root.detail).toBe(detail, "detail");
  expect<u32>(root.flags & Flag.READY).toBe(0, "ready");
}

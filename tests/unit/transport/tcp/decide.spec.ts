import { DeviceKind, InterfaceFlag } from "../../../../assembly/memory/control";
import { Err } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { listen } from "../../../../assembly/transport/tcp/calls";
import { asked, decide, takesAll } from "../../../../assembly/transport/tcp/decide";
import { addDevice, addInterface, begin, blank } from "../../world";

describe("transport/tcp/decide", () => {
  test("only by a transparent interface, to any address, may a listener take all ports", () => {
    blank();
    addDevice(DeviceKind.ETHERNET, 4);
    addInterface(0x0a000001, 24);
    addDevice(DeviceKind.ETHERNET, 4);
    addInterface(0x0a010001, 24).flags = <u8>InterfaceFlag.TRANSPARENT;
    begin();
    root.local.set(0, 0, 2);
    expect<bool>(takesAll(root.local)).toBe(true);
    root.local.set(0, 0, 1);
    expect<bool>(takesAll(root.local)).toBe(false);
    root.local.set(0, 0, 0);
    expect<bool>(takesAll(root.local)).toBe(false);
    root.local.set(0x0a010001, 0, 2);
    expect<bool>(takesAll(root.local)).toBe(false);
  });
  test("where nothing waits there is nothing to decide", () => {
    root.local.set(0, 80, 0);
    const listener = listen(0, 4, 0);
    expect<bool>(listener > 0).toBe(true);
    expect<i32>(asked(listener)).toBe(Err.WOULD_BLOCK);
    expect<i32>(decide(listener, 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(asked(0)).toBe(Err.BAD_HANDLE);
  });
});

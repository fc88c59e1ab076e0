import { AddressState, DeviceKind, Flag } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root, state } from "../../assembly/memory/root";
import { init } from "../../assembly/init";
import * as stack from "../../assembly/stack";
import { hex } from "./octets";
import { addDevice, addInterface, blank, ms, rawIp, tx, unsent } from "./world";

const NEVER: i32 = 1 << 30;

describe("stack", () => {
  test("before init every drive answers NOT_READY", () => {
    blank();
    root.flags = 0;
    expect<i32>(stack.receive(0, 0)).toBe(Err.NOT_READY);
    expect<i32>(stack.transmit()).toBe(Err.NOT_READY);
    expect<i32>(stack.poll(0, 0)).toBe(Err.NOT_READY);
  });
  test("with nothing to do poll answers 2^30", () => {
    rawIp(0xc0000201, 24);
    expect<i32>(stack.poll(ms, 0)).toBe(NEVER);
  });
  test("5227-3: valid addresses are announced once by the first poll, tentative ones are not", () => {
    blank();
    addDevice(DeviceKind.ETHERNET, 8);
    const it = addInterface(0xc0000201, 24);
    it.address(1).ip = bswap<u32>(0xc0000203);
    it.address(1).prefix = 24;
    it.address(1).state = <u8>AddressState.TENTATIVE;
    it.address(2).ip = bswap<u32>(0xc0000204);
    it.address(2).prefix = 24;
    it.address(2).state = <u8>AddressState.VALID;
    expect<i32>(init(0, 0)).toBe(0);
    stack.poll(0, 0);
    expect<u32>(unsent(0)).toBe(2);
    expect<string>(hex(tx(0) + 28, 4)).toBe("c0 00 02 01");
    expect<string>(hex(tx(0) + 28, 4)).toBe("c0 00 02 04");
    stack.poll(1, 0);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("announcements wait for TX slots", () => {
    blank();
    addDevice(DeviceKind.ETHERNET, 1);
    const it = addInterface(0xc0000201, 24);
    it.address(1).ip = bswap<u32>(0xc0000203);
    it.address(1).prefix = 24;
    it.address(1).state = <u8>AddressState.VALID;
    init(0, 0);
    stack.poll(0, 0);
    expect<u32>(unsent(0)).toBe(1);
    expect<u32>(root.flags & Flag.TX_BLOCKED).toBe(Flag.TX_BLOCKED);
    tx(0);
    stack.poll(0, 0);
    expect<string>(hex(tx(0) + 28, 4)).toBe("c0 00 02 03");
    stack.poll(0, 0);
    expect<u32>(root.flags & Flag.TX_BLOCKED).toBe(0);
  });
  test("A290: a clock that goes back lets no time pass", () => {
    rawIp(0xc0000201, 24);
    stack.poll(ms + 100, 0);
    const now = state.now;
    stack.poll(ms - 3000, 0);
    expect<u32>(state.now).toBe(now);
    stack.poll(ms - 2900, 0);
    expect<u32>(state.now).toBe(now + 100);
  });
});

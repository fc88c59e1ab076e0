import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import * as slip from "../../../assembly/link/slip";
import { hex, put } from "../octets";
import { ethernet, rawIp } from "../world";

const LINE: usize = memory.data(256, 8);

/** Puts octets of the line in; answers how many were taken. */
function arrives(text: string): u32 {
  return slip.input(0, LINE, put(LINE, text));
}
/** The packet in slot `n` of the receive ring. */
function packet(n: u32): string {
  const slot = root.device(0).rxRing + n * root.device(0).slotOctets;
  return hex(slot + 24, load<u32>(slot));
}

describe("link/slip", () => {
  test("a packet between ENDs, in pieces, with escapes", () => {
    rawIp(0xc0000201, 24);
    const device = root.device(0);
    const before = device.rxWritten;
    expect<u32>(arrives("c0 01 db")).toBe(3);
    expect<u32>(arrives("dc 02 db dd db")).toBe(5);
    expect<u32>(arrives("03 c0 c0")).toBe(3);
    expect<u32>(device.rxWritten - before).toBe(1);
    expect<string>(packet(before & (device.rxSlots - 1))).toBe("01 c0 02 db 03");
  });
  test("a full ring takes nothing", () => {
    rawIp(0xc0000201, 24);
    const device = root.device(0);
    device.rxWritten = device.rxTaken + device.rxSlots;
    expect<u32>(arrives("c0 01 c0")).toBe(0);
  });
  test("what waits leaves between ENDs, as far as there is room", () => {
    rawIp(0xc0000201, 24);
    const device = root.device(0);
    const slot = device.txRing + (device.txWritten & (device.txSlots - 1)) * device.slotOctets;
    store<u32>(slot, put(slot + 24, "01 c0 db 02"));
    device.txWritten++;
    expect<u32>(slip.output(0, LINE, 4)).toBe(4);
    expect<string>(hex(LINE, 4)).toBe("c0 01 db dc");
    expect<u32>(slip.output(0, LINE, 100)).toBe(4);
    expect<string>(hex(LINE, 4)).toBe("db dd 02 c0");
    expect<u32>(device.txTaken).toBe(device.txWritten);
    expect<u32>(slip.output(0, LINE, 100)).toBe(0);
  });
  test("the calls go through the exchange, on raw IP devices only", () => {
    rawIp(0xc0000201, 24);
    put(root.exchange, "c0 07 c0");
    expect<i32>(slip.take(0, 3)).toBe(3);
    expect<i32>(slip.take(0, 1025)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(slip.take(1, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(slip.give(0)).toBe(0);
    ethernet(0xc0000201, 24);
    expect<i32>(slip.take(0, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(slip.give(0)).toBe(Err.BAD_ARGUMENT);
  });
});

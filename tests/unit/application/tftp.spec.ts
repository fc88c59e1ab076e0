import { Err } from "../../../assembly/memory/errors";
import { NEVER } from "../../../assembly/memory/time";
import { root } from "../../../assembly/memory/root";
import * as tftp from "../../../assembly/application/tftp";
import { hex, load16, put } from "../octets";
import { arrives, poll, rawIp, tx, unsent, wait } from "../world";

const SERVER: u32 = 0xc0000202;

describe("application/tftp", () => {
  test("a request leaves at the next poll, and again after a second", () => {
    rawIp(0xc0000201, 24);
    expect<u32>(tftp.within()).toBe(NEVER);
    put(root.exchange, "66");
    expect<bool>(tftp.request(SERVER, 0, 1, 0, 0, false) > 0).toBe(true);
    poll();
    expect<u32>(load16(tx(0) + 22)).toBe(69);
    expect<u32>(tftp.within()).toBe(1000);
    wait(1000);
    poll();
    tftp.serve();
    poll();
    expect<u32>(unsent(0)).toBe(1);
    expect<u32>(tftp.within()).toBe(2000);
  });
  test("names and block sizes that cannot be are refused and take nothing", () => {
    rawIp(0xc0000201, 24);
    put(root.exchange, "66 00 66");
    expect<i32>(tftp.request(SERVER, 0, 0, 0, 0, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(tftp.request(SERVER, 0, 3, 0, 0, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(tftp.request(SERVER, 0, 1, 7, 0, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(tftp.request(SERVER, 0, 1, 1469, 0, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(tftp.request(0xc0000201, 0, 1, 0, 0, false)).toBe(Err.BAD_ADDRESS);
    expect<u32>(tftp.within()).toBe(NEVER);
    expect<bool>(tftp.request(SERVER, 0, 1, 8, 0, false) > 0).toBe(true);
  });
  test("calls on what is no transfer", () => {
    rawIp(0xc0000201, 24);
    expect<i32>(tftp.read(1)).toBe(Err.BAD_HANDLE);
    expect<i32>(tftp.space(0)).toBe(Err.BAD_HANDLE);
    expect<i32>(tftp.write(-1, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(tftp.drop(7, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(tftp.asked()).toBe(Err.WOULD_BLOCK);
  });
  test("a server is asked, allows, and sends a block from a port of its own", () => {
    rawIp(0xc0000201, 24);
    expect<i32>(tftp.serving(true)).toBe(0);
    arrives(0, "45 00 00 26 00 00 00 00 40 11 f6 c3 c0 00 02 02 c0 00 02 01 00 09 00 45 00 12 00 00 00 01 66 00 6f 63 74 65 74 00");
    tftp.serve();
    const transfer = tftp.asked();
    expect<bool>(transfer > 0).toBe(true);
    expect<u32>(load<u32>(root.exchange)).toBe(1, "it wants a file");
    expect<string>(hex(root.exchange + 12, load<u32>(root.exchange, 8))).toBe("66");
    expect<u32>(root.remote.ip).toBe(SERVER);
    expect<u32>(root.remote.port).toBe(9);
    expect<i32>(tftp.allow(transfer, 1)).toBe(0);
    expect<i32>(tftp.space(transfer)).toBe(512);
    store<u8>(root.span, 33);
    expect<i32>(tftp.write(transfer, 1)).toBe(0);
    poll();
    const at = tx(0);
    expect<bool>(load16(at + 20) != 69).toBe(true);
    expect<u32>(load16(at + 22)).toBe(9);
    expect<string>(hex(at + 28, 5)).toBe("00 03 00 01 21");
  });
});

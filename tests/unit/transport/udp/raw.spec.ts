import { Family } from "../../../../assembly/memory/control";
import { Err, Option } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { set } from "../../../../assembly/transport/tcp/settings";
import * as udp from "../../../../assembly/transport/udp/calls";
import { open } from "../../../../assembly/transport/udp/raw";
import { load16, load32, putIp, store16, sumOf } from "../../octets";
import { give, poll, rawIp, rx, taken, tx } from "../../world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
let handle: i32 = 0;

function begin(protocol: u32): void {
  rawIp(US, 24);
  root.local.set(0, 0, 0);
  root.local.family = <u16>Family.ANY;
  handle = open(protocol, 0);
}
/** Five octets of a protocol arrive. */
function arrives(protocol: u32): void {
  putIp(rx(0), protocol, PEER, US, 5);
  give(0, 25);
  poll();
}

describe("transport/udp/raw", () => {
  test("A065: its protocol arrives, from the header on, and is not answered; another is", () => {
    begin(99);
    expect<i32>(handle).toBeGreaterThan(0);
    arrives(99);
    expect<usize>(tx(0)).toBe(0);
    expect<i32>(udp.receiveReady(handle)).toBe(25);
    expect<u32>(load<u8>(root.span, 9)).toBe(99);
    arrives(98);
    expect<u32>(load16(tx(0) + 20)).toBe(0x0302);
    udp.receiveRelease(handle);
    udp.close(handle);
    arrives(99);
    expect<u32>(load16(tx(0) + 20)).toBe(0x0302);
  });
  test("protocol 0, one above 255 and an owner that is not there are refused", () => {
    begin(0);
    expect<i32>(handle).toBe(Err.BAD_ARGUMENT);
    expect<i32>(open(256, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(open(99, root.owners)).toBe(Err.BAD_ARGUMENT);
  });
  test("what is sent gets a header, or has its own, of which no octet but the checksum is changed", () => {
    begin(99);
    root.remote.set(PEER, 0, 0);
    udp.sendSpace(handle);
    expect<i32>(udp.sendCommit(handle, 5)).toBe(5);
    poll();
    expect<u32>(load16(tx(0) + 2)).toBe(25);
    expect<i32>(set(handle, Option.HEADER, 1)).toBe(0);
    udp.sendSpace(handle);
    putIp(root.span, 77, US, PEER, 8);
    store16(root.span + 4, 0xbeef);
    expect<i32>(udp.sendCommit(handle, 40)).toBe(28);
    poll();
    const at = tx(0);
    expect<u32>(taken).toBe(28);
    expect<u32>(load16(at + 4)).toBe(0xbeef);
    expect<u32>(load32(at + 12)).toBe(US);
    expect<u32>(sumOf(at, 20, 0)).toBe(0xffff);
    udp.sendSpace(handle);
    putIp(root.span, 77, PEER, PEER, 8);
    expect<i32>(udp.sendCommit(handle, 28)).toBe(Err.BAD_ADDRESS);
  });
});

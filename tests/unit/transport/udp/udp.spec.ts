import { Family } from "../../../../assembly/memory/control";
import { Counter } from "../../../../assembly/memory/counters";
import { Err, Event } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import * as ready from "../../../../assembly/transport/ready";
import * as udp from "../../../../assembly/transport/udp/calls";
import { hex, load16, load32, pseudoSum, put, putIp, store16, sumOf } from "../../octets";
import { counted, give, ignore, poll, rawIp, rx, taken, tx, unsent } from "../../world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
let handle: i32 = 0;

function open(port: u32): void {
  rawIp(US, 24);
  root.local.set(0, port, 0);
  root.local.family = <u16>Family.ANY;
  handle = udp.bind(0, false);
  expect<i32>(handle).toBeGreaterThan(0);
}
/** A datagram "abc" from port 1234 of the peer arrives; UDP length and checksum as said (-1: right). */
function datagram(to: u32, port: u32, length: i32, checksum: i32): void {
  const at = rx(0);
  store16(at + 20, 1234);
  store16(at + 22, port);
  store16(at + 24, length < 0 ? 11 : length);
  store16(at + 26, 0);
  put(at + 28, "61 62 63");
  const right = ~sumOf(at + 20, 11, pseudoSum(PEER, to, 17, 11)) & 0xffff;
  store16(at + 26, checksum < 0 ? right : checksum);
  putIp(at, 17, PEER, to, 11);
  give(0, 31);
  poll();
}
/** Sends so many octets, each 0. */
function send(to: u32, port: u32, octets: u32): i32 {
  const space = udp.sendSpace(handle);
  if (space <= 0) return Err.WOULD_BLOCK;
  memory.fill(root.span, 0, space);
  root.remote.set(to, port, 0);
  return udp.sendCommit(handle, octets);
}

describe("transport/udp: receiving", () => {
  test("a datagram is delivered with both ends; 1122-4.1.3.5: also the address it came to", () => {
    open(53);
    datagram(US, 53, -1, -1);
    ready.next(0);
    expect<u32>(root.events).toBe(Event.READABLE);
    expect<i32>(udp.receiveReady(handle)).toBe(3);
    expect<string>(hex(root.span, 3)).toBe("61 62 63");
    expect<u32>(root.remote.ip).toBe(PEER);
    expect<u32>(root.remote.port).toBe(1234);
    expect<u32>(root.local.ip).toBe(US);
    expect<u32>(root.local.port).toBe(53);
    expect<i32>(udp.receiveRelease(handle)).toBe(0);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.WOULD_BLOCK);
    expect<i32>(udp.receiveRelease(handle)).toBe(Err.WOULD_BLOCK);
    datagram(0xc00002ff, 53, -1, -1);
    udp.receiveReady(handle);
    expect<u32>(root.local.ip).toBe(0xc00002ff);
  });
  test("1122-4.1.3.4: a wrong checksum is dropped, none at all is taken", () => {
    open(53);
    datagram(US, 53, -1, 0x1234);
    expect<u32>(counted(Counter.UDP_CHECKSUM)).toBe(1);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.WOULD_BLOCK);
    datagram(US, 53, -1, 0);
    expect<i32>(udp.receiveReady(handle)).toBe(3);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("768-1: a length below 8 or beyond the packet is dropped; a shorter one counts", () => {
    open(53);
    datagram(US, 53, 7, 0);
    datagram(US, 53, 12, 0);
    expect<u32>(counted(Counter.UDP_LENGTH)).toBe(2);
    datagram(US, 53, 9, 0);
    expect<i32>(udp.receiveReady(handle)).toBe(1);
    datagram(US, 53, 8, 0);
    udp.receiveRelease(handle);
    expect<i32>(udp.receiveReady(handle)).toBe(0);
  });
  test("A291+334: a full socket drops the newest datagram and counts; its port stays open", () => {
    open(53);
    for (let i = 0; i < 10; i++) datagram(US, 53, -1, -1);
    expect<u32>(counted(Counter.UDP_FULL)).toBe(2);
    expect<u32>(unsent(0)).toBe(0);
    udp.receiveRelease(handle);
    datagram(US, 53, -1, -1);
    expect<u32>(counted(Counter.UDP_FULL)).toBe(2);
  });
  test("1122-4.1.3.1: a closed port is reported", () => {
    open(53);
    datagram(US, 54, -1, -1);
    expect<u32>(unsent(0)).toBe(1);
    expect<string>(hex(tx(0) + 20, 2)).toBe("03 03");
    udp.close(handle);
    datagram(US, 53, -1, -1);
    expect<u32>(unsent(0)).toBe(1);
  });
});

describe("transport/udp: sending", () => {
  test("header, length and checksum; an odd length too", () => {
    open(53);
    expect<i32>(send(PEER, 4000, 3)).toBe(3);
    poll();
    const at = tx(0);
    expect<u32>(taken).toBe(31);
    expect<u32>(load32(at + 12)).toBe(US);
    expect<string>(hex(at + 20, 6)).toBe("00 35 0f a0 00 0b");
    expect<u32>(load16(at + 26)).not.toBe(0);
    expect<u32>(sumOf(at + 20, 11, pseudoSum(US, PEER, 17, 11))).toBe(0xffff);
  });
  test("1122-4.1.3.4: a checksum that comes out as 0 is sent as ffff", () => {
    open(53);
    const space = udp.sendSpace(handle);
    expect<i32>(space).toBe(1472);
    // What two octets must be for a sum of ffff.
    const rest = sumOf(root.span, 0, pseudoSum(US, PEER, 17, 10));
    let total = rest + 53 + 4000 + 10;
    total = (total & 0xffff) + (total >> 16);
    store16(root.span, 0xffff - total);
    root.remote.set(PEER, 4000, 0);
    expect<i32>(udp.sendCommit(handle, 2)).toBe(2);
    poll();
    expect<string>(hex(tx(0) + 26, 2)).toBe("ff ff");
  });
  test("refused: no route, no port, special addresses, broadcasts unless allowed, more than the MTU holds", () => {
    open(53);
    expect<i32>(send(0x08080808, 53, 3)).toBe(Err.NO_ROUTE);
    expect<i32>(send(PEER, 0, 3)).toBe(Err.BAD_ADDRESS);
    expect<i32>(send(0x7f000001, 53, 3)).toBe(Err.BAD_ADDRESS);
    expect<i32>(send(0xf0000001, 53, 3)).toBe(Err.BAD_ADDRESS);
    expect<i32>(send(0xffffffff, 53, 3)).toBe(Err.BROADCAST_OFF);
    expect<i32>(send(0xc00002ff, 53, 3)).toBe(Err.BROADCAST_OFF);
    expect<i32>(send(PEER, 53, 1473)).toBe(Err.TOO_LONG);
    poll();
    expect<u32>(unsent(0)).toBe(0);
    expect<i32>(send(PEER, 53, 1472)).toBe(1472);
    poll();
    tx(0);
    expect<u32>(taken).toBe(1500);
  });
  test("a full ring has no room until datagrams have left; then the owner is told", () => {
    open(53);
    for (let i = 0; i < 4; i++) expect<i32>(send(PEER, 4000, 1)).toBe(1);
    expect<i32>(udp.sendSpace(handle)).toBe(0);
    expect<i32>(udp.sendCommit(handle, 1)).toBe(Err.WOULD_BLOCK);
    poll();
    expect<u32>(unsent(0)).toBe(4);
    ready.next(0);
    expect<u32>(root.events & Event.WRITABLE).toBe(Event.WRITABLE);
    expect<i32>(udp.sendSpace(handle)).toBe(1472);
    ignore(0);
  });
});

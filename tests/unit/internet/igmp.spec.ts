import { Counter } from "../../../assembly/memory/counters";
import { Err } from "../../../assembly/memory/errors";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import * as igmp from "../../../assembly/internet/igmp";
import { UdpSocket } from "../../../assembly/transport/udp/socket";
import { hex, load32, putIp, store16, store32, sumOf } from "../octets";
import { begin, counted, give, ignore, ms, pass, poll, rawIp, run, rx, tx, unsent } from "../world";

const US: u32 = 0xc0000201;
const GROUP: u32 = 0xef010203;
const LIST: usize = memory.data(64, 8);

function socket(): UdpSocket {
  return changetype<UdpSocket>(root.pool(PoolIndex.UDP).take());
}
function listen(who: UdpSocket, isExclude: bool, sources: u32): i32 {
  for (let i: u32 = 0; i < sources; i++) store32(LIST + i * 4, 0x0a000001 + i);
  return igmp.listen(who, root.interface(0), GROUP, isExclude, LIST, sources << 2);
}
/** The message of the next packet sent as text, from its first octet but for the checksum. */
function next(): string {
  const at = tx(0);
  if (!at) return "nothing";
  expect<string>(hex(at, 1) + " " + hex(at + 8, 2) + " " + hex(at + 20, 4)).toBe("46 01 02 94 04 00 00");
  expect<u32>(load32(at + 12)).toBe(US);
  const length = ((<u32>load<u8>(at + 2)) << 8) + load<u8>(at + 3) - 24;
  expect<u32>(sumOf(at + 24, length, 0)).toBe(0xffff);
  return hex(at + 16, 4) + " | " + hex(at + 24, 1) + " " + hex(at + 28, length - 4);
}
/** A query of version 2 (or 1) arrives. */
function query(code: u8, group: u32): void {
  const at = rx(0);
  store16(at + 20, 0x1100 | code);
  store16(at + 22, 0);
  store32(at + 24, group);
  store16(at + 22, ~sumOf(at + 20, 8, 0) & 0xffff);
  putIp(at, 2, 0xc00002fe, 0xe0000001, 8);
  give(0, 28);
  poll();
}

describe("internet/igmp: what routers are told", () => {
  test("A042, A044: a join is reported at once and once more within a second; a leave too", () => {
    rawIp(US, 24);
    const it = socket();
    expect<i32>(listen(it, true, 0)).toBe(0);
    poll();
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 04 00 00 00 ef 01 02 03");
    run(1001);
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 04 00 00 00 ef 01 02 03");
    run(20000);
    expect<string>(next()).toBe("nothing");
    igmp.forget(it);
    run(1001);
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 03 00 00 00 ef 01 02 03");
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 03 00 00 00 ef 01 02 03");
    run(20000);
    expect<string>(next()).toBe("nothing");
    expect<u32>(root.pool(PoolIndex.GROUP).used).toBe(1);
  });
  test("sources are named; leaving what was not joined is an error", () => {
    rawIp(US, 24);
    const it = socket();
    expect<i32>(listen(it, false, 0)).toBe(Err.BAD_STATE);
    expect<i32>(listen(it, false, 1)).toBe(0);
    poll();
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 05 00 00 01 ef 01 02 03 0a 00 00 01");
    run(3000);
    ignore(0);
    expect<i32>(listen(it, true, 1)).toBe(0);
    poll();
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 04 00 00 01 ef 01 02 03 0a 00 00 01");
    expect<u32>(root.pool(PoolIndex.SOURCE).used).toBe(1);
  });
  test("full tables refuse as a whole", () => {
    rawIp(US, 24);
    root.extra.groups = 1;
    root.extra.sources = 2;
    begin();
    expect<i32>(listen(socket(), false, 3)).toBe(Err.NO_ROOM);
    expect<u32>(root.pool(PoolIndex.MEMBER).used).toBe(0);
    expect<i32>(listen(socket(), false, 2)).toBe(0);
    expect<i32>(listen(socket(), true, 0)).toBe(Err.NO_ROOM);
    expect<u32>(root.pool(PoolIndex.SOURCE).used).toBe(2);
  });
  test("A043: routers of versions 2 and 1 get reports of theirs, to the group", () => {
    rawIp(US, 24);
    query(100, 0);
    const it = socket();
    listen(it, true, 0);
    poll();
    expect<string>(next()).toBe("ef 01 02 03 | 16 ef 01 02 03");
    listen(it, false, 0);
    poll();
    expect<string>(next()).toBe("e0 00 00 02 | 17 ef 01 02 03");
    query(0, 0);
    listen(it, true, 0);
    poll();
    expect<string>(next()).toBe("ef 01 02 03 | 12 ef 01 02 03");
    run(20000);
    ignore(0);
    listen(it, false, 0);
    run(20000);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("a link that is up again hears of all groups anew", () => {
    rawIp(US, 24);
    listen(socket(), true, 0);
    run(5000);
    ignore(0);
    igmp.repeat(root.interface(0), ms);
    run(1001);
    expect<string>(next()).toBe("e0 00 00 16 | 22 00 00 00 01 02 00 00 00 ef 01 02 03");
  });
  test("without carrier a report waits", () => {
    rawIp(US, 24);
    root.device(0).linkDown = 1;
    listen(socket(), true, 0);
    for (let i = 0; i < 5; i++) pass(1000);
    expect<u32>(counted(Counter.IGMP_OUT)).toBe(0);
    root.device(0).linkDown = 0;
    pass(1000);
    expect<u32>(unsent(0)).toBe(1);
  });
});

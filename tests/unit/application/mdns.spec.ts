import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { NEVER } from "../../../assembly/memory/time";
import * as mdns from "../../../assembly/application/mdns";
import { thingAt } from "../../../assembly/application/announced";
import { load16, load32 } from "../octets";
import { poll, rawIp, tx, wait } from "../world";

/** A responder that wants box.local, after `ms` milliseconds. */
export function started(ms: u32): void {
  rawIp(0x0a000001, 24);
  store<u32>(root.exchange, 0x786f62);
  mdns.start(3);
  for (let i: u32 = 0; i < ms; i += 50) {
    mdns.serve();
    poll();
    wait(50);
  }
  mdns.serve();
  poll();
}

describe("application/mdns", () => {
  test("nothing runs before start; wrong names are refused", () => {
    rawIp(0x0a000001, 24);
    expect<u32>(mdns.within()).toBe(NEVER);
    expect<i32>(mdns.start(0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(mdns.start(61)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(mdns.advertise(80, 0)).toBe(Err.BAD_STATE);
    expect<i32>(mdns.nameOf(0)).toBe(Err.BAD_ARGUMENT);
  });
  test("the first frame is a probe to the group, with TTL 255", () => {
    started(300);
    // Joining is told to routers first.
    expect<u32>(load32(tx(0) + 16)).toBe(0xe0000016);
    const ip = tx(0);
    expect<u32>(load32(ip + 16)).toBe(0xe00000fb);
    expect<u32>(load<u8>(ip, 8)).toBe(255);
    expect<u32>(load16(ip + 22)).toBe(5353);
    expect<i32>(mdns.nameOf(0)).toBe(Err.WOULD_BLOCK);
  });
  test("after probes and announcements the name is ours, until stop", () => {
    started(3000);
    let messages = 0;
    for (let ip = tx(0); ip; ip = tx(0)) if (load32(ip + 16) == 0xe00000fb) messages++;
    expect<i32>(messages).toBe(5);
    expect<i32>(mdns.nameOf(0)).toBe(9);
    expect<string>(String.UTF8.decodeUnsafe(root.exchange, 9)).toBe("box.local");
    mdns.stop();
    expect<u32>(mdns.within()).toBe(0);
    mdns.serve();
    expect<u32>(mdns.within()).toBe(NEVER);
    expect<u32>(thingAt(0).taken).toBe(0);
  });
});

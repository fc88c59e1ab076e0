import { DhcpStart, DhcpState } from "../../../assembly/application/binding";
import * as dhcp from "../../../assembly/application/dhcp";
import { tell } from "../../../assembly/application/dhcpstatus";
import { Err } from "../../../assembly/memory/errors";
import { hex } from "../octets";
import * as world from "../world";
import { US } from "./message";

/** Polls as the full module does. */
function poll(ms: u32): void {
  world.pass(ms);
  dhcp.serve();
}

describe("application/dhcp", () => {
  test("calls refuse what makes no sense", () => {
    world.ethernet(US, 24);
    expect<i32>(dhcp.start(0, 0, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcp.start(2, 0, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcp.start(1, 8, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcp.stop(2)).toBe(Err.BAD_ARGUMENT);
    world.rawIp(US, 24);
    expect<i32>(dhcp.start(1, 0, 0)).toBe(Err.NOT_SUPPORTED);
  });
  test("2131-1: a DISCOVER leaves from 0.0.0.0 port 68 to everybody's port 67 within 100 ms of a start NOW", () => {
    world.ethernet(US, 24);
    expect<i32>(dhcp.start(1, DhcpStart.NOW, 0)).toBe(0);
    expect<i32>(tell(1)).toBe(DhcpState.INIT);
    poll(100);
    expect<i32>(tell(1)).toBe(DhcpState.SELECTING);
    const at = world.tx(0);
    expect<string>(hex(at, 6)).toBe("ff ff ff ff ff ff");
    expect<string>(hex(at + 26, 12)).toBe("00 00 00 00 ff ff ff ff 00 44 00 43");
    expect<string>(hex(at + 42 + 240, 3)).toBe("35 01 01");
    expect<u32>(dhcp.within()).toBeGreaterThan(2900);
    dhcp.stop(1);
    expect<i32>(tell(1)).toBe(DhcpState.OFF);
  });
});

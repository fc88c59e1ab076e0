import { Binding, DhcpStart, DhcpState, reader, refuses } from "../../../assembly/application/binding";
import * as dhcp from "../../../assembly/application/dhcp";
import { setName, tell } from "../../../assembly/application/dhcpstatus";
import * as linklocal from "../../../assembly/application/linklocal";
import { isUsable, NO_TIME, take, withdraw, install } from "../../../assembly/application/lease";
import { serverCount } from "../../../assembly/application/servers";
import { AddressState, DeviceKind } from "../../../assembly/memory/control";
import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { DhcpMessage } from "../../../assembly/wire/dhcp";
import { hex, put } from "../octets";
import * as world from "../world";

const US: u32 = 0xc0000201;
const AT: usize = memory.data(400, 8);
const LEASE: string = "35 01 05 36 04 c0 00 02 c8 33 04 00 00 0e 10 01 04 ff ff ff 00 ";

/** Polls as the full module does. */
function poll(ms: u32): void {
  world.pass(ms);
  dhcp.serve();
}
/** An acknowledgement of 192.0.2.50 with these options in hand. */
function hold(options: string): DhcpMessage {
  memory.fill(AT, 0, 400);
  put(AT, "02 01 06 00");
  put(AT + 16, "c0 00 02 32");
  put(AT + 236, "63 82 53 63");
  reader().open(AT, 240 + put(AT + 240, options));
  return DhcpMessage.at(AT);
}

describe("application/dhcp", () => {
  test("calls refuse what makes no sense; a name is letters, digits and hyphens (A344)", () => {
    world.ethernet(US, 24);
    expect<i32>(dhcp.start(0, 0, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcp.start(2, 0, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcp.start(1, 8, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcp.stop(2)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(tell(0)).toBe(Err.BAD_ARGUMENT);
    put(root.exchange, "61 2d 31 2e 6c 61 6e");
    expect<i32>(setName(1, 7)).toBe(0);
    expect<i32>(setName(1, 2)).toBe(Err.BAD_ARGUMENT);
    expect<u32>(Binding.on(0).nameLength).toBe(7);
    expect<string>(hex(Binding.on(0).name, 7)).toBe("61 2d 31 2e 6c 61 6e");
    root.interface(0).mtu = 575;
    expect<i32>(refuses(root.interface(0))).toBe(Err.NOT_SUPPORTED);
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

describe("application/lease", () => {
  test("DHCP-05, DHCP-06: what an offer must have to be used", () => {
    world.ethernet(US, 24);
    expect<bool>(isUsable(hold(LEASE + "ff"), reader())).toBe(true);
    expect<bool>(isUsable(hold("35 01 05 36 04 c0 00 02 c8 33 04 00 00 00 09 ff"), reader())).toBe(false, "nine seconds");
    expect<bool>(isUsable(hold("35 01 05 33 04 00 00 00 0a ff"), reader())).toBe(false, "no server");
    expect<bool>(isUsable(hold(LEASE + "03 04 c0 00 02 32 ff"), reader())).toBe(false, "the router's address");
  });
  test("A206: what it brings is taken back, and no more", () => {
    world.ethernet(US, 24);
    const it = Binding.on(0);
    it.ip = 0xc0000232;
    it.asked = 1000;
    take(it, hold(LEASE + "03 04 c0 00 02 fe 06 04 c0 00 02 35 1a 02 05 00 79 06 08 0b c0 00 02 fd ff"), reader());
    expect<i32>(install(it, false)).toBe(0);
    expect<u32>(it.gateway).toBe(0, "classless routes without a default one");
    expect<u32>(it.routeCount).toBe(1);
    expect<u32>(root.interface(0).mtu).toBe(1280);
    expect<u32>(serverCount()).toBe(1);
    expect<u64>(it.ends).toBe(3601000);
    expect<bool>(it.renews <= 1801000 && it.renews >= 1801000 - 60000).toBe(true);
    expect<u32>(root.interface(0).address(1).state).toBe(AddressState.VALID);
    withdraw(it);
    expect<u32>(it.routeCount).toBe(0);
    expect<u32>(root.interface(0).mtu).toBe(1500);
    expect<u32>(serverCount()).toBe(0);
    expect<u64>(it.ends).toBe(NO_TIME);
    expect<u32>(root.interface(0).address(1).state).toBe(AddressState.NONE);
    expect<u32>(root.interface(0).address(0).state).toBe(AddressState.VALID);
  });
});

describe("application/linklocal", () => {
  test("3927-3: after ten conflicts a minute passes before the next try", () => {
    world.blank();
    world.addDevice(DeviceKind.ETHERNET, 32);
    world.addInterface(US, 24);
    world.begin();
    const it = Binding.on(0);
    const via = root.interface(0);
    linklocal.start(it);
    const now: u64 = world.ms;
    for (let i: u32 = 0; i < 10; i++) {
      linklocal.step(it, via, now);
      expect<u32>(it.local >> 16).toBe(0xa9fe);
      expect<u64>(linklocal.due(it)).toBe(NO_TIME);
      via.address(1).state = <u8>AddressState.CONFLICT;
      if (i < 9) continue;
      linklocal.step(it, via, now);
      expect<u32>(it.local).toBe(0);
      expect<u64>(linklocal.due(it)).toBe(now + 60000);
    }
    linklocal.stop(it);
    expect<u32>(via.address(1).state).toBe(AddressState.NONE);
  });
});

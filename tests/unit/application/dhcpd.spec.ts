import * as dhcpd from "../../../assembly/application/dhcpd";
import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { put } from "../octets";
import { ethernet } from "../world";

/** Writes a pool into the exchange. */
function pool(addresses: string, lease: u32): void {
  memory.fill(root.exchange, 0, 64);
  put(root.exchange, addresses);
  store<u32>(root.exchange, lease, 8);
}

describe("application/dhcpd", () => {
  test("A143: the pool must be hosts of a subnet of the interface", () => {
    ethernet(0xc0000201, 24);
    pool("c0 00 02 64 c0 00 02 67", 60);
    expect<i32>(dhcpd.start(1, 0)).toBe(4);
    expect<i32>(dhcpd.leases()).toBe(4);
    expect<i32>(dhcpd.start(2, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcpd.start(1, 251)).toBe(Err.BAD_ARGUMENT);
    pool("c0 00 02 64 c0 00 02 67", 60);
    put(root.exchange + 32, "0f 03 6c 61");
    expect<i32>(dhcpd.start(1, 4)).toBe(Err.BAD_ARGUMENT, "an option beyond the end");
    pool("c0 00 02 64 c0 00 02 67", 9);
    expect<i32>(dhcpd.start(1, 0)).toBe(Err.BAD_ARGUMENT, "a lease of nine seconds");
    pool("00 00 00 00 ff ff ff ff", 60);
    expect<i32>(dhcpd.start(1, 0)).toBe(Err.BAD_ADDRESS);
    pool("c0 00 02 02 c0 00 02 fe", 60);
    expect<i32>(dhcpd.start(1, 0)).toBe(16, "as far as the table goes");
    expect<i32>(dhcpd.forget(16)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(dhcpd.forget(15)).toBe(0);
    expect<i32>(dhcpd.stop()).toBe(0);
  });
});

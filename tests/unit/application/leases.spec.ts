import { choose, find, identityOf, isOpen, Lease, LeaseState } from "../../../assembly/application/leases";
import { reader } from "../../../assembly/application/binding";
import { DhcpMessage } from "../../../assembly/wire/dhcp";
import { root } from "../../../assembly/memory/root";
import { put } from "../octets";
import { ethernet, pass } from "../world";

const FIRST: u32 = 0xc0000264;
const AT: usize = memory.data(320, 8);

function give(i: u32, who: u64, become: LeaseState): void {
  Lease.at(i).give(who, AT, become, 60);
}
/** The identity of a client with this MAC address and these options. */
function identity(mac: string, options: string): u64 {
  memory.fill(AT, 0, 320);
  put(AT, "01 01 06 00");
  put(AT + 28, mac);
  put(AT + 236, "63 82 53 63");
  reader().open(AT, 240 + put(AT + 240, options));
  return identityOf(DhcpMessage.at(AT), reader());
}

describe("application/leases", () => {
  test("A144: untouched places first, then those only offered, then those that were leased, the longest ended first, then those declined", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(root.extra.leases).toBe(16);
    expect<i32>(choose(FIRST, 4)).toBe(0);
    give(0, 1, LeaseState.BOUND);
    pass(1000);
    give(1, 2, LeaseState.BOUND);
    give(2, 3, LeaseState.OFFERED);
    expect<i32>(choose(FIRST, 4)).toBe(3);
    Lease.at(3).decline();
    expect<i32>(choose(FIRST, 4)).toBe(-1, "all are held");
    expect<bool>(isOpen(2, FIRST)).toBe(false);
    pass(3000);
    expect<bool>(isOpen(2, FIRST)).toBe(true);
    expect<i32>(choose(FIRST, 4)).toBe(2);
    give(2, 4, LeaseState.BOUND);
    expect<i32>(choose(FIRST, 4)).toBe(3, "a declined one when there is no other");
    pass(56000);
    expect<i32>(choose(FIRST, 4)).toBe(0);
    expect<i32>(find(1, 4)).toBe(0, "it is still its former client's");
    give(0, 5, LeaseState.BOUND);
    expect<i32>(find(1, 4)).toBe(-1);
    pass(2000);
    expect<i32>(choose(FIRST, 4)).toBe(1);
  });
  test("our own address is no place, and a lease for ever never ends", () => {
    ethernet(FIRST, 24);
    expect<i32>(choose(FIRST, 2)).toBe(1);
    Lease.at(1).give(1, AT, LeaseState.BOUND, 0xffffffff);
    pass(1 << 29);
    pass(1 << 29);
    expect<bool>(isOpen(1, FIRST)).toBe(false);
    Lease.at(1).forget();
    expect<bool>(isOpen(1, FIRST)).toBe(true);
  });
  test("a client is its identifier, else its MAC address", () => {
    ethernet(0xc0000201, 24);
    const a = identity("02 00 00 00 00 01", "ff");
    expect<bool>(identity("02 00 00 00 00 02", "ff") == a).toBe(false);
    expect<bool>(identity("02 00 00 00 00 01", "0c 01 61 ff") == a).toBe(true);
    const b = identity("02 00 00 00 00 01", "3d 02 01 02 ff");
    expect<bool>(a == b).toBe(false);
    expect<bool>(identity("02 00 00 00 00 09", "3d 02 01 02 ff") == b).toBe(true);
    expect<bool>(identity("02 00 00 00 00 09", "3d 02 01 03 ff") == b).toBe(false);
    expect<bool>(identity("02 00 00 00 00 01", "3d 06 02 00 00 00 00 01 ff") == a).toBe(false);
  });
});

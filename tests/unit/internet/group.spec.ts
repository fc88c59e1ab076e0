import { root } from "../../../assembly/memory/root";
import { ALL_SYSTEMS, groupOn, memberOf, putGroupMac, wants } from "../../../assembly/internet/group";
import * as igmp from "../../../assembly/internet/igmp";
import { take } from "../../../assembly/transport/udp/socket";
import { hex } from "../octets";
import { ethernet } from "../world";

const AT: usize = memory.data(16, 8);
const GROUP: u32 = 0xef010203;

describe("internet/group", () => {
  test("RFC 1112 §6.4: the low 23 bits of a group make its MAC address", () => {
    putGroupMac(AT, 0xe1810203);
    expect<string>(hex(AT, 6)).toBe("01 00 5e 01 02 03");
  });
  test("who has joined wants what its filter lets through, all want what all systems get", () => {
    ethernet(0xc0000201, 24);
    const it = root.interface(0);
    const socket = take(0)!;
    expect<bool>(groupOn(it, GROUP) == null).toBe(true);
    expect<bool>(wants(socket, 1, GROUP, 0xc0000205)).toBe(false);
    expect<bool>(wants(socket, 1, ALL_SYSTEMS, 0xc0000205)).toBe(true);
    store<u32>(AT, bswap<u32>(0xc0000205));
    expect<i32>(igmp.listen(socket, it, GROUP, true, AT, 4)).toBe(0);
    expect<bool>(groupOn(it, GROUP) != null).toBe(true);
    expect<bool>(memberOf(socket, 1, GROUP) != null).toBe(true);
    expect<bool>(wants(socket, 1, GROUP, 0xc0000205)).toBe(false);
    expect<bool>(wants(socket, 1, GROUP, 0xc0000206)).toBe(true);
    expect<i32>(igmp.listen(socket, it, GROUP, false, AT, 4)).toBe(0);
    expect<bool>(wants(socket, 1, GROUP, 0xc0000205)).toBe(true);
    expect<bool>(wants(socket, 1, GROUP, 0xc0000206)).toBe(false);
  });
});

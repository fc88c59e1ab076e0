import { Err } from "../../../assembly/memory/errors";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import * as igmp from "../../../assembly/internet/igmp";
import { take } from "../../../assembly/transport/udp/socket";
import { hex } from "../octets";
import { ethernet, poll, run, tx } from "../world";

const GROUP: u32 = 0xef010203;

describe("internet/igmp", () => {
  test("RFC 3376 §4.2: joining is told to the routers of version 3, leaving too", () => {
    ethernet(0xc0000201, 24);
    const socket = take(0)!;
    const it = root.interface(0);
    expect<i32>(igmp.listen(socket, it, GROUP, false, 0, 0)).toBe(Err.BAD_STATE);
    expect<i32>(igmp.listen(socket, it, GROUP, true, 0, 0)).toBe(0);
    poll();
    const joined = tx(0);
    expect<string>(hex(joined, 14)).toBe("01 00 5e 00 00 16 02 00 00 00 00 01 08 00");
    // Behind 14 + 24 octets: a record TO_EX of the group, without sources.
    expect<string>(hex(joined + 42, 12)).toBe("00 00 00 01 04 00 00 00 ef 01 02 03");
    run(5000);
    while (tx(0)) continue;
    expect<i32>(igmp.listen(socket, it, GROUP, false, 0, 0)).toBe(0);
    poll();
    expect<string>(hex(tx(0) + 46, 8)).toBe("03 00 00 00 ef 01 02 03");
    run(5000);
    expect<u32>(root.pool(PoolIndex.MEMBER).used).toBe(0);
  });
});

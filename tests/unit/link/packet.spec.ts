import { Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";
import { Cast, packet } from "../../../assembly/link/packet";
import { put, putIp } from "../octets";
import { counted, ethernet, give, poll, rx } from "../world";

describe("link/packet", () => {
  test("describes the frame that came in last, floor by floor", () => {
    ethernet(0xc0000201, 24);
    const at = rx(0);
    put(at, "02 00 00 00 00 01 02 aa bb cc dd ee 08 00");
    // 8 octets of an unknown protocol behind a header of 20, padded to the shortest frame.
    putIp(at + 14, 253, 0xc0000202, 0xc0000201, 8);
    give(0, 60);
    poll();
    const here = packet();
    expect<usize>(changetype<usize>(here.via)).toBe(changetype<usize>(root.interface(0)));
    expect<u32>(here.frame).toBe(<u32>at);
    expect<u32>(here.frameLength).toBe(60);
    expect<u32>(here.linkGroup).toBe(0);
    expect<u32>(here.ip - here.frame).toBe(14);
    expect<u32>(here.ipLength).toBe(28);
    expect<u32>(here.payload - here.ip).toBe(20);
    expect<u32>(here.length).toBe(8);
    expect<u32>(here.source).toBe(0xc0000202);
    expect<u32>(here.destination).toBe(0xc0000201);
    expect<u32>(here.cast).toBe(Cast.UNICAST);
    expect<u32>(here.protocol).toBe(253);
    expect<u32>(counted(Counter.IP_UNKNOWN_PROTOCOL)).toBe(1);
  });
});

import { root } from "../../../../assembly/memory/root";
import * as direct from "../../../../assembly/transport/udp/direct";
import { hex, put, sumOf, pseudoSum } from "../../octets";
import { ethernet, ms, tx, unsent } from "../../world";

describe("transport/udp/direct", () => {
  test("a datagram leaves at once, from no address to everybody, or to a MAC address that ARP does not know", () => {
    ethernet(0xc0000201, 24);
    const via = root.interface(0);
    const at = direct.open(via, 0xffffffff, ms);
    put(at, "61 62 63 64");
    direct.send(at, 4, 0, 68, 0xffffffff, 67, 0, ms);
    let frame = tx(0);
    expect<string>(hex(frame, 14)).toBe("ff ff ff ff ff ff 02 00 00 00 00 01 08 00");
    expect<string>(hex(frame + 26, 14)).toBe("00 00 00 00 ff ff ff ff 00 44 00 43 00 0c");
    expect<u32>(sumOf(frame + 34, 12, pseudoSum(0, 0xffffffff, 17, 12))).toBe(0xffff);
    const mac = put(root.exchange, "02 aa 00 00 00 01") ? root.exchange : 0;
    const next = direct.open(via, 0xffffffff, ms);
    direct.send(next, 4, 0xc0000201, 67, 0xc0000232, 68, mac, ms);
    frame = tx(0);
    expect<string>(hex(frame, 6)).toBe("02 aa 00 00 00 01");
    expect<string>(hex(frame + 26, 8)).toBe("c0 00 02 01 c0 00 02 32");
  });
  test("without a way there is no place for one", () => {
    ethernet(0xc0000201, 24);
    expect<usize>(direct.open(root.interface(0), 0x08080808, ms)).toBe(0);
    expect<u32>(unsent(0)).toBe(0);
  });
});

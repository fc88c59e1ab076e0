import { root } from "../../../assembly/memory/root";
import { claim, publish, Reserve, SLOT_IP } from "../../../assembly/link/device";
import * as slip from "../../../assembly/link/slip";
import { hex, put } from "../octets";
import { ignore, rawIp, rx, unsent } from "../world";

const AT: usize = memory.data(64, 8);

describe("link/slip", () => {
  test("RFC 1055: END parts packets, ESC stands before what would be one", () => {
    rawIp(0xc0000201, 24);
    const packet = rx(0);
    const written = root.device(0).rxWritten;
    expect<u32>(slip.input(0, AT, put(AT, "c0 45 db dc"))).toBe(4);
    expect<u32>(root.device(0).rxWritten).toBe(written);
    expect<u32>(slip.input(0, AT, put(AT, "db dd c0"))).toBe(3);
    expect<u32>(root.device(0).rxWritten).toBe(written + 1);
    expect<u32>(load<u32>(packet - SLOT_IP)).toBe(3);
    expect<string>(hex(packet, 3)).toBe("45 c0 db");
  });
  test("what leaves goes between two ENDs, in as many pieces as are asked for", () => {
    rawIp(0xc0000201, 24);
    ignore(0);
    const slot = claim(root.device(0), Reserve.DATA);
    publish(root.device(0), slot, put(slot + SLOT_IP, "45 c0 db"));
    expect<u32>(slip.output(0, AT, 3)).toBe(2);
    expect<string>(hex(AT, 2)).toBe("c0 45");
    expect<u32>(unsent(0)).toBe(1);
    expect<u32>(slip.output(0, AT, 64)).toBe(5);
    expect<string>(hex(AT, 5)).toBe("db dc db dd c0");
    expect<u32>(unsent(0)).toBe(0);
    expect<u32>(slip.output(0, AT, 64)).toBe(0);
  });
});

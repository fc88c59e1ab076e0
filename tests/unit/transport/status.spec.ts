import { root } from "../../../assembly/memory/root";
import { clearStatus, status } from "../../../assembly/transport/status";
import { rawIp } from "../world";

describe("transport/status", () => {
  test("the record has 128 octets at the place that the control block names; the ends lie at 72 and 96", () => {
    rawIp(0xc0000201, 24);
    const at = changetype<usize>(status());
    expect<usize>(at).toBe(root.status);
    expect<usize>(changetype<usize>(status().local) - at).toBe(72);
    expect<usize>(changetype<usize>(status().remote) - at).toBe(96);
  });
  test("clearing makes all of it zero, and nothing behind it", () => {
    rawIp(0xc0000201, 24);
    const behind = load<u8>(root.statusAt, 128);
    memory.fill(root.statusAt, 0xee, 128);
    const it = clearStatus();
    let left = 0;
    for (let i: usize = 0; i < 128; i++) if (load<u8>(root.statusAt + i)) left++;
    expect<i32>(left).toBe(0);
    expect<u8>(load<u8>(root.statusAt, 128)).toBe(behind);
    it.handle = 5;
    expect<u32>(load<u32>(root.statusAt, 124)).toBe(5);
  });
});

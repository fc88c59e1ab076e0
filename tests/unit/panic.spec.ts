import { Flag } from "../../assembly/memory/control";
import { root } from "../../assembly/memory/root";
import { abort } from "../../assembly/panic";

describe("panic", () => {
  test("notes file and line in the control block, then traps", () => {
    root.flags = Flag.READY;
    expect(() => {
      abort(0, 1234, 56, 7);
    }).toThrow("trap");
    expect<u32>(root.flags).toBe(Flag.READY | Flag.FAULT);
    expect<u32>(root.faultFile).toBe(1234);
    expect<u32>(root.faultLine).toBe(56);
  });
});

import { Binding, DhcpState, NAME_MAX } from "../../../assembly/application/binding";
import { setName, tell } from "../../../assembly/application/dhcpstatus";
import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { hex, put } from "../octets";
import * as world from "../world";
import { LEASED, US } from "./message";

/** Whether a host name is taken. */
function takes(name: string): bool {
  return setName(1, String.UTF8.encodeUnsafe(changetype<usize>(name), name.length, root.exchange) as u32) == 0;
}

describe("application/dhcpstatus", () => {
  test("the state, and a copy of what is known, behind the time", () => {
    world.ethernet(US, 24);
    expect<i32>(tell(0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(tell(2)).toBe(Err.BAD_ARGUMENT);
    Binding.on(0).ip = LEASED;
    expect<i32>(tell(1)).toBe(DhcpState.OFF);
    expect<u64>(load<u64>(root.exchange)).toBe(world.ms);
    expect<u32>(load<u32>(root.exchange + 8 + offsetof<Binding>("ip"))).toBe(LEASED);
  });
  test("calls refuse what makes no sense; a name is letters, digits and hyphens (A344)", () => {
    world.ethernet(US, 24);
    put(root.exchange, "61 2d 31 2e 6c 61 6e");
    expect<i32>(setName(1, 7)).toBe(0);
    expect<i32>(setName(2, 7)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(setName(1, 2)).toBe(Err.BAD_ARGUMENT);
    expect<u32>(Binding.on(0).nameLength).toBe(7);
    expect<string>(hex(Binding.on(0).name, 7)).toBe("61 2d 31 2e 6c 61 6e");
    expect<bool>(takes("A9")).toBe(true);
    expect<bool>(takes("-a")).toBe(false);
    expect<bool>(takes("a-.b")).toBe(false);
    expect<bool>(takes("a..b")).toBe(false);
    expect<bool>(takes("a.")).toBe(false);
    expect<bool>(takes("a_b")).toBe(false);
    expect<bool>(takes("a".repeat(NAME_MAX))).toBe(true);
    expect<bool>(takes("a".repeat(NAME_MAX + 1))).toBe(false);
    expect<bool>(takes("")).toBe(true);
    expect<u32>(Binding.on(0).nameLength).toBe(0);
  });
});

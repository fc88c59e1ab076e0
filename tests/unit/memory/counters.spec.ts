import { bump, count, Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";

describe("memory/counters", () => {
  it("counts under each name apart", () => {
    for (let i = 0; i < <i32>Counter.COUNT; i++) store<u32>(root.counter(<Counter>i), 0);
    count(Counter.ARP_IN);
    count(Counter.ARP_IN);
    bump(Counter.OCTETS_IN, 1500);
    expect<u32>(load<u32>(root.counter(Counter.ARP_IN))).toBe(2);
    expect<u32>(load<u32>(root.counter(Counter.OCTETS_IN))).toBe(1500);
    expect<u32>(load<u32>(root.counter(Counter.OCTETS_OUT))).toBe(0);
    expect<u32>(load<u32>(root.counter(Counter.ARP_MALFORMED))).toBe(0);
  });
  it("wraps", () => {
    store<u32>(root.counter(Counter.IP_IN), 0xffffffff);
    count(Counter.IP_IN);
    expect<u32>(load<u32>(root.counter(Counter.IP_IN))).toBe(0);
  });
});

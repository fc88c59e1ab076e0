import { root } from "../../../assembly/memory/root";
import { begin, next, tries } from "../../../assembly/transport/ports";
import { rawIp } from "../world";

describe("transport/ports", () => {
  test("RFC6056-1, A343: a search begins anywhere from 1024 to 65535", () => {
    rawIp(0xc0000201, 24);
    let outside = 0;
    let low = 0;
    let repeated = 0;
    let last: u32 = 0;
    for (let i = 0; i < 2000; i++) {
      const port = begin();
      if (port < 1024 || port > 65535) outside++;
      if (port < 33280) low++;
      if (port == last) repeated++;
      last = port;
    }
    expect<i32>(outside).toBe(0);
    // 33,280 is the middle: about 1,000 of 2,000.
    expect<i32>(low).toBeGreaterThan(850);
    expect<i32>(low).toBeLessThan(1150);
    expect<i32>(repeated).toBeLessThan(5);
  });
  test("the next port goes round from 65535 to 1024, and a search sees each once", () => {
    expect<u32>(next(1024)).toBe(1025);
    expect<u32>(next(65534)).toBe(65535);
    expect<u32>(next(65535)).toBe(1024);
    expect<u32>(tries()).toBe(65536 - 1024);
    let port: u32 = 5000;
    for (let i: u32 = 0; i < tries(); i++) port = next(port);
    expect<u32>(port).toBe(5000);
  });
  test("a host's own range is kept to", () => {
    rawIp(0xc0000201, 24);
    root.extra.portFirst = 50000;
    root.extra.portLast = 50001;
    expect<u32>(tries()).toBe(2);
    expect<u32>(next(50000)).toBe(50001);
    expect<u32>(next(50001)).toBe(50000);
    let outside = 0;
    for (let i = 0; i < 100; i++) if (begin() - 50000 > 1) outside++;
    expect<i32>(outside).toBe(0);
  });
});

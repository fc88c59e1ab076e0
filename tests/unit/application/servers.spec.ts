import { addServer, clearServers, serverAt, serverCount } from "../../../assembly/application/servers";
import { rawIp } from "../world";

describe("application/servers", () => {
  test("four are kept in their order, none twice; of five the first goes", () => {
    rawIp(0x0a000001, 24);
    for (let i: u32 = 1; i <= 4; i++) addServer(i);
    addServer(2);
    expect<u32>(serverCount()).toBe(4);
    expect<u32>(serverAt(1)).toBe(2);
    addServer(5);
    expect<u32>(serverCount()).toBe(4);
    expect<u32>(serverAt(0)).toBe(2);
    expect<u32>(serverAt(3)).toBe(5);
    expect<u32>(serverAt(4)).toBe(0);
    clearServers();
    expect<u32>(serverCount()).toBe(0);
    expect<u32>(serverAt(0)).toBe(0);
  });
});

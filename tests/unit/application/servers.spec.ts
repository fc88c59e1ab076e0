import { addServer, clearServers, serverAt, serverCount } from "../../../assembly/application/servers";
import { ethernet } from "../world";

describe("application/servers", () => {
  test("keeps the order, each once, four at most: of five the first goes", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(serverCount()).toBe(0);
    for (let i: u32 = 1; i < 5; i++) addServer(i);
    addServer(2);
    expect<u32>(serverCount()).toBe(4);
    expect<u32>(serverAt(1)).toBe(2);
    addServer(5);
    expect<u32>(serverCount()).toBe(4);
    expect<u32>(serverAt(0)).toBe(2);
    expect<u32>(serverAt(3)).toBe(5);
    expect<u32>(serverAt(4)).toBe(0);
    clearServers();
    expect<u32>(serverAt(0)).toBe(0);
  });
});

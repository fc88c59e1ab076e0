import { PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import { Protocol } from "../../../assembly/wire/ipv4";
import * as napt from "../../../assembly/internet/napt";
import { gateway, INNER, used } from "./gateway";

describe("internet/napt", () => {
  test("a forward stays until it is taken back; its port is reserved for its protocol alone", () => {
    gateway(2);
    expect<i32>(napt.enable(2, 1)).toBe(0);
    root.remote.set(INNER, 80, 0);
    expect<i32>(napt.forward(Protocol.TCP, 8080)).toBe(0);
    expect<bool>(napt.reserves(Protocol.TCP, 8080)).toBe(true);
    expect<bool>(napt.reserves(Protocol.UDP, 8080)).toBe(false);
    expect<bool>(napt.reserves(Protocol.UDP, napt.FIRST_PORT)).toBe(true);
    expect<u32>(used(PoolIndex.MAPPING)).toBe(1);
    expect<i32>(napt.unforward(Protocol.TCP, 8080)).toBe(0);
    expect<u32>(used(PoolIndex.MAPPING)).toBe(0);
    expect<bool>(napt.reserves(Protocol.TCP, 8080)).toBe(false);
  });
});

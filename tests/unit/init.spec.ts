import { control, init } from "../../assembly/init";
import { Control, Flag } from "../../assembly/memory/control";
import { ABI_VERSION } from "../../assembly/memory/config";
import { Err } from "../../assembly/memory/errors";
import { PoolIndex } from "../../assembly/memory/pool";
import { root, state } from "../../assembly/memory/root";
import { blank } from "./world";
import { good, refuses } from "./refusal";

describe("init", () => {
  test("a good control block is not", () => {
    good();
    expect<i32>(init(0, 0)).toBe(0);
    expect<u32>(root.flags).toBe(Flag.READY);
    expect<u32>(root.abi).toBe(ABI_VERSION);
  });
  test("a seed whose octets are all equal", () => {
    good();
    root.seed0 = 0;
    root.seed1 = 0;
    root.seed2 = 0;
    root.seed3 = 0;
    refuses(Err.BAD_SEED, 64);
    root.seed0 = 0x7777777777777777;
    root.seed1 = 0x7777777777777777;
    root.seed2 = 0x7777777777777777;
    root.seed3 = 0x7777777777777777;
    refuses(Err.BAD_SEED, 64);
    root.seed3 = 0x7777777777777778;
    expect<i32>(init(0, 0)).toBe(0);
  });
  test("an arena that begins in static data", () => {
    good();
    root.arenaStart = 64;
    refuses(Err.BAD_ARGUMENT, offsetof<Control>("arenaStart"));
  });
  test("a second init begins afresh", () => {
    good();
    init(0, 0);
    root.pool(PoolIndex.UDP).take();
    root.device(0).rxWritten = 7;
    expect<i32>(init(5, 0)).toBe(0);
    expect<u32>(root.pool(PoolIndex.UDP).used).toBe(0);
    expect<u32>(root.device(0).rxWritten).toBe(0);
    expect<u32>(state.now).toBe(5);
  });
  test("control fills in the defaults once and leaves what the host has changed", () => {
    blank();
    root.ttl = 9;
    expect<i32>(control()).toBe(<i32>changetype<usize>(root));
    expect<u32>(root.ttl).toBe(9);
    expect<u32>(root.msl).toBe(30000);
    expect<u32>(root.minRto).toBe(200);
  });
});

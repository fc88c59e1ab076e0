import { jitter, keyed, secret, seedIsPlausible, start } from "../../../assembly/memory/random";
import { root, state } from "../../../assembly/memory/root";

function seed(a: u64, b: u64, c: u64, d: u64): void {
  root.seed0 = a;
  root.seed1 = b;
  root.seed2 = c;
  root.seed3 = d;
}

describe("memory/random", () => {
  it("is SipHash-2-4: the reference vector of sixteen octets", () => {
    const k0: u64 = 0x0706050403020100;
    const k1: u64 = 0x0f0e0d0c0b0a0908;
    expect<u64>(keyed(k0, k1, k0, k1)).toBe(0x3f2acc7f57c29bdb);
  });
  it("refuses a seed of equal octets only", () => {
    seed(0, 0, 0, 0);
    expect<bool>(seedIsPlausible()).toBe(false);
    seed(0x4141414141414141, 0x4141414141414141, 0x4141414141414141, 0x4141414141414141);
    expect<bool>(seedIsPlausible()).toBe(false);
    seed(0x4141414141414141, 0x4141414141414141, 0x4141414141414141, 0x4141414141414142);
    expect<bool>(seedIsPlausible()).toBe(true);
  });
  it("derives keys that differ from each other and leaves the seed as it was", () => {
    seed(1, 2, 3, 4);
    start();
    expect<bool>(state.keyIsn0 != state.keyIsn1 && state.keyIsn0 != state.keySecret0 && state.keySecret0 != state.keySecret1).toBe(true);
    expect<bool>(state.keyHash0 != state.keyIsn0 && state.keyHash1 != state.keyIsn1).toBe(true);
    expect<u64>(root.seed0).toBe(1);
    expect<u64>(root.seed3).toBe(4);
  });
  it("gives the same secrets for the same seed and others for another, whichever word differs", () => {
    seed(1, 2, 3, 4);
    start();
    const one = secret();
    const two = secret();
    expect<bool>(one == two).toBe(false);
    start();
    expect<u32>(secret()).toBe(one);
    seed(1, 2, 3, 5);
    start();
    expect<bool>(secret() == one).toBe(false);
    seed(9, 2, 3, 4);
    start();
    expect<bool>(secret() == one).toBe(false);
  });
  it("keeps jitter below its bound and does not stand still", () => {
    seed(1, 2, 3, 4);
    start();
    let outside = 0;
    let low = 0;
    for (let i = 0; i < 1000; i++) {
      const value = jitter(100);
      if (value >= 100) outside++;
      if (value < 50) low++;
    }
    expect<i32>(outside).toBe(0);
    expect<bool>(low > 400 && low < 600).toBe(true);
    expect<u32>(jitter(0)).toBe(0);
    expect<u32>(jitter(1)).toBe(0);
  });
});

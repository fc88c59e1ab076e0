import { root } from "../../../assembly/memory/root";
import * as limit from "../../../assembly/internet/limit";
import { rawIp } from "../world";

/** Errors allowed of `n` asked for at `now`. */
function reports(n: u32, now: u32): u32 {
  let allowed: u32 = 0;
  for (let i: u32 = 0; i < n; i++) if (limit.mayReport(now)) allowed++;
  return allowed;
}
function resets(n: u32, now: u32): u32 {
  let allowed: u32 = 0;
  for (let i: u32 = 0; i < n; i++) if (limit.mayReset(now)) allowed++;
  return allowed;
}
function start(rate: u32): void {
  rawIp(0xc0000201, 24);
  root.errorRate = rate;
  limit.start(5000);
}

describe("internet/limit", () => {
  test("a full bucket holds errorRate tokens", () => {
    start(50);
    expect<u32>(reports(200, 5000)).toBe(50);
  });
  test("errors and resets have a bucket each", () => {
    start(50);
    expect<u32>(reports(200, 5000)).toBe(50);
    expect<u32>(resets(200, 5000)).toBe(50);
  });
  test("errorRate tokens a second come back: at 50, one in 20 ms", () => {
    start(50);
    reports(200, 5000);
    resets(200, 5000);
    expect<u32>(reports(200, 5019)).toBe(0);
    // 400 ms at 50 a second.
    expect<u32>(reports(200, 5400)).toBe(20);
    expect<u32>(resets(200, 5400)).toBe(20);
    // 100 ms more.
    expect<u32>(reports(200, 5500)).toBe(5);
  });
  test("after a long silence there are errorRate at most, and not always as many (counting tells nothing)", () => {
    start(100);
    let now: u32 = 5000;
    let least: u32 = 1000;
    let most: u32 = 0;
    for (let i = 0; i < 50; i++) {
      const got = reports(500, now);
      least = min(least, got);
      most = max(most, got);
      now += 100000;
    }
    expect<u32>(most).toBeLessThan(101);
    // The cap varies by a quarter.
    expect<u32>(least).toBeGreaterThan(74);
    expect<u32>(most - least).toBeGreaterThan(0);
  });
  test("the clock's wrap refills as any other time", () => {
    start(50);
    limit.start(0xffffffff - 99);
    reports(200, 0xffffffff - 99);
    expect<u32>(reports(200, 300)).toBe(20);
  });
});

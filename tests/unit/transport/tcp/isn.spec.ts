import { root, state } from "../../../../assembly/memory/root";
import { stamp } from "../../../../assembly/memory/time";
import * as isn from "../../../../assembly/transport/tcp/isn";
import { blank, addDevice, addInterface, beginAt } from "../../world";

const LOCAL: u32 = 0xc0000201;
const REMOTE: u32 = 0xc0000202;
const PORTS: u32 = (4000 << 16) | 80;

function start(ms: u32, us: u32, seed: u64): void {
  blank();
  root.seed0 = seed;
  addDevice(2, 4);
  addInterface(LOCAL, 24);
  beginAt(ms, us);
}
function choose(): u32 {
  return isn.choose(LOCAL, REMOTE, PORTS).u32;
}

describe("transport/tcp/isn", () => {
  test("MUST-8: the clock is 250 steps a millisecond, one in 4 microseconds", () => {
    start(1000, 0, 1);
    const first = choose();
    start(1001, 0, 1);
    expect<u32>(choose() - first).toBe(250);
    start(1000, 4, 1);
    expect<u32>(choose() - first).toBe(1);
    start(1000, 999, 1);
    expect<u32>(choose() - first).toBe(249);
    start(3000, 400, 1);
    expect<u32>(choose() - first).toBe(500100);
  });
  test("MUST-8: it goes on over the wrap of 32 bits", () => {
    start(17179869, 184, 1);
    const last = choose();
    // 17,179,869.184 ms * 250 = 2^32: four microseconds before, one less.
    start(17179869, 180, 1);
    expect<u32>(last - choose()).toBe(1);
    start(0, 0, 1);
    expect<u32>(choose()).toBe(last);
  });
  test("MUST-9, SHLD-1: each part of the tuple, and the secret, change the rest", () => {
    start(1000, 0, 1);
    const first = choose();
    expect<u32>(isn.choose(LOCAL + 1, REMOTE, PORTS).u32).not.toBe(first);
    expect<u32>(isn.choose(LOCAL, REMOTE + 1, PORTS).u32).not.toBe(first);
    expect<u32>(isn.choose(LOCAL, REMOTE, PORTS + 1).u32).not.toBe(first);
    expect<u32>(isn.choose(LOCAL, REMOTE, PORTS + 65536).u32).not.toBe(first);
    start(1000, 0, 2);
    expect<u32>(choose()).not.toBe(first);
  });
  test("MUST-9: neighbouring ports have unrelated numbers", () => {
    start(1000, 0, 1);
    let close = 0;
    for (let port: u32 = 1; port <= 1000; port++) {
      const step = isn.choose(LOCAL, REMOTE, PORTS + port).u32 - isn.choose(LOCAL, REMOTE, PORTS + port - 1).u32;
      if (step < 0x1000000 || step > 0xff000000) close++;
    }
    // One in 128 by chance: about 8.
    expect<i32>(close).toBeLessThan(30);
  });
  test("the same history gives the same number", () => {
    start(1000, 0, 1);
    const first = choose();
    start(1000, 0, 1);
    expect<u32>(choose()).toBe(first);
    expect<u32>(state.now).toBe(1000);
  });
  test("MUST-8: opens between two polls have numbers of their own, a step apart; the clock goes on where it was", () => {
    start(1000, 0, 1);
    const first = choose();
    expect<u32>(choose() - first).toBe(1);
    expect<u32>(choose() - first).toBe(2);
    stamp(1001, 0);
    expect<u32>(choose() - first).toBe(250);
  });
});

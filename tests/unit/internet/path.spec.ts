import { DeviceKind } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";
import { Path, PathState } from "../../../assembly/internet/path";
import * as path from "../../../assembly/internet/path";
import * as route from "../../../assembly/internet/route";
import { addDevice, addInterface, begin, blank, ignore, ms, poll, rawIp, wait } from "../world";
import { answers, host, known, silent, start, US, weAsk } from "./link";

const AT: usize = memory.data(32, 4);

function fresh(): Path {
  memory.fill(AT, 0, 32);
  return changetype<Path>(AT);
}
function ready(to: u32): PathState {
  return path.ready(changetype<Path>(AT), to, 0, ms);
}
function pins(n: u32): u32 {
  const neighbour = known(n);
  return neighbour ? neighbour.pins : 99;
}

describe("internet/path", () => {
  test("on a raw IP device the way is always ready", () => {
    rawIp(US, 24);
    const it = fresh();
    expect<i32>(ready(host(2))).toBe(PathState.READY);
    expect<u32>(it.source).toBe(US);
    expect<u32>(it.nextHop).toBe(host(2));
    expect<u32>(it.neighbour).toBe(0);
  });
  test("without a route there is no way", () => {
    rawIp(US, 24);
    fresh();
    expect<i32>(ready(0x08080808)).toBe(PathState.UNREACHABLE);
  });
  test("an unknown neighbour is asked for and waited for; when it has answered the way is ready", () => {
    start();
    fresh();
    expect<i32>(ready(host(2))).toBe(PathState.WAIT);
    weAsk(2);
    expect<i32>(ready(host(2))).toBe(PathState.WAIT);
    silent();
    answers(2);
    expect<i32>(ready(host(2))).toBe(PathState.READY);
  });
  test("a path pins its neighbour once, and lets it go", () => {
    start();
    const it = fresh();
    ready(host(2));
    ready(host(2));
    answers(2);
    ready(host(2));
    expect<u32>(pins(2)).toBe(1);
    path.release(it);
    expect<u32>(pins(2)).toBe(0);
    path.release(it);
    expect<u32>(pins(2)).toBe(0);
  });
  test("an entry past its time makes the path wait again", () => {
    start();
    fresh();
    ready(host(2));
    answers(2);
    ignore(0);
    wait(60000);
    expect<i32>(ready(host(2))).toBe(PathState.WAIT);
  });
  test("a changed route is found with the next packet, and the old neighbour let go", () => {
    blank();
    addDevice(DeviceKind.ETHERNET, 8);
    addInterface(US, 24).gateway = bswap<u32>(host(254));
    begin();
    const it = fresh();
    ready(0x08080808);
    answers(254);
    expect<i32>(ready(0x08080808)).toBe(PathState.READY);
    expect<u32>(pins(254)).toBe(1);
    expect<i32>(route.add(0x08000000, 8, host(253), 1, 0)).toBe(0);
    expect<i32>(ready(0x08080808)).toBe(PathState.WAIT);
    expect<u32>(it.nextHop).toBe(host(253));
    expect<u32>(pins(254)).toBe(0);
    expect<u32>(pins(253)).toBe(1);
    expect<i32>(route.remove(0x08000000, 8, 1, 0)).toBe(0);
    expect<i32>(ready(0x08080808)).toBe(PathState.READY);
    expect<u32>(it.nextHop).toBe(host(254));
  });
  test("a lookup that finds nothing leaves the path as it was", () => {
    rawIp(US, 24);
    const it = fresh();
    ready(host(2));
    root.interface(0).gateway = 0;
    expect<bool>(path.find(it, 0x08080808, 0)).toBe(false);
    expect<u32>(it.nextHop).toBe(host(2));
    poll();
  });
});

import { Option } from "../../../../assembly/memory/errors";
import * as cubic from "../../../../assembly/transport/tcp/cubic";
import * as settings from "../../../../assembly/transport/tcp/settings";
import { Tcb } from "../../../../assembly/transport/tcp/tcb";
import { blank, ignore, pass } from "../../world";
import { ACK, established, handleNow, IRS, ISS, peer, tcb, write } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;
const AT: usize = memory.data(1024, 8);
const MSS: u32 = 1000;

/** A connection in congestion avoidance with this window. */
function avoiding(cwnd: u32): Tcb {
  blank();
  memory.fill(AT, 0, 1024);
  const it = changetype<Tcb>(AT);
  it.snd.mss = MSS;
  it.congestion.cwnd = cwnd;
  return it;
}
/** A round trip of `ms` ends at `now`: a whole window is acknowledged, a segment at a time. */
function round(it: Tcb, now: u32): void {
  const segments = it.congestion.cwnd / MSS;
  for (let i: u32 = 0; i < segments; i++) cubic.grow(it, MSS, now);
}

describe("transport/tcp/cubic (RFC 9438)", () => {
  test("whole cube roots, up to 2^63", () => {
    expect<u32>(cubic.cubeRoot(0)).toBe(0);
    expect<u32>(cubic.cubeRoot(7)).toBe(1);
    expect<u32>(cubic.cubeRoot(8)).toBe(2);
    expect<u32>(cubic.cubeRoot(26)).toBe(2);
    expect<u32>(cubic.cubeRoot(27)).toBe(3);
    expect<u32>(cubic.cubeRoot(999999999)).toBe(999);
    expect<u32>(cubic.cubeRoot(1000000000)).toBe(1000);
    expect<u32>(cubic.cubeRoot(1 << 60)).toBe(1 << 20);
  });
  test("RFC 9438 4.2: K is the cube root of what was lost over C = 0.4: 30 segments take 4,217 ms, none takes none", () => {
    // (30 / 0.4)^(1/3) = 4.217 s
    expect<u32>(cubic.timeToGrow(30 * MSS, MSS)).toBe(4217);
    expect<u32>(cubic.timeToGrow(0, MSS)).toBe(0);
    // A segment: 2.5^(1/3) = 1.357 s, whatever its size.
    expect<u32>(cubic.timeToGrow(1460, 1460)).toBe(1357);
    // 2^30 octets in segments of 64: no overflow.
    expect<u32>(cubic.timeToGrow(1 << 30, 64)).toBe(347445);
  });
  test("RFC 9438 4.2: C(t - K)^3: 0.4 segments after a second, 3.2 after two, as much below before K", () => {
    expect<i64>(cubic.cubed(1000, MSS)).toBe(400);
    expect<i64>(cubic.cubed(2000, MSS)).toBe(3200);
    expect<i64>(cubic.cubed(-2000, MSS)).toBe(-3200);
    expect<i64>(cubic.cubed(0, MSS)).toBe(0);
    expect<i64>(cubic.cubed(4217, MSS) / 1000).toBe(29);
    expect<bool>(cubic.cubed(0x7fffffff, 1460) > 0).toBe(true);
    expect<bool>(cubic.cubed(-0x7fffffff, 1460) < 0).toBe(true);
  });
  test("RFC 9438 4.6: seven tenths of the flight remain, two segments at least", () => {
    const it = avoiding(100 * MSS);
    expect<u32>(cubic.reduced(it, 100 * MSS)).toBe(70 * MSS);
    expect<u32>(it.congestion.wMax).toBe(100 * MSS);
    expect<u32>(cubic.reduced(it, 2 * MSS)).toBe(2 * MSS);
  });
  test("RFC 9438 4.7: fast convergence: a maximum below the last one gives way: 85 % of it is remembered", () => {
    const it = avoiding(100 * MSS);
    cubic.reduced(it, 100 * MSS);
    it.congestion.cwnd = 80 * MSS;
    cubic.reduced(it, 80 * MSS);
    expect<u32>(it.congestion.wMax).toBe(68 * MSS);
  });
  test("RFC 9438 4.4, 4.5: it grows fast, rests near the last maximum at K, and then grows fast again", () => {
    const it = avoiding(100 * MSS);
    it.rtt.srtt = 100000;
    it.congestion.cwnd = cubic.reduced(it, 100 * MSS);
    let now: u32 = 1000;
    const first = it.congestion.cwnd;
    let atHalf: u32 = 0;
    for (; now < 1000 + 4300; now += 100) {
      round(it, now);
      if (now == 1000 + 2100) atHalf = it.congestion.cwnd;
    }
    const atK = it.congestion.cwnd;
    // 100 - 0.4 * 2.1^3 = 96 at half of K: most is gained in the first half.
    expect<u32>(atHalf).toBeGreaterThan(93 * MSS);
    expect<u32>(atHalf).toBeLessThan(98 * MSS);
    expect<u32>(atK).toBeGreaterThan(98 * MSS);
    expect<u32>(atK).toBeLessThan(103 * MSS);
    for (; now < 1000 + 8500; now += 100) round(it, now);
    expect<u32>(it.congestion.cwnd - atK).toBeGreaterThan(20 * MSS);
    expect<u32>(first).toBe(70 * MSS);
  });
  test("RFC 9438 4.3: where Reno would have more, it is as fast as Reno: a segment a round trip with a short one", () => {
    const it = avoiding(10 * MSS);
    it.rtt.srtt = 1000;
    it.congestion.cwnd = cubic.reduced(it, 10 * MSS);
    const first = it.congestion.cwnd;
    for (let now: u32 = 1000; now < 1020; now++) round(it, now);
    // 20 round trips of 9/17 of a segment at least, until it is back where it was, and of one behind that.
    expect<u32>(it.congestion.cwnd - first).toBeGreaterThan(10 * MSS);
    expect<u32>(it.congestion.cwnd - first).toBeLessThan(21 * MSS);
  });
  test("RFC 9438 4.4: no round trip grows the window by more than half", () => {
    const it = avoiding(10 * MSS);
    it.congestion.wMax = 10000 * MSS;
    it.congestion.cwnd = 10 * MSS;
    it.rtt.srtt = 100000;
    round(it, 1000);
    round(it, 60000);
    const before = it.congestion.cwnd;
    round(it, 61000);
    expect<u32>(it.congestion.cwnd).toBeLessThan(before + (before >> 1) + 2 * MSS);
  });
  test("RFC 9438 5.8: time in which the window was not used does not count", () => {
    const it = avoiding(100 * MSS);
    it.rtt.srtt = 100000;
    it.congestion.cwnd = cubic.reduced(it, 100 * MSS);
    round(it, 1000);
    const before = it.congestion.cwnd;
    cubic.wasNotUsed(it.congestion, 90000);
    round(it, 90100);
    expect<u32>(it.congestion.cwnd - before).toBeLessThan(6 * MSS);
  });
  test("the option CONGESTION chooses: seven tenths with it, half without", () => {
    for (let which: i32 = 0; which < 2; which++) {
      established(65535);
      expect<i32>(settings.set(handleNow(), Option.CONGESTION, which)).toBe(0);
      write(16000);
      ignore(0);
      for (let i = 0; i < 3; i++) peer(ACK, NXT, UNA);
      expect<u32>(tcb().congestion.ssthresh).toBe(which ? 7000 : 5000);
      pass(0);
    }
  });
});

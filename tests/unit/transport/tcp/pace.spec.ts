import { state } from "../../../../assembly/memory/root";
import * as pace from "../../../../assembly/transport/tcp/pace";
import { Tcb, Timer } from "../../../../assembly/transport/tcp/tcb";
import * as timers from "../../../../assembly/transport/tcp/timers";
import { blank } from "../../world";
import { ACK, established, IRS, ISS, peer, tcb, write } from "./peer";

const MSS: u32 = 1000;
const NOW: u32 = 5000;

/** A connection with this window and round trip (milliseconds). */
function start(cwnd: u32, srtt: u32): Tcb {
  established(65535);
  const it = tcb();
  it.congestion.cwnd = cwnd;
  it.congestion.ssthresh = cwnd;
  it.rtt.srtt = srtt * 1000;
  pace.start(it);
  return it;
}
/** Segments that leave in a row. */
function inRow(it: Tcb): u32 {
  let count: u32 = 0;
  while (!pace.isHeld(it) && count < 1000) {
    pace.sent(it, MSS, NOW);
    count++;
  }
  return count;
}

describe("transport/tcp/pace", () => {
  test("a burst of 64 segments may always leave, then the next waits", () => {
    const it = start(200 * MSS, 100);
    expect<u32>(inRow(it)).toBe(64);
    expect<bool>(timers.isArmed(it, Timer.PACE)).toBe(true);
  });
  test("then they leave at five quarters of a window in a round trip; in slow start at two", () => {
    const it = start(200 * MSS, 100);
    inRow(it);
    // Two segments at 250 in 100 ms: 0.8 ms, a millisecond at least.
    expect<u32>(timers.remaining(it, Timer.PACE, NOW)).toBe(1);
    timers.clear(it, Timer.PACE);
    state.micro += 10000;
    // 25 more.
    expect<u32>(inRow(it)).toBe(25);
    timers.clear(it, Timer.PACE);
    it.congestion.ssthresh = 1 << 30;
    state.micro += 10000;
    expect<u32>(inRow(it)).toBe(40);
  });
  test("what is acknowledged calls for twice as much at once", () => {
    const it = start(200 * MSS, 100);
    inRow(it);
    pace.acknowledged(it, 2 * MSS);
    expect<bool>(pace.isHeld(it)).toBe(false);
    expect<u32>(inRow(it)).toBe(4);
  });
  test("a silence earns no more than a round trip does, and no more than a burst", () => {
    const it = start(200 * MSS, 100);
    inRow(it);
    timers.clear(it, Timer.PACE);
    state.micro += 60000000;
    expect<u32>(inRow(it)).toBe(64);
  });
  test("a round trip below two milliseconds is not paced", () => {
    const it = start(200 * MSS, 1);
    expect<u32>(inRow(it)).toBe(1000);
  });
  test("windows of 2^30 octets and round trips of minutes do not overflow", () => {
    const it = start(1 << 30, 120000);
    state.micro += 120000000;
    expect<u32>(inRow(it)).toBe(64);
    pace.acknowledged(it, 1 << 29);
    expect<i32>(it.congestion.paceCredit).toBe(1 << 30);
  });
  test("a window of ten segments leaves as it is", () => {
    blank();
    established(65535);
    tcb().rtt.srtt = 100000;
    write(10000);
    peer(ACK, IRS + 1, ISS + 10001);
    expect<bool>(pace.isHeld(tcb())).toBe(false);
  });
});

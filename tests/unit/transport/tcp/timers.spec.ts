import * as deadlines from "../../../../assembly/memory/deadlines";
import { state } from "../../../../assembly/memory/root";
import { NEVER } from "../../../../assembly/memory/time";
import { Tcb, TCB_OCTETS, Timer } from "../../../../assembly/transport/tcp/tcb";
import * as timers from "../../../../assembly/transport/tcp/timers";

const AT: usize = memory.data(1024, 8);
const HEAP: usize = memory.data(64, 8);

function it(): Tcb {
  return changetype<Tcb>(AT);
}
function start(): void {
  memory.fill(AT, 0, TCB_OCTETS);
  state.heap = <u32>HEAP;
  state.heapCount = 0;
}

describe("transport/tcp/timers", () => {
  test("each purpose has a deadline of its own", () => {
    start();
    timers.set(it(), Timer.RETRANSMIT, 1000, 300);
    timers.set(it(), Timer.ACK, 1000, 40);
    expect<bool>(timers.isArmed(it(), Timer.RETRANSMIT)).toBe(true);
    expect<bool>(timers.isArmed(it(), Timer.PERSIST)).toBe(false);
    expect<u32>(timers.within(it(), 1000)).toBe(40);
    expect<bool>(timers.fires(it(), Timer.ACK, 1039)).toBe(false);
    expect<bool>(timers.fires(it(), Timer.ACK, 1040)).toBe(true);
    expect<bool>(timers.fires(it(), Timer.ACK, 1041)).toBe(false);
    expect<u32>(timers.within(it(), 1040)).toBe(260);
  });
  test("set moves a deadline, start leaves an armed one alone", () => {
    start();
    timers.set(it(), Timer.USER, 1000, 100);
    timers.start(it(), Timer.USER, 1050, 100);
    expect<u32>(timers.within(it(), 1050)).toBe(50);
    timers.set(it(), Timer.USER, 1050, 100);
    expect<u32>(timers.within(it(), 1050)).toBe(100);
    timers.clear(it(), Timer.USER);
    expect<u32>(timers.within(it(), 1050)).toBe(NEVER);
    timers.start(it(), Timer.USER, 1060, 100);
    expect<u32>(timers.within(it(), 1060)).toBe(100);
  });
  test("a past deadline is due now, also around the wrap of the clock", () => {
    start();
    timers.set(it(), Timer.RETRANSMIT, 0xfffffff0, 0x20);
    expect<bool>(timers.fires(it(), Timer.RETRANSMIT, 0xffffffff)).toBe(false);
    expect<u32>(timers.within(it(), 0x30)).toBe(0);
    expect<bool>(timers.fires(it(), Timer.RETRANSMIT, 0x10)).toBe(true);
  });
  test("the heap holds one lower bound for all timers", () => {
    start();
    timers.set(it(), Timer.RETRANSMIT, 1000, 300);
    timers.set(it(), Timer.ACK, 1000, 40);
    timers.set(it(), Timer.KEEP, 1000, 7200000);
    expect<u32>(state.heapCount).toBe(1);
    expect<u32>(deadlines.firstDeadline()).toBe(1040);
    timers.clear(it(), Timer.ACK);
    expect<u32>(deadlines.firstDeadline()).toBe(1040);
  });
  test("stop disarms everything", () => {
    start();
    timers.set(it(), Timer.RETRANSMIT, 1000, 300);
    timers.set(it(), Timer.PATH, 1000, 40);
    timers.stop(it());
    expect<u32>(state.heapCount).toBe(0);
    expect<u32>(timers.within(it(), 1000)).toBe(NEVER);
    expect<bool>(timers.fires(it(), Timer.PATH, 5000)).toBe(false);
  });
  test("a wait longer than half the clock is cut to what the clock can tell apart", () => {
    start();
    timers.set(it(), Timer.USER, 1000, 0xffffffff);
    expect<u32>(timers.within(it(), 1000)).toBe(NEVER);
    expect<bool>(timers.fires(it(), Timer.USER, 1001)).toBe(false);
  });
  test("there is a place for the last timer too", () => {
    start();
    timers.set(it(), Timer.COUNT - 1, 1000, 77);
    expect<u32>(timers.within(it(), 1000)).toBe(77);
    expect<usize>(it().timers.at11).toBe(1077);
  });
});

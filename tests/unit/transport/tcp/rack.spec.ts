import { state } from "../../../../assembly/memory/root";
import * as rack from "../../../../assembly/transport/tcp/rack";
import { Mark } from "../../../../assembly/transport/tcp/sent";
import { isArmed } from "../../../../assembly/transport/tcp/timers";
import { Timer } from "../../../../assembly/transport/tcp/tcb";
import { ignore, pass, wait, waitMicro } from "../../world";
import { ACK, establishedWithSack, IRS, ISS, peer, peerSacks, peerSacksTwo, queue, sendsText, silent, tcb, write } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** A round trip of 100 ms was measured; `count` segments are in flight, a millisecond apart. */
function flight(count: u32): void {
  establishedWithSack(65535);
  write(1000);
  wait(100);
  peer(ACK, NXT, UNA + 1000);
  ignore(0);
  tcb().rtt.srtt = 100000;
  for (let i: u32 = 0; i < count; i++) {
    write(1000);
    waitMicro(1000);
  }
  ignore(0);
  expect<u32>(tcb().rack.minRtt).toBe(100000);
}
/** Position of the n-th segment of the flight. */
function at(n: u32): u32 {
  return UNA + 1000 + n * 1000;
}
function lost(n: u32): bool {
  const board = tcb().board;
  return board.at(board.first + n).has(Mark.LOST);
}

describe("transport/tcp/rack (RFC 8985 6.2)", () => {
  test("step 2: the newest of what has arrived is kept, with its round trip", () => {
    flight(4);
    wait(97);
    peerSacks(at(0), at(1), at(2));
    const it = tcb().rack;
    expect<u32>(it.isValid).toBe(1);
    expect<u32>(it.end.u32).toBe(at(2));
    // Sent a millisecond behind the first, 100 before its SACK.
    expect<u32>(state.micro - it.stamp).toBe(100000);
    expect<u32>(it.rtt).toBe(100000);
    peerSacks(at(0), at(0) + 100, at(0) + 200);
    expect<u32>(it.end.u32).toBe(at(2));
  });
  test("step 4: with fewer than three SACKed segments and no reordering seen, a quarter of the smallest round trip is waited", () => {
    flight(6);
    wait(96);
    peerSacks(at(0), at(1), at(2));
    expect<bool>(lost(0)).toBe(false);
    expect<bool>(isArmed(tcb(), Timer.REORDER)).toBe(true);
    ignore(0);
    // Segment 0 left a millisecond before segment 1: it is lost when 100 + 25 ms have passed since.
    pass(23);
    silent();
    expect<bool>(lost(0)).toBe(false);
    pass(1);
    sendsText(ACK, at(0), NXT, 1000);
    silent();
  });
  test("step 4: the third SACKed segment is the judge at once, as three duplicates were", () => {
    flight(6);
    wait(96);
    peerSacks(at(0), at(1), at(3));
    silent();
    peerSacks(at(0), at(1), at(4));
    sendsText(ACK, at(0), NXT, 1000);
  });
  test("step 4: where segments were seen to overtake each other, three are no reason to hurry", () => {
    flight(6);
    wait(90);
    peerSacks(at(0), at(1), at(2));
    peer(ACK, NXT, at(2));
    expect<u32>(tcb().rack.hasReordered).toBe(1);
    peerSacks(at(2), at(3), at(6));
    silent();
    expect<bool>(isArmed(tcb(), Timer.REORDER)).toBe(true);
    pass(30);
    sendsText(ACK, at(2), NXT, 1000);
  });
  test("step 5: only what left before what has arrived is lost, and a segment sent again is judged by its last departure", () => {
    flight(6);
    wait(94);
    peerSacks(at(0), at(2), at(5));
    expect<bool>(lost(0) || tcb().board.at(tcb().board.first).has(Mark.AGAIN)).toBe(true);
    expect<bool>(lost(5)).toBe(false);
    ignore(0);
    // What was sent again just now is not lost once more by the same news.
    peerSacks(at(0), at(2), at(6));
    expect<bool>(lost(0)).toBe(false);
    silent();
  });
  test("step 2: an acknowledgement that comes sooner than any round trip speaks for the first copy, not for the second", () => {
    flight(6);
    wait(94);
    peerSacks(at(0), at(2), at(5));
    ignore(0);
    const before = tcb().rack.end.u32;
    waitMicro(1000);
    peer(ACK, NXT, at(1));
    expect<u32>(tcb().rack.end.u32).toBe(before);
  });
  test("RFC 8985 6.2.4: each round with a DSACK makes the window a quarter longer, for sixteen recoveries", () => {
    flight(4);
    const it = tcb().rack;
    peerSacks(at(0), UNA, at(0));
    expect<u32>(it.multiple).toBe(1);
    expect<u32>(it.persist).toBe(16);
    peerSacks(at(0), UNA, at(0));
    expect<u32>(it.multiple).toBe(1);
    peer(ACK, NXT, at(4));
    queue(2000);
    pass(0);
    ignore(0);
    peerSacksTwo(at(4), at(3), at(4), at(5), at(6));
    expect<u32>(it.multiple).toBe(2);
    for (let i = 0; i < 15; i++) rack.recovered(it);
    expect<u32>(it.multiple).toBe(2);
    rack.recovered(it);
    expect<u32>(it.multiple).toBe(0);
  });
  test("RFC 8985 6.2.4: the window is never longer than the smoothed round trip, nor shorter than two ticks of the clock", () => {
    flight(4);
    tcb().rack.multiple = 200;
    wait(96);
    peerSacks(at(0), at(1), at(2));
    pass(<u32>tcb().rtt.srtt / 1000 + 3);
    expect<bool>(lost(0) || tcb().board.at(tcb().board.first).has(Mark.AGAIN)).toBe(true);
  });
});

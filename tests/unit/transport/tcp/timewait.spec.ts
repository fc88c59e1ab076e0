import { Counter } from "../../../../assembly/memory/counters";
import { Err } from "../../../../assembly/memory/errors";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root } from "../../../../assembly/memory/root";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { State } from "../../../../assembly/transport/tcp/state";
import { counted, ignore, pass, poll, run } from "../../world";
import {
  accept,
  ACK,
  connect,
  establishedAt,
  FIN,
  handleNow,
  is,
  listen,
  peer,
  peerOptions,
  peerPort,
  peerText,
  REMOTE,
  RST,
  seenOptions,
  sends,
  serverAt,
  shutdown,
  silent,
  stateNow,
  SYN,
} from "./peer";

const TWO_MSL: u32 = 60000;

/** Figure 12 up to TIME-WAIT: SND.NXT 101, RCV.NXT 301. */
function waiting(): void {
  establishedAt(100, 300);
  shutdown();
  peer(ACK, 300, 101);
  ignore(0);
  peer(FIN | ACK, 300, 101);
  sends(ACK, 101, 301);
  is(State.TIME_WAIT);
}

describe("transport/tcp/timewait", () => {
  test("MUST-13: it lasts 2 MSL, and then the same segment draws a RST", () => {
    waiting();
    run(TWO_MSL - 1);
    is(State.TIME_WAIT);
    run(1);
    is(State.CLOSED);
    peer(FIN | ACK, 300, 101);
    sends(RST, 101, 0);
  });
  test("poll says when it ends", () => {
    waiting();
    expect<i32>(poll()).toBe(TWO_MSL);
    expect<i32>(pass(1000)).toBe(TWO_MSL - 1000);
  });
  test("the peer's FIN again is acknowledged again, and 2 MSL begin anew", () => {
    waiting();
    run(50000);
    peer(FIN | ACK, 300, 101);
    sends(ACK, 101, 301);
    run(TWO_MSL - 1);
    is(State.TIME_WAIT);
    run(1);
    is(State.CLOSED);
  });
  test("other segments are acknowledged and change nothing; an ACK at its place is silent", () => {
    waiting();
    run(10000);
    peerText(ACK, 290, 101, 10);
    sends(ACK, 101, 301);
    peerText(ACK, 301, 101, 10);
    sends(ACK, 101, 301);
    peer(ACK, 301, 101);
    silent();
    run(TWO_MSL - 10000);
    is(State.CLOSED);
  });
  test("RFC1337-1: a RST does not end it", () => {
    waiting();
    peer(RST, 301, 0);
    silent();
    is(State.TIME_WAIT);
  });
  test("the socket and its rings are free for others; only the record stays", () => {
    waiting();
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.END);
    expect<i32>(calls.close(handleNow(), 0)).toBe(0);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
    expect<u32>(root.pool(PoolIndex.TIME_WAIT).used).toBe(1);
    run(TWO_MSL);
    expect<u32>(root.pool(PoolIndex.TIME_WAIT).used).toBe(0);
  });
  test("an active OPEN with the same ends is refused while it lasts", () => {
    waiting();
    const old = handleNow();
    expect<i32>(connect(REMOTE, 80)).toBe(Err.IN_USE);
    expect<bool>(old > 0).toBe(true);
    run(TWO_MSL);
    expect<i32>(connect(REMOTE, 80)).toBeGreaterThan(0);
  });
  test("MAY-2: a SYN beyond RCV.NXT begins a new incarnation behind our old numbers; an old one is acknowledged", () => {
    serverAt(99);
    const listener = listen(4);
    peer(SYN, 299, 0);
    peer(ACK, 300, 100);
    accept(listener);
    shutdown();
    peer(ACK, 300, 101);
    ignore(0);
    peer(FIN | ACK, 300, 101);
    sends(ACK, 101, 301);
    is(State.TIME_WAIT);
    peer(SYN, 300, 0);
    sends(ACK, 101, 301);
    peer(SYN, 301, 0);
    sends(ACK, 101, 301);
    is(State.TIME_WAIT);
    // No time has passed: the clock's number, 99, lies before SND.NXT 101, and one more than that is taken.
    peer(SYN, 302, 0);
    sends(SYN | ACK, 102, 303);
    is(State.SYN_RECEIVED);
    peer(ACK, 303, 103);
    is(State.ESTABLISHED);
    expect<u32>(root.pool(PoolIndex.TIME_WAIT).used).toBe(0);
  });
  test("RFC6191-1, SHLD-4: with timestamps a later stamp begins a new incarnation whatever the number; an earlier one does not", () => {
    const stamp = (value: string): void => peerOptions("01 01 08 0a 00 00 00 " + value + " 00 00 00 00");
    serverAt(99);
    const listener = listen(4);
    stamp("64");
    peer(SYN, 299, 0);
    stamp("64");
    peer(ACK, 300, 100);
    accept(listener);
    shutdown();
    stamp("65");
    peer(ACK, 300, 101);
    ignore(0);
    stamp("66");
    peer(FIN | ACK, 300, 101);
    sends(ACK, 101, 301);
    is(State.TIME_WAIT);
    // An earlier stamp behind a later number, and the same stamp with an earlier number.
    stamp("65");
    peer(SYN, 400, 0);
    sends(ACK, 101, 301);
    expect<u32>(seenOptions()).toBe(12);
    stamp("66");
    peer(SYN, 200, 0);
    sends(ACK, 101, 301);
    is(State.TIME_WAIT);
    stamp("67");
    peer(SYN, 200, 0);
    sends(SYN | ACK, 102, 201);
    is(State.SYN_RECEIVED);
  });
  test("RFC7323-4: what has an old stamp, or none, does not make 2 MSL begin anew", () => {
    serverAt(99);
    listen(4);
    peerOptions("01 01 08 0a 00 00 00 64 00 00 00 00");
    peer(SYN, 299, 0);
    peerOptions("01 01 08 0a 00 00 00 64 00 00 00 00");
    peer(ACK, 300, 100);
    const server = handleNow();
    expect<i32>(accept(server)).toBeGreaterThan(0);
    shutdown();
    ignore(0);
    peerOptions("01 01 08 0a 00 00 00 66 00 00 00 00");
    peer(FIN | ACK, 300, 101);
    is(State.TIME_WAIT);
    run(50000);
    peerOptions("01 01 08 0a 00 00 00 65 00 00 00 00");
    peer(FIN | ACK, 300, 101);
    expect<u32>(counted(Counter.TCP_PAWS)).toBe(1);
    peer(FIN | ACK, 300, 101);
    expect<u32>(counted(Counter.TCP_NO_TIMESTAMP)).toBe(1);
    run(TWO_MSL - 50000);
    is(State.LISTEN);
  });
  test("when all records are taken the oldest is given up and counted", () => {
    waiting();
    const pool = root.pool(PoolIndex.TIME_WAIT);
    // Only so many may be taken from now on.
    pool.capacity = pool.mark;
    calls.close(handleNow(), 0);
    peerPort(81);
    const second = connect(REMOTE, 81);
    expect<i32>(second).toBeGreaterThan(0);
    const iss = calls.connectionOf(second)!.snd.iss.u32;
    ignore(0);
    peer(SYN | ACK, 299, iss + 1);
    shutdown();
    peer(FIN | ACK, 300, iss + 2);
    is(State.TIME_WAIT);
    expect<u32>(counted(Counter.TCP_TIME_WAIT_CUT)).toBe(1);
    expect<u32>(pool.used).toBe(1);
    peerPort(80);
    expect<u32>(stateNow()).toBe(State.CLOSED);
  });
});

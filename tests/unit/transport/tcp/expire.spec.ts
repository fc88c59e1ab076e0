import { Counter } from "../../../../assembly/memory/counters";
import { Err, Option } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import * as calls from "../../../../assembly/transport/tcp/calls";
import * as settings from "../../../../assembly/transport/tcp/settings";
import { State } from "../../../../assembly/transport/tcp/state";
import { counted, ignore, ms, pass, run, unsent } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  established,
  FIN,
  handleNow,
  IRS,
  is,
  ISS,
  peer,
  peerWindow,
  REMOTE,
  sends,
  sendsText,
  SERVER,
  shutdown,
  silent,
  SYN,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** Milliseconds until the next segment leaves, at most `most`. */
function untilSent(most: u32): u32 {
  for (let waited: u32 = 1; waited <= most; waited++) {
    pass(1);
    if (unsent(0)) return waited;
  }
  return 0;
}

/** The peer's window is closed and 5,000 octets wait. */
function closed(): void {
  established(2000);
  write(7000);
  ignore(0);
  peerWindow(0);
  peer(ACK, NXT, UNA + 2000);
  silent();
}
function keep(idle: u32, interval: u32, count: u32): void {
  established(65535);
  settings.set(handleNow(), Option.KEEP_IDLE, idle);
  settings.set(handleNow(), Option.KEEP_INTERVAL, interval);
  settings.set(handleNow(), Option.KEEP_COUNT, count);
  settings.set(handleNow(), Option.KEEPALIVE, 1);
}

describe("transport/tcp/expire: retransmission", () => {
  test("RFC 6298 2.1, 5.5, MUST-22: a SYN is sent again after 1, 2, 4, ... seconds", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    sends(SYN, ISS, 0);
    let wait: u32 = 1000;
    for (let i = 0; i < 5; i++) {
      expect<u32>(untilSent(wait + 10)).toBe(wait);
      sends(SYN, ISS, 0);
      wait <<= 1;
    }
  });
  test("MUST-23: a SYN is sent for three minutes at least, then the connection times out", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    run(180000);
    is(State.SYN_SENT);
    run(10000);
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.TIMED_OUT);
    expect<u32>(counted(Counter.TCP_GIVEN_UP)).toBe(1);
  });
  test("RFC 6298 5.4, 5.5: text is sent again after an RTO of 200 ms, then 400, 800, ...", () => {
    established(65535);
    write(100);
    sendsText(ACK, UNA, NXT, 100);
    expect<u32>(tcb().rtt.rto).toBe(200);
    let wait: u32 = 200;
    for (let i = 0; i < 8; i++) {
      expect<u32>(untilSent(wait + 10)).toBe(wait);
      sendsText(ACK, UNA, NXT, 100);
      wait <<= 1;
    }
  });
  test("RFC 6298 2.5: the backoff ends at 120 s", () => {
    established(65535);
    write(100);
    tcb().rtt.backoff = 20;
    ignore(0);
    run(200);
    ignore(0);
    expect<u32>(untilSent(130000)).toBe(120000);
  });
  test("RFC 6298 5.3: an acknowledgement of new octets starts the timer anew, without backoff", () => {
    established(65535);
    write(2000);
    ignore(0);
    pass(150);
    peer(ACK, NXT, UNA + 1000);
    // A sample of 150 ms: SRTT and RTTVAR began with about nothing, so the RTO has grown.
    const rto = tcb().rtt.rto;
    expect<u32>(untilSent(2000)).toBe(rto);
    sendsText(ACK, UNA + 1000, NXT, 1000);
  });
  test("RFC 6298 5.2: when all is acknowledged nothing is armed", () => {
    established(65535);
    write(100);
    ignore(0);
    peer(ACK, NXT, UNA + 100);
    expect<u32>(untilSent(5000)).toBe(0);
  });
  test("SHLD-11, MUST-20: text unacknowledged for R2 ends the connection; MUST-21: the application sets R2", () => {
    established(65535);
    write(100);
    run(299999);
    is(State.ESTABLISHED);
    run(1);
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.TIMED_OUT);
    established(65535);
    settings.set(handleNow(), Option.USER_TIMEOUT, 5000);
    write(100);
    run(4999);
    is(State.ESTABLISHED);
    run(1);
    is(State.CLOSED);
  });
  test("a FIN is sent again like text", () => {
    established(65535);
    shutdown();
    sends(FIN | ACK, UNA, NXT);
    expect<u32>(untilSent(210)).toBe(200);
    sends(FIN | ACK, UNA, NXT);
  });
});

describe("transport/tcp/expire: zero-window probes (RFC 9293 3.8.6.1)", () => {
  test("MUST-36, SHLD-29: the first probe of one octet leaves after one RTO", () => {
    closed();
    const rto = tcb().rtt.rto;
    expect<u32>(untilSent(1000)).toBe(rto);
    sendsText(ACK, UNA + 2000, NXT, 1);
  });
  test("SHLD-30: then the time doubles, up to 120 s", () => {
    closed();
    const rto = tcb().rtt.rto;
    run(rto);
    let wait = rto;
    for (let i = 0; i < 12; i++) {
      ignore(0);
      wait = min<u32>(wait << 1, 120000);
      peer(ACK, NXT, UNA + 2000);
      expect<u32>(untilSent(130000)).toBe(wait);
    }
  });
  test("MUST-37: a peer that answers keeps the connection open for an hour and longer", () => {
    closed();
    for (let i = 0; i < 60; i++) {
      run(60000);
      ignore(0);
      peer(ACK, NXT, UNA + 2000);
    }
    is(State.ESTABLISHED);
  });
  test("a peer that does not answer is given up after R2", () => {
    closed();
    run(310000);
    is(State.CLOSED);
  });
  test("an opened window ends the probing: the text follows at once", () => {
    closed();
    run(tcb().rtt.rto);
    ignore(0);
    peerWindow(2000);
    peer(ACK, NXT, UNA + 2000);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    sendsText(ACK, UNA + 3000, NXT, 1000);
    silent();
  });
  test("a probe that the peer takes is acknowledged text", () => {
    closed();
    run(tcb().rtt.rto);
    ignore(0);
    peer(ACK, NXT, UNA + 2001);
    expect<u32>(tcb().snd.una.u32).toBe(UNA + 2001);
    peerWindow(2000);
    peer(ACK, NXT, UNA + 2001);
    sendsText(ACK, UNA + 2001, NXT, 1000);
  });
  test("MUST-35: a window that closes over octets in flight is probed at UNA", () => {
    established(2000);
    write(2000);
    ignore(0);
    peerWindow(0);
    peer(ACK, NXT, UNA);
    run(1000);
    sendsText(ACK, UNA, NXT, 1);
    is(State.ESTABLISHED);
  });
});

describe("transport/tcp/expire: keepalive (RFC 9293 3.8.4)", () => {
  test("MUST-25: off by default: a day of silence sends nothing", () => {
    established(65535);
    run(86400000);
    silent();
    is(State.ESTABLISHED);
  });
  test("MUST-28: two hours by default; SHLD-12, A356: SEQ = SND.NXT - 1, no octet", () => {
    established(65535);
    settings.set(handleNow(), Option.KEEPALIVE, 1);
    run(7199999);
    silent();
    run(1);
    sends(ACK, UNA - 1, NXT);
    silent();
  });
  test("MUST-27, MUST-29: probes at the interval that was set; an answer begins the silence anew", () => {
    keep(10000, 3000, 4);
    run(10000);
    sends(ACK, UNA - 1, NXT);
    run(3000);
    sends(ACK, UNA - 1, NXT);
    peer(ACK, NXT, UNA);
    run(9999);
    silent();
    run(3000);
    sends(ACK, UNA - 1, NXT);
    is(State.ESTABLISHED);
  });
  test("after the last unanswered probe and one interval more the connection is given up", () => {
    keep(10000, 3000, 4);
    run(10000 + 3 * 3000);
    expect<u32>(unsent(0)).toBe(4);
    is(State.ESTABLISHED);
    run(2999);
    is(State.ESTABLISHED);
    run(1);
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.TIMED_OUT);
  });
  test("MUST-26: not while something is outstanding", () => {
    keep(1000, 1000, 4);
    write(10);
    run(20000);
    expect<u32>(counted(Counter.TCP_KEEPALIVES)).toBe(0);
    is(State.ESTABLISHED);
  });
  test("MUST-24: it can be switched off again, and a shorter time counts from now", () => {
    keep(10000, 3000, 4);
    settings.set(handleNow(), Option.KEEPALIVE, 0);
    run(50000);
    silent();
    settings.set(handleNow(), Option.KEEPALIVE, 1);
    settings.set(handleNow(), Option.KEEP_IDLE, 500);
    run(500);
    sends(ACK, UNA - 1, NXT);
    expect<u32>(root.keepIdle).toBe(7200000);
  });
  test("SHLD-30: probes whose octet is taken while the window stays closed come ever more slowly, too", () => {
    established(0);
    write(100);
    let last = ms;
    let pause: u32 = 0;
    for (let i: u32 = 0; i < 5; i++) {
      while (!unsent(0)) run(1);
      sendsText(ACK, UNA + i, NXT, 1);
      expect<u32>(ms - last).toBeGreaterThan(pause + (pause >> 1));
      pause = ms - last;
      last = ms;
      peer(ACK, NXT, UNA + i + 1);
      silent();
    }
  });
});

import { Counter } from "../../../../assembly/memory/counters";
import { counted, ignore, pass, unsent } from "../../world";
import { Phase } from "../../../../assembly/transport/tcp/tcb";
import { ACK, established, IRS, ISS, peer, peerWindow, sendsText, silent, tcb, write } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** Full segments that left just now; they are forgotten. */
function segments(): u32 {
  const count = unsent(0);
  ignore(0);
  return count;
}
function cwnd(): u32 {
  return tcb().congestion.cwnd;
}
/** ESTABLISHED with MSS 1000 and ten segments (10,000 octets) in flight. */
function tenInFlight(): void {
  established(65535);
  write(16000);
  expect<u32>(segments()).toBe(10);
}
/** The peer has all up to segment `n`, counted from 0. */
function acknowledges(n: u32): void {
  peer(ACK, NXT, UNA + n * 1000);
}

/** Ten in flight and a timeout; the first has left again. */
function timedOut(): void {
  tenInFlight();
  pass(tcb().rtt.rto);
  sendsText(ACK, UNA, NXT, 1000);
  silent();
}

describe("transport/tcp/newreno: fast retransmit and recovery (RFC 5681 3.2, RFC 6582)", () => {
  test("A086, RFC 3042: the first two duplicates let a new segment leave each", () => {
    tenInFlight();
    acknowledges(0);
    sendsText(ACK, UNA + 10000, NXT, 1000);
    acknowledges(0);
    sendsText(ACK, UNA + 11000, NXT, 1000);
    silent();
    expect<u32>(cwnd()).toBe(10000);
  });
  test("the third duplicate sends the first segment again; ssthresh is half of the flight, cwnd three segments more", () => {
    tenInFlight();
    acknowledges(0);
    acknowledges(0);
    segments();
    acknowledges(0);
    sendsText(ACK, UNA, NXT, 1000);
    // Twelve in flight, but what limited transmit has let out does not count. RFC 5681 3.2 (2)
    expect<u32>(tcb().congestion.ssthresh).toBe(5000);
    expect<u32>(cwnd()).toBe(8000);
    expect<u32>(counted(Counter.TCP_FAST_RETRANSMITS)).toBe(1);
    silent();
  });
  test("each further duplicate adds a segment", () => {
    tenInFlight();
    for (let i = 0; i < 3; i++) acknowledges(0);
    segments();
    acknowledges(0);
    acknowledges(0);
    expect<u32>(cwnd()).toBe(10000);
  });
  test("RFC 6582 3.2: a partial acknowledgement sends the next hole at once, and deflates by what it took", () => {
    tenInFlight();
    for (let i = 0; i < 3; i++) acknowledges(0);
    segments();
    acknowledges(4);
    sendsText(ACK, UNA + 4000, NXT, 1000);
    // 8000 - 4000 + 1000
    expect<u32>(cwnd()).toBe(5000);
    expect<u32>(tcb().congestion.phase).toBe(Phase.RECOVERY);
  });
  test("RFC 6582 3.2: an acknowledgement of all that was in flight ends the recovery with min(ssthresh, flight + MSS)", () => {
    tenInFlight();
    for (let i = 0; i < 3; i++) acknowledges(0);
    segments();
    acknowledges(12);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
    // Nothing was in flight then: max(0, 1000) + 1000.
    expect<u32>(cwnd()).toBe(2000);
  });
  test("RFC 5681 2: text, a FIN, or another window make no duplicate; nor one when nothing is outstanding", () => {
    tenInFlight();
    peerWindow(60000);
    acknowledges(0);
    peerWindow(50000);
    acknowledges(0);
    peerWindow(40000);
    acknowledges(0);
    expect<u32>(tcb().congestion.duplicates).toBe(0);
    established(65535);
    for (let i = 0; i < 5; i++) acknowledges(0);
    expect<u32>(tcb().congestion.duplicates).toBe(0);
    silent();
  });
  test("RFC 6582 4: duplicates of what was sent again after a timeout start no recovery", () => {
    tenInFlight();
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA, NXT, 1000);
    for (let i = 0; i < 4; i++) acknowledges(0);
    expect<u32>(counted(Counter.TCP_FAST_RETRANSMITS)).toBe(0);
  });
});

describe("transport/tcp/newreno: timeout", () => {
  test("A354: one segment is sent again, cwnd is one segment, ssthresh half of the flight", () => {
    tenInFlight();
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA, NXT, 1000);
    silent();
    expect<u32>(cwnd()).toBe(1000);
    expect<u32>(tcb().congestion.ssthresh).toBe(5000);
  });
  test("RFC 5681 3.1: the second timeout for the same octets leaves ssthresh", () => {
    tenInFlight();
    pass(tcb().rtt.rto);
    pass(tcb().rtt.rto * 2);
    expect<u32>(tcb().congestion.ssthresh).toBe(5000);
    expect<u32>(cwnd()).toBe(1000);
  });
  test("then slow start sends the rest again up to ssthresh", () => {
    established(65535);
    write(10000);
    pass(tcb().rtt.rto);
    segments();
    acknowledges(1);
    expect<u32>(cwnd()).toBe(2000);
    sendsText(ACK, UNA + 1000, NXT, 1000);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    silent();
  });
  test("ssthresh is two segments at least", () => {
    established(65535);
    write(1000);
    segments();
    pass(tcb().rtt.rto);
    expect<u32>(tcb().congestion.ssthresh).toBe(2000);
  });
});

describe("transport/tcp/newreno: F-RTO (RFC 5682 2.1)", () => {
  test("step 2b: the first acknowledgement lets two new segments leave, step 3b: the second says that the timeout was spurious", () => {
    timedOut();
    acknowledges(1);
    sendsText(ACK, UNA + 10000, NXT, 1000);
    sendsText(ACK, UNA + 11000, NXT, 1000);
    silent();
    acknowledges(2);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(1);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
    // As before the timeout, or what has grown since.
    expect<u32>(cwnd()).toBeGreaterThan(9999);
    expect<u32>(tcb().rtt.backoff).toBe(0);
  });
  test("step 2a: a duplicate instead of the first acknowledgement says that it was right", () => {
    timedOut();
    acknowledges(0);
    acknowledges(1);
    sendsText(ACK, UNA + 1000, NXT, 1000);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    silent();
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
  });
  test("step 3a: a duplicate behind the first acknowledgement too: cwnd is three segments, and the rest leaves again", () => {
    timedOut();
    acknowledges(1);
    segments();
    acknowledges(1);
    expect<u32>(cwnd()).toBe(3000);
    sendsText(ACK, UNA + 1000, NXT, 1000);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    sendsText(ACK, UNA + 3000, NXT, 1000);
    silent();
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
  });
  test("without new text, or beyond RECOVER, it is no F-RTO", () => {
    established(65535);
    write(10000);
    segments();
    pass(tcb().rtt.rto);
    segments();
    acknowledges(1);
    sendsText(ACK, UNA + 1000, NXT, 1000);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    acknowledges(10);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
    silent();
  });
});

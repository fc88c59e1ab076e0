import { Counter } from "../../../../assembly/memory/counters";
import { counted, ignore, pass, unsent, wait } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  established,
  IRS,
  ISS,
  MSS_1000,
  peer,
  peerOptions,
  peerWindow,
  REMOTE,
  sendsText,
  SERVER,
  silent,
  SYN,
  tcb,
  write,
} from "./peer";

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

describe("transport/tcp/congestion: slow start and avoidance (RFC 5681, MUST-19)", () => {
  test("RFC6928-1: the first window is min(10 MSS, max(2 MSS, 14,600)) octets", () => {
    established(65535);
    expect<u32>(cwnd()).toBe(10000);
    clientAt(ISS);
    connect(REMOTE, SERVER);
    peerOptions("02 04 05 b4");
    peer(SYN | ACK, IRS, UNA);
    // 10 * 1460 = 14,600
    expect<u32>(cwnd()).toBe(14600);
    clientAt(ISS);
    connect(REMOTE, SERVER);
    peer(SYN | ACK, IRS, UNA);
    // MUST-15: no option, 536.
    expect<u32>(cwnd()).toBe(5360);
  });
  test("RFC 5681 3.1, A075: after a lost SYN it is one segment", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    pass(1000);
    ignore(0);
    peerOptions(MSS_1000);
    peer(SYN | ACK, IRS, UNA);
    expect<u32>(cwnd()).toBe(1000);
    // RFC 6298 5.7: and the RTO is three seconds.
    expect<u32>(tcb().rtt.rto).toBe(3000);
  });
  test("slow start: each acknowledgement adds what it acknowledges, two segments at most", () => {
    tenInFlight();
    acknowledges(1);
    expect<u32>(cwnd()).toBe(11000);
    expect<u32>(segments()).toBe(2);
    acknowledges(3);
    expect<u32>(cwnd()).toBe(13000);
    acknowledges(8);
    expect<u32>(cwnd()).toBe(15000);
  });
  test("RFC7661-1: it does not grow while the window is not used", () => {
    established(65535);
    for (let i: u32 = 0; i < 20; i++) {
      write(1000);
      segments();
      acknowledges(i + 1);
    }
    expect<u32>(cwnd()).toBe(10000);
  });
  test("congestion avoidance: one segment for each window acknowledged", () => {
    tenInFlight();
    tcb().congestion.ssthresh = 10000;
    for (let n: u32 = 1; n < 10; n++) {
      acknowledges(n);
      write(1000);
      expect<u32>(cwnd()).toBe(10000);
    }
    segments();
    acknowledges(10);
    expect<u32>(cwnd()).toBe(11000);
  });
  test("RFC 5681 4.1: after a silence longer than the RTO the window restarts at the initial one", () => {
    tenInFlight();
    acknowledges(5);
    acknowledges(10);
    segments();
    acknowledges(16);
    tcb().congestion.cwnd = 40000;
    wait(tcb().rtt.rto + 1);
    write(16000);
    expect<u32>(cwnd()).toBe(10000);
    expect<u32>(segments()).toBe(10);
  });
});

describe("transport/tcp/congestion: fast retransmit and recovery (RFC 5681 3.2, RFC 6582)", () => {
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
    // Twelve in flight.
    expect<u32>(tcb().congestion.ssthresh).toBe(6000);
    expect<u32>(cwnd()).toBe(9000);
    expect<u32>(counted(Counter.TCP_FAST_RETRANSMITS)).toBe(1);
    silent();
  });
  test("each further duplicate adds a segment", () => {
    tenInFlight();
    for (let i = 0; i < 3; i++) acknowledges(0);
    segments();
    acknowledges(0);
    acknowledges(0);
    expect<u32>(cwnd()).toBe(11000);
  });
  test("RFC 6582 3.2: a partial acknowledgement sends the next hole at once, and deflates by what it took", () => {
    tenInFlight();
    for (let i = 0; i < 3; i++) acknowledges(0);
    segments();
    acknowledges(4);
    sendsText(ACK, UNA + 4000, NXT, 1000);
    // 9000 - 4000 + 1000
    expect<u32>(cwnd()).toBe(6000);
    expect<u32>(tcb().congestion.inRecovery).toBe(1);
  });
  test("RFC 6582 3.2: an acknowledgement of all that was in flight ends the recovery with min(ssthresh, flight + MSS)", () => {
    tenInFlight();
    for (let i = 0; i < 3; i++) acknowledges(0);
    segments();
    acknowledges(12);
    expect<u32>(tcb().congestion.inRecovery).toBe(0);
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

describe("transport/tcp/congestion: timeout", () => {
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
    tenInFlight();
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
  test("A077: windows near 2^30 do not overflow", () => {
    tenInFlight();
    tcb().congestion.cwnd = (1 << 30) - 500;
    tcb().congestion.ssthresh = 1 << 30;
    tcb().snd.nxt = tcb().snd.una.plus(1 << 29);
    acknowledges(2);
    expect<u32>(cwnd()).toBe(1 << 30);
  });
});

import { ignore, pass, unsent, wait } from "../../world";
import { ACK, clientAt, connect, established, IRS, ISS, MSS_1000, peer, peerOptions, REMOTE, SERVER, SYN, tcb, write } from "./peer";

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
  test("slow start: each acknowledgement adds what it acknowledges, eight segments at most (RFC 9406 4.3)", () => {
    tenInFlight();
    acknowledges(1);
    expect<u32>(cwnd()).toBe(11000);
    expect<u32>(segments()).toBe(2);
    acknowledges(3);
    expect<u32>(cwnd()).toBe(13000);
    acknowledges(12);
    expect<u32>(cwnd()).toBe(21000);
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
  test("A077: windows near 2^30 do not overflow", () => {
    tenInFlight();
    tcb().congestion.cwnd = (1 << 30) - 500;
    tcb().congestion.ssthresh = 1 << 30;
    tcb().snd.nxt = tcb().snd.una.plus(1 << 29);
    acknowledges(2);
    expect<u32>(cwnd()).toBe(1 << 30);
  });
});

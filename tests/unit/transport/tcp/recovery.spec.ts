import { Counter } from "../../../../assembly/memory/counters";
import { Mark } from "../../../../assembly/transport/tcp/sent";
import { Phase } from "../../../../assembly/transport/tcp/tcb";
import * as recovery from "../../../../assembly/transport/tcp/recovery";
import { counted, ignore, pass, unsent, wait, waitMicro } from "../../world";
import { ACK, established, establishedWithSack, IRS, ISS, peer, peerSacks, peerWindow, read, sendsText, silent, tcb, write } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** Ten segments of 1000 octets in flight, six thousand octets more wait. */
function tenInFlight(): void {
  establishedWithSack(65535);
  write(16000);
  wait(20);
  expect<u32>(unsent(0)).toBe(10);
  ignore(0);
}
/** The peer has all before segment `from`, and segments `left` to `right`, counted from 0. */
function sacks(from: u32, left: u32, right: u32): void {
  waitMicro(100);
  peerSacks(UNA + from * 1000, UNA + left * 1000, UNA + right * 1000);
}
function segments(): u32 {
  const count = unsent(0);
  ignore(0);
  return count;
}

describe("transport/tcp/recovery: with records of what was sent", () => {
  test("they are kept where the peer permits SACK, and only there", () => {
    established(65535);
    expect<bool>(recovery.hasRecords(tcb())).toBe(false);
    tenInFlight();
    expect<bool>(recovery.hasRecords(tcb())).toBe(true);
    expect<u32>(tcb().board.pipe).toBe(10000);
  });
  test("gigabytes after the connection began, without a loss, the window still grows", () => {
    tenInFlight();
    for (let i: u32 = 0; i < 6; i++) {
      const it = tcb().congestion;
      const snd = tcb().snd;
      peer(ACK, NXT, snd.nxt.u32);
      while (segments()) peer(ACK, NXT, snd.nxt.u32);
      snd.una = snd.una.plus(1 << 30);
      snd.nxt = snd.una;
      snd.cursor = snd.una;
      snd.end = snd.una;
      it.cwnd = 10000;
      write(16000);
      segments();
      peer(ACK, NXT, snd.una.u32 + 1000);
      expect<u32>(it.cwnd).toBe(11000);
    }
  });
  test("RFC 9937 6: recovery begins with one retransmission; ssthresh is half of the flight", () => {
    tenInFlight();
    sacks(0, 1, 4);
    // What is SACKed has left the network (RFC 6675): nothing new was let out by it, three segments are lost to pipe.
    const it = tcb().congestion;
    expect<u32>(it.phase).toBe(Phase.RECOVERY);
    expect<u32>(it.ssthresh).toBe(5000);
    expect<u32>(it.prrFlight).toBe(10000);
    sendsText(ACK, UNA, NXT, 1000);
    expect<u32>(counted(Counter.TCP_FAST_RETRANSMITS)).toBe(1);
  });
  test("RFC 9937 6: while pipe is above ssthresh, half a segment leaves for each that arrives", () => {
    tenInFlight();
    sacks(0, 1, 4);
    let sent = segments();
    for (let right: u32 = 5; right <= 10; right++) {
      sacks(0, 1, right);
      sent += segments();
    }
    // Nine segments have arrived: 9 * 5000 / 10000, rounded up.
    expect<u32>(sent).toBe(5);
    expect<u32>(tcb().congestion.prrDelivered).toBe(9000);
    expect<u32>(tcb().congestion.prrOut).toBe(5000);
  });
  test("RFC 9937 6: at the end cwnd is ssthresh", () => {
    tenInFlight();
    sacks(0, 1, 4);
    segments();
    peer(ACK, NXT, UNA + 10000);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
    expect<u32>(tcb().congestion.cwnd).toBeGreaterThan(4999);
    expect<u32>(tcb().congestion.cwnd).toBeLessThan(6001);
    expect<u32>(tcb().board.lost).toBe(0);
  });
  test("holes are repaired in order, each once, and what was SACKed never", () => {
    tenInFlight();
    // Segments 0, 2 and 5 are missing.
    sacks(0, 1, 2);
    sendsText(ACK, UNA + 10000, NXT, 1000);
    sacks(0, 3, 5);
    sendsText(ACK, UNA, NXT, 1000);
    sacks(0, 6, 10);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    sendsText(ACK, UNA + 5000, NXT, 1000);
    const board = tcb().board;
    expect<u32>(board.lost).toBe(0);
    for (let i = board.first; i != board.next; i++) expect<bool>(board.at(i).has(Mark.SACKED) && board.at(i).has(Mark.AGAIN)).toBe(false);
    ignore(0);
    sacks(2, 3, 5);
    for (let i = 0; i < 3; i++) sacks(2, 6, 10);
    expect<u32>(tcb().retransmissions).toBe(3);
  });
  test("RFC 5681 3.1: a timeout: everything but what was SACKed is lost, cwnd is one segment", () => {
    tenInFlight();
    sacks(0, 4, 5);
    ignore(0);
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA, NXT, 1000);
    silent();
    expect<u32>(tcb().congestion.cwnd).toBe(1000);
    expect<u32>(tcb().congestion.phase).toBe(Phase.LOSS);
    expect<u32>(tcb().board.pipe).toBe(1000);
    expect<u32>(tcb().board.sacked).toBe(1);
  });
  test("RFC 2018 8: a first segment that was SACKed, at a timeout: the peer has reneged, and all leaves again", () => {
    tenInFlight();
    sacks(0, 0, 3);
    ignore(0);
    pass(tcb().rtt.rto);
    expect<u32>(counted(Counter.TCP_RENEGED)).toBe(1);
    expect<u32>(tcb().board.sacked).toBe(0);
    sendsText(ACK, UNA, NXT, 1000);
  });
  test("RFC 5682 3.1, F-RTO: the first acknowledgement lets new text out, the second of what was sent once says spurious", () => {
    tenInFlight();
    // A tail loss probe, and then the timeout.
    while (!counted(Counter.TCP_TIMEOUTS)) {
      ignore(0);
      pass(tcb().rtt.rto);
    }
    sendsText(ACK, UNA, NXT, 1000);
    silent();
    const nxt = tcb().snd.nxt.u32;
    peer(ACK, NXT, UNA + 1000);
    sendsText(ACK, nxt, NXT, 1000);
    ignore(0);
    peer(ACK, NXT, UNA + 2000);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(1);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
    expect<u32>(tcb().board.lost).toBe(0);
    expect<u32>(tcb().congestion.cwnd).toBeGreaterThan(9999);
  });
  test("nothing leaves again into a window that has closed", () => {
    tenInFlight();
    peerWindow(0);
    sacks(0, 1, 4);
    silent();
    expect<u32>(read(1)).toBe(0);
  });
});

describe("transport/tcp/recovery: without", () => {
  test("a duplicate is counted, and nothing is remembered", () => {
    established(65535);
    write(16000);
    ignore(0);
    peer(ACK, NXT, UNA);
    expect<u32>(tcb().congestion.duplicates).toBe(1);
    expect<u32>(tcb().board.count).toBe(0);
  });
  test("a timeout begins at UNA", () => {
    established(65535);
    write(16000);
    ignore(0);
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA, NXT, 1000);
    expect<u32>(tcb().snd.cursor.u32).toBe(UNA + 1000);
    expect<u32>(tcb().congestion.phase).toBe(Phase.LOSS);
  });
});

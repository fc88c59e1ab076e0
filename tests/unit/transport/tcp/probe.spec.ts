import { Counter } from "../../../../assembly/memory/counters";
import { isArmed, remaining } from "../../../../assembly/transport/tcp/timers";
import { Timer } from "../../../../assembly/transport/tcp/tcb";
import { counted, ignore, ms, pass, wait } from "../../world";
import { ACK, established, establishedWithSack, IRS, ISS, peer, peerSacks, sendsText, silent, tcb, write } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;
/** Where the flight begins. */
const FROM: u32 = UNA + 1000;

/** A round trip of 50 ms was measured; `octets` are in flight. */
function flight(octets: u32): void {
  establishedWithSack(65535);
  write(1000);
  wait(50);
  peer(ACK, NXT, FROM);
  tcb().rtt.srtt = 50000;
  write(octets);
  ignore(0);
}
/** Milliseconds until the probe; 0 when none is to leave. */
function probeIn(): u32 {
  return isArmed(tcb(), Timer.LOSS_PROBE) ? remaining(tcb(), Timer.LOSS_PROBE, ms) : 0;
}

describe("transport/tcp/probe: tail loss probe (RFC 8985 7)", () => {
  test("RFC 8985 7.2: it is due after two round trips, and for a single segment after the peer's longest delay more; never behind the RTO", () => {
    flight(3000);
    expect<u32>(probeIn()).toBe(100);
    flight(1000);
    // 100 + 200 ms, but RTO is 200.
    expect<u32>(probeIn()).toBe(tcb().rtt.rto);
  });
  test("RFC 8985 7.2: on a path shorter than the clock's ticks it waits for three, of which the first may be nearly over", () => {
    establishedWithSack(65535);
    write(1000);
    wait(50);
    peer(ACK, NXT, FROM);
    tcb().rtt.srtt = 100;
    write(3000);
    ignore(0);
    expect<u32>(probeIn()).toBe(3);
  });
  test("RFC 8985 7.3: the last segment leaves once more, the timer of retransmission starts anew, and cwnd stays", () => {
    flight(3000);
    const cwnd = tcb().congestion.cwnd;
    pass(99);
    silent();
    pass(1);
    sendsText(ACK, FROM + 2000, NXT, 1000);
    silent();
    expect<u32>(counted(Counter.TCP_LOSS_PROBES)).toBe(1);
    expect<u32>(remaining(tcb(), Timer.RETRANSMIT, ms)).toBe(tcb().rtt.rto);
    expect<u32>(tcb().congestion.cwnd).toBe(cwnd);
    expect<u32>(counted(Counter.TCP_TIMEOUTS)).toBe(0);
  });
  test("RFC 8985 7.3: one probe, and then the timeout", () => {
    flight(3000);
    pass(100);
    ignore(0);
    expect<u32>(probeIn()).toBe(0);
    pass(tcb().rtt.rto);
    sendsText(ACK, FROM, NXT, 1000);
    expect<u32>(counted(Counter.TCP_LOSS_PROBES)).toBe(1);
    expect<u32>(counted(Counter.TCP_TIMEOUTS)).toBe(1);
  });
  test("RFC 8985 7.3: new text goes before old, where the congestion window held it back", () => {
    flight(15000);
    const nxt = tcb().snd.nxt.u32;
    pass(100);
    sendsText(ACK, nxt, NXT, 1000);
    silent();
    expect<u32>(counted(Counter.TCP_RETRANSMITTED)).toBe(0);
    expect<u32>(probeIn()).toBe(0);
    pass(tcb().rtt.rto);
    sendsText(ACK, FROM, NXT, 1000);
    expect<u32>(counted(Counter.TCP_LOSS_PROBES)).toBe(1);
    expect<u32>(counted(Counter.TCP_TIMEOUTS)).toBe(1);
  });
  test("RFC 8985 7.4: what the probe has repaired was a loss: the window is halved, once", () => {
    flight(3000);
    pass(100);
    ignore(0);
    const cwnd = tcb().congestion.cwnd;
    // The probe brings the SACK of the last segment; segments 0 and 1 had arrived.
    peer(ACK, NXT, FROM + 3000);
    write(1000);
    peer(ACK, NXT, FROM + 4000);
    expect<u32>(tcb().congestion.cwnd).toBeLessThan(cwnd);
    expect<u32>(tcb().rack.isProbing).toBe(0);
  });
  test("RFC 8985 7.4: a DSACK says that nothing was lost", () => {
    flight(3000);
    pass(100);
    ignore(0);
    const cwnd = tcb().congestion.cwnd;
    peer(ACK, NXT, FROM + 3000);
    peerSacks(FROM + 3000, FROM + 2000, FROM + 3000);
    expect<u32>(tcb().congestion.cwnd).toBeGreaterThan(cwnd - 1);
    expect<u32>(tcb().rack.isProbing).toBe(0);
  });
  test("none without records, without a measured round trip, with nothing in flight, or while something is SACKed", () => {
    established(65535);
    write(1000);
    expect<u32>(probeIn()).toBe(0);
    establishedWithSack(65535);
    tcb().rtt.srtt = 0;
    write(1000);
    expect<u32>(probeIn()).toBe(0);
    flight(3000);
    peerSacks(FROM, FROM + 1000, FROM + 2000);
    expect<u32>(probeIn()).toBe(0);
    flight(3000);
    peer(ACK, NXT, FROM + 3000);
    expect<u32>(probeIn()).toBe(0);
  });
});

import { Counter } from "../../../../assembly/memory/counters";
import { Phase } from "../../../../assembly/transport/tcp/tcb";
import { counted, ignore, pass, wait, waitMicro } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  establishedWithSack,
  IRS,
  ISS,
  MSS_1000,
  octetsOf,
  peer,
  peerOptions,
  peerSacks,
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

/** The peer acknowledges up to segment `n`, and echoes this stamp of ours. */
function echoes(n: u32, echo: u32): void {
  peerOptions("01 01 08 0a 00 00 00 64 " + octetsOf(echo));
  peer(ACK, NXT, UNA + n * 1000);
}
/** Ten segments in flight to a peer with timestamps (and so 988 octets each), without SACK. */
function tenStamped(): void {
  clientAt(ISS);
  connect(REMOTE, SERVER);
  ignore(0);
  peerOptions(MSS_1000 + " 01 01 08 0a 00 00 00 64 00 00 00 00");
  peer(SYN | ACK, IRS, UNA);
  write(16000);
  ignore(0);
}

describe("transport/tcp/undo", () => {
  test("RFC 3522, Eifel: an acknowledgement that echoes a stamp from before the retransmission gives the window back", () => {
    tenStamped();
    const cwnd = tcb().congestion.cwnd;
    const first = tcb().tsVal;
    pass(tcb().rtt.rto);
    ignore(0);
    expect<u32>(tcb().congestion.phase).toBe(Phase.LOSS);
    echoes(1, first);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(1);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
    expect<u32>(tcb().congestion.cwnd).toBeGreaterThan(cwnd - 1);
    expect<u32>(tcb().congestion.ssthresh).toBe(1 << 30);
  });
  test("RFC 3522, Eifel: one that echoes the retransmission's own does not, nor any later one", () => {
    tenStamped();
    const first = tcb().tsVal;
    pass(tcb().rtt.rto);
    ignore(0);
    echoes(1, tcb().tsVal);
    echoes(2, first);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
    expect<u32>(tcb().congestion.phase).toBe(Phase.LOSS);
  });
  test("RFC 3708: a DSACK for each retransmission of a recovery gives the window back", () => {
    establishedWithSack(65535);
    write(16000);
    ignore(0);
    peerSacks(UNA, UNA + 1000, UNA + 4000);
    sendsText(ACK, UNA, NXT, 1000);
    ignore(0);
    expect<u32>(tcb().congestion.ssthresh).toBe(5000);
    // The late original, and then the copy.
    peer(ACK, NXT, UNA + 4000);
    ignore(0);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
    wait(5);
    peerSacks(UNA + 4000, UNA, UNA + 1000);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(1);
    expect<u32>(tcb().congestion.ssthresh).toBe(1 << 30);
    expect<u32>(tcb().congestion.cwnd).toBeGreaterThan(9999);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
  });
  test("RFC 3708: a DSACK for one of two does not", () => {
    establishedWithSack(65535);
    write(16000);
    ignore(0);
    wait(20);
    peerSacks(UNA, UNA + 2000, UNA + 6000);
    for (let right: u32 = 7; right <= 10; right++) {
      waitMicro(100);
      peerSacks(UNA, UNA + 2000, UNA + right * 1000);
    }
    expect<u32>(tcb().retransmissions).toBe(2);
    ignore(0);
    peerSacks(UNA + 1000, UNA, UNA + 1000);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
    expect<u32>(tcb().congestion.phase).toBe(Phase.RECOVERY);
  });
  test("what was never reduced is not given back", () => {
    establishedWithSack(65535);
    write(5000);
    ignore(0);
    peer(ACK, NXT, UNA + 5000);
    peerSacks(UNA + 5000, UNA + 1000, UNA + 2000);
    expect<u32>(counted(Counter.TCP_UNDONE)).toBe(0);
    silent();
  });
});

import { Counter } from "../../../../assembly/memory/counters";
import { Offer, Option } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { CE, ECT0 } from "../../../../assembly/wire/ipv4";
import * as settings from "../../../../assembly/transport/tcp/settings";
import { Phase } from "../../../../assembly/transport/tcp/tcb";
import { counted, ignore, pass } from "../../world";
import {
  ACK,
  accept,
  clientAt,
  connect,
  CWR,
  ECE,
  handleNow,
  IRS,
  ISS,
  listen,
  MSS_1000,
  peer,
  peerOptions,
  peerText,
  peerTos,
  peerWindow,
  rebegin,
  REMOTE,
  seenEcn,
  seenTos,
  sends,
  sendsText,
  SERVER,
  serverAt,
  shutdown,
  SYN,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** A SYN of ours, with ECN asked for or not. */
function asks(offer: u32): void {
  clientAt(ISS);
  root.offer = offer;
  rebegin(ISS);
  connect(REMOTE, SERVER);
  sends(SYN, ISS, 0);
}
/** ESTABLISHED with ECN, asked for by us. */
function established(): void {
  asks(Offer.ECN);
  peerOptions(MSS_1000);
  peer(SYN | ACK | ECE, IRS, UNA);
  sends(ACK, UNA, NXT);
  expect<u32>(tcb().ecn).toBe(1);
}
/** An empty segment with ECN agreed to by the peer's SYN. */
function accepted(): void {
  serverAt(ISS);
  const listener = listen(4);
  peerOptions(MSS_1000);
  peer(SYN | ECE | CWR, IRS, 0);
  sends(SYN | ACK, ISS, NXT);
  expect<u32>(seenEcn()).toBe(ECE);
  expect<u32>(seenTos()).toBe(0);
  peer(ACK, NXT, UNA);
  accept(listener);
}

describe("transport/tcp/ecn: agreement (RFC 3168 6.1.1)", () => {
  test("RFC3168-1: a SYN asks with ECE and CWR only where it is told to, and is itself not capable", () => {
    asks(7);
    expect<u32>(seenEcn()).toBe(0);
    asks(7 | Offer.ECN);
    expect<u32>(seenEcn()).toBe(ECE | CWR);
    expect<u32>(seenTos()).toBe(0);
  });
  test("RFC3168-1: the answer is ECE alone; both bits, or none, are no agreement", () => {
    established();
    expect<u32>(seenTos()).toBe(0);
    for (let i = 0; i < 2; i++) {
      asks(Offer.ECN);
      peer(SYN | ACK | (i ? ECE | CWR : 0), IRS, UNA);
      expect<u32>(tcb().ecn).toBe(0);
    }
    asks(0);
    peer(SYN | ACK | ECE, IRS, UNA);
    expect<u32>(tcb().ecn).toBe(0);
  });
  test("RFC3168-1: a peer that asks is answered; one that sends one of the bits is not", () => {
    accepted();
    expect<u32>(tcb().ecn).toBe(1);
    serverAt(ISS);
    listen(4);
    peer(SYN | ECE, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    expect<u32>(seenEcn()).toBe(0);
  });
  test("RFC 3168 6.1.1.1: the third SYN asks no more, in case the asking is what is dropped", () => {
    asks(Offer.ECN);
    pass(1000);
    sends(SYN, ISS, 0);
    expect<u32>(seenEcn()).toBe(ECE | CWR);
    pass(2000);
    sends(SYN, ISS, 0);
    expect<u32>(seenEcn()).toBe(0);
  });
});

describe("transport/tcp/ecn: the receiver (RFC 3168 6.1.3)", () => {
  test("RFC3168-1: a mark is echoed at once, and in every ACK until CWR comes on text", () => {
    accepted();
    peerTos(CE);
    peerText(ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 10);
    expect<u32>(seenEcn()).toBe(ECE);
    peerTos(ECT0);
    peerText(ACK, NXT + 10, UNA, 10);
    sends(ACK, UNA, NXT + 20);
    expect<u32>(seenEcn()).toBe(ECE);
    peer(ACK | CWR, NXT + 20, UNA);
    expect<u32>(tcb().echoes).toBe(1);
    peerTos(ECT0);
    peerText(ACK | CWR, NXT + 20, UNA, 10);
    pass(500);
    sends(ACK, UNA, NXT + 30);
    expect<u32>(seenEcn()).toBe(0);
    expect<u32>(counted(Counter.TCP_CE_IN)).toBe(1);
  });
  test("RFC3168-1: CWR on a segment that is marked again begins a new echo", () => {
    accepted();
    peerTos(CE);
    peerText(ACK, NXT, UNA, 10);
    ignore(0);
    peerTos(CE);
    peerText(ACK | CWR, NXT + 10, UNA, 10);
    sends(ACK, UNA, NXT + 20);
    expect<u32>(seenEcn()).toBe(ECE);
  });
  test("RFC 3168 6.1.5: a mark on what lies outside the window says nothing, nor one without agreement", () => {
    accepted();
    peerTos(CE);
    peerText(ACK, NXT + 100000, UNA, 10);
    sends(ACK, UNA, NXT);
    expect<u32>(seenEcn()).toBe(0);
    asks(7);
    peer(SYN | ACK, IRS, UNA);
    ignore(0);
    peerTos(CE);
    peerText(ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 10);
    expect<u32>(seenEcn()).toBe(0);
    expect<u32>(counted(Counter.TCP_CE_IN)).toBe(0);
  });
});

describe("transport/tcp/ecn: the sender (RFC 3168 6.1.2)", () => {
  test("RFC3168-1: new text is capable; pure ACKs, retransmissions, window probes and FINs are not", () => {
    established();
    write(1000);
    sendsText(ACK, UNA, NXT, 1000);
    expect<u32>(seenTos()).toBe(ECT0);
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA, NXT, 1000);
    expect<u32>(seenTos()).toBe(0);
    peerWindow(0);
    peer(ACK, NXT, UNA + 1000);
    write(100);
    pass(10000);
    sendsText(ACK, UNA + 1000, NXT, 1);
    expect<u32>(seenTos()).toBe(0);
    peerWindow(65535);
    peer(ACK, NXT, UNA + 1001);
    sendsText(ACK, UNA + 1001, NXT, 99);
    peer(ACK, NXT, UNA + 1100);
    peerText(ACK, NXT, UNA + 1100, 10);
    sends(ACK, UNA + 1100, NXT + 10);
    expect<u32>(seenTos()).toBe(0);
    shutdown();
    expect<i32>(settings.set(handleNow(), Option.TOS, 0xb8)).toBe(0);
  });
  test("RFC3168-1: DSCP and ECN share the octet", () => {
    established();
    settings.set(handleNow(), Option.TOS, 0xb8);
    write(1000);
    sendsText(ACK, UNA, NXT, 1000);
    expect<u32>(seenTos()).toBe(0xb8 | ECT0);
  });
  test("RFC3168-1: an echo halves the window once a round trip, and CWR goes on the next new text", () => {
    established();
    write(16000);
    ignore(0);
    peer(ACK | ECE, NXT, UNA + 1000);
    // Ten were in flight when it came.
    expect<u32>(tcb().congestion.ssthresh).toBe(5000);
    expect<u32>(tcb().congestion.cwnd).toBe(5000);
    expect<u32>(tcb().congestion.phase).toBe(Phase.OPEN);
    peer(ACK | ECE, NXT, UNA + 2000);
    peer(ACK | ECE, NXT, UNA + 6000);
    expect<u32>(tcb().congestion.ssthresh).toBe(5000);
    // RFC 3168 6.1.2: nor does the window grow by what echoes.
    expect<u32>(tcb().congestion.cwnd).toBe(5000);
    peer(ACK | ECE, NXT, UNA + 7000);
    sendsText(ACK, UNA + 10000, NXT, 1000);
    expect<u32>(seenEcn()).toBe(CWR);
    ignore(0);
    peer(ACK | ECE, NXT, UNA + 11000);
    expect<u32>(tcb().congestion.ssthresh).toBeLessThan(5000);
    expect<u32>(counted(Counter.TCP_ECE_IN)).toBe(2);
    expect<u32>(tcb().retransmissions).toBe(0);
  });
  test("TCP-54: an echo that never ends leaves two segments, and the text goes on", () => {
    established();
    for (let i: u32 = 0; i < 40; i++) {
      write(1000);
      ignore(0);
      peer(ACK | ECE, NXT, UNA + (i + 1) * 1000);
    }
    expect<u32>(tcb().congestion.cwnd).toBeGreaterThan(1999);
    expect<u32>(tcb().snd.una.u32).toBe(UNA + 40000);
  });
});

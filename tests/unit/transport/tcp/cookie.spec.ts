import { Counter } from "../../../../assembly/memory/counters";
import { Offer } from "../../../../assembly/memory/errors";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root } from "../../../../assembly/memory/root";
import { State } from "../../../../assembly/transport/tcp/state";
import { load32 } from "../../octets";
import { counted, ignore, pass, unsent } from "../../world";
import {
  ACK,
  accept,
  IRS,
  is,
  ISS,
  listen,
  octetsOf,
  peer,
  peerOptions,
  peerPort,
  peerText,
  read,
  rebegin,
  RST,
  seen,
  seenOptions,
  sends,
  serverAt,
  silent,
  SYN,
  tcb,
} from "./peer";

const NXT: u32 = IRS + 1;
const HONEST: u32 = 4000;
/** What the peer's SYN offers: MSS 1000, shift 3, SACK, TSval 100. */
const FULL: string = "02 04 03 e8 01 03 03 03 01 01 04 02 01 01 08 0a 00 00 00 64 00 00 00 00";
let listener: i32 = 0;

/** A server with a SYN queue of one, which is full. */
function flooded(offer: u32): void {
  serverAt(ISS);
  root.synQueue = 1;
  root.offer = offer;
  rebegin(ISS);
  listener = listen(4);
  peerPort(9999);
  peer(SYN, 7, 0);
  ignore(0);
  peerPort(HONEST);
  expect<u32>(root.pool(PoolIndex.HALF_OPEN).used).toBe(1);
}
/** The SYN-ACK that leaves: its sequence number; its text and ports are examined by its ACK field. */
function cookie(): u32 {
  expect<u32>(unsent(0)).toBe(1);
  const iss = seenSeq();
  return iss;
}
function seenSeq(): u32 {
  const it = root.device(0);
  const slot = it.txRing + (it.txTaken & (it.txSlots - 1)) * it.slotOctets;
  return load32(slot + 24 + 20 + 4);
}
/** Asks with these options; answers the sequence number of the cookie. */
function asks(options: string): u32 {
  peerOptions(options);
  peer(SYN, IRS, 0);
  const iss = cookie();
  sends(SYN | ACK, iss, NXT);
  return iss;
}

describe("transport/tcp/cookie (RFC 4987 3.6)", () => {
  test("RFC4987-1: with the queue full a SYN is answered, and nothing is kept of it", () => {
    flooded(23);
    asks(FULL);
    expect<u32>(root.pool(PoolIndex.HALF_OPEN).used).toBe(1);
    expect<u32>(counted(Counter.TCP_SYN_QUEUE_FULL)).toBe(1);
    expect<u32>(counted(Counter.TCP_COOKIES_OUT)).toBe(1);
  });
  test("RFC4987-1: without the offer, silence", () => {
    flooded(7);
    peer(SYN, IRS, 0);
    silent();
    expect<u32>(counted(Counter.TCP_COOKIES_OUT)).toBe(0);
  });
  test("the ACK brings back MSS, scale, SACK and timestamps: the connection is as if it had waited", () => {
    flooded(23);
    const iss = asks(FULL);
    expect<u32>(seenOptions()).toBe(24);
    const stamp = load32(seen + 36);
    peerOptions("01 01 08 0a 00 00 00 65 " + octetsOf(stamp));
    peer(ACK, NXT, iss + 1);
    silent();
    is(State.ESTABLISHED);
    accept(listener);
    expect<u32>(counted(Counter.TCP_COOKIES_IN)).toBe(1);
    // 1000 is told apart only as 536 at least: never more than the peer takes.
    expect<u32>(tcb().mssMax).toBe(536 - 12);
    expect<u32>(tcb().snd.shift).toBe(3);
    expect<u32>(tcb().sack).toBe(1);
    expect<u32>(tcb().stamped).toBe(1);
    peerOptions("01 01 08 0a 00 00 00 66 " + octetsOf(stamp));
    peerText(ACK, NXT, iss + 1, 10);
    expect<u32>(read(100)).toBe(10);
  });
  test("without timestamps there is room for the MSS alone: no scale, no SACK", () => {
    flooded(23);
    const iss = asks("02 04 05 b4 01 03 03 03 01 01 04 02");
    expect<u32>(seenOptions()).toBe(4);
    peer(ACK, NXT, iss + 1);
    accept(listener);
    expect<u32>(tcb().snd.mss).toBe(1460);
    expect<u32>(tcb().snd.shift).toBe(0);
    expect<u32>(tcb().scaled).toBe(0);
    expect<u32>(tcb().sack).toBe(0);
  });
  test("each size of MSS comes back as the largest that is not more", () => {
    const told: StaticArray<u32> = [64, 535, 536, 1024, 1219, 1220, 1300, 1440, 1459, 1460];
    const taken: StaticArray<u32> = [64, 64, 536, 1024, 1024, 1220, 1300, 1440, 1440, 1460];
    for (let i = 0; i < told.length; i++) {
      flooded(Offer.COOKIES);
      const iss = asks("02 04 " + octetsOf(told[i]).substring(6));
      peer(ACK, NXT, iss + 1);
      accept(listener);
      expect<u32>(tcb().snd.mss).toBe(taken[i]);
    }
  });
  test("text with the ACK is taken at once", () => {
    flooded(Offer.COOKIES);
    const iss = asks("02 04 05 b4");
    peerText(ACK, NXT, iss + 1, 20);
    accept(listener);
    expect<u32>(read(100)).toBe(20);
  });
  test("a cookie is good for 65 seconds at least and 131 at most", () => {
    for (let i = 0; i < 2; i++) {
      flooded(Offer.COOKIES);
      const iss = asks("02 04 05 b4");
      pass(i ? 131073 : 65535);
      ignore(0);
      peer(ACK, NXT, iss + 1);
      if (i) sends(RST, iss + 1, 0);
      else is(State.ESTABLISHED);
    }
  });
  test("an ACK that bears none, or one of another connection, draws a RST and counts nothing", () => {
    flooded(Offer.COOKIES);
    const iss = asks("02 04 05 b4");
    for (let bit: u32 = 0; bit < 32; bit++) {
      const wrong = (iss ^ (1 << bit)) + 1;
      peer(ACK, NXT, wrong);
      sends(RST, wrong, 0);
    }
    peer(ACK, NXT + 1, iss + 1);
    sends(RST, iss + 1, 0);
    peerPort(HONEST + 1);
    peer(ACK, NXT, iss + 1);
    sends(RST, iss + 1, 0);
    expect<u32>(counted(Counter.TCP_COOKIES_IN)).toBe(0);
    peerPort(HONEST);
    peer(ACK, NXT, iss + 1);
    is(State.ESTABLISHED);
  });
  test("where none was ever sent an ACK is not even looked at", () => {
    serverAt(ISS);
    listener = listen(4);
    peer(ACK, NXT, 12345);
    sends(RST, 12345, 0);
  });
});

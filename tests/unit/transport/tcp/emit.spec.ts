import { Offer, Option } from "../../../../assembly/memory/errors";
import { Counter } from "../../../../assembly/memory/counters";
import { root } from "../../../../assembly/memory/root";
import * as settings from "../../../../assembly/transport/tcp/settings";
import { hex, load16, load32 } from "../../octets";
import { counted, pass } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  established,
  handleNow,
  IRS,
  ISS,
  peer,
  peerOptions,
  peerText,
  rebegin,
  REMOTE,
  seen,
  seenOptions,
  seenWindow,
  sends,
  sendsText,
  SERVER,
  stackAt,
  SYN,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** ESTABLISHED with a peer whose SYN carried these options. */
function open(options: string): void {
  clientAt(ISS);
  connect(REMOTE, SERVER);
  sends(SYN, ISS, 0);
  peerOptions(options);
  peer(SYN | ACK, IRS, UNA);
  sends(ACK, UNA, NXT);
}

describe("transport/tcp/emit", () => {
  test("MUST-14, SHLD-5, MUST-67: a SYN carries MSS 1460 for MTU 1500, window scale 0 for 16 KiB, SACK-permitted, and timestamps", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    sends(SYN, ISS, 0);
    expect<string>(hex(seen + 20, 16)).toBe("02 04 05 b4 01 03 03 00 01 01 04 02 01 01 08 0a");
    expect<u32>(seenOptions()).toBe(24);
    // RFC 7323 3.2: TSecr is 0 where there is no ACK.
    expect<u32>(load32(seen + 40)).toBe(0);
    expect<u32>(seenWindow()).toBe(16384);
  });
  test("MUST-14: a SYN offers what the socket is to offer, and the MSS in any case", () => {
    for (let offer: u32 = 0; offer < 8; offer++) {
      clientAt(ISS);
      root.offer = offer;
      rebegin(ISS);
      connect(REMOTE, SERVER);
      sends(SYN, ISS, 0);
      const octets: u32 = 4 + (offer & Offer.SCALE ? 4 : 0) + (offer & Offer.SACK ? 4 : 0) + (offer & Offer.TIMESTAMPS ? 12 : 0);
      expect<u32>(seenOptions()).toBe(octets);
    }
  });
  test("A002: a SYN's window is not scaled: 65,535 for a ring of 128 KiB, shift 2", () => {
    clientAt(ISS);
    stackAt(ISS, 131072, 4096);
    connect(REMOTE, SERVER);
    sends(SYN, ISS, 0);
    expect<u32>(seenWindow()).toBe(65535);
    expect<string>(hex(seen + 24, 4)).toBe("01 03 03 02");
    // Behind the handshake it is: (131,072 - 3) / 4, rounded up to 32,768 of 4 octets.
    peerOptions("02 04 03 e8 01 03 03 00");
    peer(SYN | ACK, IRS, UNA);
    sends(ACK, UNA, NXT);
    expect<u32>(seenWindow()).toBe(32768);
  });
  test("RFC 7323 2.2: without the peer's option nothing is scaled", () => {
    clientAt(ISS);
    stackAt(ISS, 131072, 4096);
    connect(REMOTE, SERVER);
    sends(SYN, ISS, 0);
    peer(SYN | ACK, IRS, UNA);
    sends(ACK, UNA, NXT);
    expect<u32>(seenWindow()).toBe(65535);
  });
  test("MUST-65: MSS and scaling are on SYNs only", () => {
    open("02 04 03 e8 01 03 03 02 01 01 04 02");
    expect<u32>(seenOptions()).toBe(0);
    write(10);
    sendsText(ACK, UNA, NXT, 10);
    expect<u32>(seenOptions()).toBe(0);
  });
  test("RFC2018-1, RFC2018-2: blocks of what came ahead, the newest first", () => {
    open("02 04 03 e8 01 01 04 02");
    peerText(ACK, NXT + 20, UNA, 10);
    sends(ACK, UNA, NXT);
    // 321-331
    expect<string>(hex(seen + 20, seenOptions())).toBe("01 01 05 0a 00 00 01 41 00 00 01 4b");
    peerText(ACK, NXT + 60, UNA, 10);
    sends(ACK, UNA, NXT);
    // 361-371 321-331
    expect<string>(hex(seen + 20, seenOptions())).toBe("01 01 05 12 00 00 01 69 00 00 01 73 00 00 01 41 00 00 01 4b");
    for (let i: u32 = 2; i < 6; i++) {
      peerText(ACK, NXT + 20 + i * 40, UNA, 10);
      sends(ACK, UNA, NXT);
    }
    // Four at most; the last one came at 301 + 220 = 521.
    expect<u32>(seenOptions()).toBe(36);
    expect<string>(hex(seen + 24, 4)).toBe("00 00 02 09");
  });
  test("RFC7323-2: on every segment behind a SYN-ACK with timestamps; beside them are three blocks", () => {
    open("02 04 03 e8 01 01 04 02 01 01 08 0a 00 00 00 64 00 00 00 00");
    expect<u32>(seenOptions()).toBe(12);
    expect<u32>(load32(seen + 28)).toBe(100);
    const at = load32(seen + 24);
    pass(70);
    write(1000);
    // RFC 6691: what the options take is taken from the MSS.
    sendsText(ACK, UNA, NXT, 988);
    expect<u32>(load32(seen + 24) - at).toBe(70);
    for (let i: u32 = 0; i < 4; i++) {
      peerOptions("01 01 08 0a 00 00 00 c8 00 00 00 00");
      peerText(ACK, NXT + 20 + i * 40, UNA, 10);
      sends(ACK, UNA + 988, NXT);
      expect<u32>(seenOptions()).toBe(16 + 8 * min<u32>(i + 1, 3));
      expect<u32>(load32(seen + 28)).toBe(100);
    }
  });
  test("RFC2018-1: none without SACK-permitted from the peer", () => {
    open("02 04 03 e8");
    peerText(ACK, NXT + 20, UNA, 10);
    sends(ACK, UNA, NXT);
    expect<u32>(seenOptions()).toBe(0);
  });
  test("MUST-48, MUST-49, SHLD-22: TTL and DSCP are those of the socket; the ECN bits stay zero", () => {
    established(65535);
    settings.set(handleNow(), Option.TTL, 7);
    settings.set(handleNow(), Option.TOS, 0xbb);
    write(10);
    sendsText(ACK, UNA, NXT, 10);
    expect<u32>(load<u8>(seen - 20, 8)).toBe(7);
    expect<u32>(load<u8>(seen - 20, 1)).toBe(0xb8);
    pass(200);
    sendsText(ACK, UNA, NXT, 10);
    expect<u32>(load<u8>(seen - 20, 1)).toBe(0xb8);
  });
  test("6864-1: with DF set the identifier is 0; the urgent pointer is 0", () => {
    established(65535);
    write(10);
    sendsText(ACK, UNA, NXT, 10);
    expect<string>(hex(seen - 20 + 4, 4)).toBe("00 00 40 00");
    expect<u32>(load16(seen + 18)).toBe(0);
  });
  test("octets of text are counted, once a segment", () => {
    established(65535);
    const before = counted(Counter.OCTETS_OUT);
    write(2000);
    expect<u32>(counted(Counter.OCTETS_OUT) - before).toBe(2000);
  });
});

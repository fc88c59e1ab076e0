import { Counter } from "../../../../assembly/memory/counters";
import { Err } from "../../../../assembly/memory/errors";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { State } from "../../../../assembly/transport/tcp/state";
import { counted, pass, poll } from "../../world";
import {
  ACK,
  established,
  handleNow,
  IRS,
  is,
  ISS,
  peer,
  peerText,
  peerUrgent,
  posts,
  PSH,
  read,
  RST,
  sends,
  silent,
  SYN,
  tcb,
  URG,
  write,
  windowOf1000,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** Whether a segment passes the first check. */
function accepts(seq: u32, length: u32): bool {
  const before = counted(Counter.TCP_UNACCEPTABLE);
  peerText(ACK, seq, UNA, length);
  return counted(Counter.TCP_UNACCEPTABLE) == before;
}
describe("transport/tcp/input, first: the four cases of the acceptability test (RFC 9293 table 6)", () => {
  test("no text, window open: RCV.NXT =< SEG.SEQ < RCV.NXT + RCV.WND", () => {
    windowOf1000();
    expect<bool>(accepts(NXT, 0)).toBe(true);
    expect<bool>(accepts(NXT + 999, 0)).toBe(true);
    expect<bool>(accepts(NXT + 1000, 0)).toBe(false);
    expect<bool>(accepts(NXT - 1, 0)).toBe(false);
  });
  test("no text, window closed: SEG.SEQ = RCV.NXT", () => {
    windowOf1000();
    peerText(ACK, NXT, UNA, 1000);
    expect<u32>(tcb().window).toBe(0);
    expect<bool>(accepts(NXT + 1000, 0)).toBe(true);
    expect<bool>(accepts(NXT + 999, 0)).toBe(false);
    expect<bool>(accepts(NXT + 1001, 0)).toBe(false);
  });
  test("text, window closed: not acceptable", () => {
    windowOf1000();
    peerText(ACK, NXT, UNA, 1000);
    expect<bool>(accepts(NXT + 1000, 1)).toBe(false);
    expect<bool>(accepts(NXT + 999, 1)).toBe(false);
    expect<u32>(read(2000)).toBe(1000);
  });
  test("text, window open: first or last octet within", () => {
    windowOf1000();
    expect<bool>(accepts(NXT - 10, 10)).toBe(false);
    expect<bool>(accepts(NXT + 1000, 10)).toBe(false);
    expect<bool>(accepts(NXT + 999, 10)).toBe(true);
    expect<bool>(accepts(NXT - 10, 11)).toBe(true);
    expect<u32>(tcb().rcv.nxt.u32).toBe(NXT + 1);
  });
  test("around the wrap at 2^32", () => {
    windowOf1000();
    const shift = 0xffffff00 - NXT;
    const rcv = tcb().rcv;
    rcv.nxt = rcv.nxt.plus(shift);
    rcv.read = rcv.nxt;
    rcv.edge = rcv.nxt.plus(1000);
    rcv.acked = rcv.nxt;
    expect<bool>(accepts(0x2e7, 0)).toBe(true);
    expect<bool>(accepts(0x2e8, 0)).toBe(false);
    expect<bool>(accepts(0xfffffeff, 0)).toBe(false);
    expect<bool>(accepts(0xffffff00, 512)).toBe(true);
    expect<u32>(tcb().rcv.nxt.u32).toBe(0x100);
    expect<u32>(read(1000)).toBe(512);
  });
  test("an unacceptable segment is answered with an ACK and dropped; a RST is not answered", () => {
    windowOf1000();
    peerText(ACK, NXT - 10, UNA, 10);
    sends(ACK, UNA, NXT);
    peer(RST, NXT - 10, 0);
    silent();
    is(State.ESTABLISHED);
  });
  test("what lies outside the window is cut off", () => {
    windowOf1000();
    peerText(ACK, NXT - 10, UNA, 20);
    sends(ACK, UNA, NXT + 10);
    peerText(ACK, NXT + 10, UNA, 1200);
    sends(ACK, UNA, NXT + 1000);
    expect<u32>(read(2000)).toBe(1000);
  });
  test("two confused peers do not answer each other for ever: ten answers a second to empty segments", () => {
    windowOf1000();
    for (let i = 0; i < 30; i++) peer(ACK, NXT - 10, UNA);
    for (let i = 0; i < 10; i++) sends(ACK, UNA, NXT);
    silent();
    pass(1000);
    peer(ACK, NXT - 10, UNA);
    sends(ACK, UNA, NXT);
  });
});

describe("transport/tcp/input, second: RST (RFC 9293 3.10.7.4, RFC 5961 3.2)", () => {
  test("SM-RST-1: exactly at RCV.NXT it resets", () => {
    windowOf1000();
    peer(RST, NXT, 0);
    silent();
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.RESET);
  });
  test("RFC5961-1: elsewhere in the window it draws a challenge ACK", () => {
    windowOf1000();
    peer(RST, NXT + 1, 0);
    sends(ACK, UNA, NXT);
    is(State.ESTABLISHED);
    peer(RST, NXT + 1000, 0);
    silent();
    is(State.ESTABLISHED);
  });
  test("SHLD-2: a RST may carry text", () => {
    windowOf1000();
    peerText(RST, NXT, 0, 30);
    is(State.CLOSED);
  });
  test("MUST-66: also when our window is closed", () => {
    windowOf1000();
    peerText(ACK, NXT, UNA, 1000);
    sends(ACK, UNA, NXT + 1000);
    peer(RST, NXT + 1000, 0);
    is(State.CLOSED);
  });
  test("RFC5961-4: ten challenge ACKs a second", () => {
    windowOf1000();
    for (let i = 0; i < 30; i++) peer(RST, NXT + 5, 0);
    for (let i = 0; i < 10; i++) sends(ACK, UNA, NXT);
    silent();
    expect<u32>(counted(Counter.TCP_CHALLENGE_LIMITED)).toBe(20);
  });
});

describe("transport/tcp/input, fourth and fifth: SYN and ACK", () => {
  test("RFC5961-2, A079: any SYN draws a challenge ACK", () => {
    windowOf1000();
    peer(SYN, NXT + 10, 0);
    sends(ACK, UNA, NXT);
    peer(SYN, NXT + 5000, 0);
    sends(ACK, UNA, NXT);
    peer(SYN | ACK, IRS, UNA);
    sends(ACK, UNA, NXT);
    is(State.ESTABLISHED);
  });
  test("without ACK the segment is dropped", () => {
    windowOf1000();
    peerText(PSH, NXT, 0, 10);
    silent();
    expect<u32>(counted(Counter.TCP_NO_ACK)).toBe(1);
    expect<u32>(tcb().readable).toBe(0);
  });
  test("an ACK of what was never sent draws an ACK, and the text with it is dropped", () => {
    windowOf1000();
    peerText(ACK, NXT, UNA + 1, 10);
    sends(ACK, UNA, NXT);
    expect<u32>(counted(Counter.TCP_ACK_UNSENT)).toBe(1);
    expect<u32>(tcb().readable).toBe(0);
  });
  test("MAY-12, RFC5961-3: an ACK older than SND.UNA - MAX.SND.WND draws a challenge, text is dropped", () => {
    established(500);
    peerText(ACK, NXT, UNA - 500, 10);
    sends(ACK, UNA, NXT + 10);
    expect<u32>(tcb().readable).toBe(10);
    peerText(ACK, NXT + 10, UNA - 501, 10);
    sends(ACK, UNA, NXT + 10);
    expect<u32>(tcb().readable).toBe(10);
    expect<u32>(counted(Counter.TCP_ACK_OLD)).toBe(1);
  });
  test("a window is taken from the newest segment only: not from one with an older ACK", () => {
    established(1000);
    write(100);
    posts(ACK, NXT, UNA + 100, 0);
    poll();
    expect<u32>(tcb().snd.wl2.u32).toBe(UNA + 100);
    peer(ACK, NXT, UNA);
    expect<u32>(tcb().snd.wl2.u32).toBe(UNA + 100);
    expect<u32>(tcb().snd.una.u32).toBe(UNA + 100);
  });
});

describe("transport/tcp/input, sixth: URG", () => {
  test("MUST-30, MUST-31: the urgent pointer moves forward only, also beyond this segment; the octets stay in the stream", () => {
    windowOf1000();
    peerUrgent(50);
    peerText(ACK | URG, NXT, UNA, 10);
    expect<u32>(tcb().rcv.up.u32).toBe(NXT + 50);
    peerUrgent(5);
    peerText(ACK | URG, NXT + 10, UNA, 10);
    expect<u32>(tcb().rcv.up.u32).toBe(NXT + 50);
    expect<u32>(read(100)).toBe(20);
  });
  test("MUST-66: URG counts also when our window is closed", () => {
    windowOf1000();
    peerText(ACK, NXT, UNA, 1000);
    peerUrgent(7);
    peer(ACK | URG, NXT + 1000, UNA);
    expect<u32>(tcb().rcv.up.u32).toBe(NXT + 1007);
  });
});

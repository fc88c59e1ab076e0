import { Option } from "../../../../assembly/memory/errors";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { due, Due, fullSegment } from "../../../../assembly/transport/tcp/output";
import * as settings from "../../../../assembly/transport/tcp/settings";
import { State } from "../../../../assembly/transport/tcp/state";
import { ignore, pass, poll, run, unsent } from "../../world";
import {
  ACK,
  established,
  establishedWith,
  FIN,
  handleNow,
  IRS,
  is,
  ISS,
  peer,
  peerText,
  peerWindow,
  PSH,
  queue,
  read,
  seenCtl,
  seenWindow,
  sends,
  sendsText,
  shutdown,
  silent,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** Sixteen segments are acknowledged at once while the connection is new; they are over. */
function seasoned(): void {
  established(65535);
  for (let i: u32 = 0; i < 16; i++) {
    peerText(ACK, NXT + i * 10, UNA, 10);
    sends(ACK, UNA, NXT + i * 10 + 10);
  }
  read(160);
}

describe("transport/tcp/output: segments", () => {
  test("SHLD-28, MUST-61: full segments, and PSH on the last", () => {
    established(65535);
    write(2500);
    sendsText(ACK, UNA, NXT, 1000);
    expect<u32>(seenCtl() & PSH).toBe(0);
    sendsText(ACK, UNA + 1000, NXT, 1000);
    expect<u32>(seenCtl() & PSH).toBe(0);
    silent();
    peer(ACK, NXT, UNA + 2000);
    sendsText(ACK, UNA + 2000, NXT, 500);
    expect<u32>(seenCtl() & PSH).toBe(PSH);
  });
  test("MUST-60: an octet on an idle connection leaves at once", () => {
    established(65535);
    write(1);
    sendsText(ACK, UNA, NXT, 1);
  });
  test("SHLD-7: Nagle holds what is less than a segment while something is outstanding", () => {
    established(65535);
    write(1);
    sendsText(ACK, UNA, NXT, 1);
    write(10);
    write(20);
    silent();
    peer(ACK, NXT, UNA + 1);
    sendsText(ACK, UNA + 1, NXT, 30);
  });
  test("MUST-17: without Nagle each write leaves at once", () => {
    established(65535);
    expect<i32>(settings.set(handleNow(), Option.NODELAY, 1)).toBe(0);
    write(1);
    sendsText(ACK, UNA, NXT, 1);
    write(10);
    sendsText(ACK, UNA + 1, NXT, 10);
  });
  test("the FIN goes with the last text, past Nagle", () => {
    established(65535);
    write(1);
    sendsText(ACK, UNA, NXT, 1);
    queue(10);
    shutdown();
    sendsText(FIN | ACK, UNA + 1, NXT, 10);
    is(State.FIN_WAIT_1);
    silent();
  });
  test("an ACK rides on text", () => {
    established(65535);
    queue(10);
    peerText(ACK, NXT, UNA, 100);
    sendsText(ACK, UNA, NXT + 100, 10);
    silent();
  });
});

describe("transport/tcp/output: the peer's window", () => {
  test("no more than the window is sent, MUST-1 also above 32,767", () => {
    establishedWith(16384, 65536, 40000);
    tcb().congestion.cwnd = 100000;
    write(60000);
    expect<u32>(unsent(0)).toBe(40);
    expect<u32>(tcb().snd.nxt.u32 - UNA).toBe(40000);
  });
  test("MUST-38: small steps of the window are not used until half of the largest one or a segment fits", () => {
    established(1600);
    write(5000);
    sendsText(ACK, UNA, NXT, 1000);
    silent();
    // 600 of 1,600 octets are left, less than half: wait.
    peerWindow(600);
    peer(ACK, NXT, UNA + 1000);
    silent();
    peerWindow(799);
    peer(ACK, NXT, UNA + 1000);
    silent();
    peerWindow(800);
    peer(ACK, NXT, UNA + 1000);
    sendsText(ACK, UNA + 1000, NXT, 800);
  });
  test("MUST-38: after 0.2 s a silly segment leaves all the same", () => {
    established(1600);
    write(5000);
    ignore(0);
    peerWindow(300);
    peer(ACK, NXT, UNA + 1000);
    pass(199);
    silent();
    pass(1);
    sendsText(ACK, UNA + 1000, NXT, 300);
    silent();
  });
  test("MUST-34, SHLD-15, SHLD-16: a window that shrinks below SND.NXT stops new text; what is inside is sent again", () => {
    established(8000);
    write(10000);
    expect<u32>(unsent(0)).toBe(8);
    ignore(0);
    peerWindow(1500);
    peer(ACK, NXT, UNA + 2000);
    silent();
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA + 2000, NXT, 1000);
    silent();
    peerWindow(8000);
    peer(ACK, NXT, UNA + 8000);
    sendsText(ACK, UNA + 8000, NXT, 1000);
    sendsText(ACK, UNA + 9000, NXT, 1000);
    expect<u32>(tcb().snd.nxt.u32).toBe(UNA + 10000);
  });
});

describe("transport/tcp/output: acknowledgements (RFC 9293 3.8.6.3)", () => {
  test("MUST-40, SHLD-18: one small segment is acknowledged 40 ms later", () => {
    seasoned();
    peerText(ACK, NXT + 160, UNA, 10);
    silent();
    expect<i32>(pass(39)).toBe(1);
    silent();
    pass(1);
    sends(ACK, UNA, NXT + 170);
    silent();
  });
  test("SHLD-19: the second full segment is acknowledged at once", () => {
    seasoned();
    peerText(ACK, NXT + 160, UNA, 1000);
    silent();
    peerText(ACK, NXT + 1160, UNA, 1000);
    sends(ACK, UNA, NXT + 2160);
    expect<u32>(fullSegment(tcb())).toBe(1000);
    run(100);
    silent();
  });
  test("reading that makes much room is told at once", () => {
    establishedWith(4000, 16384, 65535);
    peerText(ACK, NXT, UNA, 1400);
    peerText(ACK, NXT + 1400, UNA, 1400);
    peerText(ACK, NXT + 2800, UNA, 1200);
    ignore(0);
    expect<u32>(read(1459)).toBe(1459);
    poll();
    silent();
    expect<u32>(read(1)).toBe(1);
    poll();
    sends(ACK, UNA, NXT + 4000);
    expect<u32>(seenWindow()).toBe(1460);
  });
  test("A017: ACKs keep SND.NXT while lost octets are sent again", () => {
    established(65535);
    write(3000);
    ignore(0);
    pass(tcb().rtt.rto);
    sendsText(ACK, UNA, NXT, 1000);
    peerText(ACK, NXT, UNA, 100);
    sends(ACK, UNA + 3000, NXT + 100);
  });
});

describe("transport/tcp/output: what is due", () => {
  test("nothing on an idle connection, a RST before all else", () => {
    established(65535);
    expect<i32>(due(tcb())).toBe(Due.NOTHING);
    queue(10);
    expect<i32>(due(tcb())).toBe(Due.TEXT);
    const it = tcb();
    calls.abort(handleNow());
    expect<i32>(due(it)).toBe(Due.RESET);
  });
});

import { Err, Event } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import * as ready from "../../../../assembly/transport/ready";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { State } from "../../../../assembly/transport/tcp/state";
import { pass } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  FIN,
  handleNow,
  IRS,
  is,
  ISS,
  peer,
  peerOptions,
  peerText,
  peerWindow,
  queue,
  read,
  REMOTE,
  RST,
  sends,
  sendsText,
  SERVER,
  shutdown,
  silent,
  SYN,
  tcb,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

function synSent(): void {
  clientAt(ISS);
  connect(REMOTE, SERVER);
  sends(SYN, ISS, 0);
}
/** ESTABLISHED by a SYN-ACK with these options. */
function open(options: string): void {
  synSent();
  peerOptions(options);
  peer(SYN | ACK, IRS, UNA);
}

describe("transport/tcp/open: SYN-SENT (RFC 9293 3.10.7.3)", () => {
  test("SM-SYNSENT-1: an ACK of anything but our SYN draws a RST there, and the state stays", () => {
    synSent();
    peer(SYN | ACK, IRS, ISS);
    sends(RST, ISS, 0);
    peer(SYN | ACK, IRS, ISS + 2);
    sends(RST, ISS + 2, 0);
    peer(ACK, IRS, ISS + 2);
    sends(RST, ISS + 2, 0);
    peer(RST | ACK, IRS, ISS + 2);
    silent();
    is(State.SYN_SENT);
    peer(SYN | ACK, IRS, UNA);
    sends(ACK, UNA, NXT);
    is(State.ESTABLISHED);
  });
  test("SM-SYNSENT-2: a RST with the ACK of our SYN refuses the connection", () => {
    synSent();
    peer(RST | ACK, 0, UNA);
    silent();
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.REFUSED);
    expect<i32>(calls.sendSpace(handleNow())).toBe(Err.REFUSED);
  });
  test("a RST without ACK is dropped", () => {
    synSent();
    peer(RST, 0, 0);
    silent();
    is(State.SYN_SENT);
  });
  test("an ACK alone, even of our SYN, is dropped", () => {
    synSent();
    peer(ACK, IRS, UNA);
    silent();
    is(State.SYN_SENT);
  });
  test("text and FIN beside the SYN-ACK are taken", () => {
    synSent();
    peerText(SYN | FIN | ACK, IRS, UNA, 10);
    sends(ACK, UNA, NXT + 11);
    is(State.CLOSE_WAIT);
    expect<u32>(read(100)).toBe(10);
  });
  test("RFC 9293 3.10.2: text queued before the handshake leaves with its end", () => {
    synSent();
    queue(100);
    silent();
    peer(SYN | ACK, IRS, UNA);
    sendsText(ACK, UNA, NXT, 100);
    silent();
  });
  test("the owner is told that the connection stands", () => {
    synSent();
    peer(SYN | ACK, IRS, UNA);
    expect<i32>(changetype<usize>(ready.next(0)) == changetype<usize>(tcb()) ? 1 : 0).toBe(1);
    expect<u32>(root.events & Event.CONNECTED).toBe(Event.CONNECTED);
  });
});

describe("transport/tcp/open: what the peer's SYN says", () => {
  test("MUST-14: the peer's MSS is kept to; our own bounds it", () => {
    open("02 04 01 2c");
    expect<u32>(tcb().snd.mss).toBe(300);
    open("02 04 23 00");
    expect<u32>(tcb().snd.mss).toBe(1460);
  });
  test("MUST-15: without the option it is 536", () => {
    open("");
    expect<u32>(tcb().snd.mss).toBe(536);
  });
  test("an MSS of 0 is none; one below 64 is 64", () => {
    open("02 04 00 00");
    expect<u32>(tcb().snd.mss).toBe(536);
    open("02 04 00 08");
    expect<u32>(tcb().snd.mss).toBe(64);
  });
  test("RFC 7323 2.2, 2.3: the peer's shift scales its later windows, not the SYN's; 14 at most", () => {
    peerWindow(1000);
    synSent();
    peerWindow(1000);
    peerOptions("01 03 03 04");
    peer(SYN | ACK, IRS, UNA);
    expect<u32>(tcb().snd.wnd).toBe(1000);
    peer(ACK, NXT, UNA);
    expect<u32>(tcb().snd.wnd).toBe(16000);
    open("01 03 03 ff");
    expect<u32>(tcb().snd.shift).toBe(14);
  });
  test("MUST-64, MUST-6, MUST-7: options at odd places, unknown ones, and what stands behind a malformed one", () => {
    open("01 02 04 03 e8 fe 04 00 00 01 04 02");
    expect<u32>(tcb().snd.mss).toBe(1000);
    expect<u32>(tcb().sack).toBe(1);
    open("02 04 03 e8 fe 00 04 02");
    expect<u32>(tcb().snd.mss).toBe(1000);
    expect<u32>(tcb().sack).toBe(0);
  });
});

describe("transport/tcp/open: simultaneous open", () => {
  test("MUST-11: a RST in SYN-RECEIVED that came from SYN-SENT refuses the connection", () => {
    synSent();
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peer(RST, NXT, 0);
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.REFUSED);
  });
  test("our SYN-ACK is sent again when it was lost", () => {
    synSent();
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    pass(1000);
    sends(SYN | ACK, ISS, NXT);
    peer(ACK, NXT, UNA);
    is(State.ESTABLISHED);
  });
  test("RFC 9293 3.10.4: CLOSE in SYN-RECEIVED: a lost SYN-ACK is still sent again as such, and the FIN follows the peer's ACK", () => {
    synSent();
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    shutdown();
    silent();
    pass(1000);
    sends(SYN | ACK, ISS, NXT);
    peer(ACK, NXT, UNA);
    sends(FIN | ACK, UNA, NXT);
    is(State.FIN_WAIT_1);
  });
  test("an ACK in SYN-RECEIVED of anything but our SYN draws a RST", () => {
    synSent();
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peer(ACK, NXT, ISS);
    sends(RST, ISS, 0);
    is(State.SYN_RECEIVED);
  });
});

import { Err, Event } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import * as calls from "../../../../assembly/transport/tcp/calls";
import * as ready from "../../../../assembly/transport/ready";
import { State } from "../../../../assembly/transport/tcp/state";
import { poll } from "../../world";
import { ACK, FIN, handleNow, IRS, ISS, is, peer, peerText, posts, read, RST, sends, silent, tcb, windowOf1000 } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

describe("transport/tcp/text, seventh and eighth: text, FIN", () => {
  test("SHLD-31, MAY-13: text ahead is kept, and asked for at once; the hole filled, all is acknowledged", () => {
    windowOf1000();
    peerText(ACK, NXT + 100, UNA, 100);
    sends(ACK, UNA, NXT);
    peerText(ACK, NXT + 300, UNA, 100);
    sends(ACK, UNA, NXT);
    peerText(ACK, NXT, UNA, 100);
    sends(ACK, UNA, NXT + 200);
    peerText(ACK, NXT + 200, UNA, 100);
    sends(ACK, UNA, NXT + 400);
    expect<u32>(read(1000)).toBe(400);
  });
  test("the first copy of an octet counts: a later one with other text changes nothing", () => {
    windowOf1000();
    peerText(ACK, NXT + 10, UNA, 10);
    peerText(ACK, NXT, UNA, 30);
    expect<u32>(read(100)).toBe(30);
  });
  test("MUST-58, MUST-59: segments of one batch are acknowledged together", () => {
    windowOf1000();
    for (let i: u32 = 0; i < 4; i++) posts(ACK, NXT + i * 100, UNA, 100);
    poll();
    sends(ACK, UNA, NXT + 400);
    silent();
  });
  test("a FIN is taken after the text in front of it", () => {
    windowOf1000();
    peerText(FIN | ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 11);
    is(State.CLOSE_WAIT);
    expect<u32>(read(100)).toBe(10);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.END);
  });
  test("A081: a FIN ahead of a hole is remembered", () => {
    windowOf1000();
    peerText(FIN | ACK, NXT + 10, UNA, 10);
    sends(ACK, UNA, NXT);
    is(State.ESTABLISHED);
    peerText(ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 21);
    is(State.CLOSE_WAIT);
    expect<u32>(read(100)).toBe(20);
  });
  test("nothing is taken beyond a FIN, whichever came first", () => {
    windowOf1000();
    peerText(ACK, NXT + 30, UNA, 10);
    peerText(FIN | ACK, NXT + 10, UNA, 10);
    peerText(ACK, NXT, UNA, 10);
    is(State.CLOSE_WAIT);
    expect<u32>(tcb().rcv.nxt.u32).toBe(NXT + 21);
    peerText(ACK, NXT + 21, UNA, 10);
    expect<u32>(read(100)).toBe(20);
  });
  test("MUST-12: the owner is told of text, of the FIN and of the end", () => {
    windowOf1000();
    while (ready.next(0)) root.events = 0;
    peerText(ACK, NXT, UNA, 10);
    ready.next(0);
    expect<u32>(root.events).toBe(Event.READABLE);
    peer(FIN | ACK, NXT + 10, UNA);
    ready.next(0);
    expect<u32>(root.events).toBe(Event.FINISHED);
    peer(RST, NXT + 11, 0);
    ready.next(0);
    expect<u32>(root.events).toBe(Event.CLOSED);
  });
});

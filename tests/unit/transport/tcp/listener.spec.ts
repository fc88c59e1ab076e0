import { Counter } from "../../../../assembly/memory/counters";
import { Err, Event } from "../../../../assembly/memory/errors";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root } from "../../../../assembly/memory/root";
import * as ready from "../../../../assembly/transport/ready";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { State } from "../../../../assembly/transport/tcp/state";
import { hex } from "../../octets";
import { counted, pass, poll, run } from "../../world";
import {
  accept,
  accepted,
  ACK,
  CLIENT,
  FIN,
  IRS,
  is,
  ISS,
  listen,
  peer,
  peerOptions,
  peerPort,
  peerText,
  peerWindow,
  posts,
  read,
  RST,
  seen,
  seenOptions,
  sends,
  sendsText,
  serverAt,
  silent,
  SYN,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;
let listener: i32 = 0;

function listening(backlog: i32): void {
  serverAt(ISS);
  listener = listen(backlog);
}
/** A SYN has come from a port of the peer; ISS is not looked at. */
function halfOpen(port: u32): void {
  peerPort(port);
  peer(SYN, IRS, 0);
}
function used(): u32 {
  return root.pool(PoolIndex.HALF_OPEN).used;
}

describe("transport/tcp/listener: LISTEN (RFC 9293 3.10.7.2)", () => {
  test("SM-LISTEN-1: a RST is ignored, an ACK draws a RST without ACK, what has neither SYN nor ACK is dropped", () => {
    listening(4);
    peer(RST, IRS, 0);
    silent();
    peer(ACK, IRS, 555);
    sends(RST, 555, 0);
    peer(FIN, IRS, 0);
    silent();
    is(State.LISTEN);
  });
  test("SM-LISTEN-2: text beside a SYN is not acknowledged, and comes again", () => {
    listening(4);
    peerText(SYN, IRS, 0, 10);
    sends(SYN | ACK, ISS, NXT);
    peerText(ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 10);
    accept(listener);
    expect<u32>(read(100)).toBe(10);
  });
  test("the SYN-ACK answers the options of the SYN, and only those", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    expect<string>(hex(seen + 20, seenOptions())).toBe("02 04 05 b4");
    listening(4);
    peerOptions("02 04 03 e8 01 03 03 02 01 01 04 02");
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    expect<string>(hex(seen + 20, seenOptions())).toBe("02 04 05 b4 01 03 03 00 01 01 04 02");
  });
  test("RFC4987-1: a SYN takes no socket; the final ACK does", () => {
    listening(4);
    peer(SYN, IRS, 0);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
    expect<u32>(used()).toBe(1);
    peer(ACK, NXT, UNA);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(1);
    expect<u32>(used()).toBe(0);
  });
  test("MUST-42: a port takes connections while another is half open", () => {
    listening(4);
    peer(SYN, IRS, 0);
    halfOpen(5000);
    peerPort(CLIENT);
    expect<u32>(used()).toBe(2);
    peer(ACK, NXT, UNA);
    is(State.ESTABLISHED);
    expect<u32>(used()).toBe(1);
  });
});
describe("transport/tcp/listener: SYN-RECEIVED", () => {
  test("the SYN-ACK is sent again after 1, 2, 4 and 8 seconds, then the record is forgotten", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    let wait: u32 = 1000;
    for (let i = 0; i < 4; i++) {
      pass(wait - 1);
      silent();
      pass(1);
      sends(SYN | ACK, ISS, NXT);
      wait <<= 1;
    }
    run(16000);
    silent();
    is(State.LISTEN);
    expect<u32>(counted(Counter.TCP_SYN_EXPIRED)).toBe(1);
    expect<u32>(used()).toBe(0);
  });
  test("a repeated SYN is answered by the same SYN-ACK", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    pass(500);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    expect<u32>(used()).toBe(1);
  });
  test("MUST-11: a RST returns to LISTEN in silence; one elsewhere in the window is challenged", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peer(RST, NXT + 5, 0);
    sends(ACK, UNA, NXT);
    is(State.SYN_RECEIVED);
    peer(RST, NXT, 0);
    silent();
    is(State.LISTEN);
  });
  test("an ACK of anything but our SYN draws a RST; the record stays", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peer(ACK, NXT, UNA + 1);
    sends(RST, UNA + 1, 0);
    peer(ACK, NXT, UNA);
    is(State.ESTABLISHED);
  });
  test("text with the final ACK is taken, and a FIN with it too", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peerText(FIN | ACK, NXT, UNA, 20);
    sends(ACK, UNA, NXT + 21);
    is(State.CLOSE_WAIT);
    accept(listener);
    expect<u32>(read(100)).toBe(20);
  });
  test("an unacceptable segment is answered with an ACK", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peerText(ACK, NXT + 20000, UNA, 10);
    sends(ACK, UNA, NXT);
    is(State.SYN_RECEIVED);
  });
  test("the peer's window counts from the final ACK, scaled", () => {
    listening(4);
    peerWindow(500);
    peerOptions("02 04 03 e8 01 03 03 02");
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peer(ACK, NXT, UNA);
    accept(listener);
    expect<u32>(tcb().snd.wnd).toBe(2000);
    write(5000);
    sendsText(ACK, UNA, NXT, 1000);
    sendsText(ACK, UNA + 1000, NXT, 1000);
    silent();
  });
});

describe("transport/tcp/listener: queues", () => {
  test("accept gives connections in the order in which they were established, with both ends", () => {
    listening(4);
    peer(SYN, IRS, 0);
    peer(ACK, NXT, UNA);
    ready.next(0);
    expect<u32>(root.events).toBe(Event.ACCEPTABLE);
    expect<i32>(accept(listener)).toBeGreaterThan(0);
    expect<u32>(root.local.port).toBe(80);
    expect<u32>(root.remote.port).toBe(CLIENT);
    expect<u32>(root.remote.ip).toBe(0xc0000202);
    expect<i32>(accept(listener)).toBe(Err.WOULD_BLOCK);
  });
  test("no more half-open connections than the backlog: the next SYN is dropped in silence and counted", () => {
    listening(2);
    halfOpen(5000);
    halfOpen(5001);
    halfOpen(5002);
    expect<u32>(used()).toBe(2);
    expect<u32>(counted(Counter.TCP_SYN_QUEUE_FULL)).toBe(1);
  });
  test("no more unaccepted connections than the backlog", () => {
    listening(1);
    peer(SYN, IRS, 0);
    peer(ACK, NXT, UNA);
    halfOpen(5001);
    expect<u32>(used()).toBe(0);
    expect<u32>(counted(Counter.TCP_ACCEPT_FULL)).toBe(1);
    expect<i32>(accept(listener)).toBeGreaterThan(0);
    halfOpen(5001);
    expect<u32>(used()).toBe(1);
  });
  test("closing a listener forgets what is half open and resets what waits to be accepted", () => {
    listening(4);
    peer(SYN, IRS, 0);
    sends(SYN | ACK, ISS, NXT);
    peer(ACK, NXT, UNA);
    halfOpen(5001);
    peerPort(CLIENT);
    posts(ACK, NXT, UNA, 0);
    poll();
    expect<i32>(calls.close(listener, 0)).toBe(0);
    poll();
    is(State.CLOSED);
    expect<u32>(used()).toBe(0);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
    expect<u32>(root.pool(PoolIndex.LISTENER).used).toBe(0);
    expect<i32>(accept(listener)).toBe(Err.BAD_HANDLE);
  });
  test("accepted connections speak as any other", () => {
    accepted(65535);
    write(10);
    sendsText(ACK, UNA, NXT, 10);
    peerText(ACK, NXT, UNA + 10, 5);
    sends(ACK, UNA + 10, NXT + 5);
    expect<u32>(read(10)).toBe(5);
  });
});

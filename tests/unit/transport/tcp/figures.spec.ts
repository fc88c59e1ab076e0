import { Err } from "../../../../assembly/memory/errors";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { State } from "../../../../assembly/transport/tcp/state";
import { pass, run, waitMicro } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  establishedAt,
  FIN,
  handleNow,
  is,
  listen,
  peer,
  peerText,
  REMOTE,
  RST,
  sends,
  sendsText,
  serverAt,
  shutdown,
  silent,
  SYN,
  write,
} from "./peer";

const MSL: u32 = 30000;

describe("transport/tcp: the figures of RFC 9293, opening", () => {
  test("RFC 9293 figure 6: basic three-way handshake, TCP peer A", () => {
    clientAt(100);
    connect(REMOTE, 80);
    sends(SYN, 100, 0);
    is(State.SYN_SENT);
    peer(SYN | ACK, 300, 101);
    sends(ACK, 101, 301);
    silent();
    is(State.ESTABLISHED);
    write(10);
    sendsText(ACK, 101, 301, 10);
  });
  test("RFC 9293 figure 6: basic three-way handshake, TCP peer B", () => {
    serverAt(300);
    listen(4);
    is(State.LISTEN);
    peer(SYN, 100, 0);
    sends(SYN | ACK, 300, 101);
    is(State.SYN_RECEIVED);
    peer(ACK, 101, 301);
    silent();
    is(State.ESTABLISHED);
  });
  test("RFC 9293 figure 7, MUST-10: simultaneous connection synchronization", () => {
    clientAt(100);
    connect(REMOTE, 80);
    sends(SYN, 100, 0);
    peer(SYN, 300, 0);
    is(State.SYN_RECEIVED);
    sends(SYN | ACK, 100, 301);
    peer(SYN | ACK, 300, 101);
    is(State.ESTABLISHED);
  });
  test("MUST-10: simultaneous open with a peer that has our SYN-ACK first", () => {
    clientAt(100);
    connect(REMOTE, 80);
    sends(SYN, 100, 0);
    peer(SYN, 300, 0);
    sends(SYN | ACK, 100, 301);
    peer(ACK, 301, 101);
    silent();
    is(State.ESTABLISHED);
    peerText(ACK, 301, 101, 5);
    sends(ACK, 101, 306);
  });
  test("RFC 9293 figure 8: recovery from old duplicate SYN, TCP peer A", () => {
    clientAt(100);
    connect(REMOTE, 80);
    sends(SYN, 100, 0);
    peer(SYN | ACK, 300, 91);
    sends(RST, 91, 0);
    is(State.SYN_SENT);
    peer(SYN | ACK, 400, 101);
    sends(ACK, 101, 401);
    is(State.ESTABLISHED);
  });
  test("RFC 9293 figure 8: recovery from old duplicate SYN, TCP peer B", () => {
    serverAt(300);
    listen(4);
    peer(SYN, 90, 0);
    sends(SYN | ACK, 300, 91);
    is(State.SYN_RECEIVED);
    peer(RST, 91, 0);
    silent();
    is(State.LISTEN);
    // 400 microseconds later the clock of the ISN is 100 further.
    waitMicro(400);
    peer(SYN, 100, 0);
    sends(SYN | ACK, 400, 101);
    peer(ACK, 101, 401);
    is(State.ESTABLISHED);
  });
});

describe("transport/tcp: the figures of RFC 9293, half-open connections", () => {
  test("RFC 9293 figure 9: half-open connection discovery, TCP peer A", () => {
    clientAt(400);
    connect(REMOTE, 80);
    sends(SYN, 400, 0);
    peer(ACK, 300, 100);
    sends(RST, 100, 0);
    is(State.SYN_SENT);
    pass(1000);
    sends(SYN, 400, 0);
  });
  test("RFC 9293 figure 9: half-open connection discovery, TCP peer B", () => {
    establishedAt(300, 100);
    peer(SYN, 400, 0);
    sends(ACK, 300, 100);
    is(State.ESTABLISHED);
    peer(RST, 100, 0);
    silent();
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.RESET);
  });
  test("RFC 9293 figure 10: active side causes half-open connection discovery, TCP peer A", () => {
    clientAt(400);
    is(State.CLOSED);
    peerText(ACK, 300, 100, 10);
    // No connection, no handshake: the ports are those of the figure's old connection.
    sends(RST, 100, 0);
    is(State.CLOSED);
  });
  test("RFC 9293 figure 10: active side causes half-open connection discovery, TCP peer B", () => {
    establishedAt(300, 100);
    write(10);
    sendsText(ACK, 300, 100, 10);
    peer(RST, 100, 0);
    silent();
    is(State.CLOSED);
  });
  test("RFC 9293 figure 11: old duplicate SYN initiates a reset on two passive sockets, TCP peer A", () => {
    serverAt(300);
    listen(4);
    peer(SYN | ACK, 700, 91);
    sends(RST, 91, 0);
    is(State.LISTEN);
  });
  test("RFC 9293 figure 11: old duplicate SYN initiates a reset on two passive sockets, TCP peer B", () => {
    serverAt(300);
    listen(4);
    peer(SYN, 90, 0);
    sends(SYN | ACK, 300, 91);
    peer(RST, 91, 0);
    silent();
    is(State.LISTEN);
  });
});

describe("transport/tcp: the figures of RFC 9293, closing", () => {
  test("RFC 9293 figure 12: normal close sequence, TCP peer A", () => {
    establishedAt(100, 300);
    shutdown();
    is(State.FIN_WAIT_1);
    sends(FIN | ACK, 100, 300);
    peer(ACK, 300, 101);
    silent();
    is(State.FIN_WAIT_2);
    peer(FIN | ACK, 300, 101);
    sends(ACK, 101, 301);
    is(State.TIME_WAIT);
    run(2 * MSL - 1);
    is(State.TIME_WAIT);
    run(1);
    is(State.CLOSED);
    silent();
  });
  test("RFC 9293 figure 12: normal close sequence, TCP peer B", () => {
    establishedAt(300, 100);
    peer(FIN | ACK, 100, 300);
    sends(ACK, 300, 101);
    is(State.CLOSE_WAIT);
    shutdown();
    is(State.LAST_ACK);
    sends(FIN | ACK, 300, 101);
    peer(ACK, 101, 301);
    silent();
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.END);
  });
  test("RFC 9293 figure 13: simultaneous close sequence", () => {
    establishedAt(100, 300);
    shutdown();
    sends(FIN | ACK, 100, 300);
    is(State.FIN_WAIT_1);
    peer(FIN | ACK, 300, 100);
    sends(ACK, 101, 301);
    is(State.CLOSING);
    peer(ACK, 301, 101);
    silent();
    is(State.TIME_WAIT);
    run(2 * MSL);
    is(State.CLOSED);
  });
  test("a FIN that acknowledges ours goes from FIN-WAIT-1 to TIME-WAIT at once", () => {
    establishedAt(100, 300);
    shutdown();
    sends(FIN | ACK, 100, 300);
    peer(FIN | ACK, 300, 101);
    sends(ACK, 101, 301);
    is(State.TIME_WAIT);
  });
});

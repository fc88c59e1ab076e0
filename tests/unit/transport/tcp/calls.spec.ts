import { Err, Event } from "../../../../assembly/memory/errors";
import { Family } from "../../../../assembly/memory/control";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root } from "../../../../assembly/memory/root";
import * as ready from "../../../../assembly/transport/ready";
import { SERVICES } from "../../../../assembly/transport/service";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { State } from "../../../../assembly/transport/tcp/state";
import { Tcb } from "../../../../assembly/transport/tcp/tcb";
import { ignore, poll } from "../../world";
import {
  ACK,
  CLIENT,
  clientAt,
  connect,
  established,
  establishedWith,
  FIN,
  handleNow,
  IRS,
  is,
  ISS,
  listen,
  LOCAL,
  peer,
  peerText,
  queue,
  read,
  REMOTE,
  sends,
  sendsText,
  SERVER,
  serverAt,
  silent,
  SYN,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

function connectTo(ip: u32, port: u32): i32 {
  root.local.set(LOCAL, 0, 0);
  root.remote.set(ip, port, 0);
  return calls.connect(0, 0);
}

describe("transport/tcp/calls: OPEN", () => {
  test("MUST-46: no active OPEN to broadcast, multicast, loopback, nobody or ourselves, and no frame", () => {
    clientAt(ISS);
    const bad: StaticArray<u32> = [0, 0xffffffff, 0xc00002ff, 0xc0000200, 0xe0000001, 0x7f000001, 0xf0000001, LOCAL];
    for (let i = 0; i < bad.length; i++) expect<i32>(connectTo(bad[i], 80)).toBe(Err.BAD_ADDRESS);
    expect<i32>(connectTo(REMOTE, 0)).toBe(Err.BAD_ADDRESS);
    poll();
    silent();
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
  });
  test("no route, a foreign source address, a wrong class or owner or interface: each refused, nothing taken", () => {
    clientAt(ISS);
    expect<i32>(connectTo(0x08080808, 80)).toBe(Err.NO_ROUTE);
    root.local.set(REMOTE, 0, 0);
    root.remote.set(REMOTE, 80, 0);
    expect<i32>(calls.connect(0, 0)).toBe(Err.BAD_ADDRESS);
    root.local.set(LOCAL, 0, 0);
    expect<i32>(calls.connect(4, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.connect(-1, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.connect(0, root.owners + SERVICES)).toBe(Err.BAD_ARGUMENT);
    root.remote.set(REMOTE, 80, 2);
    expect<i32>(calls.connect(0, 0)).toBe(Err.BAD_ARGUMENT);
    root.remote.set(REMOTE, 80, 0);
    expect<i32>(calls.connect(1, 0)).toBe(Err.NO_SOCKET);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
  });
  test("MUST-44: an unspecified source becomes our address; the port is 1024 or more and differs each time", () => {
    clientAt(ISS);
    root.local.set(0, 0, 0);
    root.remote.set(REMOTE, 80, 0);
    const first = calls.connectionOf(calls.connect(0, 0))!;
    root.local.set(0, 0, 0);
    const second = calls.connectionOf(calls.connect(0, 0))!;
    expect<u32>(first.local).toBe(LOCAL);
    expect<u32>(first.localPort).toBeGreaterThan(1023);
    expect<u32>(first.localPort).not.toBe(second.localPort);
  });
  test("the same two ends cannot be connected twice", () => {
    clientAt(ISS);
    expect<i32>(connect(REMOTE, SERVER)).toBeGreaterThan(0);
    expect<i32>(connect(REMOTE, SERVER)).toBe(Err.IN_USE);
  });
  test("all sockets taken: NO_SOCKET, and after one was let go it works again", () => {
    clientAt(ISS);
    for (let i = 0; i < 4; i++) expect<i32>(connectTo(REMOTE, 80)).toBeGreaterThan(0);
    const last = calls.connect(0, 0);
    expect<i32>(last).toBe(Err.NO_SOCKET);
    calls.abort(connectTo(REMOTE, 80) < 0 ? tcbHandle() : 0);
    poll();
    expect<i32>(connectTo(REMOTE, 80)).toBeGreaterThan(0);
  });
  test("MUST-43: a passive OPEN takes our addresses or any; a port once", () => {
    serverAt(ISS);
    expect<i32>(listen(4)).toBeGreaterThan(0);
    expect<i32>(listen(4)).toBe(Err.IN_USE);
    root.local.set(LOCAL, SERVER, 0);
    expect<i32>(calls.listen(0, 4, 0)).toBeGreaterThan(0);
    expect<i32>(calls.listen(0, 4, 0)).toBe(Err.IN_USE);
    root.local.set(REMOTE, 81, 0);
    expect<i32>(calls.listen(0, 4, 0)).toBe(Err.BAD_ADDRESS);
    root.local.set(LOCAL, 0, 0);
    expect<i32>(calls.listen(0, 4, 0)).toBe(Err.BAD_ARGUMENT);
    root.local.set(LOCAL, 82, 0);
    expect<i32>(calls.listen(0, 0, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.listen(0, 65536, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.listen(4, 4, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.listen(0, 4, 99)).toBe(Err.BAD_ARGUMENT);
  });
});
/** The handle of the first socket that is taken. */
function tcbHandle(): i32 {
  const pool = root.pool(PoolIndex.TCP0);
  return changetype<Tcb>(pool.at(0)).handle;
}

describe("transport/tcp/calls: SEND and RECEIVE", () => {
  test("the span is all of the ring; what was committed is gone from it until it is acknowledged", () => {
    establishedWith(4096, 4096, 65535);
    // The stream begins at ISS + 1 = 101: up to the ring's end are 4096 - 101 octets in one piece.
    expect<i32>(calls.sendSpace(handleNow())).toBe(4096 - 101);
    write(1000);
    expect<i32>(calls.sendSpace(handleNow())).toBe(4096 - 1101);
    write(3096);
    expect<i32>(calls.sendSpace(handleNow())).toBe(0);
    expect<i32>(calls.sendCommit(handleNow(), 1, 1)).toBe(Err.BAD_ARGUMENT);
    ignore(0);
    while (ready.next(0)) root.events = 0;
    peer(ACK, NXT, UNA + 1000);
    ready.next(0);
    expect<u32>(root.events & Event.WRITABLE).toBe(Event.WRITABLE);
    expect<i32>(calls.sendSpace(handleNow())).toBe(1000);
  });
  test("text goes round the ring and stays whole", () => {
    establishedWith(4096, 4096, 65535);
    for (let i: u32 = 0; i < 20; i++) {
      write(900);
      sendsText(ACK, UNA + i * 900, NXT + i * 900, 900);
      peerText(ACK, NXT + i * 900, UNA + i * 900 + 900, 900);
      ignore(0);
      expect<u32>(read(4096)).toBe(900);
    }
  });
  test("more than is there cannot be released", () => {
    established(65535);
    peerText(ACK, NXT, UNA, 10);
    expect<i32>(calls.receiveRelease(handleNow(), 11)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.receiveRelease(handleNow(), -1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.receiveRelease(handleNow(), 10)).toBe(0);
    expect<i32>(calls.receiveReady(handleNow())).toBe(0);
  });
  test("after CLOSE nothing more can be sent", () => {
    established(65535);
    expect<i32>(calls.close(handleNow(), 1)).toBe(0);
    expect<i32>(calls.sendSpace(handleNow())).toBe(Err.BAD_STATE);
    expect<i32>(calls.sendCommit(handleNow(), 0, 0)).toBe(Err.BAD_STATE);
    expect<i32>(calls.close(handleNow(), 1)).toBe(0);
  });
  test("RFC 9293 3.10.2: CLOSE-WAIT still sends", () => {
    established(65535);
    peer(FIN | ACK, NXT, UNA);
    sends(ACK, UNA, NXT + 1);
    write(10);
    sendsText(ACK, UNA, NXT + 1, 10);
    is(State.CLOSE_WAIT);
  });
});

describe("transport/tcp/calls: handles", () => {
  test("A217+219: a handle is stale as soon as it was let go, for every call", () => {
    established(65535);
    const stale = handleNow();
    calls.close(stale, 0);
    expect<i32>(calls.sendSpace(stale)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.sendCommit(stale, 1, 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.receiveReady(stale)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.receiveRelease(stale, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.close(stale, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.abort(stale)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.rearm(stale)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.accept(stale)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.close(stale, 2)).toBe(Err.BAD_ARGUMENT);
    expect<u32>(root.local.family).toBe(Family.IPV4);
    expect<u32>(CLIENT).toBe(4000);
  });
  test("CLOSE in SYN-SENT ends the attempt", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    sends(SYN, ISS, 0);
    calls.close(handleNow(), 0);
    poll();
    silent();
    is(State.CLOSED);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
  });
  test("rearm tells again what there is", () => {
    established(65535);
    peerText(ACK, NXT, UNA, 10);
    while (ready.next(0)) root.events = 0;
    calls.rearm(handleNow());
    expect<bool>(ready.next(0) == tcb()).toBe(true);
    expect<u32>(root.events & Event.READABLE).toBe(Event.READABLE);
    queue(1);
  });
});

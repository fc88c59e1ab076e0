import { Err, Event } from "../../../../assembly/memory/errors";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root, state } from "../../../../assembly/memory/root";
import * as ready from "../../../../assembly/transport/ready";
import * as calls from "../../../../assembly/transport/tcp/calls";
import * as life from "../../../../assembly/transport/tcp/life";
import { State } from "../../../../assembly/transport/tcp/state";
import { poll, run } from "../../world";
import {
  accept,
  ACK,
  clientAt,
  connect,
  established,
  FIN,
  handleNow,
  IRS,
  is,
  ISS,
  listen,
  peer,
  peerText,
  queue,
  REMOTE,
  RST,
  sends,
  serverAt,
  SERVER,
  shutdown,
  silent,
  SYN,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** Sockets, deadlines and those who owe a segment: all gone. */
function isEmpty(): bool {
  return root.pool(PoolIndex.TCP0).used == 0 && state.heapCount == 0 && state.owed.isEmpty;
}

describe("transport/tcp/life: how a connection ends", () => {
  test("ABORT sends a RST at SND.NXT and leaves nothing behind", () => {
    established(65535);
    expect<i32>(calls.abort(handleNow())).toBe(0);
    is(State.CLOSED);
    poll();
    sends(RST | ACK, UNA, NXT);
    silent();
    expect<bool>(isEmpty()).toBe(true);
    expect<i32>(calls.abort(handleNow())).toBe(Err.BAD_HANDLE);
  });
  test("ABORT in SYN-SENT sends nothing: the peer knows of no connection", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    sends(SYN, ISS, 0);
    calls.abort(handleNow());
    poll();
    silent();
    expect<bool>(isEmpty()).toBe(true);
  });
  test("SHLD-3: letting go with octets unread sends a RST instead of a FIN", () => {
    established(65535);
    peerText(ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 10);
    calls.close(handleNow(), 0);
    poll();
    sends(RST | ACK, UNA, NXT + 10);
    expect<bool>(isEmpty()).toBe(true);
  });
  test("SHLD-3: text that arrives after the application let go draws a RST", () => {
    established(65535);
    calls.close(handleNow(), 0);
    poll();
    sends(FIN | ACK, UNA, NXT);
    peer(ACK, NXT, UNA + 1);
    peerText(ACK, NXT, UNA + 1, 10);
    sends(RST | ACK, UNA + 1, NXT);
    expect<bool>(isEmpty()).toBe(true);
  });
  test("what was sent still arrives after the application let go; then all is given back", () => {
    established(65535);
    queue(500);
    calls.close(handleNow(), 0);
    poll();
    peer(ACK, NXT, UNA + 501);
    peer(FIN | ACK, NXT, UNA + 501);
    is(State.TIME_WAIT);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
    run(60000);
    expect<bool>(isEmpty()).toBe(true);
  });
  test("MAY-1, MUST-12: half close: text of the peer is still taken in FIN-WAIT-2", () => {
    established(65535);
    shutdown();
    sends(FIN | ACK, UNA, NXT);
    peer(ACK, NXT, UNA + 1);
    is(State.FIN_WAIT_2);
    peerText(ACK, NXT, UNA + 1, 10);
    sends(ACK, UNA + 1, NXT + 10);
    expect<u32>(tcb().readable).toBe(10);
    expect<i32>(calls.sendSpace(handleNow())).toBe(Err.BAD_STATE);
  });
  test("a connection let go does not stay in FIN-WAIT-2 for longer than a minute; one that is held does", () => {
    established(65535);
    shutdown();
    peer(ACK, NXT, UNA + 1);
    run(3600000);
    is(State.FIN_WAIT_2);
    calls.close(handleNow(), 0);
    run(59999);
    is(State.FIN_WAIT_2);
    run(1);
    is(State.CLOSED);
    expect<bool>(isEmpty()).toBe(true);
  });
  test("a connection that ended stays readable until the application lets go", () => {
    established(65535);
    peerText(ACK, NXT, UNA, 10);
    peer(RST, NXT + 10, 0);
    is(State.CLOSED);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(1);
    expect<i32>(calls.receiveReady(handleNow())).toBe(10);
    calls.receiveRelease(handleNow(), 10);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.RESET);
    expect<i32>(calls.sendCommit(handleNow(), 0, 0)).toBe(Err.RESET);
    calls.close(handleNow(), 0);
    expect<bool>(isEmpty()).toBe(true);
  });
  test("a connection that is reset before it was accepted is gone from the queue", () => {
    serverAt(ISS);
    const listener = listen(4);
    peer(SYN, IRS, 0);
    peer(ACK, NXT, UNA);
    peer(RST, NXT, 0);
    expect<i32>(accept(listener)).toBe(Err.WOULD_BLOCK);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
  });
  test("one that the peer has closed before it was accepted is accepted with its text", () => {
    serverAt(ISS);
    const listener = listen(4);
    peer(SYN, IRS, 0);
    peer(ACK, NXT, UNA);
    peerText(FIN | ACK, NXT, UNA, 10);
    expect<i32>(accept(listener)).toBeGreaterThan(0);
    while (ready.next(0) != tcb()) expect<bool>(root.events != 0).toBe(true);
    expect<u32>(root.events & (Event.READABLE | Event.FINISHED)).toBe(Event.READABLE | Event.FINISHED);
  });
  test("why a call fails: the error, else the state", () => {
    established(65535);
    expect<i32>(life.why(tcb())).toBe(Err.BAD_STATE);
    tcb().error = Err.TIMED_OUT;
    expect<i32>(life.why(tcb())).toBe(Err.TIMED_OUT);
  });
  test("the RTO and the quick acknowledgements of a new connection", () => {
    established(65535);
    expect<u32>(tcb().quick).toBe(16);
    write(1);
    expect<u32>(tcb().rtt.backoff).toBe(0);
  });
});

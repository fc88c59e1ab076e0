import { DeviceKind } from "../../../../assembly/memory/control";
import { Counter } from "../../../../assembly/memory/counters";
import { Err, Event } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { IcmpType, Unreachable } from "../../../../assembly/wire/icmp";
import { quote } from "../../../../assembly/internet/icmp";
import * as ready from "../../../../assembly/transport/ready";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { errorArrives } from "../../../../assembly/transport/tcp/tcp";
import { State } from "../../../../assembly/transport/tcp/state";
import { load16, load32, pseudoSum, putIp, store16, sumOf } from "../../octets";
import { addDevice, addInterface, begin, blank, counted, give, ignore, poll, run, rx, tx, unsent } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  established,
  handleNow,
  IRS,
  is,
  ISS,
  listen,
  LOCAL,
  peer,
  peerText,
  queue,
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

/** ICMP reports trouble with the segment of this connection at `seq`. */
function report(type: u32, code: u32, seq: u32, mtu: u32): void {
  const it = quote();
  it.type = type;
  it.code = code;
  it.protocol = 6;
  it.local = LOCAL;
  it.remote = REMOTE;
  it.localPort = 4000;
  it.remotePort = SERVER;
  it.seq = seq;
  it.mtu = mtu;
  errorArrives(it);
}
/** A SYN to any destination address. */
function synTo(destination: u32): void {
  const ip = rx(0);
  memory.fill(ip + 20, 0, 20);
  store16(ip + 20, 4000);
  store16(ip + 22, SERVER);
  store16(ip + 32, 0x5002);
  store16(ip + 36, ~sumOf(ip + 20, 20, pseudoSum(REMOTE, destination, 6, 20)) & 0xffff);
  putIp(ip, 6, REMOTE, destination, 20);
  give(0, 40);
  poll();
}

describe("transport/tcp/tcp: whose a segment is", () => {
  test("MUST-57, A013: a SYN to broadcast or multicast is dropped in silence", () => {
    serverAt(ISS);
    listen(4);
    synTo(0xffffffff);
    synTo(0xc00002ff);
    synTo(0xe0000001);
    silent();
    is(State.LISTEN);
    expect<u32>(counted(Counter.TCP_NOT_UNICAST)).toBe(3);
    synTo(LOCAL);
    expect<u32>(unsent(0)).toBe(1);
  });
  test("MUST-41: a listener does not disturb connections, and a connection goes before it", () => {
    established(65535);
    root.local.set(LOCAL, 4000, 0);
    expect<i32>(calls.listen(0, 4, 0)).toBeGreaterThan(0);
    peerText(ACK, NXT, UNA, 10);
    sends(ACK, UNA, NXT + 10);
    is(State.ESTABLISHED);
  });
});

describe("transport/tcp/tcp: ICMP errors (RFC 9293 3.9.2.2, RFC 5927)", () => {
  test("SHLD-26, MUST-54: port unreachable about our SYN refuses the connection", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    report(IcmpType.UNREACHABLE, Unreachable.PORT, ISS, 0);
    is(State.CLOSED);
    expect<i32>(calls.receiveReady(handleNow())).toBe(Err.REFUSED);
  });
  test("MUST-56, A263: soft errors abort neither an opening connection nor an open one; MUST-47: the owner is told", () => {
    clientAt(ISS);
    connect(REMOTE, SERVER);
    report(IcmpType.UNREACHABLE, Unreachable.HOST, ISS, 0);
    report(IcmpType.TIME_EXCEEDED, 0, ISS, 0);
    is(State.SYN_SENT);
    expect<bool>(ready.next(0) == tcb()).toBe(true);
    expect<u32>(root.events & Event.SOFT_ERROR).toBe(Event.SOFT_ERROR);
    expect<u32>(tcb().softError).toBe(11 << 8);
    established(65535);
    write(10);
    report(IcmpType.UNREACHABLE, Unreachable.PORT, UNA, 0);
    is(State.ESTABLISHED);
    expect<u32>(tcb().softError).toBe((3 << 8) | 3);
  });
  test("A352: only a sequence number in flight is believed: SND.UNA =< SEQ < SND.NXT", () => {
    established(65535);
    write(10);
    report(IcmpType.UNREACHABLE, Unreachable.HOST, UNA - 1, 0);
    report(IcmpType.UNREACHABLE, Unreachable.HOST, UNA + 10, 0);
    expect<u32>(tcb().softError).toBe(0);
    expect<u32>(counted(Counter.ICMP_ERROR_UNMATCHED)).toBe(2);
    report(IcmpType.UNREACHABLE, Unreachable.HOST, UNA + 9, 0);
    expect<u32>(tcb().softError).toBe((3 << 8) | 1);
  });
  test("1191-1, SHLD-6: fragmentation needed makes segments smaller and sends them again; never larger, 552 - 40 at least", () => {
    established(65535);
    write(1000);
    ignore(0);
    report(IcmpType.UNREACHABLE, Unreachable.FRAGMENTATION_NEEDED, UNA, 840);
    poll();
    sendsText(ACK, UNA, NXT, 800);
    sendsText(ACK, UNA + 800, NXT, 200);
    report(IcmpType.UNREACHABLE, Unreachable.FRAGMENTATION_NEEDED, UNA, 1400);
    expect<u32>(tcb().snd.mss).toBe(800);
    report(IcmpType.UNREACHABLE, Unreachable.FRAGMENTATION_NEEDED, UNA, 68);
    expect<u32>(tcb().snd.mss).toBe(512);
  });
});

describe("transport/tcp/tcp: whose turn it is", () => {
  test("connections send in turns of eight segments", () => {
    established(65535);
    const first = handleNow();
    tcb().congestion.cwnd = 16384;
    queue(16000);
    root.local.set(LOCAL, 4001, 0);
    root.remote.set(REMOTE, SERVER, 0);
    const second = calls.connect(0, 0);
    poll();
    let place = 0;
    let at = 0;
    for (let ip = tx(0); ip; ip = tx(0)) {
      place++;
      if (load16(ip + 20) == 4001) at = place;
    }
    expect<i32>(place).toBe(17);
    expect<i32>(at).toBe(9);
    expect<bool>(first != second).toBe(true);
  });
  test("without a TX slot nothing is lost: it follows when slots are free again", () => {
    blank();
    addDevice(DeviceKind.RAW_IP, 8);
    addInterface(LOCAL, 24);
    begin();
    root.local.set(LOCAL, 4000, 0);
    root.remote.set(REMOTE, SERVER, 0);
    const handle = calls.connect(0, 0);
    poll();
    expect<u32>(load32(tx(0) + 16)).toBe(REMOTE);
    const iss = calls.connectionOf(handle)!.snd.iss.u32;
    peer(SYN | ACK, IRS, iss + 1);
    ignore(0);
    const space = calls.sendSpace(handle);
    expect<i32>(calls.sendCommit(handle, min(space, 4288), 1)).toBe(min(space, 4288));
    poll();
    // Eight segments of 536 octets; two slots are kept for replies and ARP.
    expect<u32>(unsent(0)).toBe(6);
    expect<i32>(poll()).toBeGreaterThan(0);
    ignore(0);
    poll();
    expect<u32>(unsent(0)).toBe(2);
    run(1);
  });
});

import { Family } from "../../../../assembly/memory/control";
import { Err, Event, Option } from "../../../../assembly/memory/errors";
import { PoolIndex } from "../../../../assembly/memory/pool";
import { root } from "../../../../assembly/memory/root";
import { Hold } from "../../../../assembly/internet/hold";
import { quote } from "../../../../assembly/internet/icmp";
import { status } from "../../../../assembly/transport/status";
import * as ready from "../../../../assembly/transport/ready";
import * as settings from "../../../../assembly/transport/tcp/settings";
import * as udp from "../../../../assembly/transport/udp/calls";
import { errorArrives, undeliverable } from "../../../../assembly/transport/udp/udp";
import { hex, load16, putIp, store16, sumOf } from "../../octets";
import { poll, rawIp, tx, unsent } from "../../world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;

function bind(ip: u32, port: u32): i32 {
  root.local.set(ip, port, 0);
  if (!ip) root.local.family = <u16>Family.ANY;
  return udp.bind(0, false);
}
function connect(handle: i32, ip: u32, port: u32): i32 {
  root.remote.set(ip, port, 0);
  return udp.connect(handle);
}

describe("transport/udp/calls: bind", () => {
  test("to any address, one of ours or a broadcast of our subnet; not to others", () => {
    rawIp(US, 24);
    expect<i32>(bind(0, 1)).toBeGreaterThan(0);
    expect<i32>(bind(US, 2)).toBeGreaterThan(0);
    expect<i32>(bind(0xc00002ff, 3)).toBeGreaterThan(0);
    expect<i32>(bind(PEER, 4)).toBe(Err.BAD_ADDRESS);
  });
  test("a port once on each address", () => {
    rawIp(US, 24);
    bind(US, 53);
    expect<i32>(bind(US, 53)).toBe(Err.IN_USE);
    expect<i32>(bind(0, 53)).toBe(Err.IN_USE);
    expect<i32>(bind(0xc00002ff, 53)).toBeGreaterThan(0);
  });
  test("A295: without a port one is chosen that nobody uses; it is told", () => {
    rawIp(US, 24);
    const first = bind(0, 0);
    const port = root.local.port;
    expect<u32>(port).toBeGreaterThan(1023);
    expect<i32>(first).toBeGreaterThan(0);
    bind(0, 0);
    expect<u32>(root.local.port).not.toBe(port);
  });
  test("all sockets taken: NO_SOCKET; wrong owners and interfaces: BAD_ARGUMENT", () => {
    rawIp(US, 24);
    expect<i32>(udp.bind(99, false)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(udp.bind(-1, false)).toBe(Err.BAD_ARGUMENT);
    const first = bind(0, 1);
    for (let port: u32 = 2; port <= 4; port++) bind(0, port);
    expect<i32>(bind(0, 5)).toBe(Err.NO_SOCKET);
    udp.close(first);
    expect<i32>(bind(0, 5)).toBeGreaterThan(0);
    expect<u32>(root.pool(PoolIndex.UDP).used).toBe(4);
  });
});

describe("transport/udp/calls: connect, errors, close", () => {
  test("connect names one peer, family 0 undoes it", () => {
    rawIp(US, 24);
    const handle = bind(0, 53);
    expect<i32>(connect(handle, PEER, 0)).toBe(Err.BAD_ADDRESS);
    expect<i32>(connect(handle, 0x08080808, 1)).toBe(Err.NO_ROUTE);
    expect<i32>(connect(handle, 0xc00002ff, 1)).toBe(Err.BROADCAST_OFF);
    expect<i32>(settings.set(handle, Option.BROADCAST, 1)).toBe(0);
    expect<i32>(connect(handle, 0xc00002ff, 1)).toBe(0);
    expect<i32>(connect(handle, PEER, 4000)).toBe(0);
    udp.tellStatus(handle);
    expect<u32>(status().remote.ip).toBe(PEER);
    expect<u32>(status().remote.port).toBe(4000);
    root.remote.family = <u16>Family.ANY;
    expect<i32>(udp.connect(handle)).toBe(0);
    udp.tellStatus(handle);
    expect<u32>(status().remote.ip).toBe(0);
    expect<u32>(status().local.port).toBe(53);
  });
  test("ICMP errors reach connected sockets only, once", () => {
    rawIp(US, 24);
    const handle = bind(0, 53);
    const it = quote();
    it.type = 3;
    it.code = 3;
    it.protocol = 17;
    it.local = US;
    it.remote = PEER;
    it.localPort = 53;
    it.remotePort = 4000;
    errorArrives(it);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.WOULD_BLOCK);
    connect(handle, PEER, 4000);
    errorArrives(it);
    ready.next(0);
    expect<u32>(root.events & Event.SOFT_ERROR).toBe(Event.SOFT_ERROR);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.REFUSED);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.WOULD_BLOCK);
    it.code = 1;
    errorArrives(it);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.UNREACHABLE);
    const hold = Hold.at(root.pool(PoolIndex.HOLD).take());
    hold.sender = handle;
    putIp(hold.data, 17, US, PEER, 8);
    store16(hold.data + 22, 4000);
    undeliverable(hold);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.UNREACHABLE);
    expect<u32>(root.remote.ip).toBe(PEER);
    expect<u32>(root.remote.port).toBe(4000);
    expect<u32>(root.local.ip).toBe(0);
  });
  test("a closed handle is stale for every call", () => {
    rawIp(US, 24);
    const handle = bind(0, 53);
    expect<i32>(udp.close(handle)).toBe(0);
    expect<i32>(udp.close(handle)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.connect(handle)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.sendSpace(handle)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.sendCommit(handle, 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.receiveReady(handle)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.receiveRelease(handle)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.rearm(handle)).toBe(Err.BAD_HANDLE);
    expect<i32>(udp.tellStatus(handle)).toBe(Err.BAD_HANDLE);
  });
  test("a ping socket sends echoes with its identifier and the number that it is given", () => {
    rawIp(US, 24);
    root.local.set(0, 0, 0);
    root.local.family = <u16>Family.ANY;
    const handle = udp.bind(0, true);
    const ident = root.local.port;
    expect<i32>(udp.sendSpace(handle)).toBeGreaterThan(0);
    store<u8>(root.span, 0x61);
    root.remote.set(PEER, 7, 0);
    expect<i32>(udp.sendCommit(handle, 1)).toBe(1);
    poll();
    const at = tx(0);
    expect<string>(hex(at + 20, 2)).toBe("08 00");
    expect<u32>(load16(at + 24)).toBe(ident);
    expect<u32>(load16(at + 26)).toBe(7);
    expect<u32>(sumOf(at + 20, 9, 0)).toBe(0xffff);
    expect<u32>(unsent(0)).toBe(0);
  });
});

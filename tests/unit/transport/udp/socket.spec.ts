import { root } from "../../../../assembly/memory/root";
import { enter, find, isTaken, leave, slotOctets, take, UdpSocket } from "../../../../assembly/transport/udp/socket";
import { rawIp } from "../../world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;

/** A socket on a port; local and remote 0: any. */
function open(local: u32, port: u32, remote: u32, remotePort: u32): UdpSocket {
  const it = take(0)!;
  it.local = local;
  it.remote = remote;
  it.ports = (port << 16) | remotePort;
  enter(it);
  return it;
}

describe("transport/udp/socket", () => {
  test("the one connected to the sender is found first, then the one bound to the address, then any", () => {
    rawIp(US, 24);
    const any = open(0, 53, 0, 0);
    const bound = open(US, 53, 0, 0);
    const connected = open(0, 53, PEER, 1000);
    expect<bool>(find(false, US, 53, PEER, 1000, 1) == connected).toBe(true);
    expect<bool>(find(false, US, 53, PEER, 1001, 1) == bound).toBe(true);
    expect<bool>(find(false, US, 53, PEER + 1, 1000, 1) == bound).toBe(true);
    expect<bool>(find(false, 0xc00002ff, 53, PEER, 999, 1) == any).toBe(true);
    expect<bool>(find(false, US, 54, PEER, 1000, 1) == null).toBe(true);
    leave(connected);
    expect<bool>(find(false, US, 53, PEER, 1000, 1) == bound).toBe(true);
  });
  test("ping identifiers and ports are told apart", () => {
    rawIp(US, 24);
    const it = take(0)!;
    it.ports = 53 << 16;
    it.isPing = 1;
    enter(it);
    expect<bool>(find(false, US, 53, PEER, 0, 1) == null).toBe(true);
    expect<bool>(find(true, US, 53, PEER, 0, 1) == it).toBe(true);
    expect<bool>(isTaken(false, 0, 53, false)).toBe(false);
    expect<bool>(isTaken(true, 0, 53, false)).toBe(true);
  });
  test("a socket bound to an interface gets nothing of another", () => {
    rawIp(US, 24);
    const it = open(0, 53, 0, 0);
    it.only = 2;
    expect<bool>(find(false, US, 53, PEER, 1, 1) == null).toBe(true);
    expect<bool>(find(false, US, 53, PEER, 1, 2) == it).toBe(true);
  });
  test("a port is taken on its address, and for whoever asks for all", () => {
    rawIp(US, 24);
    open(US, 53, 0, 0);
    expect<bool>(isTaken(false, US, 53, false)).toBe(true);
    expect<bool>(isTaken(false, 0, 53, false)).toBe(true);
    expect<bool>(isTaken(false, PEER, 53, false)).toBe(false);
    expect<bool>(isTaken(false, US, 54, false)).toBe(false);
  });
  test("rings hold slots of 96 octets and the datagram, rounded to 8; those of sockets do not overlap", () => {
    rawIp(US, 24);
    // 96 + 1,472
    expect<u32>(slotOctets()).toBe(1568);
    root.udpOctets = 1;
    expect<u32>(slotOctets()).toBe(104);
    rawIp(US, 24);
    const a = take(0)!;
    const b = take(0)!;
    expect<u32>(a.sendRing - a.receiveRing).toBe(8 * 1568);
    expect<u32>(b.receiveRing - a.sendRing).toBe(4 * 1568);
    expect<u32>(<u32>changetype<usize>(a.inSlot(9)) - a.receiveRing).toBe(1568);
    expect<u32>(<u32>changetype<usize>(a.outSlot(7)) - a.sendRing).toBe(3 * 1568);
    expect<u32>(a.ttl).toBe(64);
  });
  test("all taken: none", () => {
    rawIp(US, 24);
    for (let i = 0; i < 4; i++) expect<bool>(take(0) != null).toBe(true);
    expect<bool>(take(0) == null).toBe(true);
  });
});

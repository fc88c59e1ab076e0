import { Counter } from "../../../assembly/memory/counters";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root, state } from "../../../assembly/memory/root";
import { bufferOctets, input, NONE, Reassembly } from "../../../assembly/internet/fragments";
import * as ipv4 from "../../../assembly/internet/ipv4";
import { packet } from "../../../assembly/link/packet";
import { hex, load16, putIp, store16, sumOf } from "../octets";
import { counted, ms, rawIp, run, tx, unsent } from "../world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
const AT: usize = memory.data(2048, 8);

/** Octet `i` of the datagram that is sent in parts. */
function octet(i: u32): u8 {
  return <u8>(i * 7 + (i >> 8));
}
/** Octets `from` to `to` of protocol 253's datagram `ident` from `source`; 1: they complete it, 0: not (yet), -1: IP did not take them. */
function partOf(source: u32, ident: u32, from: u32, to: u32, more: bool): i32 {
  putIp(AT, 253, source, US, to - from);
  store16(AT + 4, ident);
  store16(AT + 6, (from >> 3) | (more ? 0x2000 : 0));
  store16(AT + 10, 0);
  store16(AT + 10, ~sumOf(AT, 20, 0) & 0xffff);
  for (let i = from; i < to; i++) store<u8>(AT + 20 + i - from, octet(i));
  packet().in = <u32>changetype<usize>(root.interface(0));
  packet().frame = <u32>AT;
  packet().ip = <u32>AT;
  packet().ipLength = 20 + to - from;
  packet().linkGroup = 0;
  return ipv4.input(packet()) ? (input(packet(), ms) ? 1 : 0) : -1;
}
function part(from: u32, to: u32, more: bool): i32 {
  return partOf(PEER, 1, from, to, more);
}
/** The datagram in the buffer taken last. */
function only(): Reassembly {
  return changetype<Reassembly>(root.pool(PoolIndex.FRAGMENTS).at(0));
}
function used(): u32 {
  return root.pool(PoolIndex.FRAGMENTS).used;
}

describe("internet/fragments", () => {
  test("791-2: parts in any order make the datagram, which is the packet in hand with a header that says so", () => {
    rawIp(US, 24);
    expect<i32>(part(16, 24, true)).toBe(0);
    expect<i32>(part(32, 45, false)).toBe(0);
    expect<i32>(part(0, 16, true)).toBe(0);
    expect<u32>(only().holes).toBe(1);
    expect<u32>(only().hole).toBe(24);
    expect<u32>(only().holeEnd(24)).toBe(32);
    expect<u32>(only().holeNext(24)).toBe(NONE);
    expect<i32>(part(24, 32, true)).toBe(1);
    const here = packet();
    expect<u32>(here.length).toBe(45);
    expect<u32>(here.ipLength).toBe(65);
    expect<u32>(here.payload - here.ip).toBe(20);
    expect<u32>(here.protocol).toBe(253);
    expect<u32>(load16(here.ip + 6)).toBe(0);
    expect<u32>(sumOf(here.ip, 20, 0)).toBe(0xffff);
    for (let i: u32 = 0; i < 45; i++) expect<u8>(load<u8>(here.payload + i)).toBe(octet(i));
    expect<u32>(used()).toBe(0);
    expect<u32>(counted(Counter.IP_REASSEMBLED)).toBe(1);
  });
  test("FRAG-02: an overlap is the end of it, and its place the first to go", () => {
    rawIp(US, 24);
    part(0, 16, true);
    expect<i32>(part(8, 24, true)).toBe(0);
    expect<u32>(counted(Counter.IP_FRAGMENT_OVERLAP)).toBe(1);
    expect<u32>(only().isDead).toBe(1);
    part(16, 24, false);
    expect<u32>(counted(Counter.IP_FRAGMENT)).toBe(1);
    for (let ident: u32 = 2; ident < 2 + root.extra.fragments; ident++) partOf(PEER + ident, ident, 0, 16, true);
    expect<u32>(counted(Counter.IP_FRAGMENTS_FULL)).toBe(1);
    expect<i32>(partOf(PEER + 2, 2, 16, 24, false)).toBe(1);
  });
  test("FRAG-03: the same again is a duplicate, with other octets an overlap", () => {
    rawIp(US, 24);
    part(0, 16, true);
    part(0, 16, true);
    expect<u32>(counted(Counter.IP_FRAGMENT_DUPLICATE)).toBe(1);
    store<u8>(only().payload + 3, 0xee);
    part(0, 16, true);
    expect<u32>(counted(Counter.IP_FRAGMENT_OVERLAP)).toBe(1);
  });
  test("FRAG-12: a datagram as long as the buffer fits, with its last hole behind its end", () => {
    rawIp(US, 24);
    const most = root.extra.fragmentOctets - 20;
    let from: u32 = 0;
    for (; from + 1480 < most; from += 1480) part(from, from + 1480, true);
    expect<i32>(part(from, most + 8, false)).toBe(0);
    expect<u32>(counted(Counter.IP_FRAGMENT_TOO_LONG)).toBe(1);
    expect<u32>(used()).toBe(0);
    for (from = 0; from + 1480 < most; from += 1480) part(from, from + 1480, true);
    expect<i32>(part(from, most, false)).toBe(1);
    expect<u32>(bufferOctets()).toBeGreaterThan(80 + most + 8 - 1);
  });
  test("1122-3.3.2b: after its time it is gone, and the sender of a first fragment is told", () => {
    rawIp(US, 24);
    part(0, 16, true);
    partOf(PEER, 2, 16, 32, true);
    run(59000);
    expect<u32>(used()).toBe(2);
    run(2000);
    expect<u32>(used()).toBe(0);
    expect<bool>(state.fragments.isEmpty).toBe(true);
    expect<u32>(counted(Counter.IP_FRAGMENT_TIMEOUT)).toBe(2);
    expect<u32>(unsent(0)).toBe(1);
    const at = tx(0);
    expect<u32>(load16(at + 20)).toBe(0x0b01);
    expect<string>(hex(at + 32, 4)).toBe("00 01 20 00");
  });
});

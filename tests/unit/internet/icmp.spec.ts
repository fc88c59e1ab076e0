import { Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";
import { quote } from "../../../assembly/internet/icmp";
import { hex, load16, load32, put, putIp, store16, store32, sumOf } from "../octets";
import { counted, give, ignore, poll, rawIp, rx, taken, tx, unsent } from "../world";
import { host, US } from "./link";

/** An ICMP message from host 2 arrives; its checksum is filled in. */
function message(text: string, to: u32): void {
  const at = rx(0);
  const length = put(at + 20, text);
  store16(at + 22, ~sumOf(at + 20, length, 0) & 0xffff);
  putIp(at, 1, host(2), to, length);
  give(0, 20 + length);
  poll();
}
/** A datagram of 12 octets of a protocol arrives. */
function datagram(protocol: u32, to: u32): void {
  const at = rx(0);
  put(at + 20, "04 d2 00 35 00 0c 00 00 61 62 63 64");
  putIp(at, protocol, host(2), to, 12);
  give(0, 32);
  poll();
}
/** The head of a datagram of ours to host 2, as an error quotes it: ports 4000 and 80, sequence number 100. */
const OURS: string = "45 00 00 28 00 00 40 00 40 06 00 00 c0 00 02 01 c0 00 02 02 0f a0 00 50 00 00 00 64";

describe("internet/icmp: echo", () => {
  test("1122-3.2.2.6a: an echo request is answered with the same octets, from the address that was asked", () => {
    rawIp(US, 24);
    message("08 00 00 00 12 34 00 01 61 62 63", US);
    const at = tx(0);
    expect<u32>(taken).toBe(31);
    expect<u32>(load32(at + 12)).toBe(US);
    expect<u32>(load32(at + 16)).toBe(host(2));
    expect<u32>(load<u8>(at + 8)).toBe(64);
    expect<string>(hex(at + 20, 2)).toBe("00 00");
    expect<string>(hex(at + 24, 7)).toBe("12 34 00 01 61 62 63");
    expect<u32>(sumOf(at + 20, 11, 0)).toBe(0xffff);
    expect<u32>(counted(Counter.ICMP_ECHO_REPLIES_OUT)).toBe(1);
  });
  test("an echo without data is answered too", () => {
    rawIp(US, 24);
    message("08 00 00 00 00 01 00 02", US);
    tx(0);
    expect<u32>(taken).toBe(28);
  });
  test("1122-3.2.2.6b, A347: an echo to a broadcast address is not answered", () => {
    rawIp(US, 24);
    message("08 00 00 00 00 01 00 02", 0xc00002ff);
    message("08 00 00 00 00 01 00 02", 0xffffffff);
    message("08 00 00 00 00 01 00 02", 0xe0000001);
    expect<u32>(unsent(0)).toBe(0);
    expect<u32>(counted(Counter.ICMP_ECHO_BROADCAST)).toBe(3);
  });
  test("a wrong checksum, or fewer octets than a header, are dropped", () => {
    rawIp(US, 24);
    message("08 00 00 00 00 01 00", US);
    expect<u32>(counted(Counter.ICMP_SHORT)).toBe(1);
    const at = rx(0);
    put(at + 20, "08 00 f7 fc 00 01 00 02");
    // 0800 + 0001 + 0002 = 0803, complement f7fc: right; one bit more is wrong.
    putIp(at, 1, host(2), US, 8);
    give(0, 28);
    poll();
    expect<u32>(unsent(0)).toBe(1);
    ignore(0);
    put(rx(0), hex(at, 28));
    store<u8>(rx(0), 3, 27);
    give(0, 28);
    poll();
    expect<u32>(counted(Counter.ICMP_CHECKSUM)).toBe(1);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("1122-3.2.2a, 6633-1, A139+348: source quench, redirect, time stamps and unknown types are dropped", () => {
    rawIp(US, 24);
    const types: StaticArray<u32> = [1, 2, 4, 5, 9, 10, 13, 14, 15, 17, 18, 30, 255];
    for (let i = 0; i < types.length; i++) {
      const at = rx(0);
      memory.fill(at + 20, 0, 36);
      put(at + 28, OURS);
      store<u8>(at + 20, <u8>types[i]);
      store16(at + 22, ~sumOf(at + 20, 36, 0) & 0xffff);
      putIp(at, 1, host(2), US, 36);
      give(0, 56);
      poll();
    }
    expect<u32>(counted(Counter.ICMP_UNKNOWN)).toBe(13);
    expect<u32>(unsent(0)).toBe(0);
  });
});

describe("internet/icmp: errors that we send", () => {
  test("1122-3.2.2.1: a closed UDP port and an unknown protocol are reported with codes 3 and 2", () => {
    rawIp(US, 24);
    datagram(17, US);
    let at = tx(0);
    expect<string>(hex(at + 20, 2)).toBe("03 03");
    datagram(253, US);
    at = tx(0);
    expect<string>(hex(at + 20, 2)).toBe("03 02");
    expect<u32>(counted(Counter.ICMP_ERRORS_OUT)).toBe(2);
  });
  test("1122-3.2.2c: the error quotes the IP header and 8 octets as they came, with TOS 0, to the sender", () => {
    rawIp(US, 24);
    const came = rx(0);
    datagram(17, US);
    const at = tx(0);
    expect<u32>(taken).toBe(20 + 8 + 28);
    expect<u32>(load16(at + 2)).toBe(56);
    expect<u32>(load<u8>(at + 1)).toBe(0);
    expect<u32>(load32(at + 12)).toBe(US);
    expect<u32>(load32(at + 16)).toBe(host(2));
    expect<string>(hex(at + 24, 4)).toBe("00 00 00 00");
    expect<string>(hex(at + 28, 28)).toBe(hex(came, 28));
    expect<u32>(sumOf(at + 20, 36, 0)).toBe(0xffff);
  });
  test("1122-3.2.2b: nothing is reported about broadcasts, multicasts, ICMP errors and bad sources", () => {
    rawIp(US, 24);
    datagram(17, 0xc00002ff);
    datagram(17, 0xffffffff);
    datagram(17, 0xe0000001);
    message("03 03 00 00 00 00 00 00 " + OURS, US);
    expect<u32>(counted(Counter.UDP_NO_SOCKET)).toBe(3);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("A072+100, 1122-3.2.2d: errorRate a second and no more", () => {
    rawIp(US, 24);
    let reported: u32 = 0;
    for (let i = 0; i < 80; i++) {
      datagram(17, US);
      reported += unsent(0);
      ignore(0);
    }
    expect<u32>(reported).toBe(50);
    expect<u32>(counted(Counter.ICMP_RATE_LIMITED)).toBe(30);
    expect<u32>(root.errorRate).toBe(50);
  });
});

describe("internet/icmp: errors that we get", () => {
  test("reads type, code, both ends, ports and sequence number out of the quote", () => {
    rawIp(US, 24);
    message("03 04 00 00 00 00 05 78 " + OURS, US);
    const it = quote();
    expect<u32>(it.type).toBe(3);
    expect<u32>(it.code).toBe(4);
    expect<u32>(it.mtu).toBe(1400);
    expect<u32>(it.protocol).toBe(6);
    expect<u32>(it.local).toBe(US);
    expect<u32>(it.remote).toBe(host(2));
    expect<u32>(it.localPort).toBe(4000);
    expect<u32>(it.remotePort).toBe(80);
    expect<u32>(it.seq).toBe(100);
    expect<u32>(counted(Counter.ICMP_ERRORS_IN)).toBe(1);
  });
  test("a quoted header with options is stepped over", () => {
    rawIp(US, 24);
    quote().localPort = 0;
    message("0b 00 00 00 00 00 00 00 47" + OURS.substring(2, 59) + " 01 01 01 01 01 01 01 00 0f a0 00 50 00 00 00 64", US);
    expect<u32>(quote().localPort).toBe(4000);
    expect<u32>(quote().seq).toBe(100);
  });
  test("A067+358: not ours, not unicast, a later fragment, too short or not IPv4: unmatched, and nothing is read", () => {
    rawIp(US, 24);
    quote().localPort = 0;
    message("03 03 00 00 00 00 00 00 45 00 00 28 00 00 40 00 40 06 00 00 c0 00 02 03" + OURS.substring(47), US);
    message("03 03 00 00 00 00 00 00 " + OURS, 0xc00002ff);
    message("03 03 00 00 00 00 00 00 45 00 00 28 00 00 00 01 40 06 00 00 " + OURS.substring(36), US);
    message("03 03 00 00 00 00 00 00 " + OURS.substring(0, 80), US);
    message("03 03 00 00 00 00 00 00 65" + OURS.substring(2), US);
    message("03 03 00 00 00 00 00 00 44" + OURS.substring(2), US);
    message("03 03 00 00 00 00 00 00 4f" + OURS.substring(2), US);
    message("03 03 00 00 00 00 00 00", US);
    expect<u32>(quote().localPort).toBe(0);
    expect<u32>(counted(Counter.ICMP_ERROR_UNMATCHED)).toBe(8);
  });
  test("a good quote that fits no socket is unmatched too", () => {
    rawIp(US, 24);
    message("03 03 00 00 00 00 00 00 " + OURS, US);
    expect<u32>(counted(Counter.ICMP_ERROR_UNMATCHED)).toBe(1);
    store32(rx(0), 0);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("A049: an error that quotes an ICMP error is looked at one level deep", () => {
    rawIp(US, 24);
    message("03 03 00 00 00 00 00 00 45 00 00 38 00 00 40 00 40 01 00 00 c0 00 02 01 c0 00 02 02 03 03 00 00 00 00 00 00 " + OURS, US);
    expect<u32>(quote().protocol).toBe(1);
    expect<u32>(counted(Counter.ICMP_ERROR_UNMATCHED)).toBe(1);
    expect<u32>(unsent(0)).toBe(0);
  });
});

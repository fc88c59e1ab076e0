import { DeviceKind } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import { Reserve } from "../../../assembly/link/device";
import { packet } from "../../../assembly/link/packet";
import { scratchHop } from "../../../assembly/internet/icmp";
import * as ipv4 from "../../../assembly/internet/ipv4";
import { hex, load16, put, putIp, store16, store32, sumOf } from "../octets";
import { addDevice, addInterface, begin, blank, counted, ethernet, ignore, ms, rawIp, taken, tx } from "../world";
import { answers, host, resolve, silent, US } from "./link";

const AT: usize = memory.data(256, 8);

/** A datagram of 8 octets from 192.0.2.2 to us lies at AT, for a frame of `length` octets. */
function datagram(length: u32): void {
  memory.fill(AT, 0, 256);
  putIp(AT, 253, host(2), US, 8);
  packet().in = <u32>changetype<usize>(root.interface(0));
  packet().ip = <u32>AT;
  packet().ipLength = length;
  packet().linkGroup = 0;
}
/** The checksum is made right again. */
function seal(): void {
  store16(AT + 10, 0);
  store16(AT + 10, ~sumOf(AT, (<u32>load<u8>(AT) & 15) << 2, 0) & 0xffff);
}
/** Whether the datagram is taken; if not, whether it counts under `why`. */
function taken_(why: Counter): i32 {
  const before = counted(why);
  if (ipv4.input(packet())) return 1;
  return counted(why) == before + 1 ? 0 : -1;
}

/** Turns one bit over. */
function flip(at: usize, bit: u32): void {
  const mask: u32 = 1 << (bit & 7);
  store<u8>(at + (bit >> 3), load<u8>(at + (bit >> 3)) ^ (mask as u8));
}

describe("internet/ipv4: checks of RFC 1122 section 3.2.1", () => {
  test("a good datagram is taken; padding of the frame is not part of it (791-1)", () => {
    rawIp(US, 24);
    datagram(46);
    expect<i32>(taken_(Counter.IP_SHORT)).toBe(1);
    expect<u32>(packet().length).toBe(8);
    expect<u32>(packet().ipLength).toBe(28);
  });
  test("fewer than 20 octets are too short", () => {
    rawIp(US, 24);
    datagram(19);
    expect<i32>(taken_(Counter.IP_SHORT)).toBe(0);
  });
  test("1122-3.2.1.1: a version that is not 4 is dropped", () => {
    rawIp(US, 24);
    for (let version: u8 = 0; version < 16; version++) {
      datagram(28);
      store<u8>(AT, (version << 4) | 5);
      seal();
      expect<i32>(taken_(Counter.IP_VERSION)).toBe(version == 4 ? 1 : 0);
    }
  });
  test("791-1: header length from 20 octets up to what has arrived", () => {
    rawIp(US, 24);
    for (let words: u8 = 0; words < 16; words++) {
      datagram(28);
      store<u8>(AT, 0x40 | words);
      seal();
      // 5 words are right, and 6 and 7 fit 28 octets: then the 8 octets are options (all zero: END).
      expect<i32>(taken_(Counter.IP_HEADER_LENGTH)).toBe(words >= 5 && words <= 7 ? 1 : 0);
    }
  });
  test("791-1: total length from the header's up to what has arrived", () => {
    rawIp(US, 24);
    const lengths: StaticArray<u32> = [0, 19, 20, 28, 29, 65535];
    const good: StaticArray<i32> = [0, 0, 1, 1, 0, 0];
    for (let i = 0; i < 6; i++) {
      datagram(28);
      store16(AT + 2, lengths[i]);
      seal();
      expect<i32>(taken_(Counter.IP_TOTAL_LENGTH)).toBe(good[i]);
    }
  });
  test("1122-3.2.1.2: one wrong bit in the header drops the datagram", () => {
    rawIp(US, 24);
    for (let bit: u32 = 16; bit < 160; bit++) {
      datagram(65535);
      flip(AT, bit);
      expect<bool>(ipv4.input(packet())).toBe(false);
    }
    // Total length 28 without its bit 4 is 12, less than a header: that is found first.
    expect<u32>(counted(Counter.IP_TOTAL_LENGTH)).toBe(1);
    expect<u32>(counted(Counter.IP_CHECKSUM)).toBe(143);
  });
  test("1122-3.2.1.3b: broadcast, multicast, loopback, class E, 0/8 and our own address are no sources", () => {
    rawIp(US, 24);
    const bad: StaticArray<u32> = [0xffffffff, 0xc00002ff, 0xc0000200, 0xe0000001, 0x7f000001, 0xf0000001, 0, US];
    for (let i = 0; i < bad.length; i++) {
      datagram(28);
      store32(AT + 12, bad[i]);
      seal();
      expect<i32>(taken_(Counter.IP_BAD_SOURCE)).toBe(0);
    }
  });
  test("1122-3.2.1.3a: what is for another host is dropped", () => {
    rawIp(US, 24);
    const other: StaticArray<u32> = [host(3), 0x08080808, 0x7f000001, 0xe0000002];
    for (let i = 0; i < other.length; i++) {
      datagram(28);
      store32(AT + 16, other[i]);
      seal();
      expect<i32>(taken_(Counter.IP_NOT_OURS)).toBe(0);
    }
  });
  test("broadcasts are taken, but are not unicast; nor is what came to a group on the link", () => {
    rawIp(US, 24);
    datagram(28);
    expect<i32>(taken_(Counter.IP_NOT_OURS)).toBe(1);
    expect<bool>(ipv4.isUnicast(packet())).toBe(true);
    packet().linkGroup = 1;
    expect<bool>(ipv4.isUnicast(packet())).toBe(false);
    datagram(28);
    store32(AT + 16, 0xc00002ff);
    seal();
    expect<i32>(taken_(Counter.IP_NOT_OURS)).toBe(1);
    expect<bool>(ipv4.isUnicast(packet())).toBe(false);
  });
  test("1122-3.2.1.7a: TTL 1 and 0 are delivered, since they have arrived", () => {
    rawIp(US, 24);
    for (let ttl: u8 = 0; ttl < 2; ttl++) {
      datagram(28);
      store<u8>(AT, ttl, 8);
      seal();
      expect<i32>(taken_(Counter.IP_SHORT)).toBe(1);
    }
  });
  test("MUST-50: options are stepped over; A225+346: an unfinished source route is dropped", () => {
    rawIp(US, 24);
    datagram(36);
    store<u8>(AT, 0x47);
    store16(AT + 2, 36);
    put(AT + 20, "07 07 04 00 00 00 00 00");
    seal();
    expect<i32>(taken_(Counter.IP_SOURCE_ROUTE)).toBe(1);
    expect<u32>(packet().payload - packet().ip).toBe(28);
    expect<u32>(packet().length).toBe(8);
    put(AT + 20, "83 07 04 0a 00 00 01 00");
    seal();
    packet().ipLength = 36;
    expect<bool>(ipv4.input(packet())).toBe(true);
    expect<bool>(ipv4.isOnSourceRoute(packet())).toBe(true);
    expect<u32>(counted(Counter.IP_SOURCE_ROUTE)).toBe(1);
  });
});

/** Sends 4 octets of protocol 253. */
function send(to: u32): ipv4.Sent {
  const hop = scratchHop();
  if (!ipv4.way(hop, to, 0)) return ipv4.Sent.DROPPED;
  const slot = ipv4.open(hop, Reserve.DATA, ms);
  put(slot + 44, "61 62 63 64");
  return ipv4.send(hop, slot, to, <i32>253, 4, 0xb8, 9, false, 0, ms);
}

describe("internet/ipv4: sending", () => {
  test("writes header and payload on a raw IP device", () => {
    rawIp(US, 24);
    expect<i32>(send(host(2))).toBe(ipv4.Sent.DONE);
    const at = tx(0);
    expect<u32>(taken).toBe(24);
    expect<string>(hex(at, 4)).toBe("45 b8 00 18");
    expect<u32>(load16(at + 6)).toBe(0);
    expect<string>(hex(at + 8, 2)).toBe("09 fd");
    expect<string>(hex(at + 12, 12)).toBe("c0 00 02 01 c0 00 02 02 61 62 63 64");
    expect<u32>(sumOf(at, 20, 0)).toBe(0xffff);
  });
  test("6864-1: what routers may cut has an identifier that does not count up", () => {
    rawIp(US, 24);
    let steps: u32 = 0;
    let last: u32 = 0;
    for (let i = 0; i < 16; i++) {
      send(host(2));
      const ident = load16(tx(0) + 4);
      if (i && ident - last == 1) steps++;
      last = ident;
    }
    expect<u32>(steps).toBeLessThan(2);
  });
  test("an unknown neighbour keeps the datagram, complete with its header, until it answers", () => {
    ethernet(US, 24);
    expect<i32>(send(host(2))).toBe(ipv4.Sent.DONE);
    expect<u32>(root.pool(PoolIndex.HOLD).used).toBe(1);
    ignore(0);
    answers(2);
    const at = tx(0) + 14;
    expect<u32>(sumOf(at, 20, 0)).toBe(0xffff);
    expect<string>(hex(at + 12, 12)).toBe("c0 00 02 01 c0 00 02 02 61 62 63 64");
  });
  test("a known neighbour gets it at once", () => {
    ethernet(US, 24);
    resolve(2);
    expect<i32>(send(host(2))).toBe(ipv4.Sent.DONE);
    expect<string>(hex(tx(0), 14)).toBe("02 aa aa aa aa 02 02 00 00 00 00 01 08 00");
    silent();
  });
  test("1122-3.3.6: broadcasts go to ff:ff:ff:ff:ff:ff and ask nobody", () => {
    ethernet(US, 24);
    expect<i32>(send(0xc00002ff)).toBe(ipv4.Sent.DONE);
    expect<string>(hex(tx(0), 14)).toBe("ff ff ff ff ff ff 02 00 00 00 00 01 08 00");
    expect<i32>(send(0xffffffff)).toBe(ipv4.Sent.DONE);
    expect<string>(hex(tx(0), 14)).toBe("ff ff ff ff ff ff 02 00 00 00 00 01 08 00");
    silent();
  });
  test("1122-3.3.1.2: what is off link goes to the gateway's MAC address", () => {
    blank();
    addDevice(DeviceKind.ETHERNET, 8);
    addInterface(US, 24).gateway = bswap<u32>(host(254));
    begin();
    resolve(254);
    expect<i32>(send(0x08080808)).toBe(ipv4.Sent.DONE);
    const at = tx(0);
    expect<string>(hex(at, 6)).toBe("02 aa aa aa aa fe");
    expect<string>(hex(at + 30, 4)).toBe("08 08 08 08");
  });
  test("without a route nothing is sent, and it counts", () => {
    rawIp(US, 24);
    expect<i32>(send(0x08080808)).toBe(ipv4.Sent.DROPPED);
    expect<u32>(counted(Counter.IP_NO_ROUTE)).toBe(1);
    silent();
  });
});

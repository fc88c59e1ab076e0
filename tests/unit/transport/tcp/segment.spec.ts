import { Counter } from "../../../../assembly/memory/counters";
import { packet } from "../../../../assembly/link/packet";
import { read, segment } from "../../../../assembly/transport/tcp/segment";
import { put, pseudoSum, store16, sumOf } from "../../octets";
import { counted, rawIp } from "../../world";

const AT: usize = memory.data(256, 8);
const LOCAL: u32 = 0xc0000201;
const REMOTE: u32 = 0xc0000202;

/** A segment of so many octets lies at AT; its checksum is right. */
function given(text: string): void {
  rawIp(LOCAL, 24);
  memory.fill(AT, 0, 256);
  const length = put(AT, text);
  store16(AT + 16, 0);
  store16(AT + 16, ~sumOf(AT, length, pseudoSum(REMOTE, LOCAL, 6, length)) & 0xffff);
  const it = packet();
  it.payload = <u32>AT;
  it.length = length;
  it.source = REMOTE;
  it.destination = LOCAL;
}
const HEAD: string = "0f a0 00 50 00 00 01 2c 00 00 00 65 ";

/** Turns one bit over. */
function flip(at: usize, bit: u32): void {
  const mask: u32 = 1 << (bit & 7);
  store<u8>(at + (bit >> 3), load<u8>(at + (bit >> 3)) ^ (mask as u8));
}

describe("transport/tcp/segment", () => {
  test("reads the current segment's variables (RFC 9293 3.3.1)", () => {
    given(HEAD + "50 31 ff ff 00 00 00 07 61 62 63");
    expect<bool>(read(packet())).toBe(true);
    const seg = segment();
    expect<u32>(seg.seq.u32).toBe(300);
    expect<u32>(seg.ack.u32).toBe(101);
    expect<u32>(seg.wnd).toBe(65535);
    expect<u32>(seg.up).toBe(7);
    expect<u32>(seg.textLength).toBe(3);
    // FIN counts.
    expect<u32>(seg.len).toBe(4);
    expect<u32>(seg.end.u32).toBe(304);
    expect<u32>(seg.text).toBe(<u32>AT + 20);
    expect<u32>(seg.ports).toBe((80 << 16) | 4000);
    expect<u32>(seg.local).toBe(LOCAL);
    expect<u32>(seg.remote).toBe(REMOTE);
  });
  test("MUST-3: a bit wrong anywhere, also in the addresses, fails the checksum", () => {
    let passed = 0;
    for (let bit: u32 = 0; bit < 23 * 8; bit++) {
      given(HEAD + "50 18 ff ff 00 00 00 00 61 62 63");
      // The header's length is left alone: it is looked at first.
      if (bit >> 3 == 12) continue;
      flip(AT, bit);
      if (read(packet()) || counted(Counter.TCP_CHECKSUM) != 1) passed++;
    }
    expect<i32>(passed).toBe(0);
    given(HEAD + "50 18 ff ff 00 00 00 00 61 62 63");
    packet().source = REMOTE + 1;
    expect<bool>(read(packet())).toBe(false);
  });
  test("fewer than 20 octets, and a data offset below 5 or beyond the segment, are dropped", () => {
    given(HEAD + "50 10 ff ff 00 00 00");
    expect<bool>(read(packet())).toBe(false);
    expect<u32>(counted(Counter.TCP_SHORT)).toBe(1);
    given(HEAD + "40 10 ff ff 00 00 00 00");
    expect<bool>(read(packet())).toBe(false);
    expect<u32>(counted(Counter.TCP_OFFSET)).toBe(1);
    given(HEAD + "60 10 ff ff 00 00 00 00 01 01 01");
    expect<bool>(read(packet())).toBe(false);
    expect<u32>(counted(Counter.TCP_OFFSET)).toBe(1);
  });
  test("port 0 is nobody's", () => {
    given("00 00 00 50 00 00 01 2c 00 00 00 65 50 10 ff ff 00 00 00 00");
    expect<bool>(read(packet())).toBe(false);
    expect<u32>(counted(Counter.TCP_BAD_PORT)).toBe(1);
  });
  test("options of a SYN: MSS, scale (14 at most), SACK-permitted", () => {
    given(HEAD + "80 02 ff ff 00 00 00 00 02 04 05 b4 01 03 03 0f 04 02 00 00");
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().mss).toBe(1460);
    expect<i32>(segment().shift).toBe(14);
    expect<u32>(segment().sackPermitted).toBe(1);
    expect<u32>(segment().len).toBe(1);
  });
  test("MUST-5: they mean nothing without SYN; what stood in the last segment is forgotten", () => {
    given(HEAD + "80 10 ff ff 00 00 00 00 02 04 05 b4 01 03 03 07 04 02 00 00");
    segment().mss = 1;
    segment().shift = 3;
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().mss).toBe(0);
    expect<i32>(segment().shift).toBe(-1);
    expect<u32>(segment().sackPermitted).toBe(0);
  });
  test("MUST-7: options of a wrong length are as if they were not there", () => {
    given(HEAD + "80 02 ff ff 00 00 00 00 02 03 05 03 04 07 00 04 03 00 00 00");
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().mss).toBe(0);
    expect<i32>(segment().shift).toBe(-1);
    expect<u32>(segment().sackPermitted).toBe(0);
  });
  test("SACK blocks: whole ones only, and not on a SYN", () => {
    given(HEAD + "a0 10 ff ff 00 00 00 00 01 01 05 12 00 00 00 c8 00 00 01 2c 00 00 01 90 00 00 01 f4");
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().sackBlocks).toBe(2);
    expect<u32>(segment().sackLeft(0).u32).toBe(200);
    expect<u32>(segment().sackRight(0).u32).toBe(300);
    expect<u32>(segment().sackLeft(1).u32).toBe(400);
    expect<u32>(segment().sackRight(1).u32).toBe(500);
    given(HEAD + "80 10 ff ff 00 00 00 00 01 01 05 09 00 00 00 c8 00 00 01 00");
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().sackBlocks).toBe(0);
  });
  test("timestamps on any segment, of ten octets, and not those of the last one", () => {
    given(HEAD + "80 10 ff ff 00 00 00 00 01 01 08 0a 00 00 00 c8 ff ff ff 9c");
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().stamped).toBe(1);
    expect<u32>(segment().tsVal).toBe(200);
    expect<u32>(segment().tsEcr).toBe(0xffffff9c);
    given(HEAD + "80 10 ff ff 00 00 00 00 08 09 00 00 00 c8 ff ff ff 01 01 01");
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().stamped).toBe(0);
    given(HEAD + "50 10 ff ff 00 00 00 00");
    segment().stamped = 1;
    expect<bool>(read(packet())).toBe(true);
    expect<u32>(segment().stamped).toBe(0);
  });
});

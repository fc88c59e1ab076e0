import { copyAndSum, fold, pseudo, sum } from "../../../assembly/memory/checksum";

const TEXT: usize = memory.data<u8>([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
const BUFFER: usize = memory.data(4096, 16);

/** The same sum, octet by octet, as RFC 1071 defines it. */
function plainSum(at: usize, length: u32): u32 {
  let total: u32 = 0;
  for (let i: u32 = 0; i < length; i++) total += (<u32>load<u8>(at + i)) << (i & 1 ? 0 : 8);
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return ~total & 0xffff;
}

function fill(octets: u32, factor: u32): void {
  for (let i: u32 = 0; i < octets; i++) store<u8>(BUFFER + i, <u8>(i * factor + (i >> 3)));
}

/** A checksum in host order. */
function checksum(at: usize, length: u32): u32 {
  return <u32>bswap<u16>(<u16>fold(sum(at, length, 0)));
}

describe("memory/checksum", () => {
  it("gives the sum of the example in RFC 1071 §3", () => {
    expect<u32>(checksum(TEXT, 8)).toBe(0x220d);
  });
  it("agrees with a sum octet by octet for every length from 0 to 130 at every alignment", () => {
    fill(200, 37);
    let differing = 0;
    for (let start: u32 = 0; start < 8; start++) {
      for (let length: u32 = 0; length <= 130; length++) {
        if (checksum(BUFFER + start, length) != plainSum(BUFFER + start, length)) differing++;
      }
    }
    expect<i32>(differing).toBe(0);
  });
  it("copies and sums likewise, and touches nothing behind", () => {
    fill(200, 37);
    let differing = 0;
    for (let length: u32 = 0; length <= 130; length++) {
      store<u8>(BUFFER + 1003 + length, 0xdd);
      const copied = <u32>bswap<u16>(<u16>fold(copyAndSum(BUFFER + 1003, BUFFER + 5, length)));
      if (copied != plainSum(BUFFER + 5, length) || memory.compare(BUFFER + 1003, BUFFER + 5, length)) differing++;
      if (load<u8>(BUFFER + 1003 + length) != 0xdd) differing++;
    }
    expect<i32>(differing).toBe(0);
  });
  it("loses no carry when every bit is set", () => {
    memory.fill(BUFFER, 0xff, 4096);
    expect<u32>(checksum(BUFFER, 4096)).toBe(0);
    expect<u32>(checksum(BUFFER, 4095)).toBe(plainSum(BUFFER, 4095));
  });
  it("adds up over parts of even length", () => {
    fill(1460, 91);
    const whole = fold(sum(BUFFER, 1460, 0));
    expect<u32>(fold(sum(BUFFER + 700, 760, sum(BUFFER, 700, 0)))).toBe(whole);
  });
  it("is 0 over a text that carries its own checksum", () => {
    fill(64, 13);
    store<u16>(BUFFER, 0, 10);
    store<u16>(BUFFER, <u16>fold(sum(BUFFER, 64, 0)), 10);
    expect<u32>(fold(sum(BUFFER, 64, 0))).toBe(0);
  });
  it("sums the pseudo header as if its octets stood in memory", () => {
    store<u32>(BUFFER, bswap<u32>(0x0a000001));
    store<u32>(BUFFER, bswap<u32>(0xc0a8fffe), 4);
    store<u16>(BUFFER, bswap<u16>(6), 8);
    store<u16>(BUFFER, bswap<u16>(1480), 10);
    expect<u32>(fold(pseudo(0x0a000001, 0xc0a8fffe, 6, 1480))).toBe(fold(sum(BUFFER, 12, 0)));
  });
});

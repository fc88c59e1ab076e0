import { copyMac, get16, get32, get8, put16, put32, put8, sameMac } from "../../../assembly/memory/bytes";

const BUFFER: usize = memory.data(32, 4);

describe("memory/bytes", () => {
  it("writes and reads fields in network byte order, at odd places too", () => {
    put16(BUFFER, 1, 0x1234);
    put32(BUFFER, 3, 0x89abcdef);
    put8(BUFFER, 7, 0xfe);
    expect<u8>(load<u8>(BUFFER, 1)).toBe(0x12);
    expect<u8>(load<u8>(BUFFER, 2)).toBe(0x34);
    expect<u8>(load<u8>(BUFFER, 3)).toBe(0x89);
    expect<u8>(load<u8>(BUFFER, 6)).toBe(0xef);
    expect<u32>(get16(BUFFER, 1)).toBe(0x1234);
    expect<u32>(get32(BUFFER, 3)).toBe(0x89abcdef);
    expect<u32>(get8(BUFFER, 7)).toBe(0xfe);
  });
  it("keeps no more than the field's bits of a value", () => {
    memory.fill(BUFFER, 0, 32);
    put16(BUFFER, 0, 0xabcd1234);
    put8(BUFFER, 4, 0x1ff);
    expect<u32>(get16(BUFFER, 0)).toBe(0x1234);
    expect<u32>(get16(BUFFER, 2)).toBe(0);
    expect<u32>(get8(BUFFER, 4)).toBe(0xff);
    expect<u32>(get8(BUFFER, 5)).toBe(0);
  });
  it("copies and compares all six octets of a MAC address and not a seventh", () => {
    for (let i: u32 = 0; i < 7; i++) store<u8>(BUFFER + i, <u8>(i + 1));
    memory.fill(BUFFER + 16, 0, 16);
    copyMac(BUFFER + 16, BUFFER);
    expect<u8>(load<u8>(BUFFER, 21)).toBe(6);
    expect<u8>(load<u8>(BUFFER, 22)).toBe(0);
    expect<bool>(sameMac(BUFFER, BUFFER + 16)).toBe(true);
    for (let i: u32 = 0; i < 6; i++) {
      store<u8>(BUFFER + 16 + i, 0x80);
      expect<bool>(sameMac(BUFFER, BUFFER + 16)).toBe(false);
      store<u8>(BUFFER + 16 + i, <u8>(i + 1));
    }
  });
});

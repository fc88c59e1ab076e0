import { UDP_HEADER, UdpHeader } from "../../../assembly/wire/udp";
import { hex, put } from "../octets";

const AT: usize = memory.data(32, 4);

describe("wire/udp", () => {
  test("reads a header octet by octet (RFC 768)", () => {
    put(AT, "04 d2 00 35 00 0c ab cd 61");
    const header = UdpHeader.at(AT);
    expect<u32>(header.sourcePort).toBe(1234);
    expect<u32>(header.destinationPort).toBe(53);
    expect<u32>(header.length).toBe(12);
    // In memory order: the octet ab is the lower one.
    expect<u32>(header.checksum).toBe(0xcdab);
    expect<u8>(load<u8>(header.data)).toBe(0x61);
    expect<u32>(UDP_HEADER).toBe(8);
  });
  test("writes a header", () => {
    memory.fill(AT, 0xee, 16);
    const header = UdpHeader.at(AT);
    header.sourcePort = 53;
    header.destinationPort = 65535;
    header.length = 9;
    header.checksum = 0x0201;
    expect<string>(hex(AT, 9)).toBe("00 35 ff ff 00 09 01 02 ee");
  });
});

import { ICMP_HEADER, IcmpHeader, IcmpType, Unreachable } from "../../../assembly/wire/icmp";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 4);

describe("wire/icmp", () => {
  test("reads an echo request (RFC 792)", () => {
    put(AT, "08 00 f7 fd 00 02 00 03 61");
    const header = IcmpHeader.at(AT);
    expect<u32>(header.type).toBe(IcmpType.ECHO);
    expect<u32>(header.code).toBe(0);
    expect<u32>(header.ident).toBe(2);
    expect<u32>(header.sequence).toBe(3);
    expect<u32>(header.rest).toBe(0x00020003);
    expect<u8>(load<u8>(header.data)).toBe(0x61);
    expect<usize>(header.data - AT).toBe(ICMP_HEADER);
  });
  test("reads the next hop's MTU from the last two octets of the header (RFC 1191 section 4)", () => {
    put(AT, "03 04 00 00 00 00 05 78");
    const header = IcmpHeader.at(AT);
    expect<u32>(header.type).toBe(IcmpType.UNREACHABLE);
    expect<u32>(header.code).toBe(Unreachable.FRAGMENTATION_NEEDED);
    expect<u32>(header.nextHopMtu).toBe(1400);
  });
  test("writes its fields in network byte order, the checksum in memory order", () => {
    memory.fill(AT, 0xee, 12);
    const header = IcmpHeader.at(AT);
    header.type = IcmpType.TIME_EXCEEDED;
    header.code = 1;
    header.checksum = 0x3412;
    header.ident = 0x0102;
    header.sequence = 0x0304;
    expect<string>(hex(AT, 9)).toBe("0b 01 12 34 01 02 03 04 ee");
    header.rest = 0xa1b2c3d4;
    expect<string>(hex(AT, 9)).toBe("0b 01 12 34 a1 b2 c3 d4 ee");
  });
});

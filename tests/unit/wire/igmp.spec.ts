import { IgmpHeader, IgmpType, maxResponse, RecordType } from "../../../assembly/wire/igmp";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 8);

describe("wire/igmp: messages in place", () => {
  test("the fields of a query of version 3", () => {
    put(AT, "11 64 ab cd ef 01 02 03 0a 7d 00 02 0a 00 00 01 0a 00 00 02");
    const header = IgmpHeader.at(AT);
    expect<u32>(header.type).toBe(IgmpType.QUERY);
    expect<u32>(header.code).toBe(100);
    expect<u32>(header.group).toBe(0xef010203);
    expect<u32>(header.robustness).toBe(2);
    expect<u32>(header.sources).toBe(2);
    expect<u32>(bswap<u32>(header.source(1))).toBe(0x0a000002);
  });
  test("a report of version 3 with one record, and a message of version 2", () => {
    memory.fill(AT, 0xff, 64);
    const header = IgmpHeader.at(AT);
    header.start(IgmpType.REPORT_V3);
    header.record(RecordType.TO_EXCLUDE, 3, 0xef010203);
    header.checksum = 0x3412;
    expect<string>(hex(AT, 17)).toBe("22 00 12 34 00 00 00 01 04 00 00 03 ef 01 02 03 ff");
    expect<u32>(<u32>(header.recordSources - AT)).toBe(16);
    header.start(IgmpType.LEAVE);
    header.group = 0xef000001;
    expect<string>(hex(AT, 8)).toBe("17 00 00 00 ef 00 00 01");
  });
  test("RFC 3376 section 4.1.1: codes below 128 are tenths of a second, above a floating-point number", () => {
    expect<u32>(maxResponse(0)).toBe(0);
    expect<u32>(maxResponse(127)).toBe(12700);
    expect<u32>(maxResponse(0x80)).toBe(12800);
    expect<u32>(maxResponse(0x8f)).toBe(24800);
    expect<u32>(maxResponse(0xff)).toBe(3174400);
  });
});

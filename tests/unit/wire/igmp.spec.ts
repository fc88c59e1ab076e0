import { IgmpHeader, IgmpType, maxResponse, RecordType } from "../../../assembly/wire/igmp";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 8);

describe("wire/igmp", () => {
  test("RFC 3376 §4.1: what a query says", () => {
    put(AT, "11 8f 12 34 ef 01 02 03 0a 7d 00 02 0a 00 00 05 0a 00 00 06");
    const it = IgmpHeader.at(AT);
    expect<u32>(it.type).toBe(IgmpType.QUERY);
    expect<u32>(it.code).toBe(0x8f);
    expect<u32>(it.group).toBe(0xef010203);
    expect<u32>(it.robustness).toBe(2);
    expect<u32>(it.sources).toBe(2);
    expect<u32>(bswap<u32>(it.source(1))).toBe(0x0a000006);
  });
  test("RFC 3376 §4.1.1: times above 12.7 seconds are floating-point numbers", () => {
    expect<u32>(maxResponse(100)).toBe(10000);
    expect<u32>(maxResponse(127)).toBe(12700);
    expect<u32>(maxResponse(128)).toBe(12800);
    expect<u32>(maxResponse(255)).toBe(3174400);
  });
  test("RFC 3376 §4.2: a report with one group record", () => {
    memory.fill(AT, 0xee, 32);
    const it = IgmpHeader.at(AT);
    it.start(IgmpType.REPORT_V3);
    it.record(RecordType.TO_EXCLUDE, 1, 0xef010203);
    expect<string>(hex(AT, 17)).toBe("22 00 00 00 00 00 00 01 04 00 00 01 ef 01 02 03 ee");
    expect<usize>(it.recordSources - AT).toBe(16);
  });
});

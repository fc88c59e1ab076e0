import { hasUnfinishedSourceRoute, IPV4_DF, Ipv4Header, Protocol } from "../../../assembly/wire/ipv4";
import { hex, put, store16, sumOf } from "../octets";

const AT: usize = memory.data(128, 4);
// The example of RFC 1071's readers: 45 00 00 73 ... with checksum b8 61, summed by hand many times over.
const KNOWN: string = "45 00 00 73 00 00 40 00 40 11 b8 61 c0 a8 00 01 c0 a8 00 c7";

function routed(options: string): bool {
  put(AT, KNOWN);
  const length = put(AT + 20, options);
  store<u8>(AT, <u8>(0x45 + (length >> 2)));
  return hasUnfinishedSourceRoute(Ipv4Header.at(AT));
}

describe("wire/ipv4", () => {
  test("reads a header octet by octet (RFC 791 section 3.1)", () => {
    put(AT, "46 b8 01 02 ab cd 20 05 3f 06 00 00 0a 01 02 03 0a 04 05 06 01 01 01 00");
    const header = Ipv4Header.at(AT);
    expect<u32>(header.version).toBe(4);
    expect<u32>(header.headerLength).toBe(24);
    expect<u32>(header.tos).toBe(0xb8);
    expect<u32>(header.totalLength).toBe(258);
    expect<u32>(header.ident).toBe(0xabcd);
    expect<u32>(header.offset).toBe(5);
    expect<bool>(header.isFragment).toBe(true);
    expect<u32>(header.ttl).toBe(63);
    expect<u32>(header.protocol).toBe(Protocol.TCP);
    expect<u32>(header.source).toBe(0x0a010203);
    expect<u32>(header.destination).toBe(0x0a040506);
  });
  test("a fragment has MF set or an offset; DF alone is none", () => {
    put(AT, KNOWN);
    store16(AT + 6, 0x4000);
    expect<bool>(Ipv4Header.at(AT).isFragment).toBe(false);
    store16(AT + 6, 0x2000);
    expect<bool>(Ipv4Header.at(AT).isFragment).toBe(true);
    store16(AT + 6, 0x0001);
    expect<bool>(Ipv4Header.at(AT).isFragment).toBe(true);
    store16(AT + 6, 0x1000);
    expect<bool>(Ipv4Header.at(AT).isFragment).toBe(true);
  });
  test("1122-3.2.1.2: the checksum covers every octet of the header, options too", () => {
    put(AT, KNOWN);
    expect<bool>(Ipv4Header.at(AT).checksumIsRight).toBe(true);
    for (let i: usize = 0; i < 20; i++) {
      put(AT, KNOWN);
      // The length nibble is left alone: it says what is summed.
      store<u8>(AT + i, load<u8>(AT + i) ^ 0x40);
      expect<bool>(Ipv4Header.at(AT).checksumIsRight).toBe(false);
    }
    put(AT, "46 00 00 18 00 00 40 00 40 11 00 00 c0 a8 00 01 c0 a8 00 c7 07 04 05 06");
    store16(AT + 10, ~sumOf(AT, 24, 0) & 0xffff);
    expect<bool>(Ipv4Header.at(AT).checksumIsRight).toBe(true);
    store<u8>(AT, 9, 23);
    expect<bool>(Ipv4Header.at(AT).checksumIsRight).toBe(false);
  });
  test("writes a header with its checksum", () => {
    memory.fill(AT, 0xee, 24);
    Ipv4Header.at(AT).write(0, 0x73, 0, IPV4_DF, 64, Protocol.UDP, 0xc0a80001, 0xc0a800c7);
    expect<string>(hex(AT, 21)).toBe(KNOWN + " ee");
  });
  test("writes TOS, identifier and TTL where they belong", () => {
    Ipv4Header.at(AT).write(0xb8, 40, 0x1234, 0, 1, Protocol.TCP, 0x0a000001, 0x0a000002);
    expect<string>(hex(AT, 10)).toBe("45 b8 00 28 12 34 00 00 01 06");
    expect<u32>(sumOf(AT, 20, 0)).toBe(0xffff);
  });
  test("a source route whose pointer is not behind its list is unfinished (LSRR 131, SSRR 137)", () => {
    // Length 7: one address; pointer 4 is its place, 8 is behind the list.
    expect<bool>(routed("83 07 04 0a 00 00 01 00")).toBe(true);
    expect<bool>(routed("89 07 04 0a 00 00 01 00")).toBe(true);
    expect<bool>(routed("83 07 08 0a 00 00 01 00")).toBe(false);
    expect<bool>(routed("89 07 08 0a 00 00 01 00")).toBe(false);
  });
  test("1122-3.2.1.8: other options are passed over, also on the way to a source route", () => {
    expect<bool>(routed("07 07 04 00 00 00 00 00")).toBe(false);
    expect<bool>(routed("01 01 01 01 83 07 04 0a 00 00 01 00")).toBe(true);
    expect<bool>(routed("44 04 05 00 83 07 04 0a 00 00 01 00")).toBe(true);
    expect<bool>(routed("00 00 00 00 83 07 04 0a 00 00 01 00")).toBe(false);
  });
  test("malformed lengths end the search: 0, 1, beyond the header, and a lone kind at its end", () => {
    expect<bool>(routed("07 00 00 00 83 07 04 0a 00 00 01 00")).toBe(false);
    expect<bool>(routed("07 01 00 00 83 07 04 0a 00 00 01 00")).toBe(false);
    expect<bool>(routed("83 09 04 0a 00 00 01 00")).toBe(false);
    expect<bool>(routed("01 01 01 83")).toBe(false);
    expect<bool>(routed("83 02 01 01")).toBe(false);
  });
});

import { Err } from "../../../assembly/memory/errors";
import * as dns from "../../../assembly/wire/dns";
import { put } from "../octets";

const MESSAGE: usize = memory.data(512, 8);
const NAME: usize = memory.data(256, 8);
const TEXT: usize = memory.data(512, 8);

/** What a text becomes as a name, and the name as a text again. */
function there(text: string): i32 {
  return dns.fromText(NAME, changetype<usize>(String.UTF8.encode(text)), String.UTF8.byteLength(text));
}
function back(): string {
  return String.UTF8.decodeUnsafe(TEXT, dns.toText(TEXT, NAME));
}

describe("wire/dns", () => {
  test("texts become names and names texts, with escapes", () => {
    expect<i32>(there("www.example.com")).toBe(17);
    expect<string>(back()).toBe("www.example.com");
    expect<i32>(there("a\\.b\\\\c.d.")).toBe(9);
    expect<string>(back()).toBe("a\\.b\\\\c.d");
    expect<u32>(dns.lengthOf(NAME)).toBe(9);
  });
  test("empty labels and long ones are refused", () => {
    expect<i32>(there("")).toBe(Err.BAD_ARGUMENT);
    expect<i32>(there(".")).toBe(Err.BAD_ARGUMENT);
    expect<i32>(there("a..b")).toBe(Err.BAD_ARGUMENT);
    expect<i32>(there("a\\")).toBe(Err.BAD_ARGUMENT);
    expect<i32>(there("x".repeat(63))).toBe(65);
    expect<i32>(there("x".repeat(64))).toBe(Err.TOO_LONG);
  });
  test("compressed names are read, pointers only backwards", () => {
    put(MESSAGE, "01 61 02 62 63 00 01 64 c0 02 c0 0a c0 0e 00 00");
    expect<u32>(<u32>(dns.readName(NAME, MESSAGE, MESSAGE + 6, MESSAGE + 16) - MESSAGE)).toBe(10);
    expect<string>(back()).toBe("d.bc");
    expect<u32>(<u32>dns.readName(NAME, MESSAGE, MESSAGE + 10, MESSAGE + 16)).toBe(0, "to itself");
    expect<u32>(<u32>dns.readName(NAME, MESSAGE, MESSAGE + 12, MESSAGE + 16)).toBe(0, "forward");
    expect<u32>(<u32>dns.readName(NAME, MESSAGE, MESSAGE + 6, MESSAGE + 9)).toBe(0, "half a pointer");
  });
  test("records are read with a TTL that is not negative", () => {
    const it = changetype<dns.DnsRecord>(TEXT);
    put(MESSAGE, "01 61 00 00 01 00 01 80 00 00 00 00 04 0a 00 00 01");
    expect<u32>(<u32>(dns.readRecord(it, MESSAGE, MESSAGE, MESSAGE + 17) - MESSAGE)).toBe(17);
    expect<u32>(it.type).toBe(dns.DnsType.A);
    expect<u32>(it.ttl).toBe(0);
    expect<u32>(<u32>dns.readRecord(it, MESSAGE, MESSAGE, MESSAGE + 16)).toBe(0, "cut off");
  });
  test("names are the same in any case, and belong to zones", () => {
    there("Box.LoCal");
    expect<i32>(dns.zoneOf(NAME)).toBe(dns.Zone.LINK);
    dns.putName(TEXT, NAME);
    there("bOX.local");
    expect<bool>(dns.sameName(TEXT, NAME)).toBe(true);
    there("a.localhost");
    expect<i32>(dns.zoneOf(NAME)).toBe(dns.Zone.HOST);
    expect<bool>(dns.sameName(TEXT, NAME)).toBe(false);
    there("local.example");
    expect<i32>(dns.zoneOf(NAME)).toBe(dns.Zone.GLOBAL);
  });
  test("literal addresses, and the names of their PTR records", () => {
    const text = String.UTF8.encode("192.0.2.255");
    expect<u32>(<u32>dns.fromLiteral(changetype<usize>(text), 11)).toBe(0xc00002ff);
    expect<bool>(dns.fromLiteral(changetype<usize>(text), 9) != 0).toBe(true, "192.0.2.2");
    expect<bool>(dns.fromLiteral(changetype<usize>(text), 8) != 0).toBe(false, "no last part");
    dns.fromAddress(NAME, 0xc00002ff);
    expect<string>(back()).toBe("255.2.0.192.in-addr.arpa");
  });
});

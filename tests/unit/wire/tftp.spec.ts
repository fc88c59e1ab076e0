import { BLKSIZE, endOf, number, OCTET, Options, TIMEOUT, TSIZE, word } from "../../../assembly/wire/tftp";
import { put } from "../octets";

const AT: usize = memory.data(128, 8);
const LIST: usize = memory.data(32, 8);
/** Writes a text and answers its end. */
function text(s: string): usize {
  String.UTF8.encodeUnsafe(changetype<usize>(s), s.length, AT);
  return AT + s.length;
}

describe("wire/tftp", () => {
  test("names are words of eight octets, whatever their case", () => {
    expect<u64>(word(AT, text("blksize"))).toBe(BLKSIZE);
    expect<u64>(word(AT, text("BLKsize"))).toBe(BLKSIZE);
    expect<u64>(word(AT, text("timeout"))).toBe(TIMEOUT);
    expect<u64>(word(AT, text("TSize"))).toBe(TSIZE);
    expect<u64>(word(AT, text("Octet"))).toBe(OCTET);
    expect<u64>(word(AT, text("blksizeblksize"))).toBe(0);
    expect<u64>(word(AT, text("blksizf"))).not.toBe(BLKSIZE);
  });
  test("numbers", () => {
    expect<u32>(number(AT, text("0"))).toBe(0);
    expect<u32>(number(AT, text("123456789"))).toBe(123456789);
    expect<u32>(number(AT, text("1234567890"))).toBe(0xffffffff);
    expect<u32>(number(AT, text("12a"))).toBe(0xffffffff);
    expect<u32>(number(AT, text("-1"))).toBe(0xffffffff);
    expect<u32>(number(AT, AT)).toBe(0xffffffff);
  });
  test("strings end where a zero is, before the end", () => {
    put(AT, "61 62 00 63");
    expect<usize>(endOf(AT, AT + 4)).toBe(AT + 2);
    expect<usize>(endOf(AT, AT + 2)).toBe(0);
    expect<usize>(endOf(AT + 3, AT + 4)).toBe(0);
  });
  test("options in their order; what is cut off is none", () => {
    put(AT, "74 73 69 7a 65 00 37 00 78 00 31 00 79 00 32");
    const list = changetype<Options>(LIST);
    list.at = <u32>AT;
    list.end = <u32>AT + 15;
    expect<bool>(list.next()).toBe(true);
    expect<u64>(list.name).toBe(TSIZE);
    expect<u32>(list.value).toBe(7);
    expect<bool>(list.next()).toBe(true);
    expect<u64>(list.name).toBe(120);
    expect<bool>(list.next()).toBe(false);
  });
});

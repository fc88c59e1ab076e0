import { CRC_START, CRC_WHOLE, crc32 } from "../../../assembly/application/crc";
import * as print from "../../../assembly/application/print";

const AT: usize = memory.data(64, 8);

describe("application/crc", () => {
  test("the check value of CRC-32, in one piece and in two", () => {
    const end = print.ascii(AT, "123456789");
    expect<u32>(~crc32(CRC_START, AT, <u32>(end - AT))).toBe(0xcbf43926);
    expect<u32>(~crc32(crc32(CRC_START, AT, 4), AT + 4, 5)).toBe(0xcbf43926);
    expect<u32>(crc32(CRC_START, AT, 0)).toBe(CRC_START);
  });
  test("octets that their own CRC follows leave CRC_WHOLE, and one that is wrong does not", () => {
    const end = print.ascii(AT, "123456789");
    store<u32>(end, ~crc32(CRC_START, AT, 9));
    expect<u32>(crc32(CRC_START, AT, 13)).toBe(CRC_WHOLE);
    store<u8>(AT, 48);
    expect<bool>(crc32(CRC_START, AT, 13) == CRC_WHOLE).toBe(false);
  });
});

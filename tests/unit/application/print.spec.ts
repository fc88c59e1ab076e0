import * as print from "../../../assembly/application/print";
import { hex } from "../octets";

const AT: usize = memory.data(64, 8);
/** What was written up to `end`. */
function text(end: usize): string {
  return String.UTF8.decodeUnsafe(AT, end - AT);
}
function time(unix: u64): string {
  return text(print.timestamp(AT, unix));
}

describe("application/print", () => {
  test("texts and characters", () => {
    expect<string>(text(print.char(print.ascii(AT, "GET "), 47))).toBe("GET /");
    expect<string>(hex(AT, 1)).toBe("47");
  });
  test("numbers, with zeros in front where a width is asked", () => {
    expect<string>(text(print.decimal(AT, 0, 0))).toBe("0");
    expect<string>(text(print.decimal(AT, 4294967295, 0))).toBe("4294967295");
    expect<string>(text(print.decimal(AT, 7, 3))).toBe("007");
    expect<string>(text(print.decimal(AT, 1234, 3))).toBe("1234");
  });
  test("addresses", () => {
    expect<string>(text(print.dotted(AT, 0x0a0000ff))).toBe("10.0.0.255");
  });
  test("times: the first, leap days, ends of years and centuries", () => {
    expect<string>(time(0)).toBe("1970-01-01T00:00:00.000Z");
    expect<string>(time(951782400000)).toBe("2000-02-29T00:00:00.000Z");
    expect<string>(time(951868799999)).toBe("2000-02-29T23:59:59.999Z");
    expect<string>(time(951868800000)).toBe("2000-03-01T00:00:00.000Z");
    expect<string>(time(1798761599000)).toBe("2026-12-31T23:59:59.000Z");
    expect<string>(time(4107542400000)).toBe("2100-03-01T00:00:00.000Z");
    expect<string>(time(4107542399000)).toBe("2100-02-28T23:59:59.000Z");
  });
});

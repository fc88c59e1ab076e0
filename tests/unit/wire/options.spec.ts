import {
  nextOption,
  option16,
  option32,
  option8,
  optionKind,
  optionLength,
  TIMESTAMPS_OCTETS,
  writeMss,
  writeSackBlock,
  writeSackHead,
  writeSackPermitted,
  writeTimestamps,
  writeWindowScale,
} from "../../../assembly/wire/options";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 4);

/** Kinds found on the way through an option area, two decimal digits each; 99 stands for "does not end". */
function kinds(text: string): u32 {
  const end = AT + put(AT, text);
  let digits: u32 = 0;
  let steps = 0;
  for (let at = nextOption(AT, end); at; at = nextOption(at + optionLength(at), end)) {
    digits = digits * 100 + optionKind(at);
    if (++steps > 40) return 99;
  }
  return digits;
}

describe("wire/options", () => {
  test("MUST-4: steps over NOP and stops at END", () => {
    expect<u32>(kinds("02 04 05 b4 01 03 03 07 04 02 00 08")).toBe(20304);
    expect<u32>(kinds("01 01 01 02 04 05 b4 01")).toBe(2);
    expect<u32>(kinds("00 02 04 05 b4 00 00 00")).toBe(0);
    expect<u32>(kinds("")).toBe(0);
  });
  test("MUST-6: options of unknown kinds are stepped over by their length", () => {
    expect<u32>(kinds("4d 04 00 00 02 04 05 b4")).toBe(7702);
    expect<u32>(kinds("1e 02 02 04 05 b4 01 01")).toBe(3002);
  });
  test("MUST-7: a length of 0 or 1, or one beyond the area, ends the walk at what was good", () => {
    expect<u32>(kinds("03 03 07 02 00 04 05 b4")).toBe(3);
    expect<u32>(kinds("03 03 07 02 01 04 05 b4")).toBe(3);
    expect<u32>(kinds("03 03 07 02 06 04 05 b4")).toBe(3);
    expect<u32>(kinds("02 ff 05 b4")).toBe(0);
    expect<u32>(kinds("08 00 00 00")).toBe(0);
    expect<u32>(kinds("01 01 01 02")).toBe(0);
  });
  test("an option that ends with the area is still good", () => {
    expect<u32>(kinds("01 01 04 02")).toBe(4);
    expect<u32>(kinds("02 04 05 b4")).toBe(2);
  });
  test("MUST-64: fields are read at any alignment", () => {
    const end = AT + put(AT, "01 02 04 05 b4 05 0a 00 00 01 2c ff ff ff fe 03 03 0e");
    const mss = nextOption(AT, end);
    expect<u32>(option16(mss)).toBe(1460);
    const sack = nextOption(mss + optionLength(mss), end);
    expect<u32>(optionLength(sack)).toBe(10);
    expect<u32>(option32(sack, 0)).toBe(300);
    expect<u32>(option32(sack, 1)).toBe(0xfffffffe);
    const scale = nextOption(sack + optionLength(sack), end);
    expect<u32>(option8(scale)).toBe(14);
  });
  test("writes MSS, window scale, SACK-permitted and SACK, each padded to four octets", () => {
    memory.fill(AT, 0xee, 64);
    let at = writeMss(AT, 1460);
    at = writeWindowScale(at, 7);
    at = writeSackPermitted(at);
    expect<string>(hex(AT, <u32>(at - AT) + 1)).toBe("02 04 05 b4 01 03 03 07 01 01 04 02 ee");
    at = writeSackHead(AT, 2);
    at = writeSackBlock(at, 300, 0xfffffffe);
    at = writeSackBlock(at, 1, 2);
    expect<string>(hex(AT, <u32>(at - AT))).toBe("01 01 05 12 00 00 01 2c ff ff ff fe 00 00 00 01 00 00 00 02");
  });
  test("RFC 7323 appendix A: timestamps behind two NOPs, so that both values are aligned", () => {
    memory.fill(AT, 0xee, 64);
    const at = writeTimestamps(AT, 0x01020304, 0xfffefdfc);
    expect<u32>(<u32>(at - AT)).toBe(TIMESTAMPS_OCTETS);
    expect<string>(hex(AT, 13)).toBe("01 01 08 0a 01 02 03 04 ff fe fd fc ee");
  });
  test("RFC 2018 3: beside timestamps there is room for three blocks: 12 + 4 + 3 * 8 octets of 40", () => {
    let at = writeSackHead(writeTimestamps(AT, 1, 2), 3);
    for (let i: u32 = 0; i < 3; i++) at = writeSackBlock(at, i, i + 1);
    expect<usize>(at - AT).toBe(40);
  });
  test("four blocks fill the option area: 2 + 2 + 4 * 8 octets of 40", () => {
    let at = writeSackHead(AT, 4);
    for (let i: u32 = 0; i < 4; i++) at = writeSackBlock(at, i, i + 1);
    expect<usize>(at - AT).toBe(36);
    expect<u8>(load<u8>(AT, 3)).toBe(34);
  });
});

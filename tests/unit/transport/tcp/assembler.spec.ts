import { TCP_RANGES } from "../../../../assembly/memory/config";
import { Assembler, ASSEMBLER_OCTETS } from "../../../../assembly/transport/tcp/assembler";
import { Seq } from "../../../../assembly/transport/tcp/seq";

const AT: usize = memory.data(256, 4);

function it(): Assembler {
  return changetype<Assembler>(AT);
}
function clear(): void {
  memory.fill(AT, 0, 256);
}
function add(from: u32, to: u32): bool {
  return it().add(Seq.of(from), Seq.of(to));
}
/** The ranges in their order, as text. */
function ranges(): string {
  let text = "";
  for (let i: u32 = 0; i < it().count; i++) {
    if (i) text += " ";
    text += it().left(i).u32.toString() + "-" + it().right(i).u32.toString();
  }
  return text;
}

describe("transport/tcp/assembler", () => {
  test("keeps ranges, the newest first (RFC2018-2)", () => {
    clear();
    add(30, 40);
    add(50, 60);
    add(10, 20);
    expect<string>(ranges()).toBe("10-20 50-60 30-40");
  });
  test("joins a range with those it touches, on the left, on the right and between", () => {
    clear();
    add(30, 40);
    add(50, 60);
    add(20, 30);
    expect<string>(ranges()).toBe("20-40 50-60");
    add(60, 65);
    expect<string>(ranges()).toBe("50-65 20-40");
    add(40, 50);
    expect<string>(ranges()).toBe("20-65");
  });
  test("joins what overlaps, what covers and what is covered", () => {
    clear();
    add(30, 40);
    add(35, 45);
    expect<string>(ranges()).toBe("30-45");
    add(10, 90);
    expect<string>(ranges()).toBe("10-90");
    add(50, 60);
    expect<string>(ranges()).toBe("10-90");
    add(100, 110);
    add(50, 60);
    expect<string>(ranges()).toBe("10-90 100-110");
  });
  test("works around the wrap at 2^32", () => {
    clear();
    add(0xfffffff0, 0xfffffff8);
    add(8, 16);
    add(0xfffffff8, 8);
    expect<string>(ranges()).toBe("4294967280-16");
    expect<u32>(it().advance(Seq.of(0xfffffff0)).u32).toBe(16);
  });
  test("when full, a range that touches none is refused and nothing changes; one that touches is taken", () => {
    clear();
    for (let i: i32 = 0; i < TCP_RANGES; i++) expect<bool>(add(100 + i * 20, 110 + i * 20)).toBe(true);
    const before = ranges();
    expect<u32>(it().count).toBe(TCP_RANGES);
    expect<bool>(add(10, 20)).toBe(false);
    expect<string>(ranges()).toBe(before);
    expect<bool>(add(110, 112)).toBe(true);
    expect<u32>(it().count).toBe(TCP_RANGES);
    expect<u32>(it().right(0).u32).toBe(112);
    expect<u32>(load<u32>(AT + ASSEMBLER_OCTETS)).toBe(0);
  });
  test("advance takes out what is contiguous from there, in whatever order it came", () => {
    clear();
    add(50, 60);
    add(10, 20);
    add(30, 40);
    expect<u32>(it().advance(Seq.of(5)).u32).toBe(5);
    expect<string>(ranges()).toBe("30-40 10-20 50-60");
    expect<u32>(it().advance(Seq.of(10)).u32).toBe(20);
    expect<string>(ranges()).toBe("30-40 50-60");
    expect<u32>(it().advance(Seq.of(55)).u32).toBe(60);
    expect<string>(ranges()).toBe("");
  });
  test("advance passes over ranges that lie behind", () => {
    clear();
    add(30, 40);
    expect<u32>(it().advance(Seq.of(45)).u32).toBe(45);
    expect<u32>(it().count).toBe(0);
  });
  test("truncate cuts off what lies beyond a FIN", () => {
    clear();
    add(30, 40);
    add(50, 60);
    add(70, 80);
    it().truncate(Seq.of(55));
    expect<string>(ranges()).toBe("50-55 30-40");
    it().truncate(Seq.of(50));
    expect<string>(ranges()).toBe("30-40");
    it().truncate(Seq.of(40));
    expect<string>(ranges()).toBe("30-40");
    it().truncate(Seq.of(30));
    expect<string>(ranges()).toBe("");
  });
});

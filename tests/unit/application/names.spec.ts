import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { fromText } from "../../../assembly/wire/dns";
import * as names from "../../../assembly/application/names";
import { rawIp } from "../world";

const NAME: usize = memory.data(256, 8);
function named(text: string): usize {
  fromText(NAME, changetype<usize>(String.UTF8.encode(text)), String.UTF8.byteLength(text));
  return NAME;
}

describe("application/names", () => {
  test("a question is found by name and type while it is asked or kept, and by its number", () => {
    rawIp(0x0a000001, 24);
    const it = names.take(1, named("a.example"), 1000)!;
    expect<bool>(it.isPending).toBe(true);
    expect<bool>(names.find(1, named("A.Example")) == it).toBe(true);
    expect<bool>(names.find(12, named("a.example")) == null).toBe(true);
    const number = names.numberOf(it);
    expect<bool>(names.ofNumber(number) == it).toBe(true);
    expect<bool>(names.ofNumber(number + 1) == null).toBe(true);
    it.error = 0;
    expect<bool>(names.find(1, named("a.example")) == null).toBe(true);
  });
  test("the oldest answer makes room; what is asked for, or waits to be fetched, does not", () => {
    rawIp(0x0a000001, 24);
    for (let i: u32 = 0; i < root.extra.names; i++) names.take(1, named("a.example"), i);
    expect<bool>(names.take(1, named("b.example"), 100) == null).toBe(true);
    names.nameAt(3).error = Err.NO_NAME;
    names.nameAt(5).error = 0;
    names.nameAt(3).askers = 1;
    const number = names.numberOf(names.nameAt(5));
    expect<bool>(names.take(1, named("b.example"), 100) == names.nameAt(5)).toBe(true);
    expect<bool>(names.ofNumber(number) == null).toBe(true);
    expect<bool>(names.take(1, named("b.example"), 100) == null).toBe(true);
    expect<bool>(names.take(1, named("b.example"), 30003) == names.nameAt(3)).toBe(true);
  });
  test("records are told behind the canonical name, none twice, no more than there is room for", () => {
    rawIp(0x0a000001, 24);
    const it = names.take(1, named("a.example"), 0)!;
    for (let i: u32 = 0; i < 200; i++) {
      store<u32>(NAME, i >> 1);
      it.add(NAME, 4, 0, 0);
    }
    expect<u32>(it.count).toBe(83);
    expect<i32>(names.tell(it, 7)).toBe(83);
    expect<u32>(load<u32>(root.exchange)).toBe(7);
    expect<u32>(load<u16>(root.exchange, 4)).toBe(1);
    expect<string>(String.UTF8.decodeUnsafe(root.exchange + 8, load<u16>(root.exchange, 6))).toBe("a.example");
    expect<u32>(load<u16>(root.exchange, 17)).toBe(4);
  });
});

import * as flash from "../../../assembly/application/flash";
import { FlashWhat, FlashWord } from "../../../assembly/application/flash";
import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { rawIp } from "../world";

function begin(): void {
  rawIp(0xc0000201, 24);
  memory.fill(changetype<usize>(root) + 320, 0, 256);
}
/** The host has done what was asked. */
function done(octets: i32): void {
  root.setMail(FlashWord.ANSWER, octets);
  root.setMail(FlashWord.WHAT, FlashWhat.NOTHING);
}

describe("application/flash", () => {
  test("a request stands in the last words of the mailbox, and its answer is told once", () => {
    begin();
    expect<i32>(flash.answer(5)).toBe(Err.WOULD_BLOCK);
    expect<bool>(flash.ask(5, FlashWhat.READ, 2, 1000, 64, 0x1234)).toBe(true);
    expect<u32>(root.mail(FlashWord.WHAT)).toBe(FlashWhat.READ);
    expect<u32>(root.mail(FlashWord.STORE)).toBe(2);
    expect<u32>(root.mail(FlashWord.OFFSET)).toBe(1000);
    expect<u32>(root.mail(FlashWord.OCTETS)).toBe(64);
    expect<u32>(root.mail(FlashWord.ADDRESS)).toBe(0x1234);
    done(40);
    expect<i32>(flash.answer(5)).toBe(40);
    expect<i32>(flash.answer(5)).toBe(Err.WOULD_BLOCK);
  });
  test("one asker at a time; another one's answer is not for us", () => {
    begin();
    expect<bool>(flash.ask(5, FlashWhat.SIZE, 1, 0, 0, 0)).toBe(true);
    expect<bool>(flash.ask(6, FlashWhat.SIZE, 1, 0, 0, 0)).toBe(false);
    done(7);
    expect<i32>(flash.answer(6)).toBe(Err.WOULD_BLOCK);
    flash.forget(6);
    expect<i32>(flash.answer(5)).toBe(7);
    expect<bool>(flash.ask(6, FlashWhat.SIZE, 1, 0, 0, 0)).toBe(true);
    flash.forget(6);
    expect<u32>(root.mail(FlashWord.WHAT)).toBe(FlashWhat.NOTHING);
    expect<bool>(flash.ask(5, FlashWhat.SIZE, 1, 0, 0, 0)).toBe(true);
  });
  test("a host that knows nothing of this does not answer: that is an answer", () => {
    begin();
    flash.ask(5, FlashWhat.WRITE, 1, 0, 8, 0x1234);
    expect<i32>(flash.answer(5)).toBe(Err.NOT_SUPPORTED);
    expect<u32>(root.mail(FlashWord.WHAT)).toBe(FlashWhat.NOTHING);
  });
});

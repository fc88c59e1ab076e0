import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { NEVER } from "../../../assembly/memory/time";
import * as sntp from "../../../assembly/application/sntp";
import { load16 } from "../octets";
import { poll, rawIp, tx, unsent, wait } from "../world";

const US: u32 = 0xc0000201;
const SERVER: u32 = 0xc0000202;

describe("application/sntp", () => {
  test("nothing is asked before start, nor after stop", () => {
    rawIp(US, 24);
    expect<u32>(sntp.within()).toBe(NEVER);
    expect<i32>(sntp.time()).toBe(Err.BAD_STATE);
    sntp.start(SERVER, 0, 0);
    expect<u32>(sntp.within()).toBe(0);
    sntp.stop();
    expect<u32>(sntp.within()).toBe(NEVER);
    sntp.serve();
    poll();
    expect<u32>(unsent(0)).toBe(0);
  });
  test("the question is due at once, the next one 15 s to 19 s later", () => {
    rawIp(US, 24);
    expect<i32>(sntp.start(SERVER, 1123, 0)).toBe(0);
    sntp.serve();
    poll();
    expect<u32>(load16(tx(0) + 22)).toBe(1123);
    expect<bool>(sntp.within() >= 15000 && sntp.within() <= 18750).toBe(true);
    wait(14999);
    poll();
    sntp.serve();
    poll();
    expect<u32>(unsent(0)).toBe(0);
  });
  test("what cannot be asked is refused", () => {
    rawIp(US, 24);
    expect<i32>(sntp.start(SERVER, 0, 0xffffffff)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(sntp.start(US, 0, 0)).toBe(Err.BAD_ADDRESS);
    expect<u32>(sntp.within()).toBe(NEVER);
    expect<u32>(root.exchange != 0 ? 1 : 0).toBe(1);
  });
});

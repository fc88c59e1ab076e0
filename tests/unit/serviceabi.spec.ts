import { Flag } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import * as abi from "../../assembly/serviceabi";
import { rawIp } from "./world";

describe("serviceabi", () => {
  test("nothing before init", () => {
    rawIp(0xc0000201, 24);
    root.flags &= ~Flag.READY;
    expect<i32>(abi.sntp_start(0)).toBe(Err.NOT_READY);
    expect<i32>(abi.sntp_stop()).toBe(Err.NOT_READY);
    expect<i32>(abi.sntp_time()).toBe(Err.NOT_READY);
  });
  test("the server is taken from remote", () => {
    rawIp(0xc0000201, 24);
    root.remote.set(0xc0000201, 0, 0);
    expect<i32>(abi.sntp_start(0)).toBe(Err.BAD_ADDRESS);
    root.remote.set(0xc0000202, 0, 0);
    expect<i32>(abi.sntp_start(0)).toBe(0);
    expect<i32>(abi.sntp_time()).toBe(Err.WOULD_BLOCK);
    expect<i32>(abi.sntp_stop()).toBe(0);
  });
});

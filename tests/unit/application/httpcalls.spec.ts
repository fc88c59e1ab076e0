import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import * as calls from "../../../assembly/application/httpcalls";
import { HttpMethod } from "../../../assembly/application/request";
import { connected, hears, says } from "./client";

describe("application/httpcalls", () => {
  test("a request by its handle, from question to answer", () => {
    connected();
    expect<i32>(calls.asked()).toBe(Err.WOULD_BLOCK);
    says("PUT /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nhi");
    const handle = calls.asked();
    expect<bool>(handle > 0).toBe(true);
    expect<u32>(load<u32>(root.exchange)).toBe(HttpMethod.PUT);
    expect<u32>(load<u32>(root.exchange, 4)).toBe(2);
    expect<u32>(load<u32>(root.exchange, 8)).toBe("host:b\ncontent-length:2\n".length);
    expect<u64>(load<u64>(root.exchange, 16)).toBe(2);
    expect<u8>(load<u8>(root.span)).toBe(47);
    expect<i32>(calls.read(handle)).toBe(2);
    expect<i32>(calls.readDone(handle, 3)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(calls.readDone(handle, 2)).toBe(0);
    expect<i32>(calls.read(handle)).toBe(Err.END);
    store<u64>(root.exchange, 1);
    expect<i32>(calls.answer(handle, 200, 0)).toBe(0);
    expect<u64>(load<u64>(root.exchange)).toBe(0);
    expect<u64>(load<u64>(root.exchange, 8)).toBe(1);
    expect<i32>(calls.space(handle)).toBe(1);
    store<u8>(root.span, 65);
    expect<i32>(calls.write(handle, 1)).toBe(0);
    expect<string>(hears()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nA");
    expect<i32>(calls.end(handle)).toBe(Err.BAD_HANDLE);
  });
  test("calls on what is no request", () => {
    connected();
    expect<i32>(calls.read(1)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.readDone(1, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.answer(0, 200, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.space(-1)).toBe(Err.BAD_HANDLE);
    expect<i32>(calls.write(9, 0)).toBe(Err.BAD_HANDLE);
  });
});

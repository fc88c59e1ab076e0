import { Err } from "../../../assembly/memory/errors";
import * as head from "../../../assembly/application/head";
import { HttpMethod, RequestState } from "../../../assembly/application/request";
import { connected, hears, says } from "./client";

describe("application/head", () => {
  test("a head tells method, target, fields and the octets of the body", () => {
    const it = connected();
    says("POST /a HTTP/1.1\r\nHost: b\r\nContent-LENGTH:  12 \r\n\r\n");
    expect<u32>(it.state).toBe(RequestState.ASKED);
    expect<u32>(it.method).toBe(HttpMethod.POST);
    expect<u64>(it.left).toBe(12);
    expect<string>(String.UTF8.decodeUnsafe(it.buffer, it.head)).toBe("/ahost:b\ncontent-length:12\n");
  });
  test("the body ends where it says", () => {
    const it = connected();
    says("POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
    expect<i32>(head.body(it)).toBe(2);
    it.stream.release(2);
    it.left = 0;
    expect<i32>(head.body(it)).toBe(Err.END);
  });
  test("what is wrong in it is told as a status", () => {
    const it = connected();
    says("POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    expect<i32>(head.body(it)).toBe(-400);
    connected();
    says("GET / HTTP/2.0\r\n");
    expect<string>(hears()).toBe("HTTP/1.1 505 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
});

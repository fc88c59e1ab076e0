import { Err } from "../../../assembly/memory/errors";
import { NEVER } from "../../../assembly/memory/time";
import * as http from "../../../assembly/application/http";
import { Request } from "../../../assembly/application/request";
import { wait, poll } from "../world";
import { connected, hears, says } from "./client";

/** The request that is ready now. */
function ready(): Request {
  const it = http.ready();
  expect<bool>(it != null).toBe(true);
  return changetype<Request>(it);
}

describe("application/http: for applications inside the module", () => {
  test("a request is told when its head is whole, and again when something happens to it", () => {
    connected();
    expect<u32>(http.within()).toBe(15000);
    says("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n");
    expect<bool>(http.ready() == null).toBe(true);
    says("\r\n");
    const it = ready();
    expect<i32>(http.readable(it)).toBe(Err.WOULD_BLOCK);
    expect<bool>(http.ready() == null).toBe(true);
    says("hi");
    expect<bool>(ready() == it).toBe(true);
    expect<i32>(http.readable(it)).toBe(2);
    expect<u8>(load<u8>(it.stream.input)).toBe(104);
    http.release(it, 2);
    expect<i32>(http.readable(it)).toBe(Err.END);
    expect<i32>(http.answer(it, 200, 0, 0, 3)).toBe(0);
    expect<i32>(http.writable(it)).toBe(3);
    memory.copy(it.stream.output, it.buffer, 3);
    expect<i32>(http.write(it, 3)).toBe(0);
    expect<string>(hears()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTT");
    says("GET / HTTP/1.1\r\nHost: b\r\n\r\n");
    expect<bool>(ready() == it).toBe(true);
  });
  test("time runs out without the client's help", () => {
    connected();
    says("GET");
    wait(15000);
    poll();
    http.serve();
    expect<string>(hears()).toBe("HTTP/1.1 408 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    wait(2000);
    poll();
    http.serve();
    expect<u32>(http.within()).toBe(NEVER);
  });
});

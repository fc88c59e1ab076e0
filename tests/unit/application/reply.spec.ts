import { root } from "../../../assembly/memory/root";
import * as reply from "../../../assembly/application/reply";
import { UNKNOWN } from "../../../assembly/application/words";
import { connected, hears, says } from "./client";

describe("application/reply", () => {
  test("fields are lines, or none", () => {
    const it = connected();
    store<u32>(it.buffer, 0x0a0d4141);
    expect<bool>(reply.areLines(it.buffer, 4)).toBe(true);
    expect<bool>(reply.areLines(it.buffer, 3)).toBe(false);
    expect<bool>(reply.areLines(it.buffer, 0)).toBe(true);
  });
  test("an answer of unknown length goes out in chunks of four digits", () => {
    const it = connected();
    says("GET / HTTP/1.1\r\nHost: b\r\n\r\n");
    reply.compose(it, 200, 0, 0, UNKNOWN);
    expect<bool>(reply.flush(it)).toBe(true);
    expect<u32>(reply.space(it)).toBe(root.extra.requestOctets - 8);
    store<u16>(root.span, 0x4241);
    reply.write(it, 2);
    expect<bool>(reply.last(it)).toBe(true);
    expect<bool>(reply.flush(it)).toBe(true);
    expect<string>(hears()).toBe("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0002\r\nAB\r\n0\r\n\r\n");
    expect<u64>(it.owed).toBe(0);
  });
  test("a range says which octets are owed", () => {
    const it = connected();
    says("GET / HTTP/1.1\r\nHost: b\r\nRange: bytes=-4\r\n\r\n");
    reply.compose(it, 200, 0, 0, 10);
    expect<u64>(it.first).toBe(6);
    expect<u64>(it.owed).toBe(4);
    expect<bool>(reply.flush(it)).toBe(true);
    expect<string>(hears()).toBe("HTTP/1.1 206 \r\nContent-Range: bytes 6-9/10\r\nContent-Length: 4\r\n\r\n");
  });
});

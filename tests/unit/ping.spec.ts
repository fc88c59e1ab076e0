import { Err } from "../../assembly/memory/errors";
import * as ping from "../../assembly/ping";
import { hex, load16, put, putIp, store16, sumOf } from "./octets";
import { give, poll, rawIp, rx, taken, tx } from "./world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
const ROUTER: u32 = 0xc00002fe;

/** Completes an ICMP message of `length` octets at `rx` and lets it arrive. */
function arrives(source: u32, length: u32): void {
  const at = rx(0);
  store16(at + 22, 0);
  store16(at + 22, ~sumOf(at + 20, length, 0) & 0xffff);
  putIp(at, 1, source, US, length);
  give(0, 20 + length);
  poll();
}

describe("ping for applications inside the module", () => {
  test("a request leaves with its TTL; a reply and a router's answer tell who they are", () => {
    rawIp(US, 24);
    const socket = ping.open(1);
    expect<i32>(ping.ask(socket, PEER, 7, 3, 4)).toBe(0);
    poll();
    const sent = tx(0);
    expect<u32>(taken).toBe(32);
    expect<string>(hex(sent + 8, 2)).toBe("03 01");
    expect<u32>(load16(sent + 26)).toBe(7);
    expect<i32>(ping.hear(socket)).toBe(Err.WOULD_BLOCK);
    // Time exceeded, about the request.
    put(rx(0) + 20, "0b 00 00 00 00 00 00 00");
    memory.copy(rx(0) + 28, sent, 28);
    arrives(ROUTER, 36);
    expect<i32>(ping.hear(socket)).toBe(ping.Heard.ERROR);
    expect<u32>(ping.from(ping.Heard.ERROR)).toBe(ROUTER);
    expect<u32>(ping.sequence()).toBe(7);
    expect<u32>(ping.what()).toBe(0x0b00);
    memory.copy(rx(0) + 20, sent + 20, 12);
    store<u8>(rx(0) + 20, 0);
    arrives(PEER, 12);
    expect<i32>(ping.hear(socket)).toBe(ping.Heard.REPLY);
    expect<u32>(ping.from(ping.Heard.REPLY)).toBe(PEER);
    expect<u32>(ping.sequence()).toBe(7);
  });
  test("what cannot be sent is refused", () => {
    rawIp(US, 24);
    const socket = ping.open(1);
    expect<i32>(ping.ask(socket, PEER, 1, 0, 4)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(ping.ask(socket, PEER, 1, 64, 1473)).toBe(Err.TOO_LONG);
    expect<i32>(ping.ask(socket, 0x08080808, 1, 64, 4)).toBe(Err.NO_ROUTE);
    expect<i32>(ping.open(100)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(ping.hear(0)).toBe(Err.BAD_HANDLE);
  });
});

import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { NEVER } from "../../../assembly/memory/time";
import * as dns from "../../../assembly/application/dns";
import { addServer } from "../../../assembly/application/servers";
import { load16 } from "../octets";
import { poll, rawIp, tx, unsent, wait } from "../world";

const SERVER: u32 = 0x0a000002;
function query(text: string): i32 {
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, root.exchange);
  return dns.query(1, text.length);
}

describe("application/dns", () => {
  test("an application inside asks by query, serve and within", () => {
    rawIp(0x0a000001, 24);
    addServer(SERVER);
    const number = query("a.example");
    expect<bool>(number > 0).toBe(true);
    expect<u32>(dns.within()).toBe(0);
    dns.serve();
    poll();
    expect<u32>(unsent(0)).toBe(1);
    expect<u32>(load16(tx(0) + 22)).toBe(53);
    expect<i32>(dns.result(number)).toBe(Err.WOULD_BLOCK);
    expect<u32>(dns.within()).toBe(2000);
    expect<i32>(dns.cancel(number)).toBe(0);
    expect<i32>(dns.result(number)).toBe(Err.ABORTED);
  });
  test("what needs no question is answered at once", () => {
    rawIp(0x0a000001, 24);
    expect<i32>(dns.result(query("localhost"))).toBe(1);
    expect<i32>(dns.result(query("10.1.2.3"))).toBe(1);
    dns.serve();
    expect<u32>(dns.within()).toBe(NEVER);
    poll();
    expect<u32>(unsent(0)).toBe(0);
  });
  test("without a server it waits, half a minute", () => {
    rawIp(0x0a000001, 24);
    const number = query("a.example");
    for (let i = 0; i < 32; i++) {
      dns.serve();
      poll();
      wait(1000);
    }
    poll();
    dns.serve();
    expect<i32>(dns.result(number)).toBe(Err.NO_ROUTE);
  });
});

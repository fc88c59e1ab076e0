import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import * as syslog from "../../../assembly/application/syslog";
import { put } from "../octets";
import { poll, rawIp, tx, taken } from "../world";

describe("application/syslog", () => {
  test("a message leaves with the next poll, with the name given at the start", () => {
    rawIp(0xc0000201, 24);
    put(root.exchange, "61 70 70");
    expect<i32>(syslog.start(0xc0000202, 0, 3)).toBe(0);
    put(root.exchange, "68 69");
    expect<i32>(syslog.send(34, 2)).toBe(0);
    poll();
    const at = tx(0);
    expect<string>(String.UTF8.decodeUnsafe(at + 28, taken - 28)).toBe("<34>1 - 192.0.2.1 app - - - hi");
  });
  test("what has no start cannot be sent", () => {
    rawIp(0xc0000201, 24);
    expect<i32>(syslog.send(34, 0)).toBe(Err.BAD_STATE);
  });
});

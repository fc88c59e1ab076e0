import { NEVER } from "../../assembly/memory/time";
import { root } from "../../assembly/memory/root";
import * as abi from "../../assembly/serviceabi";
import * as services from "../../assembly/services";
import { poll, rawIp, unsent } from "./world";

describe("services", () => {
  test("serve lets a service that was started send, within says when the next is due", () => {
    rawIp(0xc0000201, 24);
    expect<u32>(services.within()).toBe(NEVER);
    root.remote.set(0xc0000202, 0, 0);
    expect<i32>(abi.sntp_start(0)).toBe(0);
    expect<u32>(services.within()).toBe(0);
    services.serve();
    poll();
    expect<u32>(unsent(0)).toBe(1);
    expect<bool>(services.within() > 0).toBe(true);
  });
});

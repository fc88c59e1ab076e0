import { Err } from "../../../assembly/memory/errors";
import { Phase, thingAt } from "../../../assembly/application/announced";
import * as mdns from "../../../assembly/application/mdns";
import { announceAgain, rename, responder, restart } from "../../../assembly/application/responder";
import { started } from "./mdns.spec";

describe("application/responder", () => {
  test("a restart probes anew, a rename with the next number", () => {
    started(3000);
    restart(thingAt(0));
    expect<u32>(thingAt(0).phase).toBe(0);
    expect<i32>(mdns.nameOf(0)).toBe(Err.WOULD_BLOCK);
    rename(thingAt(0));
    expect<u32>(thingAt(0).conflicts).toBe(1);
    expect<bool>(responder().socket != 0).toBe(true);
  });
  test("to announce again does not lose the name", () => {
    started(3000);
    expect<u32>(thingAt(0).phase).toBe(Phase.RUNNING);
    announceAgain();
    expect<u32>(thingAt(0).phase).toBe(Phase.PROBED);
    expect<i32>(mdns.nameOf(0)).toBe(9);
  });
});

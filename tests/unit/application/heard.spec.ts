import { root } from "../../../assembly/memory/root";
import { thingAt } from "../../../assembly/application/announced";
import { input } from "../../../assembly/application/heard";
import { responder } from "../../../assembly/application/responder";
import { put } from "../octets";
import { started } from "./mdns.spec";

const MESSAGE: usize = memory.data(128, 8);
const ASKS = "00 00 00 00 00 01 00 00 00 00 00 00 03 62 6f 78 05 6c 6f 63 61 6c 00 00 01 00 01";

/** A message from 10.0.0.2 port 5353 at interface 1. */
function hear(octets: string, from: u32): bool {
  put(MESSAGE, octets);
  root.remote.set(from, 5353, 1);
  return input(responder(), MESSAGE, <u32>((octets.length + 1) / 3));
}

describe("application/heard", () => {
  test("a question for our name is owed an answer, one from elsewhere is not heard", () => {
    started(3000);
    expect<bool>(hear(ASKS, 0xc0000201)).toBe(false);
    expect<u32>(thingAt(0).owed).toBe(0);
    expect<bool>(hear(ASKS, 0x0a000002)).toBe(true);
    expect<u32>(thingAt(0).owed).toBe(1);
  });
  test("half a question is none", () => {
    started(3000);
    expect<bool>(hear(ASKS.substring(0, 77), 0x0a000002)).toBe(false);
    expect<u32>(thingAt(0).owed).toBe(0);
  });
});

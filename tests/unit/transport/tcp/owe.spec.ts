import { state } from "../../../../assembly/memory/root";
import { oweAck } from "../../../../assembly/transport/tcp/owe";
import { Owes } from "../../../../assembly/transport/tcp/tcb";
import { poll } from "../../world";
import { ACK, established, IRS, ISS, sends, silent, tcb } from "./peer";

describe("transport/tcp/owe", () => {
  test("an ACK that is owed leaves once, with the next output, however often it was owed", () => {
    established(65535);
    expect<bool>(state.owed.isEmpty).toBe(true);
    oweAck(tcb());
    oweAck(tcb());
    expect<u32>(tcb().owes & Owes.ACK).toBe(Owes.ACK);
    expect<bool>(tcb().owed.linked).toBe(true);
    poll();
    sends(ACK, ISS + 1, IRS + 1);
    silent();
    expect<u32>(tcb().owes & Owes.ACK).toBe(0);
  });
});

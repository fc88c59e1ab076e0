import { become, isSynchronized, mayQueue, receives, State, transmits } from "../../../../assembly/transport/tcp/state";
import { Tcb } from "../../../../assembly/transport/tcp/tcb";

const AT: usize = memory.data(1024, 8);

/** Bit n: the question is answered with yes in state n. */
function where(question: (state: State) => bool): u32 {
  let bits: u32 = 0;
  for (let state: u32 = 0; state <= <u32>State.TIME_WAIT; state++) if (question(state)) bits |= 1 << state;
  return bits;
}

describe("transport/tcp/state", () => {
  test("both SYNs have been exchanged in ESTABLISHED and behind", () => {
    expect<u32>(where(isSynchronized)).toBe(
      (1 << State.ESTABLISHED) |
        (1 << State.FIN_WAIT_1) |
        (1 << State.FIN_WAIT_2) |
        (1 << State.CLOSE_WAIT) |
        (1 << State.CLOSING) |
        (1 << State.LAST_ACK) |
        (1 << State.TIME_WAIT),
    );
  });
  test("RFC 9293 3.10.7.4 seventh: text is taken in ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2", () => {
    expect<u32>(where(receives)).toBe((1 << State.ESTABLISHED) | (1 << State.FIN_WAIT_1) | (1 << State.FIN_WAIT_2));
  });
  test("RFC 9293 3.10.2: SEND is queued before, and taken in, ESTABLISHED and CLOSE-WAIT", () => {
    expect<u32>(where(mayQueue)).toBe(
      (1 << State.SYN_SENT) | (1 << State.SYN_RECEIVED) | (1 << State.ESTABLISHED) | (1 << State.CLOSE_WAIT),
    );
  });
  test("text or FIN may be in transit wherever our FIN is not acknowledged", () => {
    expect<u32>(where(transmits)).toBe(
      (1 << State.ESTABLISHED) | (1 << State.FIN_WAIT_1) | (1 << State.CLOSE_WAIT) | (1 << State.CLOSING) | (1 << State.LAST_ACK),
    );
  });
  test("become changes the state and nothing else", () => {
    memory.fill(AT, 0, 1024);
    become(changetype<Tcb>(AT), State.CLOSE_WAIT);
    expect<u32>(changetype<Tcb>(AT).state).toBe(State.CLOSE_WAIT);
    let others = 0;
    for (let i: usize = 0; i < 1024; i++) if (load<u8>(AT + i)) others++;
    expect<i32>(others).toBe(1);
  });
});

import { root } from "../../assembly/memory/root";
import { stateHash } from "../../assembly/statehash";
import * as calls from "../../assembly/transport/tcp/calls";
import { pass, poll, rawIp } from "./world";
import { ACK, established, handleNow, IRS, ISS, peerText, queue, tcb, write } from "./transport/tcp/peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** One history: a connection with text both ways. */
function history(): u32 {
  established(65535);
  write(300);
  peerText(ACK, NXT, UNA + 300, 70);
  pass(40);
  return stateHash();
}
/** Whether something changes the hash. */
function changes(what: () => void): bool {
  const before = stateHash();
  what();
  return stateHash() != before;
}

describe("statehash", () => {
  test("asking changes nothing", () => {
    const first = history();
    expect<u32>(stateHash()).toBe(first);
  });
  test("equal histories give equal values", () => {
    const first = history();
    rawIp(0xc0000201, 24);
    expect<u32>(stateHash()).not.toBe(first);
    expect<u32>(history()).toBe(first);
  });
  test("time, text queued, text read, settings and the mailbox change it", () => {
    history();
    expect<bool>(
      changes(() => {
        pass(1);
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        queue(1);
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        poll();
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        calls.receiveRelease(handleNow(), 1);
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        root.ttl = 9;
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        root.setMail(5, 1);
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        calls.abort(handleNow());
      }),
    ).toBe(true);
  });
  test("octets in the rings count while they are live, and no longer", () => {
    history();
    expect<bool>(
      changes(() => {
        store<u8>(tcb().rcv.ring + (NXT & tcb().rcv.mask), 0xff);
      }),
    ).toBe(true);
    expect<bool>(
      changes(() => {
        store<u8>(tcb().rcv.ring + ((NXT + 70) & tcb().rcv.mask), 0xff);
      }),
    ).toBe(false);
    expect<bool>(
      changes(() => {
        store<u8>(tcb().snd.ring + (UNA & tcb().snd.mask), 0xff);
      }),
    ).toBe(false);
  });
  test("another seed gives another value", () => {
    const first = history();
    root.seed1 = 42;
    expect<u32>(stateHash()).not.toBe(first);
  });
});

import { Listener } from "../../../../assembly/transport/tcp/listening";
import * as calls from "../../../../assembly/transport/tcp/calls";
import { Kind } from "../../../../assembly/memory/pool";
import { IRS, ISS, ACK, listen, peer, serverAt, SYN } from "./peer";

describe("transport/tcp/listening", () => {
  test("a listener counts what is half open and what waits to be accepted", () => {
    serverAt(ISS);
    const handle = listen(7);
    const it = changetype<Listener>(changetype<usize>(calls.listenerOf(handle)));
    expect<u32>(it.kind).toBe(Kind.LISTENER);
    expect<u32>(it.backlog).toBe(7);
    expect<u32>(it.ports).toBe(80 << 16);
    expect<u32>(it.remote).toBe(0);
    expect<bool>(it.queue.isEmpty && it.opening.isEmpty).toBe(true);
    peer(SYN, IRS, 0);
    expect<u32>(it.halfOpen).toBe(1);
    expect<bool>(it.opening.isEmpty).toBe(false);
    peer(ACK, IRS + 1, ISS + 1);
    expect<u32>(it.halfOpen).toBe(0);
    expect<u32>(it.pending).toBe(1);
    expect<bool>(it.queue.isEmpty).toBe(false);
    calls.accept(handle);
    expect<u32>(it.pending).toBe(0);
  });
});

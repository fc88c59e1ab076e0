import { begin, leave, named, placed, RequestState, take } from "../../../assembly/application/request";
import { root } from "../../../assembly/memory/root";
import { Socket } from "../../../assembly/tcp";
import { connected } from "./client";

describe("application/request", () => {
  test("a connection has one place, which is free again when it is left", () => {
    const it = connected();
    expect<u32>(it.state).toBe(RequestState.HEAD);
    expect<bool>(take(it.stream) == it).toBe(true);
    leave(it);
    expect<u32>(it.state).toBe(RequestState.FREE);
    expect<u32>(it.socket).toBe(0);
  });
  test("places do not overlap, and all lie in the table", () => {
    connected();
    expect<u32>(root.extra.requests).toBe(8);
    expect<usize>(placed(1).buffer - placed(0).buffer).toBeGreaterThan(root.extra.requestOctets + 256);
  });
  test("a handle names a request that the application knows, and only that one", () => {
    const it = connected();
    const handle = it.handle;
    expect<bool>(named(handle) == null).toBe(true);
    it.state = RequestState.OPEN;
    expect<bool>(named(handle) == it).toBe(true);
    expect<bool>(named(handle + 1) == null).toBe(true);
    expect<bool>(named(0) == null).toBe(true);
    expect<bool>(named(-1) == null).toBe(true);
    begin(it);
    it.state = RequestState.OPEN;
    expect<bool>(named(handle) == null).toBe(true);
  });
  test("with all places taken the client that waits the longest gives way; those that are answered do not", () => {
    connected();
    for (let i: u32 = 0; i < 8; i++) {
      placed(i).state = RequestState.OPEN;
      placed(i).socket = i ? 1 : placed(0).socket;
    }
    expect<bool>(take(changetype<Socket>(64)) == null).toBe(true);
    placed(0).state = RequestState.HEAD;
    expect<bool>(take(changetype<Socket>(64)) == placed(0)).toBe(true);
    for (let i: u32 = 0; i < 8; i++) placed(i).state = RequestState.FREE;
  });
});

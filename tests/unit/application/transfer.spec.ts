import { root } from "../../../assembly/memory/root";
import { named, placed, take, TransferState } from "../../../assembly/application/transfer";
import { rawIp } from "../world";

describe("application/transfer", () => {
  test("as many as the capacity says; a handle is stale when its place is used again", () => {
    rawIp(0xc0000201, 24);
    expect<u32>(root.extra.transfers).toBe(2);
    const first = take()!;
    first.state = TransferState.OPEN;
    const handle = first.handle;
    expect<bool>(handle > 0).toBe(true);
    expect<bool>(named(handle) == first).toBe(true);
    const second = take()!;
    second.state = TransferState.OPEN;
    expect<bool>(second == placed(1)).toBe(true);
    expect<bool>(take() == null).toBe(true);
    first.state = TransferState.FREE;
    expect<bool>(named(handle) == null).toBe(true);
    const again = take()!;
    again.state = TransferState.OPEN;
    expect<bool>(again == first).toBe(true);
    expect<bool>(named(handle) == null).toBe(true);
    expect<bool>(named(again.handle) == again).toBe(true);
  });
  test("no handle", () => {
    rawIp(0xc0000201, 24);
    expect<bool>(named(0) == null).toBe(true);
    expect<bool>(named(-1) == null).toBe(true);
    expect<bool>(named(0xffff) == null).toBe(true);
  });
});

import { Event } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import * as ready from "../../../assembly/transport/ready";
import { Socket } from "../../../assembly/transport/socket";
import { take, UdpSocket } from "../../../assembly/transport/udp/socket";
import { rawIp } from "../world";

function socket(owner: u8): UdpSocket {
  const it = take(0)!;
  it.owner = owner;
  return it;
}
function is(it: Socket | null, other: Socket): bool {
  return changetype<usize>(it) == changetype<usize>(other);
}

describe("transport/ready", () => {
  test("each owner has a queue, in the order in which sockets became ready", () => {
    rawIp(0xc0000201, 24);
    const a = socket(0);
    const b = socket(1);
    const c = socket(0);
    ready.raise(c, Event.READABLE);
    ready.raise(b, Event.READABLE);
    ready.raise(a, Event.READABLE);
    expect<bool>(is(ready.next(1), b)).toBe(true);
    expect<bool>(is(ready.next(0), c)).toBe(true);
    expect<bool>(is(ready.next(0), a)).toBe(true);
    expect<bool>(ready.next(0) == null).toBe(true);
    expect<bool>(ready.next(1) == null).toBe(true);
  });
  test("a socket is in the queue once, with all that has happened", () => {
    rawIp(0xc0000201, 24);
    const a = socket(0);
    ready.raise(a, Event.READABLE);
    ready.raise(a, Event.WRITABLE);
    expect<bool>(is(ready.next(0), a)).toBe(true);
    expect<u32>(root.events).toBe(Event.READABLE | Event.WRITABLE);
    expect<bool>(ready.next(0) == null).toBe(true);
    ready.raise(a, Event.CLOSED);
    ready.next(0);
    expect<u32>(root.events).toBe(Event.CLOSED);
  });
  test("what is forgotten is not told", () => {
    rawIp(0xc0000201, 24);
    const a = socket(0);
    const b = socket(0);
    ready.raise(a, Event.READABLE);
    ready.raise(b, Event.READABLE);
    ready.forget(a);
    expect<bool>(is(ready.next(0), b)).toBe(true);
    expect<bool>(ready.next(0) == null).toBe(true);
    expect<u32>(a.events).toBe(0);
  });
  test("the last owner has a queue too", () => {
    rawIp(0xc0000201, 24);
    const a = socket(<u8>(root.owners - 1));
    ready.raise(a, Event.READABLE);
    expect<bool>(is(ready.next(root.owners - 1), a)).toBe(true);
  });
});

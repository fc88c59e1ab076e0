import { Event } from "../../../../assembly/memory/errors";
import { Link } from "../../../../assembly/memory/list";
import { root } from "../../../../assembly/memory/root";
import * as ready from "../../../../assembly/transport/ready";
import { take } from "../../../../assembly/transport/tcp/tcb";
import { tell } from "../../../../assembly/transport/tcp/tell";
import { rawIp } from "../../world";

const QUEUE: usize = memory.data(8, 4);

describe("transport/tcp/tell", () => {
  test("an accepted connection's owner is told", () => {
    rawIp(0xc0000201, 24);
    const tcb = take(0)!;
    tcb.owner = 1;
    tell(tcb, Event.READABLE);
    tell(tcb, Event.FINISHED);
    expect<bool>(ready.next(0) == null).toBe(true);
    expect<bool>(ready.next(1) == tcb).toBe(true);
    expect<u32>(root.events).toBe(Event.READABLE | Event.FINISHED);
    expect<bool>(ready.next(1) == null).toBe(true);
  });
  test("one that waits to be accepted keeps it to itself", () => {
    rawIp(0xc0000201, 24);
    const tcb = take(0)!;
    const queue = Link.at(QUEUE);
    queue.clear();
    queue.push(tcb.accept);
    tell(tcb, Event.READABLE);
    expect<bool>(ready.next(0) == null).toBe(true);
    expect<u32>(tcb.events).toBe(Event.READABLE);
  });
});

import { Kind, PoolIndex } from "../../../../assembly/memory/pool";
import { root, state } from "../../../../assembly/memory/root";
import { enter, find, leave, mark, take, TCB_OCTETS } from "../../../../assembly/transport/tcp/tcb";
import { Seq } from "../../../../assembly/transport/tcp/seq";
import { rawIp } from "../../world";

const LOCAL: u32 = 0xc0000201;
const REMOTE: u32 = 0xc0000202;

describe("transport/tcp/tcb", () => {
  test("parts of a connection do not overlap, and end before the application's record", () => {
    rawIp(LOCAL, 24);
    const tcb = take(0)!;
    const at = changetype<usize>(tcb);
    const places: StaticArray<usize> = [
      changetype<usize>(tcb.snd),
      changetype<usize>(tcb.rcv),
      changetype<usize>(tcb.rtt),
      changetype<usize>(tcb.congestion),
      changetype<usize>(tcb.timers),
      changetype<usize>(tcb.path),
      changetype<usize>(tcb.ahead),
      tcb.record,
    ];
    for (let i = 1; i < places.length; i++) expect<bool>(places[i] > places[i - 1]).toBe(true);
    expect<u32>(<u32>(tcb.record - at)).toBe(TCB_OCTETS);
    expect<u32>(TCB_OCTETS & 3).toBe(0);
    expect<u32>(root.pool(PoolIndex.TCP0).stride).toBeGreaterThan(TCB_OCTETS + root.record - 1);
  });
  test("each socket has rings of its own, side by side, of a power of two", () => {
    rawIp(LOCAL, 24);
    const first = take(0)!;
    const second = take(0)!;
    expect<u32>(first.rcv.mask).toBe(16383);
    expect<u32>(first.snd.ring - first.rcv.ring).toBe(16384);
    expect<u32>(second.rcv.ring - first.snd.ring).toBe(16384);
    expect<u32>(first.rcv.limit).toBe(16384);
    expect<u32>(first.kind).toBe(Kind.TCP);
  });
  test("none is left when all are taken, and none of a class that is not there", () => {
    rawIp(LOCAL, 24);
    for (let i = 0; i < 4; i++) expect<bool>(take(0) != null).toBe(true);
    expect<bool>(take(0) == null).toBe(true);
    expect<bool>(take(1) == null).toBe(true);
    expect<bool>(take(4) == null).toBe(true);
  });
  test("connections are found by both addresses and both ports", () => {
    rawIp(LOCAL, 24);
    const tcb = take(0)!;
    tcb.local = LOCAL;
    tcb.remote = REMOTE;
    tcb.ports = (80 << 16) | 4000;
    enter(tcb);
    expect<bool>(find(LOCAL, REMOTE, (80 << 16) | 4000) == tcb).toBe(true);
    expect<bool>(find(LOCAL + 1, REMOTE, (80 << 16) | 4000) == null).toBe(true);
    expect<bool>(find(LOCAL, REMOTE + 1, (80 << 16) | 4000) == null).toBe(true);
    expect<bool>(find(LOCAL, REMOTE, (81 << 16) | 4000) == null).toBe(true);
    expect<bool>(find(LOCAL, REMOTE, (80 << 16) | 4001) == null).toBe(true);
    expect<bool>(find(LOCAL, REMOTE, (4000 << 16) | 80) == null).toBe(true);
    leave(tcb);
    expect<bool>(find(LOCAL, REMOTE, (80 << 16) | 4000) == null).toBe(true);
  });
  test("what can be read and written, and the window, are differences of positions, also around the wrap", () => {
    rawIp(LOCAL, 24);
    const tcb = take(0)!;
    const rcv = tcb.rcv;
    const snd = tcb.snd;
    rcv.read = Seq.of(0xfffffff0);
    rcv.nxt = Seq.of(0x10);
    rcv.edge = Seq.of(0x30);
    expect<u32>(tcb.readable).toBe(0x20);
    expect<u32>(tcb.window).toBe(0x20);
    rcv.hasFin = 1;
    rcv.fin = Seq.of(0x0f);
    expect<u32>(tcb.readable).toBe(0x1f);
    expect<bool>(tcb.isFinished).toBe(true);
    rcv.edge = Seq.of(0x10);
    expect<u32>(tcb.window).toBe(0);
    snd.iss = Seq.of(0xffffff00);
    snd.una = Seq.of(0xffffff00);
    snd.end = Seq.of(0x101);
    // The SYN takes no room in the ring: 0x101 - 0xffffff01 = 512.
    expect<u32>(tcb.writable).toBe(16384 - 512);
    snd.una = Seq.of(1);
    expect<u32>(tcb.writable).toBe(16384 - 256);
    expect<u32>(tcb.last.u32).toBe(0x101);
    tcb.closing = 1;
    expect<u32>(tcb.last.u32).toBe(0x102);
  });
  test("whoever is marked is in the queue once", () => {
    rawIp(LOCAL, 24);
    const tcb = take(0)!;
    mark(tcb);
    mark(tcb);
    expect<u32>(state.owed.next).toBe(tcb.owed.address);
    tcb.owed.unlink();
    expect<bool>(state.owed.isEmpty).toBe(true);
  });
});

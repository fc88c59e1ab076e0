import { Err, Option } from "../../../assembly/memory/errors";
import { Kind, PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import { at, handleOf, INDEX_MAX, kindOf, recordOf, Socket } from "../../../assembly/transport/socket";
import { take as takeTcp } from "../../../assembly/transport/tcp/tcb";
import { take, UdpSocket } from "../../../assembly/transport/udp/socket";
import { addDevice, addInterface, begin, blank, rawIp } from "../world";

function giveBack(it: UdpSocket): void {
  root.pool(PoolIndex.UDP).give(changetype<usize>(it));
}

describe("transport/socket: handles", () => {
  test("a handle is positive and says kind, generation (11 bits) and index (17 bits)", () => {
    rawIp(0xc0000201, 24);
    take(0);
    const it = take(0)!;
    expect<i32>(it.handle).toBe((Kind.UDP << 28) | 1);
    it.generation = 3;
    expect<i32>(it.handle).toBe((Kind.UDP << 28) | (3 << 17) | 1);
    it.generation = 2048;
    expect<i32>(handleOf(it)).toBe((Kind.UDP << 28) | 1);
    expect<u32>(INDEX_MAX).toBe(131071);
    expect<i32>(kindOf(it.handle)).toBe(Kind.UDP);
  });
  test("A217+219: a handle is stale after its socket was given back, also when the place is used again", () => {
    rawIp(0xc0000201, 24);
    const it = take(0)!;
    const handle = it.handle;
    expect<bool>(recordOf(handle, Kind.UDP) == it).toBe(true);
    giveBack(it);
    expect<bool>(recordOf(handle, Kind.UDP) == null).toBe(true);
    for (let i = 0; i < 4; i++) take(0);
    expect<bool>(recordOf(handle, Kind.UDP) == null).toBe(true);
  });
  test("wrong kinds, places never used, 0 and negative numbers are no handles", () => {
    rawIp(0xc0000201, 24);
    const it = take(0)!;
    expect<bool>(recordOf(it.handle, Kind.TCP) == null).toBe(true);
    expect<bool>(recordOf(it.handle + 1, Kind.UDP) == null).toBe(true);
    expect<bool>(recordOf(0, Kind.NONE) == null).toBe(true);
    expect<bool>(recordOf(-1, Kind.UDP) == null).toBe(true);
    expect<bool>(recordOf(0x7fffffff, 7) == null).toBe(true);
  });
  test("indices go on from buffer class to buffer class", () => {
    blank();
    root.class0Sockets = 2;
    root.class1Sockets = 2;
    root.class1Receive = 100;
    root.class1Send = 100;
    addDevice(2, 4);
    addInterface(0xc0000201, 24);
    begin();
    const it = takeTcp(1)!;
    expect<i32>(it.handle & INDEX_MAX).toBe(2);
    expect<bool>(recordOf(it.handle, Kind.TCP) == it).toBe(true);
    expect<i32>(at(1, 0)).toBe(it.handle);
  });
  test("places of pools are listed: a handle, 0 for a free one, an error beyond", () => {
    rawIp(0xc0000201, 24);
    const first = take(0)!;
    const second = take(0)!;
    giveBack(first);
    expect<i32>(at(PoolIndex.UDP, 0)).toBe(0);
    expect<i32>(at(PoolIndex.UDP, 1)).toBe(second.handle);
    expect<i32>(at(PoolIndex.UDP, 2)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(at(PoolIndex.NEIGHBOUR, 0)).toBe(Err.BAD_ARGUMENT);
  });
});

describe("transport/socket: options and ends", () => {
  test("options are found by their number, and inherited whole", () => {
    rawIp(0xc0000201, 24);
    const a: Socket = take(0)!;
    const b: Socket = take(0)!;
    for (let option: u32 = Option.NODELAY; option <= <u32>Option.BROADCAST; option++) a.setOption(option, 100 + option);
    expect<u32>(a.nodelay).toBe(101);
    expect<u32>(a.ttl).toBe(100 + Option.TTL);
    expect<u32>(a.broadcast).toBe(100 + Option.BROADCAST);
    b.inherit(a);
    for (let option: u32 = Option.NODELAY; option <= <u32>Option.BROADCAST; option++) expect<u32>(b.option(option)).toBe(100 + option);
    expect<i32>(b.error).toBe(0);
  });
  test("both ends are told in the control block's form", () => {
    rawIp(0xc0000201, 24);
    const it = take(0)!;
    it.local = 0xc0000201;
    it.remote = 0xc0000202;
    it.ports = (80 << 16) | 4000;
    it.only = 1;
    it.tellLocal(root.local);
    it.tellRemote(root.remote);
    expect<u32>(root.local.ip).toBe(0xc0000201);
    expect<u32>(root.local.port).toBe(80);
    expect<u32>(root.remote.ip).toBe(0xc0000202);
    expect<u32>(root.remote.port).toBe(4000);
    expect<u32>(root.remote.interface).toBe(1);
  });
});

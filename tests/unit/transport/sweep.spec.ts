import { Err } from "../../../assembly/memory/errors";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root, state } from "../../../assembly/memory/root";
import { AddressState, Family } from "../../../assembly/memory/control";
import * as sweep from "../../../assembly/transport/sweep";
import * as tcp from "../../../assembly/transport/tcp/calls";
import * as udp from "../../../assembly/transport/udp/calls";

import { ethernet, ms } from "../world";
import { host, resolve, US } from "../internet/link";

/** A connection that is opening towards host 2, bound to our address. */
function opening(): i32 {
  root.remote.set(host(2), 80, 0);
  root.local.set(US, 0, 0);
  return tcp.connect(0, 0);
}

describe("transport/sweep", () => {
  test("without a change there is nothing to walk", () => {
    ethernet(US, 24);
    const handle = opening();
    expect<bool>(sweep.output(ms)).toBe(false);
    expect<i32>(tcp.receiveReady(handle)).toBe(0);
  });
  test("sockets of an address that is gone are told, and the walk ends", () => {
    ethernet(US, 24);
    const handle = opening();
    root.local.set(US, 9, 0);
    const bound = udp.bind(0, false);
    root.local.family = <u16>Family.ANY;
    root.local.a0 = 0;
    root.local.port = 0;
    const free = udp.bind(0, false);
    root.interface(0).address(0).state = <u8>AddressState.NONE;
    state.sweep = 1;
    expect<bool>(sweep.output(ms)).toBe(false);
    expect<u32>(state.sweep).toBe(0);
    expect<i32>(tcp.receiveReady(handle)).toBe(Err.UNREACHABLE);
    expect<i32>(udp.receiveReady(bound)).toBe(Err.UNREACHABLE);
    expect<i32>(udp.receiveReady(free)).toBe(Err.WOULD_BLOCK);
  });
  test("neighbours behind a carrier that came are forgotten, behind another they stay", () => {
    ethernet(US, 24);
    resolve(2);
    state.sweep = 1;
    state.sweepLinks = 2;
    sweep.output(ms);
    expect<u32>(root.pool(PoolIndex.NEIGHBOUR).used).toBe(1);
    state.sweep = 1;
    state.sweepLinks = 1;
    sweep.output(ms);
    expect<u32>(root.pool(PoolIndex.NEIGHBOUR).used).toBe(0);
    expect<u32>(state.sweepLinks).toBe(0);
  });
});

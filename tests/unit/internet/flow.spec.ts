import { PoolIndex } from "../../../assembly/memory/pool";
import { root, state } from "../../../assembly/memory/root";
import * as flow from "../../../assembly/internet/flow";
import { Flow } from "../../../assembly/internet/flow";
import { datagram, gateway, INNER, OUTER, passes, PEER, used } from "./gateway";

describe("internet/flow", () => {
  test("a flow is found from both sides, and by nobody else", () => {
    gateway(4);
    expect<bool>(passes(INNER, PEER, 0x00050006)).toBe(true);
    expect<bool>(flow.find(flow.read(datagram(INNER, PEER, 0x00050006))) != null).toBe(true);
    expect<bool>(flow.find(flow.read(datagram(PEER, INNER, 0x00060005))) != null).toBe(true);
    expect<bool>(flow.find(flow.read(datagram(PEER, INNER, 0x00050006))) != null).toBe(false);
    expect<bool>(flow.find(flow.read(datagram(INNER, OUTER, 0x00050006))) != null).toBe(false);
  });
  test("when the table is full the oldest that is not established goes; established ones stay", () => {
    gateway(2);
    passes(INNER, PEER, 0x00010009);
    passes(PEER, INNER, 0x00090001);
    passes(INNER, PEER, 0x00010009);
    passes(INNER, PEER, 0x00020009);
    expect<bool>(passes(INNER, PEER, 0x00030009)).toBe(true);
    expect<u32>(used(PoolIndex.FLOW)).toBe(2);
    expect<bool>(flow.find(flow.read(datagram(INNER, PEER, 0x00020009))) != null).toBe(false);
    passes(PEER, INNER, 0x00090003);
    passes(INNER, PEER, 0x00030009);
    expect<bool>(passes(INNER, PEER, 0x00040009)).toBe(false);
    expect<u32>(used(PoolIndex.FLOW)).toBe(2);
  });
  test("a flow that is silent for long enough ends, a moment before it does not", () => {
    gateway(2);
    passes(INNER, PEER, 0x00010009);
    const it = changetype<Flow>(root.pool(PoolIndex.FLOW).at(0));
    flow.expire(it, state.now + root.extra.flowUdp - 1);
    expect<u32>(used(PoolIndex.FLOW)).toBe(1);
    flow.expire(it, state.now + root.extra.flowUdp);
    expect<u32>(used(PoolIndex.FLOW)).toBe(0);
  });
});

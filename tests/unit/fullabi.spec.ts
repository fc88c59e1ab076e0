import { Flag } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import { FIRST_PORT } from "../../assembly/internet/napt";
import * as abi from "../../assembly/fullabi";
import * as udp from "../../assembly/transport/udp/calls";
import { gateway } from "./internet/gateway";

describe("fullabi", () => {
  test("nothing before init", () => {
    gateway(2);
    root.flags &= ~Flag.READY;
    expect<i32>(abi.filter_add(0)).toBe(Err.NOT_READY);
    expect<i32>(abi.filter_policy(0, 1)).toBe(Err.NOT_READY);
    expect<i32>(abi.napt_enable(2, 1)).toBe(Err.NOT_READY);
    expect<i32>(abi.napt_forward(6, 80)).toBe(Err.NOT_READY);
  });
  test("a port that a socket has is neither translated nor forwarded, until it is closed", () => {
    gateway(2);
    root.local.set(0, FIRST_PORT, 0);
    const socket = udp.bind(0, false);
    expect<bool>(socket > 0).toBe(true);
    expect<i32>(abi.napt_enable(2, 1)).toBe(Err.IN_USE);
    root.remote.set(0x0a000002, 80, 0);
    expect<i32>(abi.napt_forward(17, FIRST_PORT)).toBe(Err.IN_USE);
    expect<i32>(abi.napt_forward(6, FIRST_PORT)).toBe(0);
    udp.close(socket);
    expect<i32>(abi.napt_enable(2, 1)).toBe(0);
    expect<i32>(abi.napt_forward(17, 80)).toBe(0);
  });
});

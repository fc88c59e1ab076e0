import * as abi from "../../assembly/abi";
import { Family } from "../../assembly/memory/control";
import { Err, Option } from "../../assembly/memory/errors";
import { PoolIndex } from "../../assembly/memory/pool";
import { root } from "../../assembly/memory/root";
import { stateHash } from "../../assembly/statehash";
import { poll, rawIp } from "./world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;

function anywhere(port: u32): void {
  root.local.set(0, port, 0);
  root.local.family = <u16>Family.ANY;
}

describe("abi", () => {
  test("control answers the control block's address", () => {
    rawIp(US, 24);
    expect<i32>(abi.control()).toBe(<i32>changetype<usize>(root));
    expect<i32>(abi.ARENA_START).toBe(4096);
  });
  test("ready_next answers handles of an owner, 0 when none, an error for who is none", () => {
    rawIp(US, 24);
    anywhere(53);
    const handle = abi.udp_bind(0);
    expect<i32>(abi.ready_next(0)).toBe(0);
    expect<i32>(abi.ready_rearm(handle)).toBe(0);
    expect<i32>(abi.ready_next(0)).toBe(handle);
    expect<i32>(abi.ready_next(root.owners)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(abi.ready_next(-1)).toBe(Err.BAD_ARGUMENT);
  });
  test("calls of one kind refuse handles of another", () => {
    rawIp(US, 24);
    anywhere(53);
    const udp = abi.udp_bind(0);
    anywhere(80);
    const listener = abi.tcp_listen(0, 4, 0);
    root.local.set(US, 0, 0);
    root.remote.set(PEER, 80, 0);
    const tcp = abi.tcp_connect(0, 0);
    expect<bool>(udp > 0 && listener > 0 && tcp > 0).toBe(true);
    expect<i32>(abi.tcp_send_space(udp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.tcp_send_commit(listener, 1, 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.tcp_receive_ready(udp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.tcp_receive_release(udp, 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.tcp_accept(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.tcp_close(udp, 0)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.tcp_abort(udp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_connect(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_send_space(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_send_commit(tcp, 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_receive_ready(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_receive_release(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_status(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_close(tcp)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.udp_close(udp)).toBe(0);
    expect<i32>(abi.tcp_close(listener, 0)).toBe(0);
    expect<i32>(abi.tcp_abort(tcp)).toBe(0);
    poll();
    expect<u32>(root.pool(PoolIndex.TCP0).used + root.pool(PoolIndex.UDP).used + root.pool(PoolIndex.LISTENER).used).toBe(0);
  });
  test("options go by the handle's kind", () => {
    rawIp(US, 24);
    anywhere(53);
    const udp = abi.udp_bind(0);
    expect<i32>(abi.socket_set(udp, Option.BROADCAST, 1)).toBe(0);
    expect<i32>(abi.socket_get(udp, Option.BROADCAST)).toBe(1);
    expect<i32>(abi.socket_set(udp, Option.NODELAY, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(abi.socket_get(-1, Option.TTL)).toBe(Err.BAD_HANDLE);
    expect<i32>(abi.socket_at(PoolIndex.UDP, 0)).toBe(udp);
    expect<i32>(abi.ping_open(0)).toBeGreaterThan(0);
  });
  test("routes are given by the endpoints", () => {
    rawIp(US, 24);
    root.remote.set(0x08000000, 0, 1);
    root.local.set(PEER, 0, 0);
    expect<i32>(abi.route_add(8)).toBe(0);
    expect<u32>(root.pool(PoolIndex.ROUTE).used).toBe(1);
    expect<i32>(abi.route_remove(9)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(abi.route_remove(8)).toBe(0);
    expect<u32>(root.pool(PoolIndex.ROUTE).used).toBe(0);
  });
  test("state_hash is the state hash", () => {
    rawIp(US, 24);
    expect<u32>(<u32>abi.state_hash()).toBe(stateHash());
  });
});

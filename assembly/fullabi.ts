// biome-ignore-all format: one line a call
// The calls of the host interface that `tiny` has not, one line each; docs/abi.md says what they mean: groups, raw IP, addresses
// at run time, serial lines, and what a gateway needs. An application inside a module uses the functions behind them.
import { CONFIGURE, FILTER, IGMP, NAPT, RAW, SLIP, TRANSPARENT } from "./memory/config";
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { root } from "./memory/root";
import * as slip from "./link/slip";
import * as configure from "./internet/configure";
import * as filter from "./internet/filter";
import * as napt from "./internet/napt";
import * as ports from "./transport/ports";
import * as decide from "./transport/tcp/decide";
import { join } from "./transport/udp/join";
import * as raw from "./transport/udp/raw";

function isReady(): bool { return (root.flags & Flag.READY) != 0; }

export function udp_join(handle: i32, exclude: i32, sources: i32): i32 { return IGMP ? join(handle, exclude != 0, sources) : Err.NOT_SUPPORTED; }
export function udp_leave(handle: i32): i32 { return IGMP ? join(handle, false, 0) : Err.NOT_SUPPORTED; }
export function raw_open(protocol: i32, owner: i32): i32 { return !isReady() ? Err.NOT_READY : RAW ? raw.open(protocol, owner) : Err.NOT_SUPPORTED; }

export function address_add(prefix: i32): i32 { return !isReady() ? Err.NOT_READY : CONFIGURE ? configure.addLocal(prefix) : Err.NOT_SUPPORTED; }
export function address_remove(): i32 { return !isReady() ? Err.NOT_READY : CONFIGURE ? configure.removeLocal() : Err.NOT_SUPPORTED; }
export function gateway_set(): i32 { return !isReady() ? Err.NOT_READY : CONFIGURE ? configure.setRemoteGateway() : Err.NOT_SUPPORTED; }

export function slip_input(device: i32, octets: i32): i32 { return !isReady() ? Err.NOT_READY : SLIP ? slip.take(device, octets) : Err.NOT_SUPPORTED; }
export function slip_output(device: i32): i32 { return !isReady() ? Err.NOT_READY : SLIP ? slip.give(device) : Err.NOT_SUPPORTED; }

export function tcp_asked(listener: i32): i32 { return TRANSPARENT ? decide.asked(listener) : Err.NOT_SUPPORTED; }
export function tcp_decide(handle: i32, verdict: i32): i32 { return TRANSPARENT ? decide.decide(handle, verdict) : Err.NOT_SUPPORTED; }
export function filter_add(at: i32): i32 { return !isReady() ? Err.NOT_READY : FILTER ? filter.add(at) : Err.NOT_SUPPORTED; }
export function filter_remove(at: i32): i32 { return !isReady() ? Err.NOT_READY : FILTER ? filter.remove(at) : Err.NOT_SUPPORTED; }
export function filter_at(at: i32): i32 { return !isReady() ? Err.NOT_READY : FILTER ? filter.tell(at) : Err.NOT_SUPPORTED; }
export function filter_policy(direction: i32, action: i32): i32 { return !isReady() ? Err.NOT_READY : FILTER ? filter.setPolicy(direction, action) : Err.NOT_SUPPORTED; }
export function napt_enable(number: i32, on: i32): i32 { return !isReady() ? Err.NOT_READY : NAPT ? translate(number, on) : Err.NOT_SUPPORTED; }
export function napt_forward(protocol: i32, port: i32): i32 { return !isReady() ? Err.NOT_READY : NAPT ? forward(protocol, port) : Err.NOT_SUPPORTED; }
export function napt_unforward(protocol: i32, port: i32): i32 { return !isReady() ? Err.NOT_READY : NAPT ? napt.unforward(protocol, port) : Err.NOT_SUPPORTED; }
/** A port that a socket has is not for address translation. */
function translate(number: i32, on: i32): i32 { return on && ports.areUsed(0, napt.FIRST_PORT, 0xffff) ? Err.IN_USE : napt.enable(number, on); }
function forward(protocol: i32, port: i32): i32 { return ports.areUsed(protocol, port, port) ? Err.IN_USE : napt.forward(protocol, port); }

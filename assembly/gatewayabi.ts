// biome-ignore-all format: one line a call
// The calls of the host interface that a gateway needs, one line each; docs/abi.md says what they mean. Only the build with
// services has them; an application inside a module uses internet/filter.ts, internet/napt.ts and transport/tcp/decide.ts.
import { FILTER, NAPT, TRANSPARENT } from "./memory/config";
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { root } from "./memory/root";
import * as filter from "./internet/filter";
import * as napt from "./internet/napt";
import * as ports from "./transport/ports";
import * as decide from "./transport/tcp/decide";

function isReady(): bool { return (root.flags & Flag.READY) != 0; }

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

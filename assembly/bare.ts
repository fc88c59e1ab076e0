// biome-ignore-all format: one line a call
// The stack alone, without services: the host is its only application. The ABI is here and in abi.ts.
import * as init_ from "./init";
import * as stack from "./stack";

export * from "./abi";

export function init(ms: i32, us: i32): i32 { return init_.init(ms, us); }
export function receive(ms: i32, us: i32): i32 { return stack.receive(ms, us); }
export function transmit(): i32 { return stack.transmit(); }
export function poll(ms: i32, us: i32): i32 { return stack.poll(ms, us); }

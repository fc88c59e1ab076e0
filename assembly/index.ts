// The stack with its services: the host is its only application. The ABI is here, in abi.ts, fullabi.ts and serviceabi.ts.
import { state } from "./memory/root";
import * as init_ from "./init";
import * as services from "./services";
import * as stack from "./stack";

export * from "./abi";
export * from "./fullabi";
export * from "./serviceabi";

export function init(ms: i32, us: i32): i32 {
  return init_.init(ms, us);
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  if (frames >= 0 && state.isServing) services.serve();
  return frames;
}
export function transmit(): i32 {
  const wait = stack.transmit();
  return wait > 0 && state.isServing ? min(wait, <i32>services.within()) : wait;
}
export function poll(ms: i32, us: i32): i32 {
  const frames = receive(ms, us);
  return frames < 0 ? frames : transmit();
}

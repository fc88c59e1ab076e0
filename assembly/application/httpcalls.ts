// The HTTP server as the host calls it: requests by handle, numbers and texts through the exchange.
import { Err } from "../memory/errors";
import { root } from "../memory/root";
import * as http from "./http";
import { named } from "./request";
import { UNKNOWN } from "./words";

/** The next request to be answered. In the exchange u32 method (HttpMethod), u32 octets of the target, u32 octets of its fields behind it, u32 0, u64 octets of the body (all ones: chunked); target and fields are at `span`, the client in `remote`. Error: WOULD_BLOCK. */
export function asked(): i32 {
  const it = http.asked();
  if (!it) return Err.WOULD_BLOCK;
  const at = root.exchange;
  store<u32>(at, it.method);
  store<u32>(at, it.target, 4);
  store<u32>(at, it.head - it.target, 8);
  store<u32>(at, 0, 12);
  store<u64>(at, it.isChunked ? UNKNOWN : it.left, 16);
  root.span = <u32>it.buffer;
  it.tcb.tellRemote(root.remote);
  return it.handle;
}
/** Octets of its body in one piece, at `span`. Errors: BAD_HANDLE, and those of http.readable. */
export function read(handle: i32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  const octets = http.readable(it);
  if (octets > 0) root.span = <u32>it.stream.input;
  return octets;
}
/** The first `octets` of the span were read. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function readDone(handle: i32, octets: u32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (octets > it.left || octets > it.tcb.readable) return Err.BAD_ARGUMENT;
  http.release(it, octets);
  return 0;
}
/** Answers: in the exchange u64 octets of the body (all ones: not known), then the application's fields, `octets` of them. Leaves there u64 the first octet of the body that is to be written and u64 how many. Errors: BAD_HANDLE, and those of http.answer. */
export function answer(handle: i32, status: u32, octets: u32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  const at = root.exchange;
  const wrong = http.answer(it, status, at + 8, octets, load<u64>(at));
  if (wrong) return wrong;
  store<u64>(at, it.first);
  store<u64>(at, it.owed, 8);
  http.step(it);
  return 0;
}
/** Octets of the answer that can be written at `span`; 0: no room. Errors: BAD_HANDLE, BAD_STATE. */
export function space(handle: i32): i32 {
  const it = named(handle);
  return it ? http.writable(it) : Err.BAD_HANDLE;
}
/** The first `octets` of the span are the next of the answer. Errors: BAD_HANDLE, BAD_STATE, BAD_ARGUMENT. */
export function write(handle: i32, octets: u32): i32 {
  const it = named(handle);
  return it ? http.write(it, octets) : Err.BAD_HANDLE;
}
/** Ends an answer of unknown length, or with the connection what is not answered. Errors: BAD_HANDLE, WOULD_BLOCK. */
export function end(handle: i32): i32 {
  const it = named(handle);
  return it ? http.end(it) : Err.BAD_HANDLE;
}

// read RFC 6056 first
import { secret } from "../memory/random";

/** First of the ports that are chosen for whoever names none; the last is 65,535. RFC 6056 §3.2 asks for 1,024 and up. */
const FIRST: u32 = 1024;
const COUNT: u32 = 65536 - FIRST;

/** Where a search for a free port begins. */
export function begin(): u32 {
  return FIRST + <u32>((<u64>secret() * COUNT) >> 32);
}
/** The port after this one. */
export function next(port: u32): u32 {
  return port >= 65535 ? FIRST : port + 1;
}
/** Ports a search looks at before it gives up. */
export const TRIES: u32 = COUNT;

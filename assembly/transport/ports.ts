// read RFC 6056 first
import { IGMP, PORT_FIRST, PORT_LAST } from "../memory/config";
import { secret } from "../memory/random";
import { root } from "../memory/root";

function first(): u32 {
  return IGMP ? root.extra.portFirst : PORT_FIRST;
}
function last(): u32 {
  return IGMP ? root.extra.portLast : PORT_LAST;
}
/** Ports that may be chosen; a search looks at all before it gives up. */
export function tries(): u32 {
  return last() - first() + 1;
}

/** Where a search for a free port begins. */
export function begin(): u32 {
  return first() + <u32>((<u64>secret() * tries()) >> 32);
}
/** The port after this one. */
export function next(port: u32): u32 {
  return port >= last() ? first() : port + 1;
}

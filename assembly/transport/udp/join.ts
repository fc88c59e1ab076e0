// read RFC 3376 §2 and §3.1 first
import { EXCHANGE_OCTETS, Family } from "../../memory/control";
import { Err } from "../../memory/errors";
import { root } from "../../memory/root";
import { numberOf } from "../../link/interfaces";
import { isMulticast } from "../../internet/address";
import { scratchHop } from "../../internet/icmp";
import * as igmp from "../../internet/igmp";
import * as route from "../../internet/route";
import { socketOf } from "./calls";

/** Sources that one call can name. */
const SOURCES_MAX: u32 = EXCHANGE_OCTETS >> 2;

/** The socket receives what is sent to the group in `remote` on the interface there (0: its own, or where a route leads): from all but (`isExclude`) or only from the `sources` addresses in the exchange. Only from none: it leaves. Errors: BAD_HANDLE, BAD_ADDRESS, BAD_ARGUMENT, BAD_STATE, NO_ROOM. */
export function join(handle: i32, isExclude: bool, sources: u32): i32 {
  const socket = socketOf(handle);
  if (!socket || socket.isPing) return Err.BAD_HANDLE;
  const group = root.remote;
  if (group.family != <u16>Family.IPV4 || !isMulticast(group.ip)) return Err.BAD_ADDRESS;
  if (sources > SOURCES_MAX || group.interface > root.interfaces) return Err.BAD_ARGUMENT;
  const hop = scratchHop();
  let number: u32 = group.interface ? group.interface : socket.only;
  if (!number) number = route.find(hop, group.ip, 0) ? numberOf(hop.via) : 1;
  return igmp.listen(socket, root.interface(number - 1), group.ip, isExclude, root.exchange, sources << 2);
}

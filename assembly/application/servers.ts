// read RFC 1123 §6.1.3.2 first
// The servers that are asked for names, in their order: whoever learns of one adds it, the resolver reads.
import { recordOf, Service } from "../transport/service";

/** Servers that are kept; one more takes the place of the first. */
export const SERVERS_MAX: u32 = 4;

/** The list; the resolver's own state follows it. */
@unmanaged
export class Servers {
  servers: u32;
  server0: u32;
  server1: u32;
  server2: u32;
  server3: u32;
}
function list(): Servers {
  return recordOf<Servers>(Service.DNS);
}
function place(i: u32): usize {
  return changetype<usize>(list()) + offsetof<Servers>("server0") + ((i & (SERVERS_MAX - 1)) << 2);
}

/** How many servers there are. */
export function serverCount(): u32 {
  return list().servers;
}
/** Address of server `i`, counted from 0; 0 when there are not so many. */
export function serverAt(i: u32): u32 {
  return i < list().servers ? load<u32>(place(i)) : 0;
}
/** Adds a server behind the others; one that is there already stays where it is, and of five the first goes. */
export function addServer(ip: u32): void {
  const it = list();
  for (let i: u32 = 0; i < it.servers; i++) if (load<u32>(place(i)) == ip) return;
  if (it.servers == SERVERS_MAX) memory.copy(place(0), place(1), --it.servers << 2);
  store<u32>(place(it.servers++), ip);
}
/** Forgets all servers. */
export function clearServers(): void {
  list().servers = 0;
}

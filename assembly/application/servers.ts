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
  /** Who has named each, a bit each: the host, then the leases of the interfaces by their numbers. */
  owners0: u16;
  owners1: u16;
  owners2: u16;
  owners3: u16;
}
function list(): Servers {
  return recordOf<Servers>(Service.DNS);
}
function place(i: u32): usize {
  return changetype<usize>(list()) + offsetof<Servers>("server0") + ((i & (SERVERS_MAX - 1)) << 2);
}

function owners(i: u32): usize {
  return changetype<usize>(list()) + offsetof<Servers>("owners0") + ((i & (SERVERS_MAX - 1)) << 1);
}

/** How many servers there are. */
export function serverCount(): u32 {
  return list().servers;
}
/** Address of server `i`, counted from 0; 0 when there are not so many. */
export function serverAt(i: u32): u32 {
  return i < list().servers ? load<u32>(place(i)) : 0;
}
/** Adds a server behind the others, for the host (0) or the lease of an interface; one that is there already stays where it is, and of five the first goes. */
export function addServer(ip: u32, owner: u32 = 0): void {
  const it = list();
  const bit = <u16>(<u32>1 << owner);
  for (let i: u32 = 0; i < it.servers; i++) {
    if (load<u32>(place(i)) != ip) continue;
    store<u16>(owners(i), load<u16>(owners(i)) | bit);
    return;
  }
  if (it.servers == SERVERS_MAX) take(0);
  store<u32>(place(it.servers), ip);
  store<u16>(owners(it.servers++), bit);
}
/** Takes a server out of the list. */
function take(i: u32): void {
  const behind = --list().servers - i;
  memory.copy(place(i), place(i + 1), behind << 2);
  memory.copy(owners(i), owners(i + 1), behind << 1);
}
/** Forgets the servers that only the lease of this interface has named. */
export function forgetServers(owner: u32): void {
  for (let i = list().servers; i; i--) {
    const left = <u16>(<u32>load<u16>(owners(i - 1)) & ~(<u32>1 << owner));
    store<u16>(owners(i - 1), left);
    if (!left) take(i - 1);
  }
}
/** Forgets all servers. */
export function clearServers(): void {
  list().servers = 0;
}

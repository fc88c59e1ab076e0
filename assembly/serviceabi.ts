// biome-ignore-all format: one line a call
// The calls of the services, as abi.ts has those of the stack. docs/abi.md section 8 says what they mean.
import { DNS, MDNS } from "./memory/config";
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { root } from "./memory/root";
import { isSpecial } from "./internet/address";
import * as dns from "./application/dns";
import * as mdns from "./application/mdns";
import * as servers from "./application/servers";
import * as sntp from "./application/sntp";

/** Whether `init` has succeeded. */
function isReady(): bool { return (root.flags & Flag.READY) != 0; }

export function sntp_start(seconds: i32): i32 { return isReady() ? sntp.start(root.remote.ip, root.remote.port, seconds) : Err.NOT_READY; }
export function sntp_stop(): i32 { return isReady() ? sntp.stop() : Err.NOT_READY; }
export function sntp_time(): i32 { return isReady() ? sntp.time() : Err.NOT_READY; }

/** Why no names can be asked for; 0: they can. */
function refusesNames(): i32 { return !DNS ? Err.NOT_SUPPORTED : isReady() ? 0 : Err.NOT_READY; }

export function dns_server_add(): i32 {
  const wrong = refusesNames();
  if (wrong) return wrong;
  if (isSpecial(root.remote.ip)) return Err.BAD_ADDRESS;
  servers.addServer(root.remote.ip);
  return servers.serverCount();
}
export function dns_server_at(i: i32): i32 {
  const wrong = refusesNames();
  if (wrong) return wrong;
  const ip = servers.serverAt(i);
  root.remote.set(ip, 0, 0);
  return ip ? 0 : Err.BAD_ARGUMENT;
}
export function dns_server_clear(): i32 { const wrong = refusesNames(); if (!wrong) servers.clearServers(); return wrong; }
export function dns_query(type: i32, octets: i32): i32 { const wrong = refusesNames(); return wrong ? wrong : dns.query(type, octets); }
export function dns_result(query: i32): i32 { const wrong = refusesNames(); return wrong ? wrong : dns.result(query); }
export function dns_cancel(query: i32): i32 { const wrong = refusesNames(); return wrong ? wrong : dns.cancel(query); }

/** Why nothing can be announced; 0: it can. */
function refusesServices(): i32 { return !MDNS ? Err.NOT_SUPPORTED : isReady() ? 0 : Err.NOT_READY; }

export function mdns_start(octets: i32): i32 { const wrong = refusesServices(); return wrong ? wrong : mdns.start(octets); }
export function mdns_stop(): i32 { const wrong = refusesServices(); return wrong ? wrong : mdns.stop(); }
export function mdns_advertise(port: i32, octets: i32): i32 { const wrong = refusesServices(); return wrong ? wrong : mdns.advertise(port, octets); }
export function mdns_withdraw(service: i32): i32 { const wrong = refusesServices(); return wrong ? wrong : mdns.withdraw(service); }
export function mdns_name(service: i32): i32 { const wrong = refusesServices(); return wrong ? wrong : mdns.nameOf(service); }

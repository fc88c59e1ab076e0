// biome-ignore-all format: one line a call
// The calls of the services, as abi.ts has those of the stack. docs/abi.md section 8 says what they mean.
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { root, state } from "./memory/root";
import { DHCP, DHCPD, DNS, HTTP, MDNS, SMALL } from "./memory/config";
import * as dhcp from "./application/dhcp";
import * as dhcpd from "./application/dhcpd";
import * as dhcpstatus from "./application/dhcpstatus";
import { isSpecial } from "./internet/address";
import * as dns from "./application/dns";
import * as http from "./application/http";
import * as httpcalls from "./application/httpcalls";
import * as mdns from "./application/mdns";
import * as servers from "./application/servers";
import * as small from "./application/small";
import * as sntp from "./application/sntp";
import * as syslog from "./application/syslog";
import * as tftp from "./application/tftp";

/** Whether `init` has succeeded; then services have their turns from now on. */
function isReady(): bool {
  if (!(root.flags & Flag.READY)) return false;
  state.isServing = 1;
  return true;
}

export function sntp_start(seconds: i32): i32 { return isReady() ? sntp.start(root.remote.ip, root.remote.port, seconds) : Err.NOT_READY; }
export function sntp_stop(): i32 { return isReady() ? sntp.stop() : Err.NOT_READY; }
export function sntp_time(): i32 { return isReady() ? sntp.time() : Err.NOT_READY; }

export function dhcp_start(interface_: i32, options: i32): i32 { return !isReady() ? Err.NOT_READY : DHCP ? dhcp.start(interface_ + 1, options, root.local.ip) : Err.NOT_SUPPORTED; }
export function dhcp_stop(interface_: i32): i32 { return !isReady() ? Err.NOT_READY : DHCP ? dhcp.stop(interface_ + 1) : Err.NOT_SUPPORTED; }
export function dhcp_release(interface_: i32): i32 { return !isReady() ? Err.NOT_READY : DHCP ? dhcp.release(interface_ + 1) : Err.NOT_SUPPORTED; }
export function dhcp_name(interface_: i32, octets: i32): i32 { return !isReady() ? Err.NOT_READY : DHCP ? dhcpstatus.setName(interface_ + 1, octets) : Err.NOT_SUPPORTED; }
export function dhcp_status(interface_: i32): i32 { return !isReady() ? Err.NOT_READY : DHCP ? dhcpstatus.tell(interface_ + 1) : Err.NOT_SUPPORTED; }
export function dhcpd_start(interface_: i32, octets: i32): i32 { return !isReady() ? Err.NOT_READY : DHCPD ? dhcpd.start(interface_ + 1, octets) : Err.NOT_SUPPORTED; }
export function dhcpd_stop(): i32 { return !isReady() ? Err.NOT_READY : DHCPD ? dhcpd.stop() : Err.NOT_SUPPORTED; }
export function dhcpd_leases(): i32 { return !isReady() ? Err.NOT_READY : DHCPD ? dhcpd.leases() : Err.NOT_SUPPORTED; }
export function dhcpd_forget(place: i32): i32 { return !isReady() ? Err.NOT_READY : DHCPD ? dhcpd.forget(place) : Err.NOT_SUPPORTED; }
export function syslog_start(octets: i32): i32 { return isReady() ? syslog.start(root.remote.ip, root.remote.port, octets) : Err.NOT_READY; }
export function syslog_stop(): i32 { return isReady() ? syslog.stop() : Err.NOT_READY; }
export function syslog_send(priority: i32, octets: i32): i32 { return isReady() ? syslog.send(priority, octets) : Err.NOT_READY; }

export function tftp_get(octets: i32, block: i32): i32 { return isReady() ? tftp.request(root.remote.ip, root.remote.port, octets, block, 0, false) : Err.NOT_READY; }
export function tftp_put(octets: i32, block: i32, size: i32): i32 { return isReady() ? tftp.request(root.remote.ip, root.remote.port, octets, block, size, true) : Err.NOT_READY; }
export function tftp_serve(on: i32): i32 { return isReady() ? tftp.serving(on != 0) : Err.NOT_READY; }
export function tftp_asked(): i32 { return isReady() ? tftp.asked() : Err.NOT_READY; }
export function tftp_allow(transfer: i32, size: i32): i32 { return tftp.allow(transfer, size); }
export function tftp_read(transfer: i32): i32 { return tftp.read(transfer); }
export function tftp_read_done(transfer: i32): i32 { return tftp.readDone(transfer); }
export function tftp_space(transfer: i32): i32 { return tftp.space(transfer); }
export function tftp_write(transfer: i32, octets: i32): i32 { return tftp.write(transfer, octets); }
export function tftp_status(transfer: i32): i32 { return tftp.status(transfer); }
export function tftp_drop(transfer: i32, code: i32): i32 { return tftp.drop(transfer, code); }

export function http_serve(port: i32, bufferClass: i32): i32 { return !isReady() ? Err.NOT_READY : HTTP ? http.listen(port, bufferClass) : Err.NOT_SUPPORTED; }
export function http_asked(): i32 { return !isReady() ? Err.NOT_READY : HTTP ? httpcalls.asked() : Err.NOT_SUPPORTED; }
export function http_read(request: i32): i32 { return HTTP ? httpcalls.read(request) : Err.NOT_SUPPORTED; }
export function http_read_done(request: i32, octets: i32): i32 { return HTTP ? httpcalls.readDone(request, octets) : Err.NOT_SUPPORTED; }
export function http_answer(request: i32, status: i32, octets: i32): i32 { return HTTP ? httpcalls.answer(request, status, octets) : Err.NOT_SUPPORTED; }
export function http_space(request: i32): i32 { return HTTP ? httpcalls.space(request) : Err.NOT_SUPPORTED; }
export function http_write(request: i32, octets: i32): i32 { return HTTP ? httpcalls.write(request, octets) : Err.NOT_SUPPORTED; }
export function http_end(request: i32): i32 { return HTTP ? httpcalls.end(request) : Err.NOT_SUPPORTED; }
export function small_serve(which: i32): i32 { return !isReady() ? Err.NOT_READY : SMALL ? small.serving(which) : Err.NOT_SUPPORTED; }

/** Why no names can be asked for; 0: they can. */
function refusesNames(): i32 { return !DNS ? Err.NOT_SUPPORTED : isReady() ? 0 : Err.NOT_READY; }

export function dns_server_add(): i32 {
  const wrong = refusesNames();
  if (wrong) return wrong;
  if (isSpecial(root.remote.ip)) return Err.BAD_ADDRESS;
  servers.addServer(root.remote.ip, 0);
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

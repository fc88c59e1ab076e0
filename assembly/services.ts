// The services that the full build holds: they run between receive and transmit. An application's entry serves those it wants itself.
import { DHCP, DHCPD, DNS, HTTP, MDNS, SMALL } from "./memory/config";
import { NEVER } from "./memory/time";
import * as dhcp from "./application/dhcp";
import * as dhcpd from "./application/dhcpd";
import * as dns from "./application/dns";
import * as http from "./application/http";
import * as mdns from "./application/mdns";
import * as small from "./application/small";
import * as sntp from "./application/sntp";
import * as tftp from "./application/tftp";

/** Lets every service read what has come and queue what is due. */
export function serve(): void {
  if (DHCP) dhcp.serve();
  if (DHCPD) dhcpd.serve();
  if (DNS) dns.serve();
  if (MDNS) mdns.serve();
  if (HTTP) http.serve();
  if (SMALL) small.serve();
  sntp.serve();
  tftp.serve();
}
/** Milliseconds until a service has something to do. */
export function within(): u32 {
  const names = min(DNS ? dns.within() : NEVER, MDNS ? mdns.within() : NEVER);
  return min(min(min(names, HTTP ? http.within() : NEVER), DHCP ? dhcp.within() : NEVER), min(sntp.within(), tftp.within()));
}

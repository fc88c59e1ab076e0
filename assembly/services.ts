// The services that the full build holds: they run between receive and transmit. An application's entry serves those it wants itself.
import { DHCP, DHCPD } from "./memory/config";
import * as dhcp from "./application/dhcp";
import * as dhcpd from "./application/dhcpd";
import * as sntp from "./application/sntp";

/** Lets every service read what has come and queue what is due. */
export function serve(): void {
  if (DHCP) dhcp.serve();
  if (DHCPD) dhcpd.serve();
  sntp.serve();
}
/** Milliseconds until a service has something to do. */
export function within(): u32 {
  return DHCP ? min(dhcp.within(), sntp.within()) : sntp.within();
}

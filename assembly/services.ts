// The services that the full build holds: they run between receive and transmit. An application's entry serves those it wants itself.
import { DHCP, DHCPD } from "./memory/config";
import * as dhcp from "./application/dhcp";
import * as dhcpd from "./application/dhcpd";
import * as sntp from "./application/sntp";
import * as tftp from "./application/tftp";

/** Lets every service read what has come and queue what is due. */
export function serve(): void {
  if (DHCP) dhcp.serve();
  if (DHCPD) dhcpd.serve();
  sntp.serve();
  tftp.serve();
}
/** Milliseconds until a service has something to do. */
export function within(): u32 {
  const others = min(sntp.within(), tftp.within());
  return DHCP ? min(dhcp.within(), others) : others;
}

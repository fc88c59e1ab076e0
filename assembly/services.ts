// The services that the full build holds: they run between receive and transmit. An application's entry serves those it wants itself.
import { DNS, MDNS } from "./memory/config";
import { NEVER } from "./memory/time";
import * as dns from "./application/dns";
import * as mdns from "./application/mdns";
import * as sntp from "./application/sntp";

/** Lets every service read what has come and queue what is due. */
export function serve(): void {
  if (DNS) dns.serve();
  if (MDNS) mdns.serve();
  sntp.serve();
}
/** Milliseconds until a service has something to do. */
export function within(): u32 {
  return min(min(sntp.within(), DNS ? dns.within() : NEVER), MDNS ? mdns.within() : NEVER);
}

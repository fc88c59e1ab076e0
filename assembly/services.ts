// The services that the full build holds: they run between receive and transmit. An application's entry serves those it wants itself.
import * as sntp from "./application/sntp";
import * as tftp from "./application/tftp";

/** Lets every service read what has come and queue what is due. */
export function serve(): void {
  sntp.serve();
  tftp.serve();
}
/** Milliseconds until a service has something to do. */
export function within(): u32 {
  return min(sntp.within(), tftp.within());
}

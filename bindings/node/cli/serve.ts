import { broadcastOf } from "./addresses.js";
import type { ServicePort } from "./services/names.js";
import { type Services, startServices } from "./services/run.js";
import type { Status } from "./services/status.js";
import type { Session } from "./session.js";
import { version } from "./version.js";

/** Starts services on a session, with a status page that tells of it. */
export function serveOn(session: Session, services: readonly ServicePort[]): Services {
  const broadcasts = new Set(session.prefixes.map(broadcastOf));
  const addresses = session.prefixes.map(({ address }) => address);
  return startServices(session.stack, services, { status: () => statusOf(session, services), broadcasts, addresses });
}

/** Services as `name:port`. */
export function serviceNames(services: readonly ServicePort[]): string[] {
  return services.map(({ name, port }) => `${name}:${port}`);
}

/** What a status page tells of a session and its services. */
export function statusOf(session: Session, services: readonly ServicePort[]): Status {
  return {
    name: "ringwire",
    version: version(),
    uptime: (performance.now() - session.started) / 1000,
    interfaces: session.interfaces,
    services: serviceNames(services),
    ...session.inside(),
  };
}

import { servicePort } from "../../ports.js";

/** A service of `ringwire up` and the port it waits on. */
export interface ServicePort {
  readonly name: ServiceName;
  readonly port: number;
}

const NAMES = ["echo", "discard", "daytime", "qotd", "chargen", "time", "http"] as const;
/** The services and their well-known ports. RFC 862, 863, 864, 865, 867, 868, 9110. */
export const WELL_KNOWN = Object.fromEntries(NAMES.map((name) => [name, servicePort("tcp", name)])) as Record<ServiceName, number>;

/** The name of a service. */
export type ServiceName = (typeof NAMES)[number];

/** What runs when nothing is asked for. */
export const DEFAULT_SERVICES = "echo,discard,chargen,daytime,time,qotd,http";

/** The services of a list `name[:port],...`; throws on an unknown name, a bad port and a port in use twice. "none" is none. */
export function parseServices(text: string): ServicePort[] {
  if (text === "none") return [];
  const services = text.split(",").map(parseService);
  const users = new Map<number, string>();
  for (const { name, port } of services) {
    const other = users.get(port);
    if (other) throw new Error(`port ${port} is used twice, by ${other} and ${name}`);
    users.set(port, name);
  }
  return services;
}

function parseService(text: string): ServicePort {
  const [name = "", port, ...rest] = text.trim().split(":");
  if (!isServiceName(name)) throw new Error(`unknown service "${name}", expected ${Object.keys(WELL_KNOWN).join(", ")}`);
  if (rest.length) throw new Error(`"${text}" is not of the form name:port`);
  if (port === undefined) return { name, port: WELL_KNOWN[name] };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535) throw new Error(`the port of ${name} must be 1 to 65535, not "${port}"`);
  return { name, port: number };
}

function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(WELL_KNOWN, name);
}

import { ipv4Number, ipv4Text, macText } from "./address.js";
import { CONTROL, Err, EXCHANGE_OCTETS, GROUP, POOL, PoolIndex } from "./constants.js";
import type { Core } from "./core.js";
import { check } from "./error.js";
import { OCTETS } from "./layout.js";

/** Whose datagrams to a group are wanted: of all but the excluded sources, or of the included ones only; at most 256. */
export type SourceFilter = { include?: readonly string[]; exclude?: never } | { include?: never; exclude?: readonly string[] };

/** A group that an interface listens to. */
export interface GroupStatus {
  /** Dotted IPv4 address. */
  address: string;
  /** Index of the interface. */
  interface: number;
  /** `01:00:5e:00:00:01`: what the device must let in. */
  mac: string;
}

/** Writes the sources of a filter into the exchange; answers how many, or an error. */
export function writeFilter(core: Core, { include, exclude = [] }: SourceFilter): number {
  const sources = (include ?? exclude).map((address) => ipv4Number(address));
  if (sources.some((ip) => ip < 0)) return Err.BAD_ADDRESS;
  const at = core.view.getUint32(core.control + CONTROL.exchange, true);
  if (!at || sources.length > EXCHANGE_OCTETS / 4) return Err.BAD_ARGUMENT;
  sources.forEach((ip, i) => {
    core.view.setUint32(at + i * 4, ip);
  });
  return sources.length;
}

/** The included sources of a socket's groups: the stack takes filters as a whole. */
export class Memberships {
  readonly #included = new Map<string, readonly string[]>();

  /** Puts a filter in the place of the one before. */
  set(core: Core, handle: number, address: string, interface_: number | undefined, filter: SourceFilter): void {
    const group = interface_ === undefined ? { address } : { address, interface: interface_ };
    const isLeaving = filter.include?.length === 0;
    check(isLeaving ? core.udp_leave(handle, group) : core.udp_join(handle, group, filter), `group ${address}`);
    this.#included.delete(`${address} ${interface_}`);
    if (filter.include?.length) this.#included.set(`${address} ${interface_}`, filter.include);
  }
  included(address: string, interface_: number | undefined): readonly string[] {
    return this.#included.get(`${address} ${interface_}`) ?? [];
  }
}

/** Reads the pool of groups. */
export function groupsOf({ view, control }: Core): GroupStatus[] {
  const pool = view.getUint32(control + CONTROL.pools, true) + PoolIndex.GROUP * POOL.octets;
  const [base, stride, mark] = [POOL.base, POOL.stride, POOL.mark].map((offset) => view.getUint32(pool + offset, true));
  const places = Array.from({ length: mark as number }, (_, i) => (base as number) + i * (stride as number));
  const isHeard = (at: number) => view.getUint32(at + GROUP.members, true) !== 0 || view.getUint32(at + GROUP.ip, true) === ALL_SYSTEMS;
  return places.filter((at) => view.getUint8(at + GROUP.taken) && isHeard(at)).map((at) => groupAt(view, control, at));
}

const ALL_SYSTEMS = 0xe0000001;

function groupAt(view: DataView, control: number, at: number): GroupStatus {
  const ip = view.getUint32(at + GROUP.ip, true);
  const record = view.getUint32(at + GROUP.interface, true) - control - CONTROL.interfaceTable;
  return { address: ipv4Text(ip), interface: record / OCTETS.interface, mac: groupMac(ip) };
}

/** The Ethernet address of a group. RFC 1112 section 6.4. */
function groupMac(ip: number): string {
  return macText(Uint8Array.of(1, 0, 0x5e, (ip >>> 16) & 0x7f, (ip >>> 8) & 255, ip & 255));
}
